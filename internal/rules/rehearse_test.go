package rules_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

func lastDay(day string) rules.Change { return rules.Change{LastDay: at(day)} }

func lagLimit(d time.Duration) rules.Change { return rules.Change{LagLimit: &d} }

// rehearsal13 is a change for cohort 13, announced at noon.
func rehearsal13(c rules.Change, now, then string) rules.Rehearsal {
	return rules.Rehearsal{
		Change: c, Settings: settings, AnnouncedAt: at("2021-03-10 12:00"), CohortDeadline: deadline13, Now: at(now), At: at(then),
	}
}

func TestTheDeadlineOfAChange(t *testing.T) {
	tests := []struct {
		name   string
		change rules.Change
		want   string
	}{
		{"none", rules.Change{}, "2021-04-09"},
		{"another lag limit", lagLimit(time.Hour), "2021-04-09"},
		{"the same window", rules.Change{WindowDays: 30}, "2021-04-09"},
		{"five days more", rules.Change{WindowDays: 35}, "2021-04-14"},
		{"a window of one day", rules.Change{WindowDays: 1}, "2021-03-11"},
		{"another last day", lastDay("2021-04-15 09:00"), "2021-04-16"},
		{"an earlier last day", lastDay("2021-04-01"), "2021-04-02"},
	}
	for _, tt := range tests {
		if got := rehearsal13(tt.change, "2021-04-12", "2021-04-12").Deadline(); !got.Equal(at(tt.want)) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRehearse(t *testing.T) {
	const (
		inTime  = "2021-03-20 10:00"
		tooLate = "2021-04-10 10:00"
		revoked = "2021-04-09 12:00"
		aDay    = 24 * time.Hour
	)
	pending := standing(rules.EvidencePending)
	type set = []rules.Purchase
	tests := []struct {
		name     string
		change   rules.Change
		now      string // 12 April when empty
		at       string // now when empty
		own      string // the participant's deadline, if not the cohort's
		revoked  bool
		ended    bool // the rules have ended the revocation
		set      set
		from, to rules.Status
		why      rules.Ground
		about    string
		deadline string // with the change
		spared   bool
	}{
		{name: "a longer window gives the overdue time", change: rules.Change{WindowDays: 35}, from: "OVERDUE", to: "AWAITING", why: "MORE_TIME", deadline: "2021-04-14"},
		{name: "a longer window that is over as well changes nobody who did not buy", change: rules.Change{WindowDays: 33}, from: "OVERDUE", to: "OVERDUE", deadline: "2021-04-12"},
		{name: "with a microsecond left", change: rules.Change{WindowDays: 33}, now: "2021-04-11 23:59:59.999999", from: "OVERDUE", to: "AWAITING", why: "MORE_TIME", deadline: "2021-04-12"},
		{name: "seen after the longer window", change: rules.Change{WindowDays: 35}, at: "2021-04-14", from: "OVERDUE", to: "OVERDUE", deadline: "2021-04-14"},
		{name: "seen after the present deadline", change: rules.Change{WindowDays: 35}, now: "2021-04-01", at: "2021-04-10", from: "OVERDUE", to: "AWAITING", why: "MORE_TIME", deadline: "2021-04-14"},
		{name: "before both deadlines", change: rules.Change{WindowDays: 35}, now: "2021-04-01", from: "AWAITING", to: "AWAITING", deadline: "2021-04-14"},
		{name: "what was late counts", change: lastDay("2021-04-10"), set: set{bought("tokopedia", "A", tooLate)}, from: "OVERDUE", to: "PURCHASED", why: "IN_TIME", about: "A", deadline: "2021-04-11"},
		{name: "of two that were late the earliest", change: lastDay("2021-04-10"), set: set{bought("tokopedia", "B", "2021-04-10 11:00"), bought("tokopedia", "A", tooLate)}, from: "OVERDUE", to: "PURCHASED", why: "IN_TIME", about: "A", deadline: "2021-04-11"},
		{name: "what was late stays late by a microsecond", change: lastDay("2021-04-10"), set: set{bought("tokopedia", "A", "2021-04-11")}, from: "OVERDUE", to: "OVERDUE", deadline: "2021-04-11"},
		{name: "who has bought stays so", change: lastDay("2021-04-20"), set: set{bought("tokopedia", "A", inTime)}, from: "PURCHASED", to: "PURCHASED", deadline: "2021-04-21"},
		{name: "an own later deadline stays", change: lastDay("2021-04-13"), own: "2021-04-20", from: "AWAITING", to: "AWAITING", deadline: "2021-04-20"},
		{name: "an own later deadline becomes later still", change: lastDay("2021-04-29"), own: "2021-04-20", at: "2021-04-25", from: "OVERDUE", to: "AWAITING", why: "MORE_TIME", deadline: "2021-04-30"},
		{name: "what was late reinstates", change: lastDay("2021-04-15"), revoked: true, set: set{bought("tokopedia", "A", tooLate)}, from: "REVOKED", to: "PURCHASED", why: "IN_TIME", about: "A", deadline: "2021-04-16"},
		{name: "what was late and is doubted reinstates nobody", change: lastDay("2021-04-15"), revoked: true, set: set{bought("tokopedia", "A", tooLate, statedThrough("2021-04-11"))}, from: "REVOKED", to: "REVOKED", deadline: "2021-04-16"},
		{name: "more time alone reinstates nobody", change: lastDay("2021-04-15"), revoked: true, from: "REVOKED", to: "REVOKED", deadline: "2021-04-16"},
		{name: "a longer window makes late evidence timely", change: lastDay("2021-04-15"), now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-18"), pending)}, from: "REVOKED", to: "PURCHASED", why: "TRUSTED", about: "A", deadline: "2021-04-16"},
		{name: "a void comes before the longer deadline", change: lastDay("2021-04-15"), set: set{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, from: "UNDER_REVIEW", to: "AWAITING", why: "VOID_IN_TIME", about: "A", deadline: "2021-04-16"},
		{name: "whom that harms is spared", change: lastDay("2021-04-10"), set: set{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, from: "UNDER_REVIEW", to: "UNDER_REVIEW", deadline: "2021-04-09", spared: true},
		{name: "harm is judged when the change is made, not when it is looked at", change: lastDay("2021-04-15"), at: "2021-04-20", set: set{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, from: "UNDER_REVIEW", to: "OVERDUE", why: "VOID_IN_TIME", about: "A", deadline: "2021-04-16"},
		{name: "who was spared once is asked about again", change: lastDay("2021-04-08"), own: "2021-04-01", set: set{bought("tokopedia", "A", inTime, voided("2021-04-03"))}, from: "UNDER_REVIEW", to: "UNDER_REVIEW", deadline: "2021-04-01", spared: true},
		{name: "a late purchase that was voided late is asked about", change: lastDay("2021-04-10"), set: set{bought("tokopedia", "A", tooLate, voided("2021-04-11"))}, from: "OVERDUE", to: "UNDER_REVIEW", why: "VOID_LATE", about: "A", deadline: "2021-04-11"},

		{name: "an earlier deadline is over", change: rules.Change{WindowDays: 20}, now: "2021-04-01", from: "AWAITING", to: "OVERDUE", why: "TIME_OVER", deadline: "2021-03-30"},
		{name: "an earlier deadline makes a purchase late", change: lastDay("2021-03-19"), set: set{bought("tokopedia", "A", inTime)}, from: "PURCHASED", to: "OVERDUE", why: "LATE", about: "A", deadline: "2021-03-20"},
		{name: "an earlier deadline leaves what was early enough", change: lastDay("2021-03-20"), set: set{bought("tokopedia", "A", inTime)}, from: "PURCHASED", to: "PURCHASED", deadline: "2021-03-21"},
		{name: "an earlier deadline makes a void late", change: lastDay("2021-03-25"), set: set{bought("tokopedia", "A", inTime, voided("2021-04-01"))}, from: "OVERDUE", to: "UNDER_REVIEW", why: "VOID_LATE", about: "A", deadline: "2021-03-26"},
		{name: "an earlier deadline leaves nothing to ask", change: lastDay("2021-03-19"), set: set{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, from: "UNDER_REVIEW", to: "OVERDUE", why: "LATE", about: "A", deadline: "2021-03-20"},
		{name: "an own later deadline outlives an earlier one", change: lastDay("2021-03-19"), own: "2021-04-20", from: "AWAITING", to: "AWAITING", deadline: "2021-04-20"},
		{name: "an earlier deadline reinstates nobody", change: lastDay("2021-03-19"), revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-18"), pending)}, from: "REVOKED", to: "REVOKED", deadline: "2021-03-20"},
		{name: "an earlier deadline takes the evidence that reinstated", change: lastDay("2021-03-19"), ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-10"))}, from: "PURCHASED", to: "REVOKED", why: "LATE", about: "A", deadline: "2021-03-20"},
		{name: "an earlier deadline makes evidence doubtful", change: lastDay("2021-04-01"), ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-10"))}, from: "PURCHASED", to: "REVOKED", why: "DOUBTED", about: "A", deadline: "2021-04-02"},
		{name: "a later deadline ends no reinstatement", change: lastDay("2021-04-15"), ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-05-10"))}, from: "PURCHASED", to: "PURCHASED", deadline: "2021-04-16"},

		{name: "a longer lag limit trusts", change: lagLimit(4 * aDay), now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-13"), pending)}, from: "REVOKED", to: "PURCHASED", why: "TRUSTED", about: "A"},
		{name: "a longer lag limit trusts no report after it", change: lagLimit(4 * aDay), now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-13 00:00:00.000001"), pending)}, from: "REVOKED", to: "REVOKED"},
		{name: "a longer lag limit trusts nothing against a statement", change: lagLimit(4 * aDay), now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-13"), statedThrough("2021-04-01"), pending)}, from: "REVOKED", to: "REVOKED"},
		{name: "a longer lag limit overrules no person", change: lagLimit(4 * aDay), now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-13"), standing(rules.EvidenceRejected))}, from: "REVOKED", to: "REVOKED"},
		{name: "a longer lag limit trusts what was voided since", change: lagLimit(4 * aDay), now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-13"), voided("2021-04-14"), pending)}, from: "REVOKED", to: "UNDER_REVIEW", why: "TRUSTED", about: "A"},
		{name: "a shorter lag limit doubts what reinstated", change: lagLimit(aDay), now: "2021-04-20", ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-11"))}, from: "PURCHASED", to: "REVOKED", why: "DOUBTED", about: "A"},
		{name: "a shorter lag limit still trusts what came at once", change: lagLimit(2 * aDay), now: "2021-04-20", ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-11"))}, from: "PURCHASED", to: "PURCHASED"},
		{name: "a shorter lag limit leaves a reinstatement by a person", change: lagLimit(aDay), now: "2021-04-20", ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-11"), standing(rules.EvidenceUpheld))}, from: "PURCHASED", to: "PURCHASED"},
		{name: "a shorter lag limit leaves those who were never revoked", change: lagLimit(0), now: "2021-04-20", set: set{bought("tokopedia", "A", inTime, received("2021-04-11"))}, from: "PURCHASED", to: "PURCHASED"},
		{name: "a shorter lag limit after a longer deadline", change: rules.Change{LastDay: at("2021-04-15"), LagLimit: new(aDay)}, now: "2021-04-20", ended: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-11"))}, from: "PURCHASED", to: "PURCHASED", deadline: "2021-04-16"},
		{name: "neither limit nor deadline suffices alone", change: rules.Change{LastDay: at("2021-04-09"), LagLimit: new(4 * aDay)}, now: "2021-04-20", revoked: true, set: set{bought("tokopedia", "A", inTime, received("2021-04-14"), pending)}, from: "REVOKED", to: "PURCHASED", why: "TRUSTED", about: "A", deadline: "2021-04-10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := or(tt.now, "2021-04-12")
			r := rehearsal13(tt.change, now, or(tt.at, now))
			p := rules.Rehearsing{Membership: membership13(""), Purchases: tt.set}
			p.Facts.Deadline = at(or(tt.own, "2021-04-09"))
			switch {
			case tt.revoked:
				p.Facts.RevokedAt = at(revoked)
			case tt.ended:
				p.EndedRevocation = at(revoked)
			}
			p.Facts = rules.Reconsider(p.Membership, p.Purchases, settings).Facts
			got := r.Of(p)
			if got.From != tt.from || got.To != tt.to || got.Why != tt.why || got.Spared != tt.spared {
				t.Errorf("from %s to %s, %q, spared %v; want from %s to %s, %q, spared %v", got.From, got.To, got.Why, got.Spared, tt.from, tt.to, tt.why, tt.spared)
			}
			if want := at(or(tt.deadline, "2021-04-09")); !got.After.Deadline.Equal(want) {
				t.Errorf("deadline %v, want %v", got.After.Deadline, want)
			}
			if !got.Before.Equal(p.Facts) || got.From != got.Before.StatusAt(r.At) || got.To != got.After.StatusAt(r.At) {
				t.Errorf("%+v of %+v", got, p.Facts)
			}
			about := ""
			if got.About != nil {
				about = got.About.Invoice
			}
			if about != tt.about {
				t.Errorf("about %q, want %q", about, tt.about)
			}
		})
	}
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// TestAChangeThatIsNoneChangesNobody rehearses what is in force already.
func TestAChangeThatIsNoneChangesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		out := rules.Reconsider(m, purchases, settings)
		r := rehearsed(t, m, settings)
		r.Change = rapid.SampledFrom([]rules.Change{{}, lagLimit(settings.LagLimit), {LastDay: r.CohortDeadline.Add(-time.Microsecond)}}).Draw(t, "change")
		p := rules.Rehearsing{Membership: rules.Membership{Announced: m.Announced, Facts: out.Facts}, Purchases: restate(purchases, out), EndedRevocation: r.Now}
		if got := r.Of(p); !got.After.Equal(got.Before) || got.Why != "" || got.Spared {
			t.Fatalf("%+v", got)
		}
	})
}

// TestARehearsedStatusHasItsGround tries any change on any set: whoever changes is told why, and a longer deadline makes
// nobody worse off.
func TestARehearsedStatusHasItsGround(t *testing.T) {
	seen := map[rules.Ground]bool{}
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		out := rules.Reconsider(m, purchases, settings)
		r := rehearsed(t, m, settings)
		if rapid.Bool().Draw(t, "moves the deadline") {
			r.Change.LastDay = r.CohortDeadline.AddDate(0, 0, rapid.IntRange(-20, 40).Draw(t, "by days"))
		}
		if rapid.Bool().Draw(t, "moves the limit") {
			r.Change.LagLimit = new(time.Duration(rapid.Int64Range(0, 20*day).Draw(t, "lag")) * time.Microsecond)
		}
		p := rules.Rehearsing{Membership: rules.Membership{Announced: m.Announced, Facts: out.Facts}, Purchases: restate(purchases, out)}
		if m.Facts.Revoked() && out.Reinstated {
			p.EndedRevocation = m.Facts.RevokedAt
		}
		got := r.Of(p)
		if (got.Why == "") != (got.From == got.To) {
			t.Fatalf("from %s to %s because of %q", got.From, got.To, got.Why)
		}
		if aboutNone := got.Why == "" || got.Why == "MORE_TIME" || got.Why == "TIME_OVER"; aboutNone != (got.About == nil) {
			t.Fatalf("because of %q, about %v", got.Why, got.About)
		}
		seen[got.Why] = true
		standing := map[rules.Status]int{rules.StatusPurchased: 0, rules.StatusAwaiting: 1, rules.StatusUnderReview: 1, rules.StatusOverdue: 2, rules.StatusRevoked: 3}
		worse := standing[got.To] > standing[got.From]
		if r.Change.LagLimit == nil && r.At.Equal(r.Now) && !r.Deadline().Before(r.CohortDeadline) && worse {
			t.Fatalf("a longer deadline, and from %s to %s", got.From, got.To)
		}
	})
	for _, g := range []rules.Ground{"MORE_TIME", "TIME_OVER", "IN_TIME", "LATE", "TRUSTED", "DOUBTED", "VOID_IN_TIME", "VOID_LATE"} {
		if !seen[g] && !t.Failed() {
			t.Errorf("nobody changed because of %s", g)
		}
	}
}

// rehearsed draws when a change for the participant's cohort is made and looked at.
func rehearsed(t *rapid.T, m rules.Membership, s rules.Settings) rules.Rehearsal {
	now := m.Facts.Deadline.Add(time.Duration(rapid.Int64Range(-10*day, 30*day).Draw(t, "now")) * time.Microsecond)
	then := now
	if rapid.Bool().Draw(t, "is looked at later") {
		then = now.Add(time.Duration(rapid.Int64Range(0, 30*day).Draw(t, "later")) * time.Microsecond)
	}
	return rules.Rehearsal{Settings: s, AnnouncedAt: m.Announced, CohortDeadline: m.Facts.Deadline, Now: now, At: then}
}
