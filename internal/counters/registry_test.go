package counters_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/ent"
	"gelombang/ent/participant"
	"gelombang/ent/review"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

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

// office is a registry at work on one cohort after the other.
type office struct {
	*registrytest.Fixture
	db       *db.DB
	cohort   int
	cards    []string
	invoices int
	did      map[string]int // how often what was done changed something
}

// announced is the day on which every cohort of the test is announced, so that the clock may be set back for each.
var announced = time.Date(2021, 3, 10, 12, 0, 0, 0, rules.WIB)

// afterLag is when the lag limit is over.
var afterLag = rules.Deadline(announced, 30).Add(73 * time.Hour)

func (o *office) begin(t *rapid.T) {
	o.cohort++
	o.cards, o.invoices = nil, 0
	o.Clock.Set(registrytest.Evening)
	_, err := o.AnnounceCohort(context.Background(), registrytest.Officer, registry.AnnounceCohort{Number: o.cohort, Quota: 50, AnnouncedAt: announced})
	o.done(t, "announce", err)
	o.imports(t)
}

// done takes note that something was done. The registry may refuse what is not possible at the moment, and nothing else.
func (o *office) done(t *rapid.T, what string, err error) {
	t.Helper()
	var refused *registry.Error
	switch {
	case err == nil:
		o.did[what]++
	case !errors.As(err, &refused):
		t.Fatalf("%s: %v", what, err)
	}
}

func (o *office) imports(t *rapid.T) {
	var rows []registry.ParticipantRow
	for range rapid.IntRange(1, 3).Draw(t, "people") {
		card := fmt.Sprintf("31%04d%010d", o.cohort, len(o.cards)+1)
		o.cards = append(o.cards, card)
		rows = append(rows, registry.ParticipantRow{
			Line: len(rows) + 2, CardNumber: card, Province: either(t, "province", "", "31", "32"), Gender: either(t, "gender", "", rules.GenderFemale),
			BirthDate: either(t, "birth", time.Time{}, time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)), Education: either(t, "education", "", rules.Education("SD")),
		})
	}
	_, err := o.ImportParticipants(context.Background(), registrytest.Officer, o.cohort, rows)
	o.done(t, "import", err)
}

// buys reports some purchases at once; one may be of a card that is not imported yet.
func (o *office) buys(t *rapid.T) {
	var group []registry.Submission
	for range rapid.IntRange(1, 3).Draw(t, "purchases") {
		o.invoices++
		card := fmt.Sprintf("31%04d%010d", o.cohort, rapid.IntRange(1, len(o.cards)+1).Draw(t, "buyer"))
		at := o.Clock.Now().Add(-time.Duration(rapid.IntRange(0, 5*24).Draw(t, "hours ago")) * time.Hour)
		group = append(group, o.Message(either(t, "platform", "tokopedia", "pintaria"), registrytest.Bought(o.invoice(o.invoices), card, at)))
	}
	o.send(t, "purchase", group)
}

func (o *office) invoice(n int) string { return fmt.Sprintf("INV-%d-%d", o.cohort, n) }

func (o *office) voids(t *rapid.T) {
	invoice := o.invoice(rapid.IntRange(1, o.invoices+1).Draw(t, "invoice"))
	o.send(t, "void", []registry.Submission{o.Message(either(t, "platform", "tokopedia", "pintaria"), registrytest.Voided(invoice, o.Clock.Now().Add(-time.Hour)))})
}

// disputes has somebody's only purchase cancelled when every deadline is over: a person must decide.
func (o *office) disputes(t *rapid.T) {
	o.imports(t)
	o.invoices++
	invoice := o.invoice(o.invoices)
	o.send(t, "purchase", []registry.Submission{o.Message("tokopedia", registrytest.Bought(invoice, o.cards[len(o.cards)-1], registrytest.Evening))})
	if over := time.Date(2021, 5, 25, 0, 0, 0, 0, rules.WIB); o.Clock.Now().Before(over) {
		o.Clock.Set(over)
	}
	o.send(t, "void", []registry.Submission{o.Message("tokopedia", registrytest.Voided(invoice, o.Clock.Now()))})
}

func (o *office) send(t *rapid.T, what string, group []registry.Submission) {
	for _, r := range o.Submit(context.Background(), group) {
		if r.Err != nil {
			t.Fatalf("%s: %v", what, r.Err)
		}
		o.did[what+" "+string(r.Status)]++
	}
}

func (o *office) extends(t *rapid.T) {
	in := registry.ExtendDeadline{
		Cohort: o.cohort, LastDay: either(t, "last day", time.Date(2021, 4, 20, 0, 0, 0, 0, rules.WIB), time.Date(2021, 5, 20, 0, 0, 0, 0, rules.WIB)),
		Reference: "SK-1", Reason: "flood",
	}
	switch in.Scope = either(t, "scope", rules.ExtendCohort, rules.ExtendProvince, rules.ExtendCards); in.Scope {
	case rules.ExtendProvince:
		in.Province = "31"
	case rules.ExtendCards:
		in.Cards = o.cards[:1]
	case rules.ExtendCohort:
	}
	_, err := o.ExtendDeadline(context.Background(), registrytest.Officer, in)
	o.done(t, "extend", err)
}

func (o *office) settles(t *rapid.T) {
	if o.Clock.Now().Before(afterLag) {
		o.Clock.Set(afterLag)
	}
	_, err := o.TrySettle(o.cohort)
	o.done(t, "settle", err)
}

func (o *office) reverses(t *rapid.T) {
	p, err := o.db.Primary().Participant.Query().Where(participant.CohortID(o.cohort), participant.SettlementIDNotNil()).First(context.Background())
	if ent.IsNotFound(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	in := registry.ReverseSettlement{Settlement: *p.SettlementID, Reason: "by mistake"}
	if rapid.Bool().Draw(t, "one only") {
		in.Card = p.CardNumber
	}
	_, err = o.Reverse(context.Background(), registrytest.Supervisor, in, nil)
	o.done(t, "reverse", err)
}

func (o *office) decides(t *rapid.T) {
	open, err := o.db.Primary().Review.Query().Where(review.ClosedAtIsNil()).First(context.Background())
	if ent.IsNotFound(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.DecideReview(context.Background(), registrytest.Officer, registry.DecideReview{
		Review: open.ID, Decision: either(t, "decision", rules.DecisionUphold, rules.DecisionReject), Note: "looked into it",
	})
	o.done(t, "decide", err)
}

// TestCountersAgreeWithWhatTheRegistryDoes, whatever that is, and each of the things that it does is done.
func TestCountersAgreeWithWhatTheRegistryDoes(t *testing.T) {
	drawCases(t, "25")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := &office{Fixture: registrytest.New(t, d), db: d, cohort: 100, did: map[string]int{}}
		rapid.Check(t, func(t *rapid.T) {
			o.begin(t)
			t.Repeat(map[string]func(*rapid.T){
				"import":  o.imports,
				"buy":     o.buys,
				"void":    o.voids,
				"dispute": o.disputes,
				"extend":  o.extends,
				"settle":  o.settles,
				"reverse": o.reverses,
				"decide":  o.decides,
				"wait": func(t *rapid.T) {
					o.Clock.Set(o.Clock.Now().Add(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour))
				},
				"": func(t *rapid.T) { agree(t, d) },
			})
		})
		for _, what := range []string{"import", "purchase applied", "purchase quarantined", "void applied", "extend", "settle", "reverse", "decide"} {
			if o.did[what] == 0 && !t.Failed() {
				t.Errorf("nothing was done of %s, only %v", what, o.did)
			}
		}
		t.Log(o.did)
	})
}
