package registry_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	"gelombang/ent/extension"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// manyRaised is more participants than are moved in two transactions.
const manyRaised = 1100

// dies is a registry that shares the fixture's database, keys and clock, and orders jobs that nobody does. Its context
// ends as it begins its nth transaction.
func dies(f *registrytest.Fixture, d *db.DB, nth int) (context.Context, *registry.Registry, *[]registry.Job) {
	f.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f.T.Cleanup(cancel)
	begun, jobs := 0, &[]registry.Job{}
	r, err := registry.New(registry.Config{
		DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
		Clock: func() time.Time {
			if begun++; begun == nth {
				cancel()
			}
			return f.Clock.Now()
		},
		Enqueue: func(_ context.Context, _ *db.Tx, ordered ...registry.Job) error {
			*jobs = append(*jobs, ordered...)
			return nil
		},
	})
	if err != nil {
		f.T.Fatal(err)
	}
	return ctx, r, jobs
}

// finish does what is due until nothing is, as the jobs would.
func finish(t *testing.T, r *registry.Registry) {
	t.Helper()
	due, err := r.DueRaises(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range due {
		for finished := false; !finished; {
			p, err := r.RaiseChunk(context.Background(), job.ID)
			if err != nil {
				t.Error(err)
				return
			}
			finished = p.Finished
		}
	}
}

// given returns the extension of the cohort, or nil when there is none.
func given(t *testing.T, d *db.DB) *ent.Extension {
	t.Helper()
	x, err := d.Primary().Extension.Query().Where(extension.CohortID(13)).Only(context.Background())
	if err != nil && !ent.IsNotFound(err) {
		t.Fatal(err)
	}
	return x
}

// TestALaterDeadlineGoesOnWhereItStopped lets the server die after the first batch. Meanwhile there are purchases in the
// longer window by participants of either side, a void, and an import. Another server does the rest.
func TestALaterDeadlineGoesOnWhereItStopped(t *testing.T) {
	inLonger := deadline13.Add(time.Hour)
	for _, way := range []string{"COHORT", "PROVINCE", "DECREE"} {
		t.Run(way, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := context.Background()
				f := registrytest.New(t, d)
				if err := f.PutProvinces(ctx, registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat"}); err != nil {
					t.Fatal(err)
				}
				other := f.Cohort(12, wib("2021-03-10T12:00:00"), 3)
				cards := f.Cohort13(manyRaised)
				f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3213000000000001", Province: "32"}})
				first, last := cards[:5], cards[manyRaised-5:]
				f.Clock.Set(deadline13.Add(2 * time.Hour))
				for i, side := range [][]string{first, last} {
					buys := func(name, card string, at time.Time) {
						f.Send(f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("%s-%d", name, i), card, at)))
					}
					buys("VOIDED", side[0], wib("2021-03-20T10:00:00"))
					f.Send(f.Message("tokopedia", registrytest.Voided(fmt.Sprintf("VOIDED-%d", i), deadline13.Add(time.Hour)))) // under review
					buys("IN-TIME", side[1], wib("2021-03-20T10:00:00"))
					buys("LATE", side[2], inLonger)
				}

				jobs := grantPartly(t, f, d, way)
				due, err := f.DueRaises(ctx)
				if err != nil || len(due) != 1 || !cmp.Equal(due, jobs) {
					t.Fatalf("due: %v (%v), ordered: %v", due, err, jobs)
				}

				// Those who have the longer deadline already, and those who do not yet.
				f.Send(f.Message("tokopedia", registrytest.Bought("NEW-0", first[3], inLonger)))
				f.Send(f.Message("tokopedia", registrytest.Bought("NEW-1", last[3], inLonger)))
				if got := stateOf(t, d, first[3], f.Now()); got.Status != rules.StatusPurchased {
					t.Errorf("who has the longer deadline is %s after a purchase", got.Status)
				}
				if got := stateOf(t, d, last[3], f.Now()); got.Status != rules.StatusOverdue {
					t.Errorf("who does not have it yet is %s after a purchase", got.Status)
				}
				f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3113000000009999", Province: "31"}})
				f.Clock.Set(f.Now().Add(time.Minute))

				finish(t, f.Another(d))
				for _, side := range [][]string{first, last} {
					for i, want := range []rules.Status{rules.StatusAwaiting, rules.StatusPurchased, rules.StatusPurchased, rules.StatusPurchased, rules.StatusAwaiting} {
						if got := stateOf(t, d, side[i], f.Now()); got.Status != want {
							t.Errorf("card %s is %s, want %s", side[i], got.Status, want)
						}
					}
				}
				checkMovedOnce(t, d, cards, longer)
				if got := load(t, d, "3213000000000001").Deadline; got.Equal(longer) == (way == "PROVINCE") {
					t.Errorf("the deadline in the other province is %v", got)
				}
				if p := load(t, d, "3113000000009999"); !p.Deadline.Equal(longer) || len(p.Edges.History) > 0 {
					t.Errorf("who was imported meanwhile: %v", p)
				}
				for _, card := range other {
					if h := historyOf(t, d, card); h != nil {
						t.Errorf("of another cohort: %v", h)
					}
				}
				checkHistory(t, d)
				if x := given(t, d); way != "DECREE" && (x.AppliedAt == nil || x.Participants != len(cards)+map[string]int{"COHORT": 1}[way]) {
					t.Errorf("in the end the extension is %v", x)
				}
				if due, err := f.DueRaises(ctx); err != nil || len(due) != 0 {
					t.Errorf("still due: %v (%v)", due, err)
				}
			})
		})
	}
}

