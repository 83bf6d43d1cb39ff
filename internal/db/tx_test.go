package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

func provinces(ctx context.Context, t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := d.Client().Province.Query().Count(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestATransactionIsOneForEntAndForSQL writes through one and reads through the other before it commits.
func TestATransactionIsOneForEntAndForSQL(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		now := time.Date(2021, 4, 6, 17, 45, 0, 123_456_789, time.FixedZone("WIB", 7*60*60))
		err := d.InTx(ctx, now, func(tx *db.Tx) error {
			if want := time.Date(2021, 4, 6, 10, 45, 0, 123_456_000, time.UTC); tx.Now != want || tx.Dialect != d.Dialect {
				t.Errorf("now is %v, want %v", tx.Now, want)
			}
			if err := tx.Client.Province.Create().SetID("31").SetName("DKI Jakarta").Exec(ctx); err != nil {
				return err
			}
			var n int
			if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM provinces").Scan(&n); err != nil {
				return err
			}
			if n != 1 || provinces(ctx, t, d) != 0 {
				t.Errorf("inside %d, outside %d", n, provinces(ctx, t, d))
			}
			return nil
		})
		if err != nil || provinces(ctx, t, d) != 1 {
			t.Errorf("committed %d: %v", provinces(ctx, t, d), err)
		}
	})
}

// TestATransactionThatFailsLeavesNothing whether it returns an error or panics, and its connection is free
// again: SQLite has only one to write with.
func TestATransactionThatFailsLeavesNothing(t *testing.T) {
	failure := errors.New("failure")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		insert := func(tx *db.Tx) error { return tx.Client.Province.Create().SetID("31").SetName("DKI Jakarta").Exec(ctx) }
		for range 3 {
			err := d.InTx(ctx, fixedNow, func(tx *db.Tx) error { return errors.Join(insert(tx), failure) })
			if !errors.Is(err, failure) {
				t.Errorf("the error is %v", err)
			}
			func() {
				defer func() {
					if v := recover(); v != "panic" {
						t.Errorf("recovered %v", v)
					}
				}()
				err := d.InTx(ctx, fixedNow, func(tx *db.Tx) error {
					if err := insert(tx); err != nil {
						t.Error(err)
					}
					panic("panic")
				})
				t.Errorf("no panic, but %v", err)
			}()
		}
		if n := provinces(ctx, t, d); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if err := d.InTx(ctx, fixedNow, insert); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestATransactionThatLostIsTriedAgain gives fn the error of a real conflict to return.
func TestATransactionThatLostIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		conflict := busy(t, d)
		if d.Dialect == db.Postgres {
			conflict = serialization(t, d)
		}
		unique := func(tx *db.Tx) error {
			err := tx.Client.Province.Create().SetID("31").SetName("again").Exec(context.Background())
			if db.Classify(err) != db.ClassUnique {
				t.Errorf("not a collision: %v", err)
			}
			return err
		}
		mustExec(t, d.Write, "INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta')")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		tests := []struct {
			name     string
			ctx      context.Context //nolint:containedctx // a case of the table
			fn       func(attempt int, tx *db.Tx) error
			attempts int
			want     db.Class
		}{
			{"twice lost", context.Background(), func(attempt int, _ *db.Tx) error {
				if attempt <= 2 {
					return conflict
				}
				return nil
			}, 3, db.ClassNone},
			{"always lost", context.Background(), func(int, *db.Tx) error { return conflict }, 5, db.ClassConflict},
			{"a collision, which is the caller's", context.Background(), func(_ int, tx *db.Tx) error { return unique(tx) }, 1, db.ClassUnique},
			{"lost when the caller has given up", ctx, func(int, *db.Tx) error { cancel(); return conflict }, 1, db.ClassConflict},
		}
		for _, tt := range tests {
			attempts := 0
			err := d.InTx(tt.ctx, fixedNow, func(tx *db.Tx) error {
				attempts++
				return tt.fn(attempts, tx)
			})
			if attempts != tt.attempts || db.Classify(err) != tt.want {
				t.Errorf("%s: %d attempts, %v; want %d and class %d", tt.name, attempts, err, tt.attempts, tt.want)
			}
		}
	})
}
