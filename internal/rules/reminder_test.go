package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

// lastMidnight is the deadline of cohort 13: Thursday 8 April 2021 is the last day.
var lastMidnight = time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)

// inApril is an instant of April 2021 in WIB.
func inApril(day, hour, minute int) time.Time {
	return time.Date(2021, 4, day, hour, minute, 0, 0, rules.WIB)
}

func TestAStageLastsUntilTheNextBegins(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stages []int
		now    time.Time
		want   rules.ReminderWindow
		begun  bool
	}{
		{"before all of them", rules.DefaultReminderStages(), inApril(1, 0, 0).AddDate(0, 0, -7), rules.ReminderWindow{}, false},
		{"as the first begins", rules.DefaultReminderStages(), inApril(9, 0, 0).AddDate(0, 0, -14), rules.ReminderWindow{336, inApril(9, 0, 0).AddDate(0, 0, -14), inApril(2, 0, 0)}, true},
		{"a moment before the next", rules.DefaultReminderStages(), inApril(2, 0, 0).Add(-1), rules.ReminderWindow{336, inApril(9, 0, 0).AddDate(0, 0, -14), inApril(2, 0, 0)}, true},
		{"as the next begins", rules.DefaultReminderStages(), inApril(2, 0, 0), rules.ReminderWindow{168, inApril(2, 0, 0), inApril(6, 0, 0)}, true},
		{"late: only the present stage", rules.DefaultReminderStages(), inApril(7, 13, 0), rules.ReminderWindow{72, inApril(6, 0, 0), inApril(8, 0, 0)}, true},
		{"the last hours", rules.DefaultReminderStages(), inApril(8, 23, 59), rules.ReminderWindow{6, inApril(8, 18, 0), inApril(9, 0, 0)}, true},
		{"at the deadline", rules.DefaultReminderStages(), inApril(9, 0, 0), rules.ReminderWindow{}, false},
		{"in any order", []int{6, 24}, inApril(8, 17, 59), rules.ReminderWindow{24, inApril(8, 0, 0), inApril(8, 18, 0)}, true},
		{"no stages", nil, inApril(8, 18, 0), rules.ReminderWindow{}, false},
	} {
		got, begun := rules.ReminderWindowAt(tt.stages, lastMidnight, tt.now)
		if diff := cmp.Diff(tt.want, got); diff != "" || begun != tt.begun {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, begun, diff)
		}
		if of, is := rules.ReminderWindowOf(tt.stages, tt.want.Stage, lastMidnight); is != tt.begun || of != got {
			t.Errorf("%s: by its stage it is %v, %v", tt.name, of, is)
		}
	}
}

func TestRemindersAreSpreadByDay(t *testing.T) {
	h := time.Hour
	for _, tt := range []struct {
		name     string
		stage    int
		now      time.Time
		want     rules.ReminderSpread
		possible bool
	}{
		{"two weeks before, from the beginning", 336, inApril(1, 0, 0).AddDate(0, 0, -6), rules.ReminderSpread{First: rules.ReminderSpan{inApril(1, 8, 0).AddDate(0, 0, -6), 10 * h}}, true},
		{"planned in the afternoon", 336, inApril(1, 15, 0), rules.ReminderSpread{First: rules.ReminderSpan{inApril(1, 15, 0), 3 * h}}, true},
		{"planned in the evening: the rest on the next morning", 168, inApril(3, 17, 30),
			rules.ReminderSpread{First: rules.ReminderSpan{inApril(3, 17, 30), 150 * time.Minute}, Second: rules.ReminderSpan{inApril(4, 8, 0), 450 * time.Minute}}, true},
		{"planned at night", 168, inApril(3, 23, 0), rules.ReminderSpread{First: rules.ReminderSpan{inApril(4, 8, 0), 10 * h}}, true},
		{"the last day: a third of what is left until the last hours", 24, inApril(8, 0, 0), rules.ReminderSpread{First: rules.ReminderSpan{inApril(8, 8, 0), 6 * h}}, true},
		{"planned on the last day", 24, inApril(8, 17, 30), rules.ReminderSpread{First: rules.ReminderSpan{inApril(8, 17, 30), 10 * time.Minute}}, true},
		{"too late in the evening before", 72, inApril(7, 20, 0), rules.ReminderSpread{}, false},
		{"a few minutes before the night, no morning in the window", 72, inApril(7, 19, 50), rules.ReminderSpread{First: rules.ReminderSpan{inApril(7, 19, 50), 10 * time.Minute}}, true},
		{"the last hours", 6, inApril(8, 18, 0), rules.ReminderSpread{First: rules.ReminderSpan{inApril(8, 18, 0), h}}, true},
		{"the last hours, at night", 6, inApril(8, 23, 0), rules.ReminderSpread{First: rules.ReminderSpan{inApril(8, 23, 0), 20 * time.Minute}}, true},
		{"the window is over", 6, inApril(9, 0, 0), rules.ReminderSpread{}, false},
	} {
		w, _ := rules.ReminderWindowOf(rules.DefaultReminderStages(), tt.stage, lastMidnight)
		got, possible := rules.SpreadReminders(w, tt.now)
		if diff := cmp.Diff(tt.want, got); diff != "" || possible != tt.possible {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, possible, diff)
		}
	}
}

