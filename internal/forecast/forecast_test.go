package forecast_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/forecast"
)

// told is a curve with a deadline of its own, whose purchases were reported within their hour.
func told(number, recipients int, deadline time.Time, bought map[time.Duration]int) forecast.Curve {
	c := forecast.Curve{Cohort: number, Recipients: recipients, Announced: deadline.Add(-30 * day), Deadline: deadline}
	for before, n := range bought {
		at := deadline.Add(-before)
		c.Points = append(c.Points, forecast.Point{Platform: "brisk", Purchased: at, Received: at, Count: n})
	}
	return c
}

func TestForecastFollowsEarlierCohorts(t *testing.T) {
	second := wednesday.Add(37 * day)
	at := second.Add(-2 * day)
	now := map[time.Duration]int{20 * day: 900}
	tests := []struct {
		name            string
		past            []forecast.Curve
		coming, overdue float64
	}{
		{"half of those who were left still bought", []forecast.Curve{told(12, 2000, wednesday.Add(30*day), map[time.Duration]int{10 * day: 1800, day: 100})}, 50, 50},
		{"an hour that ends two days before is over", []forecast.Curve{told(12, 2000, wednesday.Add(30*day), map[time.Duration]int{2*day + time.Hour: 1800, 2 * day: 100})}, 50, 50},
		{"nobody bought any more", []forecast.Curve{told(12, 2000, wednesday.Add(30*day), map[time.Duration]int{10 * day: 1800})}, 0.2, 99.8},
		{"a small cohort counts less", []forecast.Curve{
			told(11, 2000, wednesday.Add(29*day), map[time.Duration]int{10 * day: 1800, day: 100}),
			told(12, 12, wednesday.Add(30*day), map[time.Duration]int{10 * day: 10}),
		}, 46.3, 53.7},
		{"a later cohort teaches nothing", []forecast.Curve{
			told(12, 2000, wednesday.Add(30*day), map[time.Duration]int{10 * day: 1800, day: 100}),
			told(14, 2000, wednesday.Add(44*day), map[time.Duration]int{40 * day: 1800}),
		}, 50, 50},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := told(13, 1000, second, now)
			f, err := forecast.Of(target, tt.past, forecast.Learn(append(tt.past, target), at), at)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(f.Coming-tt.coming) > 0.5 || math.Abs(f.Overdue-tt.overdue) > 0.5 || f.Unreported != 0 || f.Left() != 100 {
				t.Errorf("%.1f will buy and %.1f be overdue, %.1f unreported, %d left; want %.1f and %.1f", f.Coming, f.Overdue, f.Unreported, f.Left(), tt.coming, tt.overdue)
			}
			for _, i := range []forecast.Interval{f.Within80, f.Within95} {
				if i.Low > f.Overdue || i.High < f.Overdue {
					t.Errorf("%v does not hold %.1f", i, f.Overdue)
				}
			}
			if f.Within95.Low >= f.Within80.Low || f.Within95.High < f.Within80.High {
				t.Errorf("%v is not wider than %v", f.Within95, f.Within80)
			}
		})
	}
}

func TestRecentCohortsCountMore(t *testing.T) {
	deadline := func(i int) time.Time { return wednesday.Add(time.Duration(30+7*i) * day) }
	of := func(latest int) float64 {
		var past []forecast.Curve
		for i := range 8 {
			bought := 100
			if i == latest {
				bought = 20
			}
			past = append(past, told(i+1, 2000, deadline(i), map[time.Duration]int{10 * day: 1800, day: bought}))
		}
		at := deadline(8).Add(-2 * day)
		target := told(9, 1000, deadline(8), map[time.Duration]int{20 * day: 900})
		f, err := forecast.Of(target, past, forecast.Learn(past, at), at)
		if err != nil {
			t.Fatal(err)
		}
		return f.Overdue
	}
	// At a deadline of a week's distance the last one is over when two days are left.
	if oldest, latest := of(0), of(7); latest <= oldest+2 {
		t.Errorf("%.1f overdue when the latest cohort did not buy, %.1f when the oldest did not", latest, oldest)
	}
}

func TestNoForecastWithoutSomethingToLearnFrom(t *testing.T) {
	target := told(13, 1000, wednesday.Add(37*day), map[time.Duration]int{20 * day: 900})
	at := target.Deadline.Add(-2 * day)
	open := told(12, 1000, target.Deadline.Add(-day), map[time.Duration]int{20 * day: 900})
	empty := told(11, 0, at.Add(-3*day), nil)
	tests := []struct {
		name   string
		target forecast.Curve
		past   []forecast.Curve
		at     time.Time
		want   error
	}{
		{"no past", target, nil, at, forecast.ErrNoPast},
		{"itself", target, []forecast.Curve{target}, target.Deadline, forecast.ErrNoPast},
		{"an open cohort", target, []forecast.Curve{open}, at, forecast.ErrNoPast},
		{"a cohort without recipients", target, []forecast.Curve{empty}, at, forecast.ErrNoPast},
		{"no recipients", empty, []forecast.Curve{open}, at, forecast.ErrNoRecipients},
		{"not announced", target, []forecast.Curve{open}, target.Announced.Add(-time.Hour), forecast.ErrNotAnnounced},
	}
	for _, tt := range tests {
		if _, err := forecast.Of(tt.target, tt.past, forecast.Learn(tt.past, tt.at), tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// At the deadline of cohort 17 the largest platform has been silent for 20 hours, and has sold as always.
func TestSilentPlatformIsMadeUpFor(t *testing.T) {
	curves := cohorts(7, 8, worstOutages()...)
	target := curves[5]
	f, err := forecast.Of(target, curves, forecast.Learn(curves, target.Deadline), target.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	outcome := float64(target.Recipients - bought(target))
	want := []forecast.Silence{{Platform: "brisk", Since: target.Deadline.Add(-20 * time.Hour)}}
	if diff := cmp.Diff(want, f.Silent); diff != "" {
		t.Errorf("silent: %s", diff)
	}
	t.Logf("overdue %.0f, forecast %.0f within %v, left now %d", outcome, f.Overdue, f.Within80, f.Left())
	if off := math.Abs(f.Overdue - outcome); off > 0.2*math.Abs(float64(f.Left())-outcome) || f.Coming != 0 {
		t.Errorf("the forecast is %.0f off %.0f: %+v", off, outcome, f)
	}
	if outcome < f.Within80.Low || outcome > f.Within80.High {
		t.Errorf("%.0f is not within %v", outcome, f.Within80)
	}
}

func TestPlatformThatLeftIsNotSilent(t *testing.T) {
	curves := cohorts(8, 5)
	left := curves[2].Deadline.Add(-9 * day)
	for i := range curves {
		var points []forecast.Point
		for _, p := range curves[i].Points {
			if p.Platform != "small" || p.Received.Before(left) {
				points = append(points, p)
			}
		}
		curves[i].Points = points
	}
	for after, want := range map[time.Duration]int{2 * day: 1, 9 * day: 0} {
		at := left.Add(after)
		f, err := forecast.Of(curves[4], curves, forecast.Learn(curves, at), at)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Silent) != want {
			t.Errorf("after %v: silent are %v", after, f.Silent)
		}
	}
}

func bought(c forecast.Curve) int {
	n := 0
	for _, p := range c.Points {
		n += p.Count
	}
	return n
}
