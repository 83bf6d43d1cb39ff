package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestWhatIsRecordedSinceTheListKeepsTheMembership brings about each ground between the preview and the approval, before
// the execution, and between its two chunks, of which the participant is on the second. Nobody else is kept for it.
func TestWhatIsRecordedSinceTheListKeepsTheMembership(t *testing.T) {
	inTime := wib("2021-03-20T10:00:00")
	buys := func(x *night, card string, at time.Time) {
		x.Send(x.Message("tokopedia", registrytest.Bought("INV-"+card, card, at)))
	}
	extends := func(x *night, card string, lastDay time.Time) {
		_, err := extend(x.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: []string{card}, LastDay: lastDay})
		if err != nil {
			x.T.Fatal(err)
		}
	}
	grounds := []struct {
		name    string
		happens func(x *night, card string)
		want    rules.PassedOver
		status  rules.Status
	}{
		{"a purchase in time", func(x *night, card string) { buys(x, card, inTime) }, rules.PassedPurchased, rules.StatusPurchased},
		{"a purchase that comes too late to count", func(x *night, card string) { buys(x, card, deadline13) }, rules.PassedEvidence, rules.StatusOverdue},
		{"a purchase in time that was voided in time", func(x *night, card string) {
			buys(x, card, inTime)
			x.Send(x.Message("tokopedia", registrytest.Voided("INV-"+card, inTime.Add(time.Hour))))
		}, rules.PassedEvidence, rules.StatusOverdue},
		{"a purchase in time that was voided since", func(x *night, card string) {
			buys(x, card, inTime)
			x.Send(x.Message("tokopedia", registrytest.Voided("INV-"+card, deadline13)))
		}, rules.PassedReview, rules.StatusUnderReview},
		{"an extension that still runs", func(x *night, card string) { extends(x, card, deadline13.AddDate(0, 0, 6)) }, rules.PassedExtended, rules.StatusAwaiting},
		{"an extension that has passed as well", func(x *night, card string) { extends(x, card, deadline13) }, rules.PassedExtended, rules.StatusOverdue},
	}
	moments := []string{"before the approval", "before the execution", "between two chunks"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for m, moment := range moments {
			t.Run(moment, func(t *testing.T) {
				x := newNight(t, dbtest.New(t, d.Dialect), 250+len(grounds)+2)
				happen := func(now int) {
					for i, g := range grounds {
						if now == m {
							g.happens(x, x.cards[251+i])
						}
					}
				}
				x.prepares()
				happen(0)
				x.approves()
				x.orders()
				happen(1)
				if p := x.chunk(); p.Done != 250 || p.Of != len(x.cards) || p.Finished {
					t.Fatalf("after the first chunk: %+v", p)
				}
				happen(2)
				x.executes()
				for i, g := range grounds {
					card := x.cards[251+i]
					e := x.entry(card)
					if e.Outcome != rules.EntryPassedOver || e.PassedOver == nil || *e.PassedOver != g.want || e.DecidedAt == nil {
						t.Errorf("who has %s: %v", g.name, e)
					}
					if got := x.status(card); got != g.status {
						t.Errorf("who has %s is %s, want %s", g.name, got, g.status)
					}
				}
				if got := x.outcomes(); got[rules.EntryRevoked] != 252 || got[rules.EntryPassedOver] != len(grounds) {
					t.Errorf("outcomes %v", got)
				}
				if got := x.ledger(); got.Freed != 252 || got.Reserved() != 13 {
					t.Errorf("places %+v", got)
				}
				checkHistory(t, x.db)
			})
		}
	})
}

// TestADeliveryInQuarantineKeepsTheMembership of whom it names; when somebody has dismissed it, the next list has the
// participant on it.
func TestADeliveryInQuarantineKeepsTheMembership(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 3)
		x.prepares()
		x.approves()
		receipt := x.Send(x.Message("pintaria", registrytest.Bought("EARLY", x.cards[1], announced13.Add(-time.Hour))))[0]
		x.executes()
		if e := x.entry(x.cards[1]); e.PassedOver == nil || *e.PassedOver != rules.PassedQuarantine {
			t.Errorf("the entry is %v", e)
		}
		if _, err := x.DismissDelivery(context.Background(), registrytest.Officer, receipt.DeliveryID, "a mistake"); err != nil {
			t.Fatal(err)
		}
		x.prepares()
		x.approves()
		x.executes()
		if x.list.Listed != 1 || x.status(x.cards[1]) != rules.StatusRevoked {
			t.Errorf("the next list has %d, and the participant is %s", x.list.Listed, x.status(x.cards[1]))
		}
	})
}

