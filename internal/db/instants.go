package db

import "fmt"

// Unit is a span of the calendar in WIB (UTC+7, no daylight saving).
type Unit string

// The units. A week begins on Monday.
const (
	Hour  Unit = "hour"
	Day   Unit = "day"
	Week  Unit = "week"
	Month Unit = "month"
)

// StartOf is an expression for the instant at which the unit began in WIB that the instant of the column lies in.
func (d Dialect) StartOf(unit Unit, column string) string {
	if d == Postgres {
		const wib = "AT TIME ZONE INTERVAL '+07:00'"
		return fmt.Sprintf("(date_trunc('%s', %s %s) %s)", unit, column, wib, wib)
	}
	const (
		hour = 3_600_000_000 // microseconds
		day  = 24 * hour
		wib  = 7 * hour
	)
	// since is how long ago, in microseconds, the last span of that length began that is counted from the epoch and
	// the offset on. SQLite's remainder has the sign of the dividend.
	since := func(length, offset int64) string {
		return fmt.Sprintf("(((%s + %d) %% %d + %d) %% %d)", column, offset, length, length, length)
	}
	switch unit {
	case Hour:
		return fmt.Sprintf("(%s - %s)", column, since(hour, wib))
	case Day:
		return fmt.Sprintf("(%s - %s)", column, since(day, wib))
	case Week: // the epoch was a Thursday
		return fmt.Sprintf("(%s - %s)", column, since(7*day, wib+3*day))
	default:
		// Whole seconds, towards the past.
		seconds := fmt.Sprintf("((%s - %s) / 1000000)", column, since(1_000_000, 0))
		return fmt.Sprintf("(unixepoch(%s, 'unixepoch', '+7 hours', 'start of month', '-7 hours') * 1000000)", seconds)
	}
}

// Seconds is an expression for the whole seconds between two instants, rounded towards the past: below 0 when the
// later is the earlier.
func (d Dialect) Seconds(later, earlier string) string {
	if d == Postgres {
		return fmt.Sprintf("CAST(FLOOR(EXTRACT(EPOCH FROM (%s - %s))) AS bigint)", later, earlier)
	}
	between := fmt.Sprintf("(%s - %s)", later, earlier)
	return fmt.Sprintf("((%s - ((%s %% 1000000 + 1000000) %% 1000000)) / 1000000)", between, between)
}
