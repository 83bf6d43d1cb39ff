package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

var (
	watchNow = time.Date(2021, 4, 8, 4, 0, 0, 0, rules.WIB)
	farOff   = watchNow.Add(73 * time.Hour)
	near     = watchNow.Add(20 * time.Hour)
)

// figures are of a platform that reports as usual, 20 hours before a deadline, with changes.
func figures(changes ...func(*rules.Figures)) rules.Figures {
	f := rules.Figures{
		Active: true, LastDelivery: watchNow.Add(-time.Minute), MissedKnown: true, Missed: 1,
		LastHour: 60, Usual: 60, UsualKnown: true, Reports: 500, LagP90: 4 * time.Minute,
		Statement: rules.StatementFigures{ReceivedAt: watchNow.Add(-24 * time.Hour), Agrees: true}, Deadline: near,
	}
	for _, change := range changes {
		change(&f)
	}
	f.Quiet = rules.QuietSpan(f.LastDelivery, f.OutageEnded, watchNow)
	return f
}

func far(f *rules.Figures) { f.Deadline = farOff }

func quiet(d time.Duration, missed float64) func(*rules.Figures) {
	return func(f *rules.Figures) { f.LastDelivery, f.Missed = watchNow.Add(-d), missed }
}

func lastHour(came int, usual float64) func(*rules.Figures) {
	return func(f *rules.Figures) { f.LastHour, f.Usual = came, usual }
}

func lagging(p90 time.Duration) func(*rules.Figures) {
	return func(f *rules.Figures) { f.LagP90 = p90 }
}

func disagrees(ago time.Duration) func(*rules.Figures) {
	return func(f *rules.Figures) {
		f.Statement = rules.StatementFigures{ReceivedAt: watchNow.Add(-ago)}
	}
}

