package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestTheAnalystsViewsFollowTheRules: what the views derive in SQL, of participants in every status and purchases of
// every kind, is what package rules derives from the same facts at the same instant.
func TestTheAnalystsViewsFollowTheRules(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	f := registrytest.New(t, d)
	everyStatus(t, f)
	everyPurchase(t, d)
	tx, err := d.Write.BeginTx(context.Background(), nil) // one transaction, one now()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	var now db.Time
	if err := tx.QueryRow("SELECT now()").Scan(&now); err != nil {
		t.Fatal(err)
	}
	statuses := compareParticipants(t, tx, now.Time)
	for _, status := range rules.Statuses() {
		if statuses[status] == 0 {
			t.Errorf("nobody is %s", status)
		}
	}
	purchases := comparePurchases(t, tx)
	for _, evidence := range rules.EvidenceAccepted.Values() {
		for _, voided := range []bool{false, true} {
			for _, when := range []string{"before", "in time", "late"} {
				if kind := (purchaseKind{evidence, voided, when}); purchases[kind] == 0 {
					t.Errorf("no purchase is %+v", kind)
				}
			}
		}
	}
}

// everyStatus makes participants in every status, as of the real clock, which is the database's. Statuses of those
// who are revoked or under review hide what else is true of them.
func everyStatus(t *testing.T, f *registrytest.Fixture) {
	t.Helper()
	past := f.Cohort13(6)
	now := time.Now()
	f.Clock.Set(now)
	f.Cohort(14, now.AddDate(0, 0, -3), 2)
	bought := wib("2021-03-20T10:00:00")
	for i, card := range past[:4] {
		f.Send(f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("P-%d", i), card, bought)))
	}
	f.Send(f.Message("tokopedia", registrytest.Voided("P-1", deadline13)))
	if n, err := f.SettleOnly(context.Background(), "no purchase", load(t, f.DB(), past[4]).ID); n != 1 || err != nil {
		t.Fatalf("revoked %d: %v", n, err)
	}
}

// everyPurchase adds purchases of every kind by the statement, for some of them take years to come about: each
// evidence, voided or not, before the announcement, in time and late, and at the edges of both.
func everyPurchase(t *testing.T, d *db.DB) {
	t.Helper()
	_, err := d.Write.Exec(`
		INSERT INTO purchases (invoice_code, amount, purchased_at, received_at, evidence, voided_at, delivery_id, offering_id, participant_id, platform_id)
		SELECT 'K-' || row_number() OVER (), 1, at.moment, at.moment + INTERVAL '1.5 hours', how.evidence, void.moment, q.delivery_id, q.offering_id, q.participant_id, q.platform_id
		FROM (SELECT * FROM purchases ORDER BY id LIMIT 1) q,
			unnest(ARRAY['ACCEPTED', 'PENDING', 'UPHELD', 'REJECTED']) how (evidence),
			unnest(ARRAY[NULL, timestamptz '2021-04-05 10:00+07']) void (moment),
			unnest(ARRAY[$1::timestamptz - INTERVAL '1 microsecond', $1, $2::timestamptz - INTERVAL '1 microsecond', $2]) at (moment)`,
		db.Instant(announced13), db.Instant(deadline13))
	if err != nil {
		t.Fatal(err)
	}
}

func compareParticipants(t *testing.T, tx *sql.Tx, now time.Time) map[rules.Status]int {
	t.Helper()
	seen := map[rules.Status]int{}
	err := db.Query(context.Background(), tx, func(rows *sql.Rows) error {
		var id int
		var status rules.Status
		var deadline, revoked, firstAt, boughtAt db.Time
		var first sql.NullInt64
		var f rules.Facts
		var platform, boughtFrom sql.NullString
		if err := rows.Scan(&id, &status, &firstAt, &platform, &deadline, &revoked, &f.ReviewOpen, &first, &boughtAt, &boughtFrom); err != nil {
			return err
		}
		f.Deadline, f.RevokedAt = deadline.Time, revoked.Time
		if first.Valid {
			f.FirstPurchase = &rules.PurchaseKey{}
		}
		if want := f.StatusAt(now); status != want || platform != boughtFrom || !firstAt.Equal(boughtAt.Time) {
			t.Errorf("participant %d is %s (%v, %v), want %s (%v, %v)", id, status, firstAt, platform, want, boughtAt, boughtFrom)
		}
		seen[status]++
		return nil
	}, `SELECT v.participant_id, v.status, v.first_purchase_at, v.first_purchase_platform, p.deadline, p.revoked_at, p.review_open, p.first_purchase_id, q.purchased_at, f.code
		FROM analytics.participants v JOIN participants p ON p.id = v.participant_id
			LEFT JOIN purchases q ON q.id = p.first_purchase_id LEFT JOIN platforms f ON f.id = q.platform_id`)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

type purchaseKind struct {
	evidence string
	voided   bool
	when     string
}

// derived is what the view makes of a purchase.
type derived struct {
	Counts, Late bool
	Lag          float64
	Day          string
}

func comparePurchases(t *testing.T, tx *sql.Tx) map[purchaseKind]int {
	t.Helper()
	seen := map[purchaseKind]int{}
	err := db.Query(context.Background(), tx, func(rows *sql.Rows) error {
		var p rules.Purchase
		var got derived
		var purchased, received, voided, announced, deadline db.Time
		if err := rows.Scan(&p.Invoice, &got.Counts, &got.Late, &got.Lag, &got.Day, &purchased, &received, &voided, &p.Evidence, &announced, &deadline); err != nil {
			return err
		}
		p.PurchasedAt, p.ReceivedAt, p.VoidedAt = purchased.Time, received.Time, voided.Time
		from := rules.AnnouncedFrom(announced.Time)
		want := derived{
			p.Counts(from, deadline.Time), p.Late(deadline.Time), p.ReceivedAt.Sub(p.PurchasedAt).Seconds(), p.PurchasedAt.In(rules.WIB).Format(time.DateOnly),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("purchase %s (-rules +view):\n%s", p.Invoice, diff)
		}
		when := "in time"
		switch {
		case got.Late:
			when = "late"
		case p.PurchasedAt.Before(from):
			when = "before"
		}
		seen[purchaseKind{string(p.Evidence), p.Voided(), when}]++
		return nil
	}, `SELECT q.invoice_code, v.counts, v.late, v.lag_seconds, v.wib_day::text, q.purchased_at, q.received_at, q.voided_at, q.evidence, c.announced_at, p.deadline
		FROM analytics.purchases v JOIN purchases q ON q.id = v.purchase_id JOIN participants p ON p.id = q.participant_id JOIN cohorts c ON c.id = p.cohort_id`)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
