package graph_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// asOfChecks is how many tales are told on each database. The flag -rapid.checks has the last word.
const asOfChecks = "60"

// TestThePastIsAnsweredAsItWasKnown tells random tales through the registry, and remembers after each step what the
// facts are. At the end the past is asked for: at the instants of the steps, next to them, and in between.
func TestThePastIsAnsweredAsItWasKnown(t *testing.T) {
	drawCases(t, asOfChecks)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		if err := f.PutProvinces(t.Context(), registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat"}); err != nil {
			t.Fatal(err)
		}
		c := serve(t, f.Registry)
		told := 0
		statuses := map[rules.Status]int{}
		rapid.Check(t, func(t *rapid.T) {
			told++
			m := &memory{Fixture: f, db: d, client: c, cohort: 100 + told, statuses: statuses}
			m.announce(t)
			for range rapid.IntRange(3, 30).Draw(t, "steps") {
				m.step(t)
			}
			m.remember(t)
			m.recall(t)
		})
		for _, s := range []rules.Status{rules.StatusAwaiting, rules.StatusPurchased, rules.StatusOverdue, rules.StatusUnderReview, rules.StatusRevoked} {
			if statuses[s] < 5 && !t.Failed() {
				t.Errorf("only %d were ever %s", statuses[s], s)
			}
		}
	})
}

// known are the facts of a participant.
type known struct {
	deadline time.Time
	bought   bool // a first purchase
	any      bool // a purchase, whether it counts or not
	revoked  bool
	review   bool
}

// statusAt says of the facts what the schema says of ParticipantStatus.
func (k known) statusAt(now time.Time) rules.Status {
	switch {
	case k.revoked:
		return rules.StatusRevoked
	case k.review:
		return rules.StatusUnderReview
	case k.bought:
		return rules.StatusPurchased
	case !now.Before(k.deadline):
		return rules.StatusOverdue
	default:
		return rules.StatusAwaiting
	}
}

// remembered is what was known of a cohort from an instant on.
type remembered struct {
	at    time.Time
	facts []known
}

// memory is a cohort of which each step is remembered.
type memory struct {
	*registrytest.Fixture
	db       *db.DB
	client   *client
	cohort   int
	cards    []string // imported
	sold     []string // invoices
	past     []remembered
	statuses map[rules.Status]int // how often each was recalled
}

var announcement = time.Date(2021, 3, 10, 12, 0, 0, 0, rules.WIB)

func (m *memory) announce(t *rapid.T) {
	m.Clock.Set(announcement)
	_, err := m.AnnounceCohort(context.Background(), registrytest.Officer, registry.AnnounceCohort{Number: m.cohort, Quota: 100, AnnouncedAt: announcement})
	m.must(t, err)
	m.past = []remembered{{at: announcement}}
}

func (m *memory) step(t *rapid.T) {
	pass := rapid.SampledFrom([]time.Duration{0, time.Microsecond, time.Hour, 20 * time.Hour, 2 * 24 * time.Hour, 8 * 24 * time.Hour, 25 * 24 * time.Hour}).Draw(t, "time passes")
	m.Clock.Set(m.Clock.Now().Add(pass))
	steps := map[string]func(*rapid.T) error{
		"import": m.arrive, "buy": m.buy, "buy again": m.buy, "void": m.void, "void again": m.void, "extend": m.extend, "decree": m.decree, "settle": m.settle, "decide": m.decide, "correct": m.correct,
	}
	what := rapid.SampledFrom(slices.Sorted(maps.Keys(steps))).Draw(t, "step")
	if len(m.cards) == 0 {
		what = "import"
	}
	m.must(t, steps[what](t))
	m.remember(t)
}