// TestAnExecutionStopsAndGoesOn between chunks, and is ordered anew by somebody else, who then answers for the rest.
func TestAnExecutionStopsAndGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 260)
		x.prepares()
		x.approves()
		x.orders()
		due := func(want ...registry.Job) {
			t.Helper()
			got, err := x.DueSettlements(context.Background())
			if err != nil || len(got) != len(want) || (len(want) > 0 && got[0] != want[0]) {
				t.Errorf("due: %v (%v), want %v", got, err, want)
			}
		}
		due(registry.Job{Kind: registry.JobExecute, ID: x.list.ID})
		x.chunk()
		if _, err := x.StopExecution(context.Background(), registrytest.Admin, x.list.ID); err != nil {
			t.Fatal(err)
		}
		due()
		if _, err := x.ExecuteChunk(context.Background(), x.list.ID); registry.CodeOf(err) != registry.NotPossible {
			t.Errorf("a chunk while it is stopped: %v", err)
		}
		if got := x.outcomes(); got[rules.EntryRevoked] != 250 || got[rules.EntryListed] != 10 {
			t.Errorf("stopped: %v", got)
		}
		var seen []registry.Progress
		s, err := x.Execute(context.Background(), registrytest.Admin, x.list.ID, func(p registry.Progress) { seen = append(seen, p) })
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) != 2 || seen[0] != (registry.Progress{Done: 260, Of: 260}) || !seen[1].Finished {
			t.Errorf("progress %v", seen)
		}
		if s.StoppedAt != nil || s.OrderedBy != "admin-1" || s.ExecutedAt == nil || s.FinishedAt == nil || !s.ClosesAt.Equal(x.Now().Add(72*time.Hour)) {
			t.Errorf("the settlement is %v", s)
		}
		due()
		for card, want := range map[string]string{x.cards[0]: "officer-1", x.cards[259]: "admin-1"} {
			h := load(t, d, card).Edges.History[0]
			if h.Actor != want || h.Cause != rules.CauseSettlement || h.SettlementID == nil || *h.SettlementID != s.ID || h.Reason != "no purchase" {
				t.Errorf("the history tells it as %v, want %s", h, want)
			}
		}
		if again, err := x.ExecuteChunk(context.Background(), s.ID); err != nil || again != (registry.Progress{Done: 260, Of: 260, Finished: true}) {
			t.Errorf("a chunk too many: %+v, %v", again, err)
		}
	})
}

