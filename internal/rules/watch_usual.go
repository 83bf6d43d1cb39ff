package rules

import (
	"slices"
	"time"
)

const (
	// WatchWindow is how far back deliveries are counted to be held against what is usual. An hour is long enough to
	// have more than chance in it at a platform that matters, and short enough to be told the same day.
	WatchWindow = time.Hour
	// UsualDays is how many days before the present say what is usual at this time of day: two weeks have every day
	// of the week in them twice.
	UsualDays = 14
	// usualDaysKnown is from how many days on there is a usual. A platform that is new has none for a week.
	usualDaysKnown = 7
	// longestQuiet is how much of a silence is held against the same stretch of the days before. A day says enough.
	longestQuiet = 24 * time.Hour
)

// Span is a time of a platform: from is inclusive, to exclusive. The zero To has not come yet.
type Span struct{ From, To time.Time }

// Meets reports whether the spans share an instant.
func (s Span) Meets(t Span) bool {
	return !s.empty() && !t.empty() && (s.To.IsZero() || t.From.Before(s.To)) && (t.To.IsZero() || s.From.Before(t.To))
}

func (s Span) empty() bool { return !s.To.IsZero() && !s.From.Before(s.To) }

// SameStretch returns the span on the UsualDays days before, by the clock in WIB, the day before first. WIB has no
// daylight saving: a day is 24 hours.
func (s Span) SameStretch() []Span {
	days := make([]Span, UsualDays)
	for i := range days {
		back := -time.Duration(i+1) * 24 * time.Hour
		days[i] = Span{s.From.Add(back), s.To.Add(back)}
	}
	return days
}

// QuietSpan is the time in which nothing came from a platform whose last delivery came at last and whose last outage
// ended at ended, zero for none: of a longer one the last day.
func QuietSpan(last, ended, now time.Time) Span {
	from := last
	if ended.After(from) {
		from = ended
	}
	if earliest := now.Add(-longestQuiet); from.Before(earliest) {
		from = earliest
	}
	return Span{from, now}
}

// DayCount is how many deliveries came in a stretch of a day.
type DayCount struct {
	Span  Span
	Count int
}

// Usual returns how many deliveries come in a stretch of the day: the median of the days, which one busy or empty day
// does not move. Days before the platform's first delivery, and those on which it was declared unable to report, say
// nothing. It returns false when too few are left.
func Usual(days []DayCount, first time.Time, outages []Span) (float64, bool) {
	if first.IsZero() {
		return 0, false
	}
	var counts []int
	for _, d := range days {
		unable := slices.ContainsFunc(outages, func(o Span) bool { return o.Meets(d.Span) })
		if !d.Span.From.Before(first) && !unable {
			counts = append(counts, d.Count)
		}
	}
	if len(counts) < usualDaysKnown {
		return 0, false
	}
	slices.Sort(counts)
	upper, lower := counts[len(counts)/2], counts[(len(counts)-1)/2]
	return float64(upper+lower) / 2, true
}
