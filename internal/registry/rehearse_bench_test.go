package registry_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// rehearsedVariable says on how many participants a rehearsal is measured: a large cohort has 600000.
const rehearsedVariable = "GELOMBANG_BENCH_REHEARSED"

// BenchmarkRehearse rehearses a longer window and a shorter lag limit on a cohort of whom nine in ten have bought, and
// reports the most memory in use at once.
func BenchmarkRehearse(b *testing.B) {
	participants := 5000
	if text := os.Getenv(rehearsedVariable); text != "" {
		var err error
		if participants, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			d := dbtest.New(b, dialect)
			f := registrytest.New(b, d)
			card := f.Cohort13(1)[0]
			f.Send(f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-03-20T10:00:00"))))
			multiply(b, d, participants)
			f.Clock.Set(deadline13.Add(24 * time.Hour))
			var peak uint64
			var memory runtime.MemStats
			in := registry.Rehearsal{
				Cohort: 13, Change: rules.Change{WindowDays: 35, LagLimit: new(24 * time.Hour)}, Sample: 10,
				Progress: func(int, int) {
					runtime.ReadMemStats(&memory)
					peak = max(peak, memory.HeapInuse)
				},
			}
			for b.Loop() {
				got, err := f.Rehearse(context.Background(), registrytest.Officer, in)
				if err != nil || got.Participants != participants+1 || got.Changed() == 0 {
					b.Fatalf("%d of %d would change: %v", got.Changed(), got.Participants, err)
				}
			}
			b.ReportMetric(float64(peak)/(1<<20), "MiB-in-use")
			b.ReportMetric(float64(participants)*float64(b.N)/b.Elapsed().Seconds(), "participants/s")
		})
	}
}

// multiply adds so many participants like the one there is. Of each ten, nine have bought like it.
func multiply(b *testing.B, d *db.DB, participants int) {
	b.Helper()
	ctx := context.Background()
	const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
	for _, statement := range []string{
		`INSERT INTO participants (id, card_number, province, deadline, balance, created_at, updated_at, cohort_id) ` + numbers +
			`SELECT 1000 + i, CAST(9000000000000000 + i AS TEXT), province, deadline, balance, created_at, updated_at, cohort_id FROM n, participants WHERE card_number LIKE '3113%'`,
		`INSERT INTO purchases (id, invoice_code, amount, purchased_at, received_at, evidence, delivery_id, offering_id, participant_id, platform_id) ` + numbers +
			`SELECT 1000 + i, 'INV-' || CAST(i AS TEXT), amount, purchased_at, received_at, evidence, delivery_id, offering_id, 1000 + i, platform_id FROM n, purchases WHERE i % 10 > 0 AND invoice_code = 'A'`,
		`INSERT INTO history (kind, recorded_at, effective_at, cause, delivery_id, reason, from_deadline, from_review_open, to_deadline, to_first_purchase_id, to_review_open, participant_id) ` + numbers +
			`SELECT kind, recorded_at, effective_at, cause, delivery_id, reason, from_deadline, from_review_open, to_deadline, 1000 + i, to_review_open, 1000 + i FROM n, history WHERE i % 10 > 0 AND to_first_purchase_id IS NOT NULL`,
		`UPDATE participants SET first_purchase_id = id WHERE id >= 1000 AND id % 10 > 0 AND $1 > 0`,
	} {
		if _, err := d.Write.ExecContext(ctx, statement, participants); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
	if d.Dialect == db.Postgres {
		if _, err := d.Write.ExecContext(ctx, "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
}
