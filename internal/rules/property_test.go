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
		for _, order := range [][]message{
			rapid.Permutation(s.messages()).Draw(t, "order"),
			rapid.Permutation(s.messages()).Draw(t, "another order"),
		} {
			f := newFold(s)
			for _, m := range order {
				f.deliver(m)
			}
			if diff := cmp.Diff(want, f.ending()); diff != "" {
				t.Fatalf("ending (-model +rules):\n%s", diff)
			}
			changes := f.changes
			for _, m := range order {
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
	evidence := rapid.SampledFrom(rules.Evidence("").Values())
	for _, x := range f.story.sales {
		p := rules.Purchase{
			PurchaseKey: rules.PurchaseKey{Platform: x.platform, Invoice: x.invoice},
			PurchasedAt: instant(x.bought),
			ReceivedAt:  instant(x.received),
			Evidence:    rules.Evidence(evidence.Draw(t, "evidence")),
		}
		if x.void != nil {
			p.VoidedAt = instant(*x.void)
		}
		f.purchases[p.PurchaseKey] = p
	}
	return f.membership, slices.SortedFunc(maps.Values(f.purchases), rules.Purchase.Compare)
}

// accept is what the registry does with the purchases that an outcome accepts.
func accept(purchases []rules.Purchase, accepted []rules.PurchaseKey) []rules.Purchase {
	purchases = slices.Clone(purchases)
	for i, p := range purchases {
		if slices.Contains(accepted, p.PurchaseKey) {
			purchases[i].Evidence = rules.EvidenceAccepted
		}
	}
	return purchases
}

func TestReconsiderIsAFunctionOfTheSetAndIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		given := slices.Clone(purchases)
		once := rules.Reconsider(m, purchases)
		if diff := cmp.Diff(given, purchases); diff != "" {
			t.Fatalf("the purchases given were changed:\n%s", diff)
		}
		if len(purchases) > 0 {
			if diff := cmp.Diff(once, rules.Reconsider(m, rapid.Permutation(purchases).Draw(t, "order"))); diff != "" {
				t.Fatalf("another order (-one +other):\n%s", diff)
			}
		}
		want := rules.Outcome{Facts: once.Facts, Reviews: once.Reviews}
		m.Facts = once.Facts
		if diff := cmp.Diff(want, rules.Reconsider(m, accept(purchases, once.Accepted))); diff != "" {
			t.Fatalf("a second time (-once +twice):\n%s", diff)
		}
	})
}

func TestNobodyWithAPurchaseThatCountsIsRevoked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, purchases := sets(t)
		out := rules.Reconsider(m, purchases)
		counting, earliest := false, time.Time{}
		for _, p := range purchases {
			timely := !p.PurchasedAt.Before(m.Announced) && p.PurchasedAt.Before(m.Facts.Deadline)
			if timely && (p.Evidence == "UPHELD" || p.Evidence == "ACCEPTED" && p.VoidedAt.IsZero()) {
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
		reconsidered := rules.Reconsider(m, purchases)
		before, purchases := reconsidered.Facts, accept(purchases, reconsidered.Accepted)
		extended := rules.Extend(m.Facts.Deadline, until)
		if extended.Before(m.Facts.Deadline) || extended.Before(until) || (!extended.Equal(until) && !extended.Equal(m.Facts.Deadline)) {
			t.Fatalf("Extend(%v, %v) = %v", m.Facts.Deadline, until, extended)
		}
		m.Facts = before
		m.Facts.Deadline = extended
		after := rules.Reconsider(m, purchases).Facts
		if after.Revoked() && !before.Revoked() {
			t.Fatalf("the extension revoked: %+v", after)
		}
		if before.FirstPurchase != nil && (after.FirstPurchase == nil || *after.FirstPurchase != *before.FirstPurchase) {
			t.Fatalf("the first purchase was %v, after the extension it is %v", before.FirstPurchase, after.FirstPurchase)
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
		out := rules.Reconsider(m, purchases)
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
			if n.Code != id.Evidence[i].Code || (n.Code == rules.CodeFirstPurchase && !first) || (first && !n.Counts && len(out.Accepted) == 0) {
				t.Fatalf("note %+v, first purchase %v", n, out.Facts.FirstPurchase)
			}
		}
	})
}
