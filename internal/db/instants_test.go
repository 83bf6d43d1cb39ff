package db_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
)

// startOf is StartOf in Go.
func startOf(unit db.Unit, at time.Time) time.Time {
	at = at.In(rules.WIB)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, rules.WIB)
	switch unit {
	case db.Hour:
		return day.Add(time.Duration(at.Hour()) * time.Hour)
	case db.Day:
		return day
	case db.Week:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	default:
		return day.AddDate(0, 0, 1-day.Day())
	}
}

// TestTheCalendarIsThatOfWIB holds the expressions of both databases against Go's calendar.
func TestTheCalendarIsThatOfWIB(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(t *rapid.T) {
			draw := func(name string) time.Time {
				// From 1950 to 2100, by preference near the beginning of a day in WIB.
				at := time.UnixMicro(rapid.Int64Range(-631_152_000_000_000, 4_102_444_800_000_000).Draw(t, name))
				if rapid.Bool().Draw(t, name+" near midnight") {
					at = rules.StartOfDay(at).Add(time.Duration(rapid.Int64Range(-2, 2).Draw(t, "offset")) * time.Microsecond)
				}
				return db.Instant(at)
			}
			at, other := draw("at"), draw("other")
			query := "SELECT x.at"
			units := []db.Unit{db.Hour, db.Day, db.Week, db.Month}
			for _, unit := range units {
				query += ", " + d.Dialect.StartOf(unit, "x.at")
			}
			query += ", " + d.Dialect.Seconds("x.at", "x.other") + " FROM (SELECT CAST($1 AS " + map[db.Dialect]string{db.Postgres: "timestamptz", db.SQLite: "bigint"}[d.Dialect] +
				") AS at, CAST($2 AS " + map[db.Dialect]string{db.Postgres: "timestamptz", db.SQLite: "bigint"}[d.Dialect] + ") AS other) AS x"
			got := make([]db.Time, len(units)+1)
			var seconds int64
			if err := d.Read.QueryRow(query, at, other).Scan(&got[0], &got[1], &got[2], &got[3], &got[4], &seconds); err != nil {
				t.Fatal(err)
			}
			for i, unit := range units {
				if want := startOf(unit, at); !got[i+1].Equal(want) {
					t.Errorf("the %s of %v begins at %v, want %v", unit, at, got[i+1].Time, want)
				}
			}
			between := at.Sub(other).Microseconds()
			want := between / 1_000_000
			if between%1_000_000 < 0 {
				want--
			}
			if seconds != want {
				t.Errorf("between %v and %v are %d s, want %d", other, at, seconds, want)
			}
		})
	})
}
