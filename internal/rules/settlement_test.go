package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

// TestTheStepsOfASettlement goes through every step from every state; what is not in the table is not possible.
func TestTheStepsOfASettlement(t *testing.T) {
	type from struct {
		state rules.SettlementState
		step  rules.SettlementStep
	}
	possible := map[from]rules.SettlementState{
		{rules.SettlementPreviewed, rules.StepApprove}: rules.SettlementApproved,
		{rules.SettlementPreviewed, rules.StepDiscard}: rules.SettlementDiscarded,
		{rules.SettlementApproved, rules.StepExecute}:  rules.SettlementExecuted,
		{rules.SettlementApproved, rules.StepReverse}:  rules.SettlementReversed,
		{rules.SettlementApproved, rules.StepDiscard}:  rules.SettlementDiscarded,
		{rules.SettlementExecuted, rules.StepClose}:    rules.SettlementClosed,
		{rules.SettlementExecuted, rules.StepReverse}:  rules.SettlementReversed,
		{rules.SettlementClosed, rules.StepReverse}:    rules.SettlementReversed,
	}
	for _, name := range rules.SettlementState("").Values() {
		state := rules.SettlementState(name)
		for _, step := range []rules.SettlementStep{rules.StepApprove, rules.StepExecute, rules.StepClose, rules.StepReverse, rules.StepDiscard} {
			want, may := possible[from{state, step}]
			if !may {
				want = state
			}
			if got, ok := state.After(step); got != want || ok != may {
				t.Errorf("%s after %s: %s, %v; want %s, %v", state, step, got, ok, want, may)
			}
		}
	}
}

