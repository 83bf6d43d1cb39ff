package db_test

import "time"

var fixedNow = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
