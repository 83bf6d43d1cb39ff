package registry_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// servers runs fn on each dialect with two servers on one database, each with a pool of its own.
func servers(t *testing.T, fn func(t *testing.T, f *registrytest.Fixture, d *db.DB, two []*registry.Registry)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			d := dbtest.Open(t, cfg)
			f := registrytest.New(t, d)
			fn(t, f, d, []*registry.Registry{f.Registry, f.Another(dbtest.Open(t, cfg))})
		})
	}
}

// TestManyCopiesOfOneDeliveryAreOnePurchase has them arrive at once, each in a group of its own, on two servers.
func TestManyCopiesOfOneDeliveryAreOnePurchase(t *testing.T) {
	const copies = 40
	servers(t, func(t *testing.T, f *registrytest.Fixture, d *db.DB, two []*registry.Registry) {
		card := f.Cohort13(1)[0]
		m := f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-04-01T10:00:00")))
		receipts := make([]registry.Receipt, copies)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range copies {
			wg.Go(func() {
				<-start
				receipts[i] = two[i%2].Submit(context.Background(), []registry.Submission{m})[0]
			})
		}
		close(start)
		wg.Wait()
		count := map[registry.ReceiptStatus]int{}
		for _, r := range receipts {
			if r.Err != nil || r.DeliveryID != receipts[0].DeliveryID {
				t.Errorf("a receipt %+v beside %+v", r, receipts[0])
			}
			count[r.Status]++
		}
		if diff := cmp.Diff(map[registry.ReceiptStatus]int{registry.Applied: 1, registry.Duplicate: copies - 1}, count); diff != "" {
			t.Errorf("receipts (-want +got):\n%s", diff)
		}
		if got := stateOf(t, d, card, f.Now()); len(got.Purchases) != 1 || got.Balance != 750_000 {
			t.Errorf("the participant has %+v", got)
		}
		if n, err := d.Client().Delivery.Query().Count(context.Background()); n != 1 || err != nil {
			t.Errorf("%d deliveries are recorded (%v)", n, err)
		}
	})
}

// TestTwoServersEndAsOneWould splits a load at random between two servers, in groups that concern the same
// participants, with duplicates, voids, imports and extensions in between. What comes of it is what the model
// says, which knows of no order and no servers.
func TestTwoServersEndAsOneWould(t *testing.T) {
	servers(t, func(t *testing.T, f *registrytest.Fixture, d *db.DB, two []*registry.Registry) {
		f.Cohort13(0)
		teller := newTeller(f, d)
		for round := range 4 {
			seed := 13 + round
			s := rapid.Custom(func(t *rapid.T) tale { return tales(t, 40, 40) }).Example(seed)
			f.Clock.Set(instant(s.now))
			teller.told++
			cards := teller.people(s)
			random := rand.New(rand.NewPCG(uint64(seed), 0))
			flood := func(todo []registry.Submission, meanwhile func()) {
				random.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
				var wg sync.WaitGroup
				for i, share := range deal(random, todo, 6) {
					server := two[i%2]
					wg.Go(func() {
						for _, group := range share {
							for _, r := range server.Submit(context.Background(), group) {
								if r.Err != nil {
									t.Errorf("a delivery was not stored: %v", r.Err)
								}
							}
						}
					})
				}
				wg.Go(meanwhile)
				wg.Wait()
			}
			flood(teller.messages(s, cards, true), func() {})
			teller.settle(s, cards)
			flood(teller.messages(s, cards, false), func() {
				for _, st := range teller.steps(s, cards) {
					teller.take(two[1], st)
				}
			})
			if diff := cmp.Diff(s.ending(), teller.outcome(s, cards)); diff != "" {
				t.Errorf("round %d (-model +servers):\n%s", round, diff)
			}
		}
		checkHistory(t, d)
	})
}

// deal cuts messages into groups of 1 to 32 and deals these to n hands at random.
func deal(random *rand.Rand, todo []registry.Submission, n int) [][][]registry.Submission {
	hands := make([][][]registry.Submission, n)
	for len(todo) > 0 {
		size := min(1+random.IntN(32), len(todo))
		hand := random.IntN(n)
		hands[hand] = append(hands[hand], todo[:size])
		todo = todo[size:]
	}
	return hands
}

