package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Time is an instant as a scan target and as a parameter; the zero time is NULL. SQLite hands back
// integer microseconds wherever a column's declared type is lost, as in RETURNING, MIN or UNION; Time
// reads those as well.
type Time struct{ time.Time }

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		t.Time = time.Time{}
	case time.Time:
		t.Time = v.UTC()
	case int64:
		t.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("cannot read an instant from a %T", src)
	}
	return nil
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil //nolint:nilnil // NULL is the value
	}
	return Instant(t.Time), nil
}

// Pointer returns the instant, nil when it is zero.
func (t Time) Pointer() *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t.Time
}