func TestWhatAClosingWaitsFor(t *testing.T) {
	settings := rules.DefaultSettings()
	deadline := time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)
	limit := deadline.Add(settings.LagLimit)
	tick := time.Microsecond
	said := func(at time.Time) rules.PlatformWord {
		return rules.PlatformWord{Platform: "sekolahmu", StatedThrough: at}
	}
	silent := rules.PlatformWord{Platform: "bukalapak"}
	down := rules.PlatformWord{Platform: "pintaria", StatedThrough: limit, Outage: true}
	tests := []struct {
		name    string
		closing rules.Closing
		now     time.Time
		want    []rules.Wait
	}{
		{"before the deadline", rules.Closing{}, deadline.Add(-tick), []rules.Wait{{Code: rules.WaitDeadline, Until: deadline}}},
		{"nobody reports at all", rules.Closing{}, deadline, nil},
		{"everything is stated", rules.Closing{Platforms: []rules.PlatformWord{said(deadline)}}, deadline, nil},
		{"stated to just before the deadline", rules.Closing{Platforms: []rules.PlatformWord{said(deadline.Add(-tick))}}, deadline,
			[]rules.Wait{{Code: rules.WaitStatement, Platform: "sekolahmu", Until: limit}}},
		{"silence until the lag limit", rules.Closing{Platforms: []rules.PlatformWord{said(deadline), silent}}, limit.Add(-tick),
			[]rules.Wait{{Code: rules.WaitStatement, Platform: "bukalapak", Until: limit}}},
		{"silence at the lag limit", rules.Closing{Platforms: []rules.PlatformWord{silent}}, limit, nil},
		{"an outage outlasts the lag limit", rules.Closing{Platforms: []rules.PlatformWord{down}}, limit.AddDate(0, 0, 30),
			[]rules.Wait{{Code: rules.WaitOutage, Platform: "pintaria"}}},
		{"an outage whose end is known", rules.Closing{Platforms: []rules.PlatformWord{silent.WithOutage(limit, deadline)}}, deadline,
			[]rules.Wait{{Code: rules.WaitOutage, Platform: "bukalapak", Until: limit}}},
		{"silence after an outage, until the lag limit from its end", rules.Closing{Platforms: []rules.PlatformWord{silent.WithOutage(limit, limit)}}, limit.Add(settings.LagLimit - tick),
			[]rules.Wait{{Code: rules.WaitStatement, Platform: "bukalapak", Until: limit.Add(settings.LagLimit)}}},
		{"silence at the lag limit from the end of an outage", rules.Closing{Platforms: []rules.PlatformWord{silent.WithOutage(limit, limit)}}, limit.Add(settings.LagLimit), nil},
		{"silence after an outage that ended before the deadline", rules.Closing{Platforms: []rules.PlatformWord{silent.WithOutage(deadline.Add(-time.Hour), limit)}}, limit, nil},
		{"everything is stated after an outage", rules.Closing{Platforms: []rules.PlatformWord{said(deadline).WithOutage(limit, limit)}}, limit, nil},
		{"an extension under way outlasts the lag limit", rules.Closing{Raises: 1}, limit.AddDate(0, 0, 30), []rules.Wait{{Code: rules.WaitExtension}}},
		{"the quarantine outlasts the lag limit", rules.Closing{Quarantined: 2}, limit.AddDate(0, 0, 30), []rules.Wait{{Code: rules.WaitQuarantine, Count: 2}}},
		{"all of it, by platform", rules.Closing{Platforms: []rules.PlatformWord{down, silent}, Quarantined: 1, Raises: 2}, deadline, []rules.Wait{
			{Code: rules.WaitStatement, Platform: "bukalapak", Until: limit}, {Code: rules.WaitOutage, Platform: "pintaria"}, {Code: rules.WaitExtension},
			{Code: rules.WaitQuarantine, Count: 1},
		}},
	}
	for _, tt := range tests {
		tt.closing.Through = deadline
		if diff := cmp.Diff(tt.want, tt.closing.Awaits(tt.now, settings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestWhoIsPassedOver has, beside each ground that keeps a membership, nothing else that would.
func TestWhoIsPassedOver(t *testing.T) {
	deadline := time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)
	prepared := deadline.Add(80 * time.Hour)
	now := prepared.Add(time.Hour)
	tests := []struct {
		name   string
		change func(*rules.Listed)
		want   rules.PassedOver
	}{
		{"nothing speaks for the participant", func(*rules.Listed) {}, ""},
		{"a purchase that was known when the list was made, and does not count", func(l *rules.Listed) { l.Purchases, l.Known = 2, 2 }, ""},
		{"revoked", func(l *rules.Listed) { l.Facts.RevokedAt = deadline }, rules.PassedRevoked},
		{"a review", func(l *rules.Listed) { l.Facts.ReviewOpen = true }, rules.PassedReview},
		{"a first purchase", func(l *rules.Listed) { l.Facts.FirstPurchase = &rules.PurchaseKey{} }, rules.PassedPurchased},
		{"an extension that still runs", func(l *rules.Listed) { l.Facts.Deadline = now.Add(time.Hour) }, rules.PassedExtended},
		{"an extension that has passed as well", func(l *rules.Listed) { l.Facts.Deadline = deadline.Add(24 * time.Hour) }, rules.PassedExtended},
		{"a purchase recorded since the list was made", func(l *rules.Listed) { l.Purchases, l.Known = 3, 2 }, rules.PassedEvidence},
		{"a delivery in quarantine", func(l *rules.Listed) { l.Quarantined = true }, rules.PassedQuarantine},
	}
	for _, tt := range tests {
		l := rules.Listed{Facts: rules.Facts{Deadline: deadline}, Deadline: deadline}
		tt.change(&l)
		got, stays := l.MustStay(now)
		if got != tt.want || stays != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, stays, tt.want)
		}
	}
}

// TestSeveralOutagesOfAPlatform declares them in both orders: what lasts longest counts.
func TestSeveralOutagesOfAPlatform(t *testing.T) {
	now := time.Date(2021, 4, 9, 12, 0, 0, 0, rules.WIB)
	var unknown time.Time
	early, late, soon, later := now.Add(-48*time.Hour), now, now.Add(time.Hour), now.Add(2*time.Hour)
	tests := []struct {
		name  string
		a, b  time.Time
		ended time.Time
		until time.Time
		down  bool
	}{
		{"two that are over", early, late, late, unknown, false},
		{"two with an end", soon, later, unknown, later, true},
		{"one without an end", soon, unknown, unknown, unknown, true},
		{"one that is over", early, soon, early, soon, true},
	}
	for _, tt := range tests {
		for _, ends := range [][2]time.Time{{tt.a, tt.b}, {tt.b, tt.a}} {
			got := rules.PlatformWord{}.WithOutage(ends[0], now).WithOutage(ends[1], now)
			if diff := cmp.Diff(rules.PlatformWord{Outage: tt.down, OutageUntil: tt.until, OutageEnded: tt.ended}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	}
}

func TestReserveIsRoundedUp(t *testing.T) {
	settings := rules.Settings{ReservePercent: 5}
	for listed, want := range map[int]int{0: 0, 1: 1, 19: 1, 20: 1, 21: 2, 12_000: 600} {
		if got := settings.ReserveOf(listed); got != want {
			t.Errorf("of %d: %d, want %d", listed, got, want)
		}
	}
}