// TestAVoidIsNeverLeftWaiting races a purchase and its void on two servers: whichever commits last must see
// the other.
func TestAVoidIsNeverLeftWaiting(t *testing.T) {
	const rounds = 300
	servers(t, func(t *testing.T, f *registrytest.Fixture, d *db.DB, two []*registry.Registry) {
		card := f.Cohort13(1)[0]
		at := wib("2021-04-01T10:00:00")
		for round := range rounds {
			invoice := fmt.Sprintf("INV-%d", round)
			messages := []registry.Submission{
				f.Message("tokopedia", registrytest.Bought(invoice, card, at)), f.Message("tokopedia", registrytest.Voided(invoice, at.Add(time.Hour))),
			}
			var wg sync.WaitGroup
			start := make(chan struct{})
			for i, server := range two {
				wg.Go(func() {
					<-start
					if r := server.Submit(context.Background(), messages[i:i+1])[0]; r.Err != nil {
						t.Errorf("round %d: %v", round, r.Err)
					}
				})
			}
			close(start)
			wg.Wait()
		}
		if held := quarantine(t, d); held != nil {
			t.Errorf("%d deliveries are left waiting: %v", len(held), held[0])
		}
		if got := stateOf(t, d, card, f.Now()); got.Status != rules.StatusAwaiting || len(got.Purchases) != rounds || got.Balance != 1_000_000 {
			t.Errorf("the participant is %s with %d purchases and %d rupiah", got.Status, len(got.Purchases), got.Balance)
		}
		checkHistory(t, d)
	})
}

// TestACardIsNeverLeftWaiting races purchases and the import of their card on two servers.
func TestACardIsNeverLeftWaiting(t *testing.T) {
	const rounds = 100
	servers(t, func(t *testing.T, f *registrytest.Fixture, d *db.DB, two []*registry.Registry) {
		f.Cohort13(0)
		for round := range rounds {
			card := fmt.Sprintf("3213%012d", round)
			m := f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", round), card, wib("2021-04-01T10:00:00")))
			var wg sync.WaitGroup
			start := make(chan struct{})
			wg.Go(func() {
				<-start
				if r := two[0].Submit(context.Background(), []registry.Submission{m})[0]; r.Err != nil {
					t.Errorf("round %d: %v", round, r.Err)
				}
			})
			wg.Go(func() {
				<-start
				if _, err := two[1].ImportParticipants(context.Background(), registrytest.Officer, 13, []registry.ParticipantRow{{Line: 2, CardNumber: card}}); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
			close(start)
			wg.Wait()
			if got := stateOf(t, d, card, f.Now()).Status; got != rules.StatusPurchased {
				t.Fatalf("round %d: the participant is %s", round, got)
			}
		}
	})
}

// TestServersThatRetryTheSameDeliveriesApplyThemOnce runs the round for what waits on both at once.
func TestServersThatRetryTheSameDeliveriesApplyThemOnce(t *testing.T) {
	const waiting = 50
	servers(t, func(t *testing.T, f *registrytest.Fixture, d *db.DB, two []*registry.Registry) {
		cards := f.Cohort13(waiting)
		later := f.Now().Add(time.Hour)
		var group []registry.Submission
		for i, card := range cards {
			group = append(group, f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", i), card, later)))
		}
		f.Send(group...)
		f.Clock.Set(later)
		applied := make([]int, 4)
		var wg sync.WaitGroup
		for i := range applied {
			wg.Go(func() {
				var err error
				if applied[i], err = two[i%2].RetryWaiting(context.Background()); err != nil {
					t.Errorf("retry: %v", err)
				}
			})
		}
		wg.Wait()
		if sum := applied[0] + applied[1] + applied[2] + applied[3]; sum != waiting {
			t.Errorf("applied %v, together %d, want %d", applied, sum, waiting)
		}
		for _, card := range cards {
			if got := load(t, d, card); len(got.Edges.Purchases) != 1 || len(got.Edges.History) != 1 {
				t.Errorf("%d purchases, %d entries of the history", len(got.Edges.Purchases), len(got.Edges.History))
			}
		}
	})
}
