package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestWatchOverMany watches seven platforms that have reported GELOMBANG_TEST_WATCH_ROWS purchases in 30 days, each with
// a statement of completeness, and prints how long that took. The target for 1,600,000 on Postgres is 300 ms.
func TestWatchOverMany(t *testing.T) {
	rows := fromEnvironment(t, "GELOMBANG_TEST_WATCH_ROWS", 7000)
	rows -= rows % 7
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		for i := range 5 {
			if _, err := f.PutPlatform(ctx, registrytest.Admin, registry.Platform{Code: fmt.Sprint("other", i), Name: "other", Kind: "marketplace", Active: true}); err != nil {
				t.Fatal(err)
			}
		}
		f.Cohort13(0)
		card := fill(t, d, min(rows/2, 600_000))
		f.Send(f.Message("tokopedia", registrytest.Bought("ONE", card(0), f.Now().Add(-time.Hour)))) // has the course made
		sell(t, d, rows, f.Now())
		for code := range map[string]int{"tokopedia": 0, "pintaria": 0} {
			f.Send(f.Message(code, rules.CompleteThrough{Timestamp: f.Now(), Through: f.Now(), Count: int64(rows / 7), Amount: int64(rows/7) * 250_000}))
		}
		if d.Dialect == db.Postgres {
			if _, err := d.Write.ExecContext(ctx, "ANALYZE"); err != nil { // as it does by itself, in time
				t.Fatal(err)
			}
		}
		var took []time.Duration
		for range 3 {
			began := time.Now()
			all, err := f.Watch(ctx, registrytest.Officer)
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began).Round(time.Millisecond))
			for _, w := range all {
				own := 0
				if w.Platform == "tokopedia" {
					own = 1
				}
				if w.Statement != nil && (w.Statement.HeldCount != int64(rows/7+own) || w.Statement.Agrees != (own == 0)) {
					t.Errorf("%s: %+v", w.Platform, *w.Statement)
				}
				if w.LagP50 != 5*time.Minute && w.Reports > 20 || w.LastDelivery.IsZero() {
					t.Errorf("%s: %+v", w.Platform, w)
				}
			}
		}
		t.Logf("%d purchases: %v", rows, took)
	})
}

// sell records purchases of the first participants by all platforms in turn, evenly in the 30 days before until, each
// reported five minutes later.
func sell(t *testing.T, d *db.DB, n int, until time.Time) {
	t.Helper()
	bought := "CAST($2 AS TIMESTAMPTZ) - (i + 1) * (INTERVAL '30 days' / (CAST($1 AS BIGINT) + 1)) - INTERVAL '5 minutes'"
	reported := "INTERVAL '5 minutes'"
	numbers := "generate_series(0, CAST($1 AS BIGINT) - 1) AS s(i)"
	if d.Dialect == db.SQLite {
		bought, reported = "$2 - (i + 1) * (2592000000000 / ($1 + 1)) - 300000000", "300000000"
		numbers = "(WITH RECURSIVE s(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM s WHERE i < $1 - 1) SELECT i FROM s)"
	}
	for _, statement := range []string{
		"INSERT INTO deliveries (platform_id, message_id, dedupe_key, platform_key_id, body_sha256, headers, signed_at, received_at, outcome, settled_at, event_type, invoice_code)" +
			" SELECT 1 + i % 7, 'sold_' || i, 'sold_' || i, 1, '', '{}', at, at + " + reported + ", 'APPLIED', at, 'purchase.completed', 'S-' || i FROM (SELECT i, " + bought + " AS at FROM " + numbers + ") s",
		"INSERT INTO purchases (platform_id, invoice_code, amount, purchased_at, received_at, evidence, delivery_id, offering_id, participant_id)" +
			" SELECT d.platform_id, d.invoice_code, 250000, d.received_at - " + reported + ", d.received_at, 'ACCEPTED', d.id, (SELECT MIN(id) FROM offerings), (SELECT MIN(id) FROM participants) + d.id % (SELECT COUNT(*) FROM participants)" +
			" FROM deliveries d WHERE d.message_id LIKE 'sold%' AND $1 > 0 AND CAST($2 AS TIMESTAMPTZ) IS NOT NULL",
	} {
		if _, err := d.Write.ExecContext(context.Background(), statement, n, db.Instant(until)); err != nil {
			t.Fatal(err)
		}
	}
}
