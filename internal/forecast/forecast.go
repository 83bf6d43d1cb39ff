// Package forecast estimates how many recipients of a cohort will have no first purchase at its deadline, from how
// earlier cohorts bought by the time that was left, corrected for what has not been reported yet. docs/forecast.md
// explains the model.
//
// It is pure: no I/O, no clock, nothing random. It decides nothing about anybody: what an estimate is good for is to
// plan reminders, and never a revocation.
package forecast

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"
)

// Point counts first purchases that were made in one hour and reported in one hour. Hours are spans of 60 minutes
// that end a whole number of hours before or after the instants of the question: those of the clock for [BackTest].
type Point struct {
	Platform  string
	Purchased time.Time // the beginning of the hour in which they were made
	Received  time.Time // the beginning of the hour in which they were first reported
	Count     int
}

// Curve is how a cohort bought.
type Curve struct {
	Cohort     int
	Recipients int       // those whose deadline is Deadline, whatever became of them
	Announced  time.Time // from when on a purchase counts, inclusive
	Deadline   time.Time // exclusive
	Points     []Point   // of those recipients, in any order
}

// Interval is a range of participants, both ends included.
type Interval struct{ Low, High float64 }

// Forecast is what is expected of a cohort. Participants are counted in fractions, since they are expected, not seen.
type Forecast struct {
	Cohort     int
	At         time.Time
	Deadline   time.Time // exclusive
	Recipients int
	Reported   int // recipients with a first purchase that was reported by At

	Unreported float64 // more who have bought by At, but whose report is under way
	Coming     float64 // more who will buy between At and the deadline
	Overdue    float64 // without a first purchase at the deadline; as likely too high as too low
	Within80   Interval
	Within95   Interval

	Silent     []Silence // platforms that have stopped reporting, by code
	LearntFrom []int     // the cohorts, the latest first
}

// Left is how many have no reported first purchase: the naive forecast.
func (f Forecast) Left() int { return f.Recipients - f.Reported }

// Why there is no forecast.
var (
	ErrNoPast       = errors.New("no earlier cohort had reached its deadline by then, so that there is nothing to learn from")
	ErrNotAnnounced = errors.New("the cohort had not been announced by then")
	ErrNoRecipients = errors.New("the cohort has no recipients whose deadline is its own")
)

// Of forecasts a cohort from what was known at an instant. It learns from those of the past that had reached their
// deadline by then and have an earlier one than the target, the latest twelve of them; the others, and the target
// itself, it passes over. Their order makes no difference. The reports are those of [Learn] for the same instant.
func Of(target Curve, past []Curve, reports Reports, at time.Time) (Forecast, error) {
	switch {
	case at.Before(target.Announced):
		return Forecast{}, ErrNotAnnounced
	case target.Recipients <= 0:
		return Forecast{}, ErrNoRecipients
	}
	teachers := teachersOf(target, past, at)
	if len(teachers) == 0 {
		return Forecast{}, ErrNoPast
	}
	left := max(0, target.Deadline.Sub(at))
	now := reports.count(target, left, at)
	f := Forecast{
		Cohort: target.Cohort, At: at, Deadline: target.Deadline, Recipients: target.Recipients,
		Reported: now.reported, Unreported: now.purchased - float64(now.reported), Silent: reports.silent,
	}
	var lessons []lesson
	for _, c := range teachers {
		f.LearntFrom = append(f.LearntFrom, c.Cohort)
		lessons = append(lessons, reports.lesson(c, left, at))
	}
	without := float64(target.Recipients) - now.purchased
	share := pool(lessons)
	if left == 0 {
		share = certainly0
	}
	f.Coming = without * share.middle()
	f.Overdue = without - f.Coming
	f.Within80 = f.within(tail80, without, share, now.deviation)
	f.Within95 = f.within(tail95, without, share, now.deviation)
	return f, nil
}

// within is the interval around the middle: what is not known of the share of those who still buy, with the chance in
// who they are, and what is not known of the unreported, as independent errors. Nobody who has bought becomes overdue.
func (f Forecast) within(t tail, without float64, s share, deviation float64) Interval {
	most, least := s.between(t, without)
	up, down := without*(1-least)-f.Overdue, f.Overdue-without*(1-most)
	unreported := (1 - s.middle()) * deviation * t.z
	return Interval{
		Low:  max(0, f.Overdue-math.Hypot(down, unreported)),
		High: min(float64(f.Left()), f.Overdue+math.Hypot(up, unreported)),
	}
}

// mostTeachers is how many cohorts a forecast learns from: with a half-life of six, those before weigh little.
const mostTeachers = 12

// teachersOf are the cohorts to learn from, the latest first.
func teachersOf(target Curve, past []Curve, at time.Time) []Curve {
	var teachers []Curve
	for _, c := range past {
		if c.Recipients > 0 && c.Deadline.Before(target.Deadline) && !c.Deadline.After(at) {
			teachers = append(teachers, c)
		}
	}
	slices.SortFunc(teachers, func(a, b Curve) int {
		return cmp.Or(b.Deadline.Compare(a.Deadline), cmp.Compare(b.Cohort, a.Cohort))
	})
	return teachers[:min(len(teachers), mostTeachers)]
}
