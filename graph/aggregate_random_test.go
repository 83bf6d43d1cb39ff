package graph_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// person is a participant as the tests write it, course an offering and sale a purchase. What is empty or nil is null
// in the database, or the empty text where that stands for it.
type person struct {
	id, cohort                                  int
	province, regency, gender, bands, education string
	deadline                                    time.Time
	first                                       *sale
	revoked                                     time.Time
	review                                      bool
	balance                                     int64
}

type course struct {
	id                                 int
	platform, provider, category, mode string
}

type sale struct {
	id                          int
	buyer                       *person
	course                      *course
	amount                      int64
	purchased, received, voided time.Time
	evidence                    rules.Evidence
}

func (s *sale) invoice() string { return fmt.Sprintf("INV-%d", s.id) }

func (p *person) card() string { return fmt.Sprintf("%016d", p.id) }

// announcements are those of the cohorts of the tests, by their numbers: one at noon and one shortly after midnight
// in WIB.
var announcements = map[int]time.Time{
	12: time.Date(2021, 3, 3, 12, 0, 0, 0, rules.WIB),
	13: time.Date(2021, 3, 10, 0, 0, 0, 1000, rules.WIB),
}

// random is a world that is drawn: whatever the columns can hold, whether or not the registry would bring it about.
type random struct {
	*registrytest.Fixture
	delivery int
	people   []*person
	courses  []*course
	sales    []*sale
}

// newRandom makes a world without participants.
func newRandom(t testing.TB, d *db.DB) *random {
	t.Helper()
	w := &random{Fixture: registrytest.New(t, d)}
	if err := w.PutProvinces(t.Context(), registrytest.Admin, map[string]string{"31": "DKI Jakarta"}); err != nil {
		t.Fatal(err)
	}
	for number, at := range announcements {
		w.Cohort(number, at, 0)
	}
	w.Send(w.Message("tokopedia", registrytest.Bought("STRANGER", "9999999999999999", wib(1, 9, 0))))
	if err := d.Read.QueryRowContext(t.Context(), "SELECT MIN(id) FROM deliveries").Scan(&w.delivery); err != nil {
		t.Fatal(err)
	}
	return w
}

// near is an instant at, or a little before or after, one of the bounds that the tests know.
func near(t *rapid.T, label string) time.Time {
	base := rapid.SampledFrom([]time.Time{wib(1, 0, 0), wib(3, 12, 30), wib(5, 0, 0), wib(9, 0, 0), announcements[12], announcements[13]}).Draw(t, label)
	steps := []time.Duration{0, time.Microsecond, -time.Microsecond, time.Second, 6 * time.Hour, -6 * time.Hour, -72*time.Hour - time.Microsecond, 21 * 24 * time.Hour}
	return base.Add(rapid.SampledFrom(steps).Draw(t, label+" from there"))
}

func choice(t *rapid.T, label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(t, label)
}

// draw draws another world and writes it in the place of the last.
func (w *random) draw(t *rapid.T) {
	*w = random{Fixture: w.Fixture, delivery: w.delivery}
	for i := range rapid.IntRange(1, 4).Draw(t, "courses") {
		w.courses = append(w.courses, &course{
			id: i + 1, platform: choice(t, "platform", "pintaria", "tokopedia"), provider: choice(t, "provider", "", "dapur", "kursus"),
			category: choice(t, "category", "", "bahasa", "kuliner"), mode: choice(t, "mode", "", "ONLINE", "OFFLINE", "BLENDED"),
		})
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "people") {
		p := &person{
			id: i + 1, cohort: rapid.SampledFrom([]int{12, 13}).Draw(t, "cohort"), province: choice(t, "province", "", "31", "32"),
			regency: choice(t, "regency", "", "3171", "3201"), gender: choice(t, "gender", "", "F", "M"),
			bands: choice(t, "age band", "", "UNDER_18", "FROM_18_TO_24", "FROM_65"), education: choice(t, "education", append([]string{""}, rules.Education("").Values()...)...),
			deadline: near(t, "deadline"), review: rapid.Bool().Draw(t, "review"), balance: rapid.Int64Range(-2, 3).Draw(t, "balance") * 500_000,
		}
		if rapid.Bool().Draw(t, "revoked") {
			p.revoked = near(t, "revoked at")
		}
		w.people = append(w.people, p)
		for range rapid.IntRange(0, 3).Draw(t, "sales") {
			w.sales = append(w.sales, w.sale(t, p))
		}
	}
	if err := w.write(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *random) sale(t *rapid.T, p *person) *sale {
	s := &sale{
		id: len(w.sales) + 1, buyer: p, course: rapid.SampledFrom(w.courses).Draw(t, "course"),
		amount:    rapid.SampledFrom([]int64{0, 1, 99, 250_000, 250_001, 1_000_000_000_000}).Draw(t, "amount"),
		purchased: near(t, "purchased"), evidence: rules.Evidence(choice(t, "evidence", rules.Evidence("").Values()...)),
	}
	s.received = s.purchased.Add(time.Duration(rapid.Int64Range(-2_000_000, 400_000_000_000).Draw(t, "lag")) * time.Microsecond)
	if rapid.Bool().Draw(t, "voided") {
		s.voided = near(t, "voided at")
	}
	if rapid.Bool().Draw(t, "first") {
		p.first = s
	}
	return s
}

func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return db.Instant(t)
}

func (w *random) write(ctx context.Context) error {
	now := db.Instant(registrytest.Evening)
	courses := db.Bulk{Table: "offerings", Columns: []string{"id", "platform_id", "course_code", "title", "provider", "category", "mode", "listed", "created_at", "updated_at"}}
	for _, c := range w.courses {
		courses.Rows = append(courses.Rows, []any{c.id, w.Platforms[c.platform], fmt.Sprintf("C-%d", c.id), fmt.Sprintf("Course %d", c.id), c.provider, c.category, nullText(c.mode), true, now, now})
	}
	people := db.Bulk{Table: "participants", Columns: []string{
		"id", "cohort_id", "card_number", "province", "regency", "gender", "age_band", "education", "deadline", "first_purchase_id", "revoked_at", "review_open", "balance", "created_at", "updated_at",
	}}
	for _, p := range w.people {
		var first any
		if p.first != nil {
			first = p.first.id
		}
		people.Rows = append(people.Rows, []any{
			p.id, p.cohort, p.card(), nullText(p.province), nullText(p.regency), nullText(p.gender), nullText(p.bands), nullText(p.education),
			db.Instant(p.deadline), first, nullTime(p.revoked), p.review, p.balance, now, now,
		})
	}
	sales := db.Bulk{Table: "purchases", Columns: []string{
		"id", "participant_id", "platform_id", "offering_id", "delivery_id", "invoice_code", "amount", "purchased_at", "received_at", "evidence", "voided_at",
	}}
	for _, s := range w.sales {
		sales.Rows = append(sales.Rows, []any{
			s.id, s.buyer.id, w.Platforms[s.course.platform], s.course.id, w.delivery, s.invoice(), s.amount, db.Instant(s.purchased), db.Instant(s.received), s.evidence, nullTime(s.voided),
		})
	}
	return w.DB().InTx(ctx, now, func(tx *db.Tx) error {
		for _, table := range []string{"purchases", "participants", "offerings"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		for _, bulk := range []db.Bulk{courses, people, sales} {
			if err := bulk.Insert(ctx, tx, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