// TestWhatWantsAttention is the table of the thresholds: each figure as it is just enough, and just not.
func TestWhatWantsAttention(t *testing.T) {
	const (
		silent     = rules.AlertSilent
		few        = rules.AlertFew
		lag        = rules.AlertLag
		wrong      = rules.AlertDisagrees
		quarantine = rules.AlertQuarantine
	)
	kinds := func(k ...rules.AlertKind) []rules.AlertKind { return k }
	noUsual := func(f *rules.Figures) { f.UsualKnown, f.MissedKnown = false, false }
	inactive := func(f *rules.Figures) { f.Active = false }
	outage := func(f *rules.Figures) { f.InOutage = true }
	ended := func(ago time.Duration) func(*rules.Figures) {
		return func(f *rules.Figures) { f.OutageEnded = watchNow.Add(-ago) }
	}
	noStatement := func(f *rules.Figures) { f.Statement = rules.StatementFigures{} }
	fewReports := func(f *rules.Figures) { f.Reports = 19 }
	atStake := func(f *rules.Figures) { f.AtStake = 1 }
	for _, tt := range []struct {
		name   string
		f      rules.Figures
		raised []rules.AlertKind // an hour ago
		want   []rules.AlertKind
	}{
		{"as usual", figures(), nil, nil},
		{"as usual again", figures(), kinds(silent, few, lag, wrong, quarantine), nil},
		{"a platform that does not take part", figures(inactive, quiet(5*time.Hour, 100), atStake), kinds(silent, lag), nil},

		{"half an hour of silence", figures(quiet(30*time.Minute, 10)), nil, kinds(silent)},
		{"not quite half an hour", figures(quiet(30*time.Minute-time.Second, 10)), nil, nil},
		{"not enough missing", figures(quiet(30*time.Minute, 9.5)), nil, nil},
		{"half an hour, and no deadline near", figures(far, quiet(30*time.Minute, 40)), nil, nil},
		{"two hours, and no deadline near", figures(far, quiet(2*time.Hour, 20)), nil, kinds(silent)},
		{"two hours at night, and no deadline near", figures(far, quiet(2*time.Hour, 19.5)), nil, nil},
		{"a silence, and nobody knows what is usual", figures(noUsual, quiet(5*time.Hour, 100)), nil, nil},
		{"nothing has ever come", figures(quiet(5*time.Hour, 100), func(f *rules.Figures) { f.LastDelivery = time.Time{} }), nil, nil},
		{"a silence in an outage", figures(outage, quiet(5*time.Hour, 100), lastHour(0, 60)), kinds(silent, few), nil},
		{"a silence since an outage", figures(ended(40*time.Minute), quiet(5*time.Hour, 15)), nil, kinds(silent)},
		{"an outage that has just ended", figures(ended(20*time.Minute), quiet(5*time.Hour, 15)), nil, nil},
		{"still nothing, though nothing is usual any more", figures(quiet(30*24*time.Hour, 0)), kinds(silent), kinds(silent)},
		{"something came, and nothing since", figures(quiet(20*time.Minute, 5)), kinds(silent), kinds(silent)},
		{"something came", figures(quiet(10*time.Minute, 4.5)), kinds(silent), nil},

		{"far too few", figures(lastHour(7, 20)), nil, kinds(few)},
		{"few, of few", figures(lastHour(3, 19.5)), nil, nil},
		{"just enough", figures(lastHour(8, 20)), nil, nil},
		{"too few, and no deadline near", figures(far, lastHour(4, 20)), nil, kinds(few)},
		{"just enough, and no deadline near", figures(far, lastHour(5, 20)), nil, nil},
		{"too few, but silent", figures(quiet(time.Hour, 30), lastHour(0, 30)), nil, kinds(silent)},
		{"too few before it fell silent", figures(quiet(time.Hour, 30), lastHour(0, 30)), kinds(few), kinds(silent, few)},
		{"too few right after an outage", figures(ended(59*time.Minute), lastHour(1, 60)), nil, nil},
		{"too few an hour after an outage", figures(ended(time.Hour), lastHour(1, 60)), nil, kinds(few)},
		{"more, but not enough", figures(lastHour(41, 60)), kinds(few), kinds(few)},
		{"enough again", figures(lastHour(42, 60)), kinds(few), nil},
		{"enough again, and no deadline near", figures(far, lastHour(30, 60)), kinds(few), nil},
		{"too little is usual to say", figures(lastHour(9, 9.5)), kinds(few), kinds(few)},

		{"an hour late", figures(lagging(time.Hour)), nil, nil},
		{"more than an hour late", figures(lagging(time.Hour + time.Second)), nil, kinds(lag)},
		{"an hour late, and no deadline near", figures(far, lagging(2*time.Hour)), nil, nil},
		{"more than six hours late", figures(far, lagging(6*time.Hour+time.Second)), nil, kinds(lag)},
		{"less late, but still", figures(lagging(31 * time.Minute)), kinds(lag), kinds(lag)},
		{"in time again", figures(lagging(30 * time.Minute)), kinds(lag), nil},
		{"in time again, and no deadline near", figures(far, lagging(3*time.Hour)), kinds(lag), nil},
		{"late, of few", figures(fewReports, lagging(9*time.Hour)), nil, nil},
		{"of few nobody says that it is well again", figures(fewReports, lagging(0)), kinds(lag), kinds(lag)},

		{"a statement that is wrong", figures(disagrees(15 * time.Minute)), nil, kinds(wrong)},
		{"a statement that may be ahead", figures(disagrees(15*time.Minute - time.Second)), nil, nil},
		{"a statement that may be ahead, and no deadline near", figures(far, disagrees(time.Hour-time.Second)), nil, nil},
		{"a statement that is wrong, and no deadline near", figures(far, disagrees(time.Hour)), nil, kinds(wrong)},
		{"another statement after one that was wrong", figures(disagrees(time.Minute)), kinds(wrong), kinds(wrong)},
		{"no statement", figures(noStatement), nil, nil},

		{"a delivery in quarantine", figures(atStake), nil, kinds(quarantine)},
		{"several at once", figures(quiet(time.Hour, 60), lagging(2*time.Hour), disagrees(time.Hour), atStake), nil, kinds(silent, lag, wrong, quarantine)},
	} {
		raised := map[rules.AlertKind]time.Time{}
		for _, k := range tt.raised {
			raised[k] = watchNow.Add(-time.Hour)
		}
		if diff := cmp.Diff(tt.want, tt.f.Alerts(watchNow, raised)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestADeadlineIsNearForThreeDays(t *testing.T) {
	for _, tt := range []struct {
		name     string
		deadline time.Time
		want     bool
	}{
		{"none", time.Time{}, false},
		{"more than three days off", watchNow.Add(72*time.Hour + time.Microsecond), false},
		{"three days off", watchNow.Add(72 * time.Hour), true},
		{"a moment off", watchNow.Add(time.Microsecond), true},
		{"now", watchNow, false},
	} {
		if got := (rules.Figures{Deadline: tt.deadline}).Near(watchNow); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestAlertsDoNotFlap asks again at once with the same figures: the answer must be the same.
func TestAlertsDoNotFlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := figures(
			quiet(rapid.SampledFrom([]time.Duration{0, 10 * time.Minute, 30 * time.Minute, 3 * time.Hour}).Draw(t, "quiet"), rapid.Float64Range(0, 50).Draw(t, "missed")),
			lastHour(rapid.IntRange(0, 60).Draw(t, "came"), rapid.Float64Range(0, 60).Draw(t, "usual")),
			lagging(time.Duration(rapid.Int64Range(0, int64(8*time.Hour)).Draw(t, "lag"))),
			func(f *rules.Figures) {
				f.Deadline = rapid.SampledFrom([]time.Time{{}, near, farOff}).Draw(t, "deadline")
				f.Active, f.InOutage = rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "in outage")
				f.UsualKnown, f.MissedKnown = rapid.Bool().Draw(t, "usual known"), rapid.Bool().Draw(t, "missed known")
				f.Reports, f.AtStake = rapid.IntRange(0, 40).Draw(t, "reports"), rapid.IntRange(0, 1).Draw(t, "at stake")
				f.Statement.Agrees = rapid.Bool().Draw(t, "agrees")
				if rapid.Bool().Draw(t, "after an outage") {
					f.OutageEnded = watchNow.Add(-time.Duration(rapid.Int64Range(0, int64(2*time.Hour)).Draw(t, "ended")))
				}
			})
		raised := map[rules.AlertKind]time.Time{}
		for _, k := range rules.AlertKind("").Values() {
			if rapid.Bool().Draw(t, k) {
				raised[rules.AlertKind(k)] = watchNow.Add(-time.Duration(rapid.Int64Range(0, int64(4*time.Hour)).Draw(t, k+" raised")))
			}
		}
		first := f.Alerts(watchNow, raised)
		for _, k := range rules.AlertKind("").Values() {
			kind := rules.AlertKind(k)
			switch stands := slices.Contains(first, kind); {
			case !stands:
				delete(raised, kind)
			case raised[kind].IsZero():
				raised[kind] = watchNow
			}
		}
		if diff := cmp.Diff(first, f.Alerts(watchNow, raised)); diff != "" {
			t.Errorf("asked again (-first +second):\n%s", diff)
		}
	})
}

func TestWhatIsUsualIsTheMedianOfTheDaysThatCount(t *testing.T) {
	hour := rules.Span{From: watchNow.Add(-time.Hour), To: watchNow}
	counted := func(counts ...int) []rules.DayCount {
		days := make([]rules.DayCount, len(counts))
		for i, s := range hour.SameStretch()[:len(counts)] {
			days[i] = rules.DayCount{Span: s, Count: counts[i]}
		}
		return days
	}
	long := watchNow.AddDate(-1, 0, 0)
	ago := func(days, hours int) time.Time {
		return watchNow.AddDate(0, 0, -days).Add(-time.Duration(hours) * time.Hour)
	}
	week := counted(1, 2, 3, 4, 5, 6, 7)
	eight := counted(1, 2, 3, 4, 5, 6, 7, 100)
	for _, tt := range []struct {
		name    string
		days    []rules.DayCount
		first   time.Time
		outages []rules.Span
		want    float64
		known   bool
	}{
		{"a week", week, long, nil, 4, true},
		{"an even number of days", eight, long, nil, 4.5, true},
		{"less than a week", counted(1, 2, 3, 4, 5, 6), long, nil, 0, false},
		{"nothing has come yet", week, time.Time{}, nil, 0, false},
		{"since the first delivery", eight, ago(7, 1), nil, 4, true},
		{"the first delivery came within the stretch", week, ago(7, 1).Add(time.Microsecond), nil, 0, false},
		{"an outage ended as the stretch began", eight, long, []rules.Span{{From: ago(9, 0), To: ago(8, 1)}}, 4.5, true},
		{"an outage reached into the stretch", eight, long, []rules.Span{{From: ago(9, 0), To: ago(8, 1).Add(time.Microsecond)}}, 4, true},
		{"an outage began as the stretch ended", eight, long, []rules.Span{{From: ago(8, 0), To: ago(8, 0).Add(time.Hour)}}, 4.5, true},
		{"an outage that lasts", eight, long, []rules.Span{{From: ago(1, 1)}}, 5, true},
		{"an outage that was taken back", eight, long, []rules.Span{{From: ago(2, 0), To: ago(2, 0)}}, 4.5, true},
	} {
		got, known := rules.Usual(tt.days, tt.first, tt.outages)
		if got != tt.want || known != tt.known {
			t.Errorf("%s: %v, %v, want %v, %v", tt.name, got, known, tt.want, tt.known)
		}
	}
}

func TestASilenceIsHeldAgainstTheSameStretchOfTheDays(t *testing.T) {
	q := rules.QuietSpan(watchNow.Add(-90*time.Minute), watchNow.Add(-3*time.Hour), watchNow)
	if want := (rules.Span{From: watchNow.Add(-90 * time.Minute), To: watchNow}); q != want {
		t.Errorf("quiet in %v, want %v", q, want)
	}
	days := q.SameStretch()
	if len(days) != rules.UsualDays || !days[13].From.Equal(time.Date(2021, 3, 25, 2, 30, 0, 0, rules.WIB)) || !days[0].To.Equal(watchNow.AddDate(0, 0, -1)) {
		t.Errorf("compared with %v", days)
	}
	if q := rules.QuietSpan(watchNow.Add(-90*time.Minute), watchNow.Add(-time.Hour), watchNow); !q.From.Equal(watchNow.Add(-time.Hour)) {
		t.Errorf("after an outage quiet since %v", q.From)
	}
	if q := rules.QuietSpan(watchNow.AddDate(0, 0, -9), time.Time{}, watchNow); !q.From.Equal(watchNow.AddDate(0, 0, -1)) {
		t.Errorf("after nine days quiet since %v", q.From)
	}
}
