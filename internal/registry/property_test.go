package registry_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/ent"
	"gelombang/ent/delivery"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// propertyCases is how many tales are told on each database. The flag -rapid.checks has the last word.
const propertyCases = "300"

// TestEveryOrderOfDeliveriesEndsAsTheModelSays sends random sets of messages through the real intake,
// in random orders and groups, some before a settlement and some after it, with imports and extensions in
// between. Whatever the order, the same must come of them.
func TestEveryOrderOfDeliveriesEndsAsTheModelSays(t *testing.T) {
	drawCases(t, propertyCases)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(0)
		teller := newTeller(f, d)
		seen := map[string]int{}
		rapid.Check(t, func(t *rapid.T) {
			s := tales(t, 1, 3)
			for _, name := range []string{"one order", "another order"} {
				got := teller.tell(t, s, name)
				if diff := cmp.Diff(s.ending(), got); diff != "" {
					t.Fatalf("%s (-model +registry):\n%s", name, diff)
				}
				for _, p := range got.People {
					seen[string(p.Status)]++
				}
				for _, held := range got.Held {
					seen[held[strings.LastIndex(held, " ")+1:]]++
				}
			}
		})
		for _, end := range []string{
			"AWAITING", "PURCHASED", "OVERDUE", "UNDER_REVIEW", "REVOKED",
			"FROM_FUTURE", "UNKNOWN_CARD", "BEFORE_ANNOUNCEMENT", "UNKNOWN_INVOICE", "VOID_BEFORE_PURCHASE",
		} {
			if seen[end] == 0 && !t.Failed() {
				t.Errorf("no tale ended %s, only %v", end, slices.Sorted(maps.Keys(seen)))
			}
		}
		checkHistory(t, d)
	})
}

// drawCases makes properties run on n cases while the test runs, unless the command line says how many.
func drawCases(t *testing.T, n string) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return
	}
	if err := checks.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := checks.Value.Set(checks.DefValue); err != nil {
			t.Error(err)
		}
	})
}

// tale is a set of messages about some people, all told at the same moment.
type tale struct {
	now    int64
	people []person
}

// outcome is what became of a tale.
type outcome struct {
	People []state  // of those who were imported
	Held   []string // what is in quarantine
}

func (s tale) ending() outcome {
	var o outcome
	for _, p := range s.people {
		if p.arrives != never {
			o.People = append(o.People, p.ending(s.now))
		}
		o.Held = append(o.Held, p.held(s.now)...)
	}
	slices.Sort(o.Held)
	return o
}