// grantPartly gives cohort 13 until 15 April, in the way of its name, by a server that dies after the first batch. It
// returns the jobs that this ordered.
func grantPartly(t *testing.T, f *registrytest.Fixture, d *db.DB, way string) []registry.Job {
	t.Helper()
	dying, server, jobs := dies(f, d, 3)
	in := registry.ExtendDeadline{Cohort: 13, Scope: rules.ExtensionScope(way), LastDay: wib("2021-04-15T00:00:00"), Reference: "SE 1/2021", Reason: "flood"}
	switch way {
	case "DECREE":
		c, err := server.DecreeDeadline(dying, registrytest.Officer, registry.DecreeDeadline{Cohort: 13, LastDay: in.LastDay, Reference: in.Reference, Reason: in.Reason})
		if err != nil || !c.Deadline.Equal(longer) {
			t.Fatalf("decreed %v (%v)", c, err)
		}
		return *jobs
	case "PROVINCE":
		in.Province = "31"
	}
	x, err := server.ExtendDeadline(dying, registrytest.Officer, in)
	if err != nil || x.Participants == 0 || x.Participants >= manyRaised || x.AppliedAt != nil {
		t.Fatalf("extended %v (%v): want some participants so far, and not applied", x, err)
	}
	if stored := given(t, d); stored.Participants != x.Participants || stored.AppliedAt != nil {
		t.Errorf("stored %v, answered %v", stored, x)
	}
	return *jobs
}

// checkMovedOnce requires that each card has the deadline, by exactly one entry of its history.
func checkMovedOnce(t *testing.T, d *db.DB, cards []string, want time.Time) {
	t.Helper()
	all, err := d.Client().Participant.Query().WithHistory().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	byCard := map[string]*ent.Participant{}
	for _, p := range all {
		byCard[p.CardNumber] = p
	}
	for _, card := range cards {
		p, moves := byCard[card], 0
		for _, h := range p.Edges.History {
			if !h.FromDeadline.Equal(h.ToDeadline) {
				moves++
			}
		}
		if !p.Deadline.Equal(want) || moves != 1 {
			t.Errorf("card %s has the deadline %v after %d moves, want %v after one", card, p.Deadline, moves, want)
		}
	}
}

// TestServersGiveALaterDeadlineTogether lets two servers do the same raise, while a third extends the province further.
func TestServersGiveALaterDeadlineTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat"}); err != nil {
			t.Fatal(err)
		}
		cards := f.Cohort13(manyRaised)
		rows := make([]registry.ParticipantRow, manyRaised)
		elsewhere := make([]string, manyRaised)
		for i := range rows {
			elsewhere[i] = fmt.Sprintf("3213%012d", i)
			rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: elsewhere[i], Province: "32"}
		}
		f.Import(13, rows)
		dying, server, _ := dies(f, d, 2)
		x, err := server.ExtendDeadline(dying, registrytest.Officer, registry.ExtendDeadline{
			Cohort: 13, Scope: rules.ExtendCohort, LastDay: wib("2021-04-15T00:00:00"), Reference: "SE 1/2021", Reason: "flood",
		})
		if err != nil || x.Participants != 0 || x.AppliedAt != nil {
			t.Fatalf("extended %v (%v), want nobody yet", x, err)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { finish(t, f.Another(d)) })
		}
		further := registry.ExtendDeadline{Scope: rules.ExtendProvince, Province: "31", LastDay: wib("2021-04-20T00:00:00")}
		wg.Go(func() {
			if n, err := extend(f, further); n != manyRaised || err != nil {
				t.Errorf("the province: %d (%v)", n, err)
			}
		})
		wg.Wait()
		checkMovedOnce(t, d, elsewhere, longer)
		for _, card := range []string{cards[0], cards[manyRaised-1]} {
			if got := load(t, d, card).Deadline; !got.Equal(wib("2021-04-21T00:00:00")) {
				t.Errorf("the deadline in the province is %v", got)
			}
		}
		checkHistory(t, d)
		all, err := d.Client().Extension.Query().All(context.Background())
		if err != nil || len(all) != 2 || slices.ContainsFunc(all, func(x *ent.Extension) bool { return x.AppliedAt == nil }) {
			t.Errorf("the extensions: %v (%v)", all, err)
		}
	})
}

// TestAFinishedRaiseStaysSo asks for more of what is done, and for what there is not.
func TestAFinishedRaiseStaysSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(3)
		if n, err := extend(f, registry.ExtendDeadline{Scope: rules.ExtendCohort}); n != 3 || err != nil {
			t.Fatalf("moved %d (%v)", n, err)
		}
		id, err := d.Client().DeadlineRaise.Query().OnlyID(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if p, err := f.RaiseChunk(context.Background(), id); err != nil || p != (registry.Progress{Done: 3, Finished: true}) {
			t.Errorf("once more: %+v (%v)", p, err)
		}
		checkMovedOnce(t, d, cards, longer)
		_, err = f.RaiseChunk(context.Background(), id+1)
		checkError(t, "another", err, registry.NotFound, "raise")
	})
}
