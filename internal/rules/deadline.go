package rules

import "time"

// StartOfDay returns 00:00 WIB of the WIB day that contains t.
func StartOfDay(t time.Time) time.Time {
	y, m, d := t.In(WIB).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, WIB)
}

// AnnouncedFrom returns the first instant (inclusive) at which a purchase of a cohort
// announced at announcedAt counts: 00:00 WIB of the announcement day, whatever the hour of
// the announcement.
func AnnouncedFrom(announcedAt time.Time) time.Time { return StartOfDay(announcedAt) }

// Deadline returns the instant from which a purchase no longer counts (exclusive) for a
// cohort announced at announcedAt. The announcement day, in WIB, is day 1 of windowDays
// calendar days; the deadline is 00:00 WIB of the day after the last. It counts calendar
// days, not multiples of 24 hours.
func Deadline(announcedAt time.Time, windowDays int) time.Time {
	return StartOfDay(announcedAt).AddDate(0, 0, windowDays)
}

// DeadlineAfterLastDay returns the exclusive deadline for a published last day, which is
// shown to people as "23:59 WIB" of that day: 00:00 WIB of the day after. Any instant of the
// last day may be given.
func DeadlineAfterLastDay(lastDay time.Time) time.Time {
	return StartOfDay(lastDay).AddDate(0, 0, 1)
}

// LastDay returns 00:00 WIB of the last day on which a purchase still counts: the day that
// is shown to people, together with "23:59 WIB".
func LastDay(deadline time.Time) time.Time {
	return StartOfDay(deadline.Add(-time.Nanosecond))
}

// TimeLeft returns how long a purchase still counts, never negative.
func TimeLeft(deadline, now time.Time) time.Duration {
	return max(0, deadline.Sub(now))
}

// Extend returns the deadline after an extension until the given instant (exclusive). An
// extension never shortens: the later of the two holds.
func Extend(deadline, until time.Time) time.Time {
	if until.After(deadline) {
		return until
	}
	return deadline
}

// DeadlineBasis says where a cohort's deadline comes from.
type DeadlineBasis string

// The bases of a deadline.
const (
	// BasisComputed is announcement plus the window.
	BasisComputed DeadlineBasis = "COMPUTED"
	// BasisDecreed is a published date with its legal reference; it overrides the computation.
	BasisDecreed DeadlineBasis = "DECREED"
	// BasisExtended is a later instant granted to the whole cohort after its announcement.
	BasisExtended DeadlineBasis = "EXTENDED"
)

// Values lists the bases, for the schema.
func (DeadlineBasis) Values() []string {
	return []string{string(BasisComputed), string(BasisDecreed), string(BasisExtended)}
}
