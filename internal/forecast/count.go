package forecast

import (
	"math"
	"time"
)

// count is how many of a cohort have bought.
type count struct {
	reported  int
	purchased float64 // with those who are expected to have, and are not reported yet
	deviation float64 // standard, of purchased
}

// count counts the first purchases that were made at least so long before the deadline, as known at an instant.
func (r Reports) count(c Curve, left time.Duration, at time.Time) count {
	var out count
	variance := 0.0
	for _, p := range c.Points {
		age, _, known := p.seen(at)
		if !known || !made(p, c.Deadline, left) {
			continue
		}
		share, n := r.known(p.Platform, age), float64(p.Count)
		out.reported += p.Count
		out.purchased += n / share * (1 + r.unheard(p.Platform, age))
		variance += n * (1 - share) / (share * share) // of a negative binomial: how many more are under way
	}
	out.purchased = min(out.purchased, float64(c.Recipients))
	// The lags of tonight need not be those of the month: half of the correction is not known.
	unsure := (out.purchased - float64(out.reported)) / 2
	out.deviation = math.Sqrt(variance + unsure*unsure)
	return out
}

// made reports whether the purchases were made at least so long before the deadline. The last hour before a deadline
// may end after it; what is counted in it was made in time.
func made(p Point, deadline time.Time, left time.Duration) bool {
	return left <= 0 || deadline.Sub(p.Purchased)-time.Hour >= left
}

// lesson is what a cohort teaches: of those who had not bought when so much was left, how many did before the deadline.
type lesson struct{ without, bought float64 }

func (r Reports) lesson(c Curve, left time.Duration, at time.Time) lesson {
	then, end := r.count(c, left, at), r.count(c, 0, at)
	return lesson{float64(c.Recipients) - then.purchased, end.purchased - then.purchased}
}
