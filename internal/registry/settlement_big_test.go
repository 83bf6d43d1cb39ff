package registry_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestASettlementOfMany settles a cohort of GELOMBANG_TEST_SETTLEMENT_ROWS participants, of whom one in fifty is overdue,
// while platforms report purchases of the cohort, and prints how long each step took and how long a group of reports
// waited at most in it. The targets for 600,000 on Postgres are 1 s for the preview, 5 s for the execution, and 100 ms.
func TestASettlementOfMany(t *testing.T) {
	people := fromEnvironment(t, "GELOMBANG_TEST_SETTLEMENT_ROWS", 5000)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := &night{Fixture: registrytest.New(t, d), db: d}
		x.Cohort13(0)
		card := fill(t, d, people)
		x.bulkBuy(people / 50)
		x.Clock.Set(afterLag)

		step := func(name string, do func()) {
			t.Helper()
			done := make(chan time.Duration)
			go func() {
				start := time.Now()
				defer func() { done <- time.Since(start) }() // also when it fails
				do()
			}()
			var waits []time.Duration
			for {
				select {
				case took := <-done:
					slices.Sort(waits)
					t.Logf("%-10s of %d of %d: %v; %d groups of reports waited %v at most, half of them %v", name, people/50, people,
						took.Round(time.Millisecond), len(waits), waits[len(waits)-1].Round(time.Millisecond), waits[len(waits)/2].Round(time.Microsecond))
					return
				default:
					waits = append(waits, x.reports(name, len(waits), card, people))
				}
			}
		}
		step("preview", x.prepares)
		step("approval", x.approves)
		step("execution", x.executes)
		got := x.outcomes()
		if got[rules.EntryListed] != 0 || got[rules.EntryRevoked]+got[rules.EntryPassedOver]+got[rules.EntryReinstated] != x.list.Listed || x.list.Listed < people/100 {
			t.Errorf("outcomes %v of %d", got, x.list.Listed)
		}
		step("reversal", func() { x.reverses("") })
		if got := x.outcomes(); got[rules.EntryRevoked] != 0 {
			t.Errorf("after the reversal: %v", got)
		}
	})
}

// reports has a platform report eight purchases, and returns how long that took: half of them are of those who may be on
// the list, which has the first of the cohort.
func (x *night) reports(step string, n int, card func(int) string, people int) time.Duration {
	var group []registry.Submission
	for i := range 8 {
		who := rand.IntN(people)
		if i%2 == 0 {
			who = rand.IntN(people / 50)
		}
		group = append(group, x.Message("pintaria", registrytest.Bought(fmt.Sprintf("%s-%d-%d", step, n, i), card(who), deadline13.Add(time.Hour))))
	}
	start := time.Now()
	x.Send(group...)
	return time.Since(start)
}

// bulkBuy gives everybody but the first so many of cohort 13 a purchase that counts, and every tenth of these one that was
// late, and has the database count anew, as it does by itself in a night.
func (x *night) bulkBuy(overdue int) {
	t := x.T
	t.Helper()
	x.Cohort(14, announced13, 1)
	x.Send(x.Message("tokopedia", registrytest.Bought("MODEL", fmt.Sprintf("3114%012d", 1), wib("2021-03-20T10:00:00"))))
	for _, q := range []string{
		`INSERT INTO purchases (invoice_code, amount, purchased_at, received_at, evidence, void_settled, schedule_code, void_reason, delivery_id, offering_id, participant_id, platform_id)
			SELECT 'B-' || p.id, m.amount, CASE WHEN n.n > $1 THEN m.purchased_at ELSE p.deadline END, m.received_at, 'ACCEPTED', m.void_settled, '', '', m.delivery_id, m.offering_id, p.id, m.platform_id
			FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM participants WHERE cohort_id = 13) n JOIN participants p ON p.id = n.id
			CROSS JOIN (SELECT * FROM purchases WHERE invoice_code = 'MODEL') m WHERE n.n > $1 OR n.n % 10 = 0`,
		`UPDATE participants SET first_purchase_id = (SELECT q.id FROM purchases q WHERE q.participant_id = participants.id)
			WHERE cohort_id = 13 AND id > (SELECT MIN(id) FROM participants WHERE cohort_id = 13) + $1 - 1`,
	} {
		if _, err := x.db.Write.ExecContext(context.Background(), q, overdue); err != nil {
			t.Fatal(err)
		}
	}
	statement := "ANALYZE"
	if x.db.Dialect == db.Postgres {
		statement = "VACUUM ANALYZE"
	}
	if _, err := x.db.Write.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}
