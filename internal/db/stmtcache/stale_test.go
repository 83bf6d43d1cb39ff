package stmtcache_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"gelombang/internal/db/stmtcache"
	"gelombang/internal/dbtest"
)

// selected is a text whose result has another type when the table has.
const selected = "SELECT value FROM things WHERE id = $1"

// expire are what makes prepared statements out of date: another shape of the table, and a session that forgot them.
var expire = map[string]string{
	"a table of another shape": "ALTER TABLE things ALTER COLUMN value TYPE text",
	"a session that forgot":    "DEALLOCATE ALL",
}

// keptThings returns a pool that keeps the statement of selected on its one connection.
func keptThings(t *testing.T) (*sql.DB, *counting) {
	t.Helper()
	pool, count := onPostgres(t, dbtest.PostgresURL(t), stmtcache.Policy{Size: 8, Stale: stale})
	exec(t, pool, "CREATE TABLE things (id bigint PRIMARY KEY, value bigint); INSERT INTO things VALUES (1, 100)")
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := value(t.Context(), t, tx); got != "100" {
			t.Fatalf("the value is %s", got)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := count.prepared.Load(); got != 1 {
		t.Fatalf("%d were prepared", got)
	}
	return pool, count
}

func value(ctx context.Context, t *testing.T, q querier) string {
	t.Helper()
	var got string
	if err := q.QueryRowContext(stmtcache.Short(ctx), selected, 1).Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestAStatementThatIsOutOfDateIsRunAnew and prepared again later.
func TestAStatementThatIsOutOfDateIsRunAnew(t *testing.T) {
	for name, change := range expire {
		t.Run(name, func(t *testing.T) {
			pool, count := keptThings(t)
			exec(t, pool, change)
			for range 3 {
				if got := value(t.Context(), t, pool); got != "100" {
					t.Errorf("the value is %s", got)
				}
			}
			if prepared, open := count.prepared.Load(), count.open.Load(); prepared != 2 || open != 1 {
				t.Errorf("%d were prepared, and %d are open", prepared, open)
			}
			exec(t, pool, change)
			if _, err := pool.ExecContext(stmtcache.Short(t.Context()), selected, 1); err != nil {
				t.Errorf("not read: %v", err)
			}
		})
	}
}

// TestInATransactionItsErrorSaysSo and the transaction succeeds when it is tried again.
func TestInATransactionItsErrorSaysSo(t *testing.T) {
	for name, change := range expire {
		t.Run(name, func(t *testing.T) {
			pool, _ := keptThings(t)
			exec(t, pool, change)
			once := func() error {
				tx, err := pool.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				var got string
				err = tx.QueryRowContext(stmtcache.Short(t.Context()), selected, 1).Scan(&got)
				if err == nil && got != "100" {
					t.Errorf("the value is %s", got)
				}
				if rerr := tx.Rollback(); rerr != nil {
					t.Error(rerr)
				}
				return err
			}
			var outOfDate *stmtcache.StaleError
			if err := once(); !errors.As(err, &outOfDate) || !stale(err) {
				t.Errorf("the error is %v", err)
			}
			for range 3 {
				if err := once(); err != nil {
					t.Errorf("tried again: %v", err)
				}
			}
		})
	}
}

// TestOneOutOfDateTellsOfAll on the other connections, so that a transaction that is tried again does not fail once on each.
func TestOneOutOfDateTellsOfAll(t *testing.T) {
	pool, count := keptThings(t)
	pool.SetMaxOpenConns(2)
	ctx := t.Context()
	first, err := pool.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := pool.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		value(ctx, t, second)
	}
	exec(t, first, expire["a table of another shape"])
	value(ctx, t, first) // finds out
	tx, err := second.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := value(ctx, t, tx); got != "100" {
		t.Errorf("the value is %s", got)
	}
	if err := errors.Join(tx.Commit(), first.Close(), second.Close()); err != nil {
		t.Fatal(err)
	}
	if prepared, open := count.prepared.Load(), count.open.Load(); prepared != 2 || open > 1 {
		t.Errorf("%d were prepared, and %d are open", prepared, open)
	}
}