// TestNobodyIsDueAtNightOrOutsideTheWindow whatever the stages and whenever the plan is made.
func TestNobodyIsDueAtNightOrOutsideTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stages := rapid.SliceOfNDistinct(rapid.IntRange(1, 400), 1, 6, rapid.ID[int]).Draw(t, "stages")
		now := lastMidnight.Add(-time.Duration(rapid.Int64Range(int64(time.Second), int64(500*time.Hour)).Draw(t, "before"))).Truncate(time.Microsecond)
		participant := rapid.IntRange(1, 1<<40).Draw(t, "participant")
		due, stage, ok := rules.NextReminder(stages, lastMidnight, now, participant)
		if !ok {
			if smallest := slices.Min(stages); smallest < 24 {
				t.Errorf("nothing is left of %v at %v", stages, now)
			}
			return
		}
		w, _ := rules.ReminderWindowOf(stages, stage, lastMidnight)
		if due.Before(now) || due.Before(w.Begins) || !due.Before(w.Ends) || !rules.RemindsAt(stage, due) {
			t.Errorf("stage %d: due at %v, planned at %v", stage, due.In(rules.WIB), now.In(rules.WIB))
		}
		if stage >= 24 && (due.In(rules.WIB).Hour() < 8 || due.In(rules.WIB).Hour() >= 20) {
			t.Errorf("stage %d: due at night, %v", stage, due.In(rules.WIB))
		}
		again, _, _ := rules.NextReminder(stages, lastMidnight, now, participant)
		if !again.Equal(due) {
			t.Errorf("due at %v, and at %v when asked again", due, again)
		}
	})
}

// TestACohortIsSpreadEvenly: in each of 20 parts of the spread, a twentieth of any run of ids.
func TestACohortIsSpreadEvenly(t *testing.T) {
	w, _ := rules.ReminderWindowOf(rules.DefaultReminderStages(), 168, lastMidnight)
	s, ok := rules.SpreadReminders(w, inApril(3, 17, 30))
	if !ok {
		t.Fatal("no spread")
	}
	const parts = 20
	for _, n := range []int{400, 12_000, 600_000} {
		var counts [parts]int
		for id := 7_000_001; id <= 7_000_000+n; id++ {
			due := s.DueAt(id)
			offset := due.Sub(s.First.Begins)
			if !due.Before(s.Second.Begins) {
				offset = s.First.Length + due.Sub(s.Second.Begins)
			}
			counts[offset*parts/(10*time.Hour)]++
		}
		if least, most := slices.Min(counts[:]), slices.Max(counts[:]); least < n/parts*9/10 || most > n/parts*11/10 {
			t.Errorf("%d participants: between %d and %d in each part, want about %d", n, least, most, n/parts)
		}
	}
}

func TestWhoIsRemindedAndWhyNot(t *testing.T) {
	ok := rules.ReminderCase{
		Facts: rules.Facts{Deadline: lastMidnight}, Deadline: lastMidnight, Now: inApril(6, 9, 0), Reachable: true,
		Window: rules.ReminderWindow{Stage: 72, Begins: inApril(6, 0, 0), Ends: inApril(8, 0, 0)},
	}
	// One line a reason, in their order: each is given however many of the later ones apply.
	lines := []struct {
		name  string
		apply func(*rules.ReminderCase)
		want  rules.ReminderSkip
	}{
		{"the plan was stopped", func(c *rules.ReminderCase) { c.Stopped = true }, rules.SkipStopped},
		{"has bought", func(c *rules.ReminderCase) { c.Facts.FirstPurchase = &rules.PurchaseKey{} }, rules.SkipPurchased},
		{"revoked", func(c *rules.ReminderCase) { c.Facts.RevokedAt = inApril(5, 0, 0) }, rules.SkipRevoked},
		{"under review", func(c *rules.ReminderCase) { c.Facts.ReviewOpen = true }, rules.SkipReview},
		{"a later deadline", func(c *rules.ReminderCase) { c.Facts.Deadline = inApril(12, 0, 0) }, rules.SkipExtended},
		{"the next stage has begun", func(c *rules.ReminderCase) { c.Now = inApril(8, 0, 0) }, rules.SkipLate},
		{"no address", func(c *rules.ReminderCase) { c.Reachable = false }, rules.SkipUnreachable},
		{"came back before", func(c *rules.ReminderCase) { c.Bounced = true }, rules.SkipBounced},
		{"one today", func(c *rules.ReminderCase) { c.SentToday = 2 }, rules.SkipCapped},
		{"six in all", func(c *rules.ReminderCase) { c.SentInAll = 6 }, rules.SkipCapped},
	}
	if reason, may := rules.MayRemind(ok); !may || reason != "" {
		t.Errorf("who has not bought is not reminded: %s", reason)
	}
	all := ok
	for _, line := range slices.Backward(lines) {
		line.apply(&all)
		if reason, may := rules.MayRemind(all); may || reason != line.want {
			t.Errorf("%s, and all that follows: %v, %s; want %s", line.name, may, reason, line.want)
		}
		alone := ok
		line.apply(&alone)
		if reason, may := rules.MayRemind(alone); may || reason != line.want {
			t.Errorf("only %s: %v, %s; want %s", line.name, may, reason, line.want)
		}
	}
}

