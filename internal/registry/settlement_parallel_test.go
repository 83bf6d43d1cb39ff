package registry_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/ent/participant"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestTwoServersAndTheIntakeAtOnce has two servers execute a settlement, and then reverse it, while purchases arrive for
// those on its list: some reinstate at once, some are doubted, some are late. Everybody is decided about once, places
// balance, nobody is revoked against evidence, and no transaction has to be given up for another.
func TestTwoServersAndTheIntakeAtOnce(t *testing.T) {
	const people = 1500
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, people)
		x.prepares()
		x.approves()
		x.orders()
		servers := []*registry.Registry{x.Registry, x.Another(d)}
		stop := x.sells(servers, 0)
		together(t, servers, func(r *registry.Registry) error { return toTheEnd(r, r.ExecuteChunk, x.list.ID) })
		stop()
		x.balance(people)
		if x.stored().State != rules.SettlementExecuted {
			t.Errorf("the settlement is %s", x.stored().State)
		}

		if _, err := x.OrderReversal(t.Context(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Reason: "a mistake"}); err != nil {
			t.Fatal(err)
		}
		stop = x.sells(servers, 1)
		together(t, servers, func(r *registry.Registry) error { return toTheEnd(r, r.ReverseChunk, x.list.ID) })
		stop()
		x.balance(people)
		if got := x.ledger(); got.Freed != got.Retaken || x.outcomes()[rules.EntryRevoked] != 0 {
			t.Errorf("after the reversal: %+v, %v", got, x.outcomes())
		}
		checkHistory(t, d)
		if d.Dialect == db.Postgres {
			var deadlocks int
			if err := d.Write.QueryRow("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&deadlocks); err != nil || deadlocks > 0 {
				t.Errorf("%d deadlocks (%v)", deadlocks, err)
			}
		}
	})
}

// sells has both servers receive purchases of random people of the list, each its own half so that a message is sent
// once, until the returned function is called.
func (x *night) sells(servers []*registry.Registry, round int) (stop func()) {
	x.T.Helper()
	inTime := wib("2021-03-20T10:00:00")
	var over atomic.Bool
	var wg sync.WaitGroup
	for i, server := range servers {
		random := rand.New(rand.NewPCG(uint64(round), uint64(i)))
		// The messages are made beforehand: the fixture counts them, and is for one goroutine.
		var groups [][]registry.Submission
		for range 200 {
			var group []registry.Submission
			for range 8 {
				n := random.IntN(len(x.cards))
				at := []time.Time{inTime, inTime, deadline13}[random.IntN(3)]
				m := x.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d-%d-%d-%d", round, i, len(groups), len(group)), x.cards[n], at))
				if random.IntN(2) == 0 {
					m.ReceivedAt = deadline13.Add(time.Hour) // and waited since, so that it reinstates
				}
				group = append(group, m)
			}
			groups = append(groups, group)
		}
		wg.Go(func() {
			for _, group := range groups {
				if over.Load() {
					return
				}
				for _, r := range server.Submit(context.Background(), group) {
					if r.Err != nil || r.Status != registry.Applied {
						x.T.Errorf("a purchase is %s: %v", r.Status, r.Err)
					}
				}
			}
		})
	}
	return func() {
		over.Store(true)
		wg.Wait()
	}
}

// together runs do on every server at once.
func together(t *testing.T, servers []*registry.Registry, do func(*registry.Registry) error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, server := range servers {
		wg.Go(func() {
			if err := do(server); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// toTheEnd works as a server's job does.
func toTheEnd(r *registry.Registry, chunk func(context.Context, int) (registry.Progress, error), id int) error {
	for {
		began := time.Now()
		p, err := chunk(context.Background(), id)
		if err != nil || p.Finished {
			return err
		}
		if err := r.Pause(context.Background(), p, time.Since(began)); err != nil {
			return err
		}
	}
}

// balance holds the list, the participants and the ledger against each other.
func (x *night) balance(people int) {
	t := x.T
	t.Helper()
	got, sum := x.outcomes(), x.ledger()
	t.Logf("outcomes %v", got)
	if got[rules.EntryListed] != 0 || got[rules.EntryRevoked]+got[rules.EntryPassedOver]+got[rules.EntryReinstated]+got[rules.EntryReversed] != people {
		t.Errorf("outcomes %v of %d", got, people)
	}
	if sum.Freed != got[rules.EntryRevoked]+got[rules.EntryReinstated]+got[rules.EntryReversed] || sum.Retaken != got[rules.EntryReinstated]+got[rules.EntryReversed] {
		t.Errorf("places %+v of outcomes %v", sum, got)
	}
	all, err := x.db.Client().Participant.Query().Where(participant.CohortID(13)).WithPurchases().WithEntries().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, p := range all {
		if (p.RevokedAt == nil) != (p.SettlementID == nil) || (p.RevokedAt != nil) != (p.Edges.Entries[0].Outcome == rules.EntryRevoked) {
			t.Errorf("participant %d: %v, on the list %v", p.ID, p, p.Edges.Entries[0])
		}
		if p.RevokedAt == nil {
			continue
		}
		kept++
		for _, q := range p.Edges.Purchases {
			if q.PurchasedAt.Before(deadline13) && q.ReceivedAt.Before(deadline13.Add(72*time.Hour)) {
				t.Errorf("participant %d is revoked in spite of %v", p.ID, q)
			}
		}
	}
	if kept != got[rules.EntryRevoked] {
		t.Errorf("%d are revoked, %d on the list", kept, got[rules.EntryRevoked])
	}
}
