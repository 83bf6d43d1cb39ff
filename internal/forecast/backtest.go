package forecast

import (
	"math"
	"slices"
	"time"
)

// Score is how forecasts fared that were made so many days before the deadline.
type Score struct {
	Days      int
	Cohorts   int     // that were forecast
	Error     float64 // mean absolute error, in participants
	Naive     float64 // the same, of taking those who are left for those who will be overdue
	Covered80 float64 // in how many of the cohorts the outcome was in the interval, from 0 to 1
	Covered95 float64
}

// BackTest forecasts every cohort as if it were so many days before its deadline, from days down to 0: from what was
// known then of the cohorts that had reached their deadline then. It takes those cohorts whose outcome is known at an
// instant, since their deadline has been over for the settling time. Scores come by days, the most first; those of no
// cohort are left out.
func BackTest(curves []Curve, days int, settling time.Duration, at time.Time) []Score {
	tallies := make([]tally, days+1)
	for _, c := range curves {
		if c.Recipients <= 0 || c.Deadline.Add(settling).After(at) {
			continue
		}
		outcome := float64(c.Recipients - purchasesOf(c, at))
		for d := range tallies {
			then := c.Deadline.Add(-time.Duration(d) * 24 * time.Hour)
			if f, err := Of(c, curves, Learn(curves, then), then); err == nil {
				tallies[d].add(f, outcome)
			}
		}
	}
	var scores []Score
	for d, t := range slices.Backward(tallies) {
		if t.cohorts > 0 {
			scores = append(scores, t.score(d))
		}
	}
	return scores
}

func purchasesOf(c Curve, at time.Time) int {
	n := 0
	for _, p := range c.Points {
		if _, _, known := p.seen(at); known {
			n += p.Count
		}
	}
	return n
}

type tally struct {
	cohorts, covered80, covered95 int
	errors, naive                 float64 // sums of absolute errors
}

func (t *tally) add(f Forecast, outcome float64) {
	t.cohorts++
	t.errors += math.Abs(f.Overdue - outcome)
	t.naive += math.Abs(float64(f.Left()) - outcome)
	if f.Within80.holds(outcome) {
		t.covered80++
	}
	if f.Within95.holds(outcome) {
		t.covered95++
	}
}

func (t *tally) score(days int) Score {
	n := float64(t.cohorts)
	return Score{
		Days: days, Cohorts: t.cohorts, Error: t.errors / n, Naive: t.naive / n,
		Covered80: float64(t.covered80) / n, Covered95: float64(t.covered95) / n,
	}
}

// holds reports whether a number of participants is in the interval, whose ends are rounded outwards: nobody is
// overdue by half.
func (i Interval) holds(participants float64) bool {
	return participants >= math.Floor(i.Low) && participants <= math.Ceil(i.High)
}
