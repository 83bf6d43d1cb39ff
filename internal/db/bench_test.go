package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

const benchRows = 20_000

// benchDB returns a database with a table of participants, and one of four purchases for each.
func benchDB(b *testing.B, dialect db.Dialect, unprepared bool) *db.DB {
	b.Helper()
	cfg := dbtest.Config(b, dialect)
	cfg.Unprepared, cfg.MaxConns = unprepared, 8
	d := dbtest.Open(b, cfg)
	numbers := func(n int) string {
		return fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n)
	}
	for _, text := range []string{
		"CREATE TABLE buyers (id bigint PRIMARY KEY, card bigint NOT NULL, name text NOT NULL, cohort bigint NOT NULL, status text NOT NULL, province text NOT NULL, balance bigint NOT NULL, seen_at timestamp NOT NULL)",
		numbers(benchRows) + "INSERT INTO buyers SELECT i, i * 7, 'Siti', i % 20, 'AT_RISK', '31', 1000000, CURRENT_TIMESTAMP FROM n",
		"CREATE UNIQUE INDEX buyer_card ON buyers (card)",
		"CREATE TABLE bought (id bigint PRIMARY KEY, buyer bigint NOT NULL, price bigint NOT NULL, at timestamp NOT NULL)",
		numbers(4*benchRows) + fmt.Sprintf("INSERT INTO bought SELECT i, i %% %d, 500000, CURRENT_TIMESTAMP FROM n", benchRows),
		"CREATE INDEX bought_buyer ON bought (buyer, id)",
		"ANALYZE",
		"CREATE TABLE added (a bigint, b bigint, c text, d text, e bigint, f text)",
	} {
		if _, err := d.Write.ExecContext(b.Context(), text); err != nil {
			b.Fatalf("%s: %v", text, err)
		}
	}
	return d
}

func onBoth(b *testing.B, unprepared bool, run func(b *testing.B, d *db.DB)) {
	b.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) { run(b, benchDB(b, dialect, unprepared)) })
	}
}

func BenchmarkQueryPrepared(b *testing.B)   { onBoth(b, false, benchQueries) }
func BenchmarkQueryUnprepared(b *testing.B) { onBoth(b, true, benchQueries) }

// benchQueries asks as the applications do, from 16 goroutines, under a context that may end.
func benchQueries(b *testing.B, d *db.DB) {
	b.Helper()
	var n atomic.Int64
	ask := func(b *testing.B, short bool, text string, args func(i int64) []any) {
		b.Helper()
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
				if short {
					ctx = db.Short(ctx)
				}
				var id, number int64
				var word string
				var at db.Time
				err := db.Query(ctx, d.Read, func(rows *sql.Rows) error { return rows.Scan(&id, &number, &word, &at) }, text, args(n.Add(1))...)
				cancel()
				if err != nil || id == 0 {
					b.Errorf("id %d: %v", id, err)
				}
			}
		})
	}
	key := func(i int64) []any { return []any{(1 + i*7919%benchRows) * 7} }
	const byCard = "SELECT id, balance, name, seen_at FROM buyers WHERE card = $1"
	b.Run("ByKey", func(b *testing.B) { ask(b, true, byCard, key) })
	b.Run("ByKeyWatched", func(b *testing.B) { ask(b, false, byCard, key) })
	b.Run("ByFiftyKeys", func(b *testing.B) {
		ask(b, true, "SELECT id, price, 'x', at FROM bought WHERE "+d.Dialect.Any("buyer", 1)+" ORDER BY buyer, id", func(i int64) []any {
			keys := make([]int, 50)
			for k := range keys {
				keys[k] = int((i*50 + int64(k)) * 7919 % benchRows)
			}
			return []any{d.Dialect.Ints(keys)}
		})
	})
	b.Run("Page", func(b *testing.B) {
		ask(b, false, "SELECT id, balance, name, seen_at FROM buyers WHERE cohort = $1 AND status = $2 AND id > $3 ORDER BY id LIMIT 51", func(i int64) []any {
			return []any{i % 20, "AT_RISK", i * 7919 % (benchRows / 2)}
		})
	})
}

func BenchmarkInsertPrepared(b *testing.B)   { onBoth(b, false, benchInserts) }
func BenchmarkInsertUnprepared(b *testing.B) { onBoth(b, true, benchInserts) }

// benchInserts adds 128 rows in a transaction.
func benchInserts(b *testing.B, d *db.DB) {
	b.Helper()
	bulk := db.Bulk{Table: "added", Columns: []string{"a", "b", "c", "d", "e", "f"}}
	for i := range 128 {
		bulk.Rows = append(bulk.Rows, []any{i, i, "Siti", "Budi", i, "31"})
	}
	b.ReportAllocs()
	for b.Loop() {
		err := d.InTx(b.Context(), fixedNow, func(tx *db.Tx) error { return bulk.Insert(b.Context(), tx, nil) })
		if err != nil {
			b.Fatal(err)
		}
	}
}