// must lets through what the registry refuses: the facts are the same, then.
func (m *memory) must(t *rapid.T, err error) {
	if refused := (*registry.Error)(nil); err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

func (m *memory) card(i int) string { return fmt.Sprintf("33%06d%08d", m.cohort, i) }

func (m *memory) arrive(t *rapid.T) error {
	var rows []registry.ParticipantRow
	for range rapid.IntRange(1, 3).Draw(t, "arrivals") {
		card := m.card(len(m.cards))
		m.cards = append(m.cards, card)
		rows = append(rows, registry.ParticipantRow{Line: len(rows) + 2, CardNumber: card, Province: rapid.SampledFrom([]string{"31", "32", ""}).Draw(t, "province")})
	}
	_, err := m.ImportParticipants(context.Background(), registrytest.Officer, m.cohort, rows)
	return err
}

// buy reports a purchase, perhaps of somebody who is imported later.
func (m *memory) buy(t *rapid.T) error {
	invoice := fmt.Sprintf("INV-%d-%d", m.cohort, len(m.sold))
	m.sold = append(m.sold, invoice)
	card := m.card(rapid.IntRange(0, len(m.cards)).Draw(t, "buyer"))
	m.Send(m.Message("tokopedia", registrytest.Bought(invoice, card, m.earlier(t))))
	return nil
}

// earlier is an instant until now.
func (m *memory) earlier(t *rapid.T) time.Time {
	return m.Clock.Now().Add(-rapid.SampledFrom([]time.Duration{0, time.Hour, 3 * 24 * time.Hour, 15 * 24 * time.Hour}).Draw(t, "ago"))
}

func (m *memory) void(t *rapid.T) error {
	if len(m.sold) > 0 {
		m.Send(m.Message("tokopedia", registrytest.Voided(rapid.SampledFrom(m.sold).Draw(t, "invoice"), m.earlier(t))))
	}
	return nil
}

func (m *memory) lastDay(t *rapid.T) time.Time {
	return announcement.AddDate(0, 0, 29+rapid.IntRange(-9, 20).Draw(t, "last day"))
}

func (m *memory) extend(t *rapid.T) error {
	in := registry.ExtendDeadline{Cohort: m.cohort, LastDay: m.lastDay(t), Reference: "SK 1/2021", Reason: "floods"}
	in.Scope = rapid.SampledFrom([]rules.ExtensionScope{rules.ExtendCohort, rules.ExtendProvince, rules.ExtendCards}).Draw(t, "scope")
	if in.Scope == rules.ExtendProvince {
		in.Province = "32"
	}
	if in.Scope == rules.ExtendCards {
		in.Cards = []string{rapid.SampledFrom(m.cards).Draw(t, "card")}
	}
	_, err := m.ExtendDeadline(context.Background(), registrytest.Officer, in)
	return err
}

func (m *memory) decree(t *rapid.T) error {
	_, err := m.DecreeDeadline(context.Background(), registrytest.Officer, registry.DecreeDeadline{Cohort: m.cohort, LastDay: m.lastDay(t), Reference: "SK 2/2021", Reason: "decreed"})
	return err
}

func (m *memory) settle(*rapid.T) error {
	_, err := m.TrySettle(m.cohort)
	return err
}

func (m *memory) decide(t *rapid.T) error {
	open := m.numbers(t, "SELECT rv.id FROM reviews rv JOIN participants pa ON pa.id = rv.participant_id WHERE pa.cohort_id = $1 AND rv.closed_at IS NULL ORDER BY rv.id")
	if len(open) == 0 {
		return nil
	}
	decision := rapid.SampledFrom([]rules.ReviewDecision{rules.DecisionUphold, rules.DecisionReject}).Draw(t, "decision")
	_, err := m.DecideReview(context.Background(), registrytest.Officer, registry.DecideReview{Review: open[0], Decision: decision, Note: "seen"})
	return err
}

func (m *memory) correct(t *rapid.T) error {
	phone := "+628110000000"
	_, err := m.CorrectContact(context.Background(), registrytest.Officer, registry.CorrectContact{
		CardNumber: rapid.SampledFrom(m.cards).Draw(t, "card"), Phone: &phone, Reason: "asked by telephone",
	})
	return err
}

func (m *memory) numbers(t *rapid.T, query string) []int {
	var found []int
	m.must(t, db.Query(context.Background(), m.db.Write, func(rows *sql.Rows) error {
		var n int
		err := rows.Scan(&n)
		found = append(found, n)
		return err
	}, query, m.cohort))
	return found
}

// remember keeps the facts as they are now. Of several steps at one instant the last is what was known at it.
func (m *memory) remember(t *rapid.T) {
	now := remembered{at: m.Clock.Now()}
	m.must(t, db.Query(context.Background(), m.db.Write, func(rows *sql.Rows) error {
		var k known
		var deadline, revoked db.Time
		var first sql.NullInt64
		if err := rows.Scan(&deadline, &first, &revoked, &k.review, &k.any); err != nil {
			return err
		}
		k.deadline, k.bought, k.revoked = deadline.Time, first.Valid, !revoked.IsZero()
		now.facts = append(now.facts, k)
		return nil
	}, `SELECT deadline, first_purchase_id, revoked_at, review_open, EXISTS (SELECT 1 FROM purchases p WHERE p.participant_id = participants.id)
		FROM participants WHERE cohort_id = $1`, m.cohort))
	if last := len(m.past) - 1; m.past[last].at.Equal(now.at) {
		m.past = m.past[:last]
	}
	m.past = append(m.past, now)
}

// tally is how many of the cohort stand where.
type tally map[string]float64

func (r remembered) tally(at time.Time) tally {
	n := tally{}
	for _, k := range r.facts {
		n[string(k.statusAt(at))]++
	}
	return n
}

func (r remembered) count(is func(known) bool) float64 {
	n := 0.
	for _, k := range r.facts {
		if is(k) {
			n++
		}
	}
	return n
}

// recall asks for the past and compares it with what was remembered.
func (m *memory) recall(t *rapid.T) {
	want := map[time.Time]remembered{announcement.Add(-time.Microsecond): {}}
	for i, r := range m.past {
		want[r.at] = r
		next := m.Clock.Now()
		if i+1 < len(m.past) {
			next = m.past[i+1].at
			want[next.Add(-time.Microsecond)] = r
		}
		want[r.at.Add(next.Sub(r.at)/2).Truncate(time.Microsecond)] = r
		for _, k := range r.facts { // the statuses change by themselves
			if k.deadline.After(r.at) && k.deadline.Before(next) {
				want[k.deadline], want[k.deadline.Add(-time.Microsecond)] = r, r
			}
		}
	}
	for at, r := range want {
		expected := r.tally(at)
		for s, n := range expected {
			m.statuses[rules.Status(s)] += int(n)
		}
		m.compare(t, at, expected, r.count(func(k known) bool { return k.bought }), r.count(func(k known) bool { return k.any }))
	}
}

func (m *memory) compare(t *rapid.T, at time.Time, want tally, bought, some float64) {
	a := m.client.get(analyst, `query ($cohort: Int!, $at: DateTime) {
		cohort(number: $cohort) { progress(asOf: $at) { recipients AWAITING: awaiting PURCHASED: purchased OVERDUE: overdue UNDER_REVIEW: underReview REVOKED: revoked } }
		participantAggregate(filter: { cohort: [$cohort] }, asOf: $at, groupBy: [STATUS]) { rows { key { status } count purchased } }
		bought: participantAggregate(filter: { cohort: [$cohort], firstPurchase: {} }, asOf: $at) { rows { count } }
		some: participantAggregate(filter: { cohort: [$cohort], purchases: {} }, asOf: $at) { rows { count } }
		without: participantAggregate(filter: { cohort: [$cohort], isNull: [FIRST_PURCHASE] }, asOf: $at) { rows { count } }
		over: participantAggregate(filter: { cohort: [$cohort], status: [OVERDUE, REVOKED] }, asOf: $at) { rows { count } } }`,
		map[string]any{"cohort": m.cohort, "at": at.UTC().Format(time.RFC3339Nano)})
	counted := tally{}
	recipients := 0.
	for name, n := range object(a.at("cohort.progress").(map[string]any)) {
		if n := n.(float64); name == "recipients" {
			recipients = n
		} else if n > 0 {
			counted[name] = n
		}
	}
	grouped := tally{}
	all, purchased := 0., 0.
	for _, row := range objectsIn(a.at("participantAggregate.rows")) {
		grouped[row.at("key.status").(string)] = row["count"].(float64)
		all, purchased = all+row["count"].(float64), purchased+row["purchased"].(float64)
	}
	if diff := cmp.Diff([]any{want, want, bought, all}, []any{counted, grouped, purchased, recipients}); diff != "" {
		t.Fatalf("cohort %d at %v, now %v (-remembered +answered):\n%s%s", m.cohort, at, m.Clock.Now(), diff, strings.TrimSpace(a.text))
	}
	for filtered, n := range map[string]float64{"bought": bought, "some": some, "without": all - bought, "over": want["OVERDUE"] + want["REVOKED"]} {
		if got, _ := a.at(filtered + ".rows.0.count").(float64); got != n {
			t.Fatalf("cohort %d at %v: %v by the filter %q, want %v", m.cohort, at, got, filtered, n)
		}
	}
}

// TestOnlyThePastCanBeAskedFor asks for the present, which is past enough, and for what follows it.
func TestOnlyThePastCanBeAskedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		for _, query := range []string{
			`query ($at: DateTime) { cohort(number: 13) { progress(asOf: $at) { recipients } } }`,
			`query ($at: DateTime) { cohorts { nodes { progress { recipients } later: progress(asOf: $at) { recipients } } } }`,
			`query ($at: DateTime) { participantAggregate(asOf: $at) { rows { count } } }`,
		} {
			c.get(officer, query, map[string]any{"at": registrytest.Evening.Format(time.RFC3339)})
			c.get(officer, query, map[string]any{"at": nil})
			if a := c.ask(officer, query, map[string]any{"at": registrytest.Evening.Add(time.Microsecond).Format(time.RFC3339Nano)}); a.code() != "BAD_INPUT" {
				t.Errorf("%s a microsecond later: %s", query, a.text)
			}
		}
	})
}
