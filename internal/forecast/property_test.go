package forecast_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/forecast"
)

// drawn is any set of cohorts, the last of which is the target, and an instant at which that one is open or has just
// reached its deadline.
type drawn struct {
	curves []forecast.Curve
	at     time.Time
}

func (d drawn) target() forecast.Curve { return d.curves[len(d.curves)-1] }

func drawCohorts(t *rapid.T) drawn {
	var d drawn
	for i := range rapid.IntRange(1, 5).Draw(t, "cohorts") {
		c := forecast.Curve{Cohort: 12 + i, Announced: wednesday.Add(time.Duration(i) * 9 * day)}
		c.Deadline = c.Announced.Add(30 * day)
		for range rapid.IntRange(0, 12).Draw(t, "points") {
			purchased := c.Announced.Add(time.Duration(rapid.IntRange(0, 30*24-1).Draw(t, "hour")) * time.Hour)
			c.Points = append(c.Points, forecast.Point{
				Platform: rapid.SampledFrom([]string{"brisk", "slow", "small"}).Draw(t, "platform"), Purchased: purchased,
				Received: purchased.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "lag")) * time.Hour), Count: rapid.IntRange(1, 300).Draw(t, "count"),
			})
		}
		c.Recipients = bought(c) + rapid.IntRange(0, 500).Draw(t, "others")
		d.curves = append(d.curves, c)
	}
	d.at = d.target().Deadline.Add(-time.Duration(rapid.IntRange(-100, 700).Draw(t, "hours left")) * time.Hour)
	return d
}

// forecast is that of the target, if there is one.
func (d drawn) forecast(target forecast.Curve, reports forecast.Reports) (forecast.Forecast, bool) {
	f, err := forecast.Of(target, d.curves, reports, d.at)
	return f, err == nil
}

func TestForecastKeepsWithinWhatIsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawCohorts(t)
		f, ok := d.forecast(d.target(), forecast.Learn(d.curves, d.at))
		if !ok {
			return
		}
		left, rounding := float64(f.Left()), 1e-6
		for name, n := range map[string]float64{
			"unreported": f.Unreported, "coming": f.Coming, "overdue": f.Overdue,
			"80 low": f.Within80.Low, "80 high": f.Within80.High, "95 low": f.Within95.Low, "95 high": f.Within95.High,
		} {
			if !(n >= -rounding && n <= left+rounding) {
				t.Errorf("%s is %v of %v who are left", name, n, left)
			}
		}
		if sum := f.Unreported + f.Coming + f.Overdue; sum < left-rounding || sum > left+rounding {
			t.Errorf("they are %v in all, and %v are left", sum, left)
		}
		edges := []float64{f.Within95.Low, f.Within80.Low, f.Overdue, f.Within80.High, f.Within95.High}
		for i := range edges[1:] {
			if edges[i] > edges[i+1]+rounding {
				t.Errorf("out of order: %v", edges)
			}
		}
		if f.At.Before(f.Deadline) == (f.Coming == 0) && left > f.Unreported {
			t.Errorf("%v will still buy, %v before the deadline", f.Coming, f.Deadline.Sub(f.At))
		}
	})
}

func TestMorePurchasesNowAreNotMoreOverdue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawCohorts(t)
		before := d.target()
		after := before
		more := min(rapid.IntRange(1, 50).Draw(t, "more"), before.Recipients-bought(before))
		at := before.Announced.Add(time.Duration(rapid.IntRange(0, 30*24-1).Draw(t, "when")) * time.Hour)
		after.Points = append(slices.Clone(before.Points), forecast.Point{
			Platform: rapid.SampledFrom([]string{"brisk", "slow", "unheard of"}).Draw(t, "where"), Purchased: at, Received: at, Count: more,
		})
		reports := forecast.Learn(d.curves, d.at)
		f, ok := d.forecast(before, reports)
		g, also := d.forecast(after, reports)
		if ok != also || g.Overdue > f.Overdue+1e-6 {
			t.Errorf("%v overdue, and with more purchases %v", f.Overdue, g.Overdue)
		}
	})
}

func TestOrderOfCohortsMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawCohorts(t)
		target := d.target()
		f, ok := d.forecast(target, forecast.Learn(d.curves, d.at))
		d.curves = rapid.Permutation(d.curves).Draw(t, "order")
		g, also := d.forecast(target, forecast.Learn(d.curves, d.at))
		if diff := cmp.Diff(f, g); ok != also || diff != "" {
			t.Errorf("in another order: %s", diff)
		}
	})
}

// What became known only later has no part in a forecast: a back-test must not look ahead.
func TestWhatWasNotKnownMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawCohorts(t)
		f, ok := d.forecast(d.target(), forecast.Learn(d.curves, d.at))
		var known []forecast.Curve
		for _, c := range d.curves {
			c.Points = slices.DeleteFunc(slices.Clone(c.Points), func(p forecast.Point) bool { return p.Received.Add(time.Hour).After(d.at) })
			known = append(known, c)
		}
		d.curves = known
		g, also := d.forecast(d.target(), forecast.Learn(d.curves, d.at))
		if diff := cmp.Diff(f, g); ok != also || diff != "" {
			t.Errorf("with what was known: %s", diff)
		}
	})
}
