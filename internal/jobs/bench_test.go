package jobs

import (
	"log/slog"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
)

// BenchmarkEnqueue is a transaction that orders one job, which is what a change of the facts costs on top.
func BenchmarkEnqueue(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			d := dbtest.New(b, dialect)
			j, err := New(Config{DB: d, Log: slog.New(slog.DiscardHandler), Kinds: []Kind{{Name: "work", Unique: true}}})
			if err != nil {
				b.Fatal(err)
			}
			id := 0
			for b.Loop() {
				id++
				err := d.InTx(b.Context(), time.Now(), func(tx *db.Tx) error {
					return j.Enqueue(b.Context(), tx, registry.Job{Kind: "work", ID: id})
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
