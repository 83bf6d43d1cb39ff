package forecast_test

import (
	"math/rand/v2"
	"time"

	"gelombang/internal/forecast"
)

// wednesday is when the first cohort of the tests is announced.
var wednesday = time.Date(2021, 3, 3, 0, 0, 0, 0, time.FixedZone("WIB", 7*3600))

const day = 24 * time.Hour

// outlet is a platform of the simulation.
type outlet struct {
	name    string
	share   float64       // of the purchases
	usual   time.Duration // mean of the usual lag
	tardy   float64       // share of the reports that take much longer
	longest time.Duration // mean of those
}

var outlets = []outlet{
	{"brisk", 0.35, 20 * time.Second, 0.01, 3 * time.Hour},
	{"steady", 0.25, 5 * time.Minute, 0.02, 6 * time.Hour},
	{"hourly", 0.15, time.Hour, 0.02, 8 * time.Hour},
	{"slow", 0.15, 18 * time.Hour, 0.05, 40 * time.Hour},
	{"small", 0.10, 10 * time.Minute, 0.05, 12 * time.Hour},
}

// outage is a time in which a platform sells, and reports only afterwards.
type outage struct {
	platform   string
	from, till time.Time
}

// habits are how a cohort buys.
type habits struct {
	recipients int
	never      float64 // share who buy nothing
	early      float64 // share of the others who buy soon after the announcement
	soon       float64 // how soon, in days
	rush       float64 // share who buy shortly before the deadline
	last       float64 // how shortly, in days
}

// habitsOf draws habits that differ: sevenfold in who never buys, sevenfold in the rush, fivefold in size.
func habitsOf(draw *rand.Rand) habits {
	from := func(low, high float64) float64 { return low + draw.Float64()*(high-low) }
	return habits{
		recipients: int(from(3_000, 15_000)), never: from(0.01, 0.07), early: from(0.5, 0.75), soon: from(2, 6), rush: from(0.03, 0.20), last: from(0.5, 2),
	}
}

// draw draws when somebody buys, in time since the announcement; not at all, if not in the window.
func (h habits) draw(draw *rand.Rand, window time.Duration) (time.Duration, bool) {
	if draw.Float64() < h.never {
		return 0, false
	}
	days := window.Hours() / 24
	for {
		var at float64
		switch kind := draw.Float64(); {
		case kind < h.early:
			at = draw.ExpFloat64() * h.soon
		case kind < 1-h.rush:
			at = draw.Float64() * days
		default:
			at = days - draw.ExpFloat64()*h.last
		}
		if at >= 0 && at < days {
			return time.Duration(at * float64(day)), true
		}
	}
}

// cohorts simulates so many, a week apart, each with a window of 30 days.
func cohorts(seed uint64, n int, outages ...outage) []forecast.Curve {
	draw := rand.New(rand.NewPCG(seed, 30))
	var out []forecast.Curve
	for i := range n {
		h := habitsOf(draw)
		c := forecast.Curve{Cohort: 12 + i, Recipients: h.recipients, Announced: wednesday.Add(time.Duration(i) * 7 * day)}
		c.Deadline = c.Announced.Add(30 * day)
		points := map[forecast.Point]int{}
		var order []forecast.Point
		for range h.recipients {
			after, buys := h.draw(draw, 30*day)
			if !buys {
				continue
			}
			at := c.Announced.Add(after)
			platform, received := report(draw, at, outages)
			p := forecast.Point{Platform: platform, Purchased: at.Truncate(time.Hour), Received: received.Truncate(time.Hour)}
			if points[p]++; points[p] == 1 {
				order = append(order, p)
			}
		}
		for _, p := range order {
			n := points[p]
			p.Count = n
			c.Points = append(c.Points, p)
		}
		out = append(out, c)
	}
	return out
}

// report draws where somebody bought, and when that was reported.
func report(draw *rand.Rand, at time.Time, outages []outage) (platform string, received time.Time) {
	o, left := outlets[0], draw.Float64()
	for _, o = range outlets {
		if left -= o.share; left < 0 {
			break
		}
	}
	mean := o.usual
	if draw.Float64() < o.tardy {
		mean = o.longest
	}
	received = at.Add(time.Duration(draw.ExpFloat64() * float64(mean)))
	for _, down := range outages {
		if down.platform == o.name && !received.Before(down.from) && received.Before(down.till) {
			received = down.till.Add(time.Duration(draw.Float64() * float64(time.Hour)))
		}
	}
	return o.name, received
}
