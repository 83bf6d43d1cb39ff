package registry_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// world is a database in which the same tales are told under a lag limit, and in the end, perhaps, a later deadline is
// decreed.
type world struct {
	*teller
	lag   time.Duration
	until int64 // zero for no decree
}

func newWorld(t *testing.T, d *db.DB, lag time.Duration, until int64) *world {
	t.Helper()
	f := registrytest.New(t, d)
	settings := rules.DefaultSettings()
	settings.LagLimit = lag
	var err error
	f.Registry, err = registry.New(registry.Config{
		DB: d, Secrets: f.Secrets, Settings: settings, Clock: f.Clock.Now, Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Cohort13(0)
	return &world{teller: newTeller(f, d), lag: lag, until: until}
}

// change is what leads from the present world to this one.
func (w *world) change(present *world) rules.Change {
	var c rules.Change
	if w.lag != present.lag {
		c.LagLimit = &w.lag
	}
	if w.until != 0 {
		c.LastDay = instant(w.until - 1)
	}
	return c
}

// comeTrue decrees the world's deadline, if it has one.
func (w *world) comeTrue(t *testing.T) {
	t.Helper()
	if w.until == 0 {
		return
	}
	_, err := w.fixture.DecreeDeadline(context.Background(), registrytest.Officer, registry.DecreeDeadline{
		Cohort: 13, LastDay: instant(w.until - 1), Reference: "SE 1/2021", Reason: "flood",
	})
	if err != nil {
		t.Fatal(err)
	}
}

// everybody returns the facts by card number, as far as a status follows from them.
func (w *world) everybody(t *testing.T) map[string]rules.Facts {
	t.Helper()
	all, err := w.db.Client().Participant.Query().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	everybody := map[string]rules.Facts{}
	for _, p := range all {
		facts := rules.Facts{Deadline: p.Deadline, ReviewOpen: p.ReviewOpen}
		if p.RevokedAt != nil {
			facts.RevokedAt = *p.RevokedAt
		}
		if p.FirstPurchaseID != nil {
			facts.FirstPurchase = &rules.PurchaseKey{}
		}
		everybody[p.CardNumber] = facts
	}
	return everybody
}

func statusesAt(everybody map[string]rules.Facts, at time.Time) map[string]rules.Status {
	statuses := map[string]rules.Status{}
	for card, facts := range everybody {
		statuses[card] = facts.StatusAt(at)
	}
	return statuses
}

// rehearse tries out the change in the present world, and returns what would become of everybody.
func (w *world) rehearse(t *testing.T, c rules.Change, at time.Time) (registry.Rehearsed, map[string]rules.Status) {
	t.Helper()
	const all = 1000
	got, err := w.fixture.Rehearse(context.Background(), registrytest.Officer, registry.Rehearsal{Cohort: 13, Change: c, At: at, Sample: all})
	if err != nil {
		t.Fatal(err)
	}
	if got.Changed() != len(got.Sample) || got.Changed() == all {
		t.Fatalf("%d of %d who change are in the sample", len(got.Sample), got.Changed())
	}
	statuses, counts := statusesAt(w.everybody(t), at), map[registry.Transition]int{}
	for _, p := range got.Sample {
		if is := statuses[p.CardNumber]; p.From != is || p.To == is {
			t.Errorf("a participant is %s, and by the rehearsal goes from %s to %s", is, p.From, p.To)
		}
		statuses[p.CardNumber] = p.To
	}
	for card, from := range statusesAt(w.everybody(t), at) {
		counts[registry.Transition{From: from, To: statuses[card]}]++
	}
	if diff := cmp.Diff(counts, got.Transitions); diff != "" || got.Participants != len(statuses) {
		t.Errorf("%d participants, %d by the rehearsal (-of the sample +counted):\n%s", len(statuses), got.Participants, diff)
	}
	return got, statuses
}

// In every tale are people of whom chance knows few: two who were revoked, and whose purchase was reported so long after
// the deadline, one who bought a day after it, and one whose only purchase was voided then.
func reportedAfter(late int64) person {
	return person{settled: true, sales: []sale{{
		platform: "pintaria", invoice: fmt.Sprintf("INV-9%d", late), amount: 150_000, bought: 10 * day, received: deadline + late, copies: 1, repeats: 1,
	}}}
}

var (
	boughtLate = person{sales: []sale{{
		platform: "pintaria", invoice: "INV-8", amount: 150_000, bought: deadline + day, received: deadline + day, copies: 1, repeats: 1,
	}}}
	voidedLate = person{sales: []sale{{
		platform: "pintaria", invoice: "INV-9", amount: 150_000, bought: 10 * day, received: 10 * day, void: new(deadline + day), copies: 1, repeats: 1,
		early: true, voidEarly: true,
	}}}
)

// TestWhatIsRehearsedComesTrue tells the same random tales in several worlds: in one that is as it is, and in others
// where another lag limit held from the beginning, where a later deadline was decreed in the end, or both. What is
// rehearsed in the first must be how everybody stands in the others, then and when all deadlines are long over.
func TestWhatIsRehearsedComesTrue(t *testing.T) {
	drawCases(t, "40")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		present, others := worlds(t, d)
		rapid.Check(t, func(t *rapid.T) {
			s := tales(t, 1, 2)
			s.people = append(s.people, reportedAfter(2*day), reportedAfter(lag+hour), boughtLate, voidedLate)
			for i, w := range append([]*world{present}, others...) {
				w.tell(t, s, fmt.Sprintf("world %d", i))
			}
		})
		end := instant(deadline + 4*day + hour)
		for _, w := range append([]*world{present}, others...) {
			w.fixture.Clock.Set(end)
		}
		spared, seen := 0, map[registry.Transition]int{}
		for _, w := range others {
			name := fmt.Sprintf("lag limit %s, %d days more", w.lag, max(0, w.until-deadline)/day)
			w.comeTrue(t)
			for _, at := range []time.Time{end, end.AddDate(0, 0, 60)} {
				got, would := present.rehearse(t, w.change(present), at)
				is := w.everybody(t)
				if diff := cmp.Diff(statusesAt(is, at), would); diff != "" {
					t.Errorf("%s, at %s (-really +rehearsed):\n%s", name, at, diff)
				}
				for _, p := range got.Sample {
					if really := is[p.CardNumber].Deadline; !p.After.Deadline.Equal(really) {
						t.Errorf("%s: a deadline is %s, %s by the rehearsal", name, really, p.After.Deadline)
					}
				}
				w.checkCounts(t, name, got, is)
				spared += got.Spared
				for tr, n := range got.Transitions {
					seen[tr] += n
				}
			}
		}
		for _, tr := range []registry.Transition{
			{From: "REVOKED", To: "PURCHASED"}, {From: "PURCHASED", To: "REVOKED"}, {From: "OVERDUE", To: "AWAITING"}, {From: "OVERDUE", To: "PURCHASED"},
			{From: "UNDER_REVIEW", To: "AWAITING"}, {From: "UNDER_REVIEW", To: "OVERDUE"},
		} {
			if seen[tr] == 0 && !t.Failed() {
				t.Errorf("nobody goes from %s to %s: %v", tr.From, tr.To, seen)
			}
		}
		if spared == 0 && !t.Failed() {
			t.Error("nobody was spared")
		}
	})
}

