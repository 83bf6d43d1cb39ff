package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

func TestEveryOrderOfDeliveriesEndsAsTheModelSays(t *testing.T) {
	seen := map[rules.Status]int{}
	rapid.Check(t, func(t *rapid.T) {
		s := stories(t)
		want := s.ending()
		for _, name := range []string{"order", "another order"} {
			f := newFold(s)
			before := rapid.Permutation(s.messages(true)).Draw(t, name+" before the settlement")
			after := rapid.Permutation(s.messages(false)).Draw(t, name+" after it")
			for _, m := range before {
				f.deliver(m)
			}
			f.settle()
			for _, m := range after {
				f.deliver(m)
			}
			if diff := cmp.Diff(want, f.ending()); diff != "" {
				t.Fatalf("ending (-model +rules):\n%s", diff)
			}
			changes := f.changes
			for _, m := range slices.Concat(before, after) {
				f.deliver(m)
			}
			if diff := cmp.Diff(want, f.ending()); diff != "" || f.changes != changes {
				t.Fatalf("delivered all over again, %d changes more (-model +rules):\n%s", f.changes-changes, diff)
			}
		}
		seen[want.FinalState]++
	})
	for _, status := range rules.Statuses() {
		if seen[status] == 0 && !t.Failed() {
			t.Errorf("no story ended %s: %v", status, seen)
		}
	}
}

// sets draws sets of purchases with every standing, as deliveries and decisions may leave them.
func sets(t *rapid.T) (rules.Membership, []rules.Purchase) {
	f := newFold(stories(t))
	if f.story.settled {
		f.membership.Facts.RevokedAt = instant(f.story.deadline + hour)
	}
	evidence := rapid.SampledFrom(rules.Evidence("").Values())
	for _, x := range f.story.sales {
		p := rules.Purchase{
			PurchaseKey: rules.PurchaseKey{Platform: x.platform, Invoice: x.invoice},
			PurchasedAt: instant(x.bought),
			ReceivedAt:  instant(x.received),
			Evidence:    rules.Evidence(evidence.Draw(t, "evidence")),
		}
		if x.void != nil {
			p.VoidedAt, p.VoidSettled = instant(*x.void), x.voidEarly
		}
		if x.complete != nil {
			p.StatedThrough = instant(*x.complete)
		}
		f.purchases[p.PurchaseKey] = p
	}
	return f.membership, slices.SortedFunc(maps.Values(f.purchases), rules.Purchase.Compare)
}

// restate is what the registry does with the purchases that an outcome has stand otherwise.
func restate(purchases []rules.Purchase, out rules.Outcome) []rules.Purchase {
	purchases = slices.Clone(purchases)
	for i, p := range purchases {
		for _, c := range out.Changed {
			if c.Purchase == p.PurchaseKey {
				purchases[i].Evidence = c.Evidence
			}
		}
	}
	return purchases
}

func TestReconsiderIsAFunctionOfTheSetAndIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		given := slices.Clone(purchases)
		once := rules.Reconsider(m, purchases, settings)
		if diff := cmp.Diff(given, purchases); diff != "" {
			t.Fatalf("the purchases given were changed:\n%s", diff)
		}
		if len(purchases) > 0 {
			if diff := cmp.Diff(once, rules.Reconsider(m, rapid.Permutation(purchases).Draw(t, "order"), settings)); diff != "" {
				t.Fatalf("another order (-one +other):\n%s", diff)
			}
		}
		want := rules.Outcome{Facts: once.Facts, Reviews: once.Reviews}
		m.Facts = once.Facts
		if diff := cmp.Diff(want, rules.Reconsider(m, restate(purchases, once), settings)); diff != "" {
			t.Fatalf("a second time (-once +twice):\n%s", diff)
		}
	})
}