// tales draws a tale of from least to most people.
func tales(t *rapid.T, least, most int) tale {
	s := tale{now: rapid.SampledFrom([]int64{deadline - hour, deadline - 1, deadline, deadline + hour, deadline + 4*day}).Draw(t, "now")}
	edges := []int64{-day, -1, 0, 1, 10 * day, deadline - hour, deadline - 1, deadline, deadline + 1, deadline + hour, deadline + day, s.now, s.now + ahead, s.now + ahead + 1, s.now + day}
	moments := rapid.OneOf(rapid.SampledFrom(edges), rapid.Int64Range(0, deadline-1))
	arrivals := []int64{deadline, statedAt, statedAt + 1, deadline + day + lag, deadline + day + lag + 1, deadline + 10*day + lag + 1}
	invoices := 0
	for range rapid.IntRange(least, most).Draw(t, "people") {
		p := person{arrives: rapid.SampledFrom([]arrival{before, before, between, never}).Draw(t, "arrives")}
		if p.arrives == before {
			p.settled = rapid.Bool().Draw(t, "settled")
			if days := rapid.SampledFrom([]int64{0, 0, 1, 5, 10}).Draw(t, "extended by"); days > 0 && deadline+days*day > s.now {
				p.extended = deadline + days*day // an extension until the past may be refused, see TestAnExtensionHarmsNobody
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "sales") {
			x := sale{
				platform: rapid.SampledFrom([]string{"tokopedia", "pintaria"}).Draw(t, "platform"),
				invoice:  fmt.Sprintf("INV-%03d", invoices),
				amount:   rapid.SampledFrom([]int64{0, 150_000, 600_000}).Draw(t, "amount"),
				bought:   moments.Draw(t, "bought"),
				received: rapid.SampledFrom(arrivals).Draw(t, "received"),
				early:    rapid.Bool().Draw(t, "early"),
				copies:   rapid.IntRange(1, 2).Draw(t, "copies"),
				repeats:  rapid.IntRange(1, 2).Draw(t, "repeats"),
			}
			if rapid.Bool().Draw(t, "is voided") {
				void := rapid.OneOf(moments, rapid.Int64Range(x.bought, x.bought+2*day), rapid.Just(deadline), rapid.Just(s.now)).Draw(t, "void")
				x.void, x.voidEarly = &void, rapid.Bool().Draw(t, "void early")
			}
			invoices++
			p.sales = append(p.sales, x)
		}
		s.people = append(s.people, p)
	}
	return s
}

// teller tells tales to one registry, each time with new cards and invoices.
type teller struct {
	fixture *registrytest.Fixture
	db      *db.DB
	told    int
}

// newTeller returns a teller to a registry to which tokopedia has stated that it has sent everything.
func newTeller(f *registrytest.Fixture, d *db.DB) *teller {
	f.T.Helper()
	f.Clock.Set(instant(statedAt))
	f.Send(f.Message("tokopedia", rules.CompleteThrough{Timestamp: instant(statedAt), Through: instant(statedThrough), Count: 1, Amount: 250_000}))
	return &teller{fixture: f, db: d}
}

// tell sends the messages of the tale in a random order, cut into random groups, with the settlement in its
// place, and the imports of those who come late and the extensions at random points after it. It returns what
// became of it.
func (x *teller) tell(t *rapid.T, s tale, name string) outcome {
	x.told++
	x.fixture.Clock.Set(instant(s.now))
	cards := x.people(s)
	x.send(t, rapid.Permutation(x.messages(s, cards, true)).Draw(t, name+", before the settlement"), nil)
	x.settle(s, cards)
	steps := x.steps(s, cards)
	if len(steps) > 1 {
		steps = rapid.Permutation(steps).Draw(t, name+", steps")
	}
	x.send(t, rapid.Permutation(x.messages(s, cards, false)).Draw(t, name), steps)
	return x.outcome(s, cards)
}

// send sends the messages, cut into random groups, and takes the steps at random points in between.
func (x *teller) send(t *rapid.T, todo []registry.Submission, steps []step) {
	for len(todo) > 0 || len(steps) > 0 {
		n := rapid.IntRange(0, len(todo)).Draw(t, "group")
		x.fixture.Send(todo[:n]...)
		todo = todo[n:]
		if len(steps) > 0 && (len(todo) == 0 || rapid.Bool().Draw(t, "step")) {
			x.take(x.fixture.Registry, steps[0])
			steps = steps[1:]
		}
	}
}

// step is what happens to one person beside the messages: an extension, or else the import.
type step struct {
	card     string
	extended int64
}

func (x *teller) steps(s tale, cards []string) []step {
	var all []step
	for i, p := range s.people {
		if p.arrives == between || p.extended != 0 {
			all = append(all, step{cards[i], p.extended})
		}
	}
	return all
}

func (x *teller) take(server *registry.Registry, st step) {
	t, ctx := x.fixture.T, context.Background()
	if st.extended == 0 {
		result, err := server.ImportParticipants(ctx, registrytest.Officer, 13, []registry.ParticipantRow{{Line: 2, CardNumber: st.card}})
		if err != nil || result.Added != 1 {
			t.Errorf("import: %v, %v", result, err)
		}
		return
	}
	extension, err := server.ExtendDeadline(ctx, registrytest.Officer, registry.ExtendDeadline{
		Cohort: 13, Scope: rules.ExtendCards, Cards: []string{st.card}, LastDay: instant(st.extended - 1), Reference: "SE 1/2021", Reason: "flood",
	})
	if err != nil || extension.Participants != 1 {
		t.Errorf("extend: %v, %v", extension, err)
	}
}

// people imports those who are there from the beginning and returns all cards.
func (x *teller) people(s tale) []string {
	x.fixture.T.Helper()
	cards := make([]string, len(s.people))
	var rows []registry.ParticipantRow
	for i, p := range s.people {
		cards[i] = fmt.Sprintf("32%012d%02d", x.told, i)
		if p.arrives == before {
			rows = append(rows, registry.ParticipantRow{Line: i + 2, CardNumber: cards[i]})
		}
	}
	x.fixture.Import(13, rows)
	return cards
}

// settle has a settlement look at those of whom the tale says so. It must revoke whom the model revokes.
func (x *teller) settle(s tale, cards []string) {
	f := x.fixture
	f.T.Helper()
	var ids []int
	want := 0
	for i, p := range s.people {
		if p.settled {
			ids = append(ids, load(f.T, x.db, cards[i]).ID)
		}
		if p.revoked(s.now) {
			want++
		}
	}
	revoked, err := f.SettleOnly(context.Background(), "settlement", ids...)
	if err != nil || revoked != want {
		f.T.Errorf("revoked %d, want %d: %v", revoked, want, err)
	}
}

// messages are those of the tale on one side of the settlement, copies included.
func (x *teller) messages(s tale, cards []string, early bool) []registry.Submission {
	var all []registry.Submission
	for i, p := range s.people {
		for _, sold := range p.sales {
			invoice := fmt.Sprintf("%s~%d", sold.invoice, x.told)
			bought := registrytest.Bought(invoice, cards[i], instant(sold.bought))
			bought.Amount = sold.amount
			var events []rules.Event
			if sold.early == early {
				events = append(events, bought)
			}
			if sold.void != nil && sold.voidEarly == early {
				events = append(events, registrytest.Voided(invoice, instant(*sold.void)))
			}
			for _, e := range events {
				for range sold.repeats {
					m := x.fixture.Message(sold.platform, e)
					m.ReceivedAt = instant(sold.received)
					all = append(all, slices.Repeat([]registry.Submission{m}, sold.copies)...)
				}
			}
		}
	}
	return all
}

var suffix = regexp.MustCompile(`~\d+`)

func (x *teller) outcome(s tale, cards []string) outcome {
	t := x.fixture.T
	var o outcome
	for i, p := range s.people {
		if p.arrives == never {
			continue
		}
		got := stateOf(t, x.db, cards[i], instant(s.now))
		got.First = suffix.ReplaceAllString(got.First, "")
		for j, line := range got.Purchases {
			got.Purchases[j] = suffix.ReplaceAllString(line, "")
		}
		o.People = append(o.People, got)
	}
	held, err := x.db.Client().Delivery.Query().Where(delivery.SettledAtIsNil(), delivery.InvoiceCodeHasSuffix(fmt.Sprintf("~%d", x.told))).
		WithPlatform().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		o.Held = append(o.Held, fmt.Sprintf("%s %s/%s %s", h.EventType, h.Edges.Platform.Code, suffix.ReplaceAllString(h.InvoiceCode, ""), *h.Reason))
	}
	slices.Sort(o.Held)
	return o
}