// TestPlacesAreKeptUntilTheSettlementCloses follows the ledger: what is freed is released but for a reserve, from which
// reinstatements take; and what they take after that is overdrawn.
func TestPlacesAreKeptUntilTheSettlementCloses(t *testing.T) {
	inTime := wib("2021-03-20T10:00:00")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 10)
		x.Clock.Set(deadline13.Add(time.Hour))
		x.State(deadline13)
		reserve := 3
		s, err := x.PrepareSettlement(context.Background(), registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reserve: &reserve, Reason: "no purchase"})
		if err != nil {
			t.Fatal(err)
		}
		x.list = s
		x.approves()
		x.executes()
		check := func(when string, want rules.Places) {
			t.Helper()
			if got := x.ledger(); got != want {
				t.Errorf("%s: %+v, want %+v", when, got, want)
			}
		}
		check("executed", rules.Places{Freed: 10, Released: 7})
		x.Clock.Set(deadline13.Add(2 * time.Hour))
		x.Send(x.Message("tokopedia", registrytest.Bought("DOUBTED", x.cards[0], inTime))) // against the statement
		check("with late evidence that is doubted", rules.Places{Freed: 10, Released: 7})
		rv := load(t, d, x.cards[0]).Edges.Reviews[0]
		if _, err := x.DecideReview(context.Background(), registrytest.Officer, registry.DecideReview{Review: rv.ID, Decision: rules.DecisionUphold, Note: "a receipt"}); err != nil {
			t.Fatal(err)
		}
		check("upheld", rules.Places{Freed: 10, Retaken: 1, Released: 7})
		if e := x.entry(x.cards[0]); e.Outcome != rules.EntryReinstated || !e.DecidedAt.Equal(x.Now()) {
			t.Errorf("the entry of who is reinstated: %v", e)
		}
		p := load(t, d, x.cards[0])
		if last := p.Edges.History[len(p.Edges.History)-1]; p.SettlementID != nil || last.SettlementID == nil || *last.SettlementID != s.ID {
			t.Errorf("who is reinstated: %v, by %v", p, last)
		}
		x.Clock.Set(s.Through.Add(73*time.Hour - time.Microsecond))
		if n, err := x.CloseDueSettlements(context.Background()); n != 0 || err != nil {
			t.Errorf("closed %d (%v) before its time", n, err)
		}
		x.Clock.Set(s.Through.Add(73 * time.Hour))
		for _, want := range []int{1, 0} {
			if n, err := x.CloseDueSettlements(context.Background()); n != want || err != nil {
				t.Errorf("closed %d (%v), want %d", n, err, want)
			}
		}
		if got := x.stored(); got.State != rules.SettlementClosed || !got.ClosedAt.Equal(x.Now()) {
			t.Errorf("the settlement is %v", got)
		}
		check("closed", rules.Places{Freed: 10, Retaken: 1, Released: 9})
		x.reverses(x.cards[1])
		check("reversed after that", rules.Places{Freed: 10, Retaken: 2, Released: 9})
		if got := x.ledger(); got.Reserved() != 0 || got.Overdrawn() != 1 {
			t.Errorf("overdrawn by %d", got.Overdrawn())
		}
	})
}

// TestTheExplanationCitesTheSettlement and, of who is overdue, what it waits for.
func TestTheExplanationCitesTheSettlement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 2)
		x.Clock.Set(deadline13.Add(time.Hour))
		explained := func(card string) string {
			t.Helper()
			e, err := x.Explain(context.Background(), load(t, d, card).ID, rules.EN)
			if err != nil {
				t.Fatal(err)
			}
			return e.Summary + "\n" + strings.Join(e.Awaited, "\n")
		}
		if got := explained(x.cards[0]); !strings.Contains(got, "tokopedia has not stated") || strings.Contains(got, "by settlement") {
			t.Errorf("of who is overdue: %s", got)
		}
		x.Clock.Set(afterLag)
		if got := explained(x.cards[0]); strings.Contains(got, "has not stated") {
			t.Errorf("after the lag limit: %s", got)
		}
		x.prepares()
		x.approves()
		x.executes()
		want := fmt.Sprintf("It was ended by settlement %d, a list that one person prepared 12 April 2021, 08:00:00 WIB", x.list.ID)
		if got := explained(x.cards[0]); !strings.Contains(got, want) || strings.Contains(got, "officer-1") {
			t.Errorf("of who is revoked: %s", got)
		}
		x.reverses(x.cards[0])
		if got := explained(x.cards[0]); strings.Contains(got, "by settlement") {
			t.Errorf("of who has the state from before: %s", got)
		}
	})
}

// TestARevocationFromBeforeThereWereSettlementsEnds without a list and without a place.
func TestARevocationFromBeforeThereWereSettlementsEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 1)
		x.Clock.Set(deadline13.Add(time.Hour))
		if _, err := d.Write.Exec("UPDATE participants SET revoked_at = $1", db.Instant(deadline13)); err != nil {
			t.Fatal(err)
		}
		x.Send(x.Message("tokopedia", registrytest.Bought("A", x.cards[0], wib("2021-03-20T10:00:00"))))
		if got := x.status(x.cards[0]); got != rules.StatusPurchased {
			t.Errorf("the participant is %s", got)
		}
		if got := x.ledger(); got != (rules.Places{}) {
			t.Errorf("places %+v", got)
		}
	})
}