// TestHowUndecidedPurchasesStoodDoesNotMatter has Reconsider derive it anew, and leave decisions alone.
func TestHowUndecidedPurchasesStoodDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		others := slices.Clone(purchases)
		for i, p := range others {
			if p.Evidence == rules.EvidenceAccepted || p.Evidence == rules.EvidencePending {
				others[i].Evidence = rapid.SampledFrom([]rules.Evidence{rules.EvidenceAccepted, rules.EvidencePending}).Draw(t, "stood")
			}
		}
		one, other := rules.Reconsider(m, purchases, settings), rules.Reconsider(m, others, settings)
		if diff := cmp.Diff(restate(purchases, one), restate(others, other)); diff != "" {
			t.Fatalf("the purchases stand (-one +other):\n%s", diff)
		}
		if !one.Facts.Equal(other.Facts) || !slices.Equal(one.Reviews, other.Reviews) {
			t.Fatalf("%+v, and else %+v", one, other)
		}
		for _, p := range restate(purchases, one) {
			i := slices.IndexFunc(purchases, func(q rules.Purchase) bool { return q.PurchaseKey == p.PurchaseKey })
			if decided := purchases[i].Evidence; (decided == "UPHELD" || decided == "REJECTED") && p.Evidence != decided {
				t.Fatalf("what a person decided as %s stands %s", decided, p.Evidence)
			}
		}
	})
}

func TestNobodyWithAPurchaseThatCountsIsRevoked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		out := rules.Reconsider(m, purchases, settings)
		counting, earliest := false, time.Time{}
		for _, p := range purchases {
			timely := !p.PurchasedAt.Before(m.Announced) && p.PurchasedAt.Before(m.Facts.Deadline)
			believed := p.Evidence != "REJECTED" && p.VoidedAt.IsZero() &&
				(!m.Facts.Revoked() || (!p.PurchasedAt.Before(p.StatedThrough) && p.ReceivedAt.Sub(m.Facts.Deadline) <= settings.LagLimit))
			if timely && (p.Evidence == "UPHELD" || believed) {
				counting, earliest = true, p.PurchasedAt
				break // the set is in order of time
			}
		}
		if counting && (out.Facts.Revoked() || out.Facts.ReviewOpen || out.Facts.FirstPurchase == nil) {
			t.Fatalf("a purchase of %v counts, and yet: %+v", earliest, out.Facts)
		}
		if out.Reinstated != (m.Facts.Revoked() && !out.Facts.Revoked()) || (!m.Facts.Revoked() && out.Facts.Revoked()) {
			t.Fatalf("revoked before: %v, after: %v, reinstated: %v", m.Facts.Revoked(), out.Facts.Revoked(), out.Reinstated)
		}
	})
}

func TestExtensionNeverShortensNorTakesAFirstPurchase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		until := m.Facts.Deadline.Add(time.Duration(rapid.Int64Range(-40*day, 40*day).Draw(t, "by")) * time.Microsecond)
		extended := rules.Extend(m.Facts.Deadline, until)
		if extended.Before(m.Facts.Deadline) || extended.Before(until) || (!extended.Equal(until) && !extended.Equal(m.Facts.Deadline)) {
			t.Fatalf("Extend(%v, %v) = %v", m.Facts.Deadline, until, extended)
		}
		before := rules.Reconsider(m, purchases, settings)
		m.Facts = before.Facts
		m.Facts.Deadline = extended
		after := rules.Reconsider(m, restate(purchases, before), settings)
		if after.Facts.Revoked() && !before.Facts.Revoked() {
			t.Fatalf("the extension revoked: %+v", after)
		}
		first := before.Facts.FirstPurchase
		if first != nil && (after.Facts.FirstPurchase == nil || *after.Facts.FirstPurchase != *first) {
			t.Fatalf("the first purchase was %v, after the extension it is %v", first, after.Facts.FirstPurchase)
		}
		// From best to worst, for one whose time is over. Whoever is under review keeps that at least.
		standings := []rules.Status{rules.StatusPurchased, rules.StatusUnderReview, rules.StatusOverdue, rules.StatusRevoked}
		worse := func(f rules.Facts) int { return slices.Index(standings, f.StatusAt(extended)) }
		if !rules.ExtensionHarms(before, after, extended) && worse(after.Facts) > worse(before.Facts) {
			t.Fatalf("harmless, it is said, and yet from %+v to %+v", before.Facts, after.Facts)
		}
	})
}

