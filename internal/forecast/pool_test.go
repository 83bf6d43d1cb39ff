package forecast

import (
	"math"
	"testing"
	"time"
)

// The quantiles are those of the usual tables.
func TestStudentsQuantiles(t *testing.T) {
	for _, tt := range []struct{ freedom, at80, at95 float64 }{{3, 1.638, 3.182}, {4, 1.533, 2.776}, {6, 1.440, 2.447}, {10, 1.372, 2.228}, {30, 1.310, 2.042}} {
		if got := tail80.student(tt.freedom); math.Abs(got-tt.at80) > 0.01 {
			t.Errorf("%g degrees: %.3f, want %.3f", tt.freedom, got, tt.at80)
		}
		if got := tail95.student(tt.freedom); math.Abs(got-tt.at95) > 0.01 {
			t.Errorf("%g degrees: %.3f, want %.3f", tt.freedom, got, tt.at95)
		}
	}
}

func TestPooledShare(t *testing.T) {
	half, all := lesson{20_000, 10_000}, lesson{20_000, 20_000}
	tests := []struct {
		name        string
		lessons     []lesson
		middle      float64
		least, most float64 // of the 80 % interval for very many
	}{
		{"one alone is wide", []lesson{half}, 0.5, 0.239, 0.761},
		{"two that agree are not sure", []lesson{half, half}, 0.5, 0.307, 0.693},
		{"twelve that agree are surer", repeat(half, 12), 0.5, 0.413, 0.587},
		{"two that differ", []lesson{{20_000, 4_000}, {20_000, 16_000}}, 0.48, 0.110, 0.873},
		{"everybody", []lesson{all}, 1, 0.9999, 1},
	}
	for _, tt := range tests {
		s := pool(tt.lessons)
		most, least := s.between(tail80, 1e9)
		if math.Abs(s.middle()-tt.middle) > 0.005 || math.Abs(most-tt.most) > 0.005 || math.Abs(least-tt.least) > 0.005 {
			t.Errorf("%s: %.3f from %.3f to %.3f, want %.3f from %.3f to %.3f", tt.name, s.middle(), least, most, tt.middle, tt.least, tt.most)
		}
	}
}

func TestFewPeopleMakeTheIntervalWider(t *testing.T) {
	s := pool(repeat(lesson{20_000, 10_000}, 12))
	many, _ := s.between(tail80, 1e6)
	few, _ := s.between(tail80, 10)
	if few < many+0.05 {
		t.Errorf("up to %.3f of 10 people, and up to %.3f of a million", few, many)
	}
}

func repeat(l lesson, n int) []lesson {
	out := make([]lesson, n)
	for i := range out {
		out[i] = l
	}
	return out
}

// Of an old hour's 100 purchases 50 were reported within it, 30 in the next and 20 in the one after. Younger hours,
// of which less can be seen, agree; what they do not show yet must not make the lags look shorter.
func TestArrivalsAreNotFooledByTheYoungest(t *testing.T) {
	at := time.Date(2021, 4, 6, 10, 0, 0, 0, time.UTC)
	point := func(age, lag, count int) Point {
		purchased := at.Add(-time.Duration(age+1) * time.Hour)
		return Point{Platform: "p", Purchased: purchased, Received: purchased.Add(time.Duration(lag) * time.Hour), Count: count}
	}
	c := Curve{Cohort: 1, Recipients: 1000, Deadline: at.Add(24 * time.Hour), Points: []Point{
		point(20, 0, 50), point(20, 1, 30), point(20, 2, 20),
		point(1, 0, 500), point(1, 1, 300), point(1, 2, 200), // the last have not come by then
		point(0, 0, 5000), point(0, 1, 3000),
	}}
	r := Learn([]Curve{c}, at)
	for age, want := range map[int]float64{0: 0.5, 1: 0.8, 2: 1, 3: 1, 1000: 1} {
		if got := r.known("p", age); math.Abs(got-want) > 1e-9 {
			t.Errorf("after %d hours %.3f are known, want %.3f", age, got, want)
		}
	}
	if got := r.count(c, 0, at); got.reported != 5900 || math.Abs(got.purchased-1000) > 1e-9 {
		t.Errorf("counted %+v: more than there are recipients", got)
	}
	c.Recipients = 20_000
	if got := r.count(c, 0, at); got.reported != 5900 || math.Abs(got.purchased-11_100) > 1e-6 {
		t.Errorf("counted %+v, want 11,100 of whom 5,900 are reported", got)
	}
}

// Platforms with few purchases borrow from the others; those with many stand for themselves.
func TestLagsOfAPlatformAreItsOwnWhenThereAreEnough(t *testing.T) {
	at := time.Date(2021, 4, 6, 10, 0, 0, 0, time.UTC)
	old := at.Add(-100 * time.Hour)
	c := Curve{Deadline: at, Recipients: 1, Points: []Point{
		{"prompt", old, old, 100_000}, {"late", old, old.Add(3 * time.Hour), 100_000}, {"tiny", old, old.Add(3 * time.Hour), 2},
	}}
	r := Learn([]Curve{c}, at)
	for platform, want := range map[string]float64{"prompt": 1, "late": leastKnown, "tiny": 0.5, "unknown": 0.5} {
		if got := r.all; platform == "unknown" && math.Abs(got[0]-want) > 0.01 {
			t.Errorf("of all %.2f are known at once", got[0])
		}
		if got := r.known(platform, 0); platform != "unknown" && math.Abs(got-want) > 0.01 {
			t.Errorf("%s: %.2f are known at once, want %.2f", platform, got, want)
		}
	}
}