// worlds returns the present world and those that come of a change.
func worlds(t *testing.T, d *db.DB) (present *world, others []*world) {
	t.Helper()
	const days = 24 * time.Hour
	for _, x := range []struct {
		lag   time.Duration
		until int64
	}{
		{0, 0},
		{days, 0},
		{4 * days, 0},
		{14 * days, 0},
		{3 * days, deadline + 2*day}, // which is over in the end
		{3 * days, deadline + 20*day},
		{days, deadline + 2*day},
		{14 * days, deadline + 6*day},
	} {
		others = append(others, newWorld(t, dbtest.New(t, d.Dialect), x.lag, x.until))
	}
	return newWorld(t, d, 3*days, 0), others
}

// checkCounts holds what the rehearsal counts beside the statuses against what has come of it.
func (w *world) checkCounts(t *testing.T, name string, got registry.Rehearsed, is map[string]rules.Facts) {
	t.Helper()
	spared, asked := 0, 0
	for _, facts := range is {
		if facts.Deadline.Before(instant(w.until)) {
			spared++
		}
		if facts.ReviewOpen {
			asked++
		}
	}
	if got.Spared != spared || got.Asked.After != asked || got.Shorter != 0 {
		t.Errorf("%s: %d spared and %d asked about, by the rehearsal %d and %d, and %d have less time", name, spared, asked, got.Spared, got.Asked.After, got.Shorter)
	}
}