func TestHowManyThereMayBe(t *testing.T) {
	for _, tt := range []struct {
		name         string
		now          time.Time
		today, inAll int
		want         bool
	}{
		{"none yet", inApril(6, 9, 0), 0, 0, true},
		{"one today", inApril(6, 9, 0), 1, 1, false},
		{"one today, on the last day", inApril(8, 18, 5), 1, 4, true},
		{"two on the last day", inApril(8, 23, 5), 2, 5, false},
		{"five in all", inApril(8, 18, 5), 0, 5, true},
		{"six in all", inApril(8, 18, 5), 0, 6, false},
	} {
		_, may := rules.MayRemind(rules.ReminderCase{
			Facts: rules.Facts{Deadline: lastMidnight}, Deadline: lastMidnight, Now: tt.now, Reachable: true, SentToday: tt.today, SentInAll: tt.inAll,
			Window: rules.ReminderWindow{Stage: 6, Ends: lastMidnight},
		})
		if may != tt.want {
			t.Errorf("%s: %v", tt.name, may)
		}
	}
}

func TestWhatBecomesOfAnAttempt(t *testing.T) {
	days := rules.ReminderWindow{Stage: 72, Begins: inApril(6, 0, 0), Ends: inApril(8, 0, 0)}
	hours := rules.ReminderWindow{Stage: 6, Begins: inApril(8, 18, 0), Ends: inApril(9, 0, 0)}
	for _, tt := range []struct {
		name    string
		outcome rules.ReminderOutcome
		attempt int
		window  rules.ReminderWindow
		now     time.Time
		want    rules.ReminderNext
	}{
		{"taken", rules.ReminderTaken, 1, days, inApril(6, 9, 0), rules.ReminderNext{State: rules.ReminderSent}},
		{"refused for good", rules.ReminderRefused, 1, days, inApril(6, 9, 0), rules.ReminderNext{State: rules.ReminderBounced}},
		{"the message is refused", rules.ReminderRejected, 1, days, inApril(6, 9, 0), rules.ReminderNext{State: rules.ReminderFailed}},
		{"surely not sent", rules.ReminderUnsent, 3, days, inApril(6, 9, 0), rules.ReminderNext{State: rules.ReminderPlanned}},
		{"perhaps sent", rules.ReminderUnclear, 1, days, inApril(6, 9, 0), rules.ReminderNext{State: rules.ReminderDoubt}},
		{"a word that is not known is doubt", "", 1, days, inApril(6, 9, 0), rules.ReminderNext{State: rules.ReminderDoubt}},
		{"for now", rules.ReminderDeferred, 1, days, inApril(6, 9, 0), rules.ReminderNext{rules.ReminderPlanned, inApril(6, 9, 20)}},
		{"for now, again", rules.ReminderDeferred, 2, days, inApril(6, 9, 20), rules.ReminderNext{rules.ReminderPlanned, inApril(6, 10, 20)}},
		{"for now, a third time", rules.ReminderDeferred, 3, days, inApril(6, 10, 20), rules.ReminderNext{State: rules.ReminderFailed}},
		{"for now, in the evening", rules.ReminderDeferred, 1, days, inApril(6, 19, 50), rules.ReminderNext{rules.ReminderPlanned, inApril(7, 8, 0)}},
		{"for now, and the next morning is another stage's", rules.ReminderDeferred, 1, days, inApril(7, 19, 50), rules.ReminderNext{State: rules.ReminderFailed}},
		{"for now, in the last hours", rules.ReminderDeferred, 1, hours, inApril(8, 23, 39), rules.ReminderNext{rules.ReminderPlanned, inApril(8, 23, 59)}},
		{"for now, and it is too late", rules.ReminderDeferred, 1, hours, inApril(8, 23, 40), rules.ReminderNext{State: rules.ReminderFailed}},
	} {
		got := rules.AfterReminderAttempt(tt.outcome, tt.attempt, tt.window, tt.now)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAMessageInTheEveningHasUntilTheNight(t *testing.T) {
	days := rules.ReminderWindow{Stage: 72, Begins: inApril(6, 0, 0), Ends: inApril(8, 0, 0)}
	if got := rules.RemindsUntil(days, inApril(6, 19, 0)); !got.Equal(inApril(6, 20, 0)) {
		t.Errorf("until %v", got)
	}
	hours := rules.ReminderWindow{Stage: 6, Begins: inApril(8, 18, 0), Ends: inApril(9, 0, 0)}
	if got := rules.RemindsUntil(hours, inApril(8, 19, 0)); !got.Equal(inApril(9, 0, 0)) {
		t.Errorf("until %v", got)
	}
}
