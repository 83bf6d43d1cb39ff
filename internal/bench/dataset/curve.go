package dataset

import (
	"math"
	"sort"
	"time"

	"gelombang/internal/rules"
)

// byHour are the hours of the day in which people buy, WIB, by weight.
var byHour = [24]float64{2, 1, 1, 1, 1, 2, 3, 5, 8, 11, 12, 11, 10, 10, 10, 10, 9, 9, 10, 12, 13, 11, 7, 4}

// curve says when the purchases of a stream are made, as the inverse of their distribution.
type curve struct {
	from       time.Time
	cumulative []float64 // by the end of each hour from then on, rising to 1
}

// newCurve weighs each hour of from ≤ t < until by the hour of the day and by how many days have gone by. Both are
// whole hours.
func newCurve(from, until time.Time, window time.Duration, byDay func(day, days float64) float64) curve {
	c := curve{from: from}
	total := 0.0
	for at := from; at.Before(until) || len(c.cumulative) == 0; at = at.Add(time.Hour) {
		total += byHour[at.In(rules.WIB).Hour()] * byDay(at.Sub(from).Hours()/24, window.Hours()/24)
		c.cumulative = append(c.cumulative, total)
	}
	for i := range c.cumulative {
		c.cumulative[i] /= total
	}
	return c
}

// firstPurchases are many in the first days, fewer the longer it goes on, and more again before the deadline.
func firstPurchases(day, days float64) float64 {
	return 0.65*math.Exp(-day/4)/4 + 0.20/days + 0.15*math.Exp((day-days)/2)/2
}

func evenly(_, _ float64) float64 { return 1 }

// at is the instant before which the share u of the purchases is made, 0 ≤ u < 1, in whole milliseconds. It rises
// with u.
func (c curve) at(u float64) time.Time {
	hour := sort.SearchFloat64s(c.cumulative, u)
	if hour == len(c.cumulative) {
		hour--
	}
	before := 0.0
	if hour > 0 {
		before = c.cumulative[hour-1]
	}
	within := (u - before) / (c.cumulative[hour] - before)
	offset := time.Duration(within * float64(time.Hour-time.Millisecond)).Truncate(time.Millisecond)
	return c.from.Add(time.Duration(hour)*time.Hour + offset)
}