// checkHistory holds every participant's history against the facts: each entry begins where the one before
// it ended, and the last ends where the participant is.
func checkHistory(t *testing.T, d *db.DB) {
	t.Helper()
	all, err := d.Client().Participant.Query().WithHistory(func(q *ent.HistoryQuery) { q.Order(ent.Asc("id")) }).All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		var last *ent.History
		for _, h := range p.Edges.History {
			if last != nil {
				from := []any{h.FromDeadline.UTC(), h.FromFirstPurchaseID, h.FromRevokedAt, h.FromReviewOpen}
				to := []any{last.ToDeadline.UTC(), last.ToFirstPurchaseID, last.ToRevokedAt, last.ToReviewOpen}
				if diff := cmp.Diff(to, from); diff != "" {
					t.Errorf("participant %d: entry %d does not begin where %d ended:\n%s", p.ID, h.ID, last.ID, diff)
				}
			}
			last = h
		}
		if last == nil {
			if p.FirstPurchaseID != nil || p.RevokedAt != nil || p.ReviewOpen {
				t.Errorf("participant %d has facts and no history", p.ID)
			}
			continue
		}
		is := []any{p.Deadline.UTC(), p.FirstPurchaseID, p.RevokedAt, p.ReviewOpen}
		if diff := cmp.Diff([]any{last.ToDeadline.UTC(), last.ToFirstPurchaseID, last.ToRevokedAt, last.ToReviewOpen}, is); diff != "" {
			t.Errorf("participant %d is not where the history ends:\n%s", p.ID, diff)
		}
	}
}
