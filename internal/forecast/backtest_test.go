package forecast_test

import (
	"testing"
	"time"

	"gelombang/internal/forecast"
)

// worstOutages are one over a deadline, one that ends a day before one, and one in the middle of nowhere.
func worstOutages() []outage {
	deadline := func(i int) time.Time { return wednesday.Add(time.Duration(30+7*i) * day) }
	return []outage{
		{"brisk", deadline(5).Add(-20 * time.Hour), deadline(5).Add(9 * time.Hour)},
		{"steady", deadline(8).Add(-3 * day), deadline(8).Add(-1 * day)},
		{"small", deadline(10).Add(-10 * day), deadline(10).Add(-8 * day)},
	}
}

// Twelve cohorts whose curves differ, seen from each of the last 14 days: the forecast is nearer than what is left now
// from seven days before the deadline on, and its intervals hold what they promise.
func TestBackTestIsBetterThanWhatIsLeftNow(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		curves := cohorts(seed, 12, worstOutages()...)
		scores := forecast.BackTest(curves, 14, 72*time.Hour, curves[11].Deadline.Add(4*day))
		if len(scores) != 15 {
			t.Fatalf("%d days scored, want 15", len(scores))
		}
		t.Logf("seed %d\ndays  cohorts  error  of left now  in 80 %%  in 95 %%", seed)
		held80, held95, outcomes := 0.0, 0.0, 0.0
		for _, s := range scores {
			t.Logf("%4d  %7d  %5.0f  %11.0f  %7.2f  %7.2f", s.Days, s.Cohorts, s.Error, s.Naive, s.Covered80, s.Covered95)
			if s.Days <= 7 && s.Error >= s.Naive {
				t.Errorf("seed %d: %d days before, the forecast is %.0f off, and what is left now %.0f", seed, s.Days, s.Error, s.Naive)
			}
			n := float64(s.Cohorts)
			held80, held95, outcomes = held80+n*s.Covered80, held95+n*s.Covered95, outcomes+n
		}
		held80, held95 = held80/outcomes, held95/outcomes
		t.Logf("in all: %.2f in the 80 %% interval, %.2f in the 95 %% interval", held80, held95)
		if held80 < 0.6 || held95 < 0.8 {
			t.Errorf("seed %d: %.2f of the outcomes are in the 80 %% interval, %.2f in the 95 %% interval", seed, held80, held95)
		}
	}
}

func BenchmarkBackTest(b *testing.B) {
	curves := cohorts(1, 12, worstOutages()...)
	for b.Loop() {
		forecast.BackTest(curves, 14, 72*time.Hour, curves[11].Deadline.Add(4*day))
	}
}
