package seed

import (
	"math/rand/v2"
	"time"
)

// The hours of the day in which people buy, WIB, by weight.
var hours = [24]int{2, 1, 1, 1, 1, 2, 3, 5, 8, 11, 12, 11, 10, 10, 10, 10, 9, 9, 10, 12, 13, 11, 7, 4}

// window is the time in which somebody may buy in the demonstration.
type window struct {
	from     time.Time // inclusive
	deadline time.Time // exclusive
	until    time.Time // exclusive: the deadline or the evening, whatever is first
}

// moment draws when somebody buys: most do in the first days, the fewer the longer it goes on, and some in
// the last days before the deadline.
func (w window) moment(draw *rand.Rand) time.Time {
	days := w.deadline.Sub(w.from).Hours() / 24
	for range 100 {
		var day float64
		switch kind := draw.Float64(); {
		case kind < 0.65:
			day = draw.ExpFloat64() * 4
		case kind < 0.85:
			day = draw.Float64() * days
		default:
			day = days - draw.ExpFloat64()*2
		}
		midnight := w.from.AddDate(0, 0, int(day))
		at := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), hour(draw), draw.IntN(60), draw.IntN(60), draw.IntN(1000)*1_000_000, midnight.Location())
		if !at.Before(w.from) && at.Before(w.until) {
			return at
		}
	}
	// Only a window of a few hours gets here.
	return w.from.Add(time.Duration(draw.Float64() * float64(w.until.Sub(w.from)))).Truncate(time.Millisecond)
}

func hour(draw *rand.Rand) int {
	total := 0
	for _, w := range hours {
		total += w
	}
	at := draw.IntN(total)
	for h, w := range hours {
		if at -= w; at < 0 {
			return h
		}
	}
	return 23
}

// lag draws how long a platform takes to report: seconds, now and then minutes, seldom hours.
func lag(draw *rand.Rand) time.Duration {
	mean := 4 * time.Second
	switch kind := draw.IntN(1000); {
	case kind < 5:
		mean = 3 * time.Hour
	case kind < 40:
		mean = 10 * time.Minute
	}
	return time.Second + time.Duration(draw.ExpFloat64()*float64(mean)).Truncate(time.Millisecond)
}

// between draws a duration.
func between(draw *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(draw.Float64()*float64(most-least)).Truncate(time.Millisecond)
}