func TestEveryCombinationOfFactsHasTheStatusOfTheTable(t *testing.T) {
	// The table of the design, bottom row first: the first row that applies.
	rows := []struct {
		status  rules.Status
		applies func(bought, past, review, revoked bool) bool
	}{
		{"REVOKED", func(_, _, _, revoked bool) bool { return revoked }},
		{"UNDER_REVIEW", func(_, _, review, _ bool) bool { return review }},
		{"OVERDUE", func(bought, past, _, revoked bool) bool { return !bought && past && !revoked }},
		{"PURCHASED", func(bought, _, _, revoked bool) bool { return bought && !revoked }},
		{"AWAITING", func(bought, past, _, revoked bool) bool { return !bought && !past && !revoked }},
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rules.Facts{Deadline: deadline13, ReviewOpen: rapid.Bool().Draw(t, "review")}
		if rapid.Bool().Draw(t, "bought") {
			f.FirstPurchase = key("tokopedia", "A")
		}
		if rapid.Bool().Draw(t, "revoked") {
			f.RevokedAt = deadline13
		}
		left := rapid.OneOf(rapid.SampledFrom([]int64{-1, 0, 1}), rapid.Int64Range(-90*day, 90*day)).Draw(t, "left")
		now := deadline13.Add(-time.Duration(left) * time.Microsecond)
		var want rules.Status
		for _, row := range rows {
			if row.applies(f.FirstPurchase != nil, left <= 0, f.ReviewOpen, f.Revoked()) {
				want = row.status
				break
			}
		}
		if got := f.StatusAt(now); got != want || !slices.Contains(rules.Statuses(), got) {
			t.Fatalf("%+v with %d µs left: %s, want %s", f, left, got, want)
		}
	})
}

func TestEverythingCanBeExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		out := rules.Reconsider(m, purchases, settings)
		purchases = restate(purchases, out)
		in := rules.ExplainInput{
			Cohort: 13, AnnouncedAt: m.Announced, CohortDeadline: deadline13, Basis: rules.BasisComputed,
			Facts: out.Facts, Purchases: purchases, Settings: settings,
			Now: instant(rapid.Int64Range(0, 60*day).Draw(t, "now")),
		}
		for _, r := range out.Reviews {
			in.Reviews = append(in.Reviews, rules.ReviewNote{ReviewNeed: r, OpenedAt: in.Now})
		}
		en, id := rules.Explain(in, rules.EN), rules.Explain(in, rules.ID)
		texts := [][]string{}
		for _, x := range []rules.Explanation{en, id} {
			all := append(slices.Concat(x.Deadline, x.Awaited), x.Summary)
			for _, n := range x.Evidence {
				all = append(all, n.Text)
			}
			texts = append(texts, all)
		}
		if len(texts[0]) != len(texts[1]) || len(en.Evidence) != len(purchases) {
			t.Fatalf("%d texts in English, %d in Indonesian; %d notes about %d purchases", len(texts[0]), len(texts[1]), len(en.Evidence), len(purchases))
		}
		for i, text := range texts[0] {
			other := texts[1][i]
			if text == "" || other == "" || text == other || strings.Contains(text+other, "%!") || !strings.HasSuffix(text, ".") || !strings.HasSuffix(other, ".") {
				t.Fatalf("not two sentences in two languages:\n%q\n%q", text, other)
			}
		}
		for i, n := range en.Evidence {
			first := out.Facts.FirstPurchase != nil && *out.Facts.FirstPurchase == n.Purchase
			if n.Code != id.Evidence[i].Code || (n.Code == rules.CodeFirstPurchase && !first) || (first && !n.Counts) {
				t.Fatalf("note %+v, first purchase %v", n, out.Facts.FirstPurchase)
			}
		}
	})
}
