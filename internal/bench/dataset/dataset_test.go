package dataset

import (
	"testing"
	"time"

	"gelombang/internal/rules"

	"pgregory.net/rapid"
)

func TestAScatterIsAPermutationBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		s := newScatter(n, rapid.Uint64().Draw(t, "seed"))
		seen := make([]bool, n)
		for i := range n {
			to := s.to(i)
			if to < 0 || to >= n || seen[to] {
				t.Fatalf("%d comes to %d, which is out of bounds or taken", i, to)
			}
			if seen[to] = true; s.from(to) != i {
				t.Fatalf("%d comes to %d, but what comes there is %d", i, to, s.from(to))
			}
		}
	})
}

func TestTheLayoutHasAsManyAsWereAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		participants := rapid.IntRange(1000, 3_000_000).Draw(t, "participants")
		purchases := rapid.IntRange(100, 4*participants).Draw(t, "purchases")
		d, err := New(Config{Seed: 3, Participants: participants, Purchases: purchases, Offerings: 100, AsOf: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		nextMember, nextPurchase := 1, 1
		for _, c := range d.Cohorts {
			if c.FirstID != nextMember {
				t.Fatalf("cohort %d begins with member %d, want %d", c.Number, c.FirstID, nextMember)
			}
			nextMember += c.Size
			for level, s := range c.streams {
				if s.firstID != nextPurchase || s.count > c.streams[0].count {
					t.Fatalf("cohort %d, level %d: %d purchases from %d, want at most %d from %d", c.Number, level, s.count, s.firstID, c.streams[0].count, nextPurchase)
				}
				nextPurchase += s.count
			}
		}
		if nextMember-1 != participants || nextPurchase-1 != purchases {
			t.Fatalf("%d participants and %d purchases, want %d and %d", nextMember-1, nextPurchase-1, participants, purchases)
		}
	})
}

func TestACurveRisesWithinItsSpan(t *testing.T) {
	from := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	until := rules.StartOfDay(from).AddDate(0, 0, 30)
	c := newCurve(from, until, until.Sub(from), firstPurchases)
	last := from
	for i := range 10_000 {
		at := c.at(float64(i) / 10_000)
		if at.Before(last) || !at.Before(until) {
			t.Fatalf("the share %d of 10000 is made at %v, after %v and before %v", i, at, last, until)
		}
		last = at
	}
	if half := c.at(0.5).Sub(from); half > 8*24*time.Hour {
		t.Errorf("half of them take %v: most buy in the first days", half)
	}
}
