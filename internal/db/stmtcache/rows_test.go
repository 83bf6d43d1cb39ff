package stmtcache_test

import (
	"database/sql"
	"testing"

	"gelombang/internal/db/stmtcache"
	"gelombang/internal/dbtest"
)

// counted gives the numbers from $1 to 3.
const counted = "WITH RECURSIVE n(i) AS (SELECT CAST($1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n"

// next reads the next number.
func next(t *testing.T, rows *sql.Rows, want int) {
	t.Helper()
	var got int
	if !rows.Next() {
		t.Fatalf("no %d: %v", want, rows.Err())
	}
	if err := rows.Scan(&got); err != nil || got != want {
		t.Errorf("got %d (%v), want %d", got, err, want)
	}
}

func query(t *testing.T, q querier, text string, args ...any) *sql.Rows {
	t.Helper()
	rows, err := q.QueryContext(stmtcache.Short(t.Context()), text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rows
}

func closeRows(t *testing.T, rows *sql.Rows) {
	t.Helper()
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}

// TestTheSameTextRunsWhileItsRowsAreOpen in the embedded database, where the reader of the rows sees nothing of it; also
// when the statement is given up meanwhile.
func TestTheSameTextRunsWhileItsRowsAreOpen(t *testing.T) {
	on(t, 1, func(t *testing.T, pool *sql.DB, count *counting) {
		if isPostgres(t) {
			return // the next test
		}
		tx, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			outer := query(t, tx, counted, 1) //nolint:rowserrcheck // closeRows does
			next(t, outer, 1)
			inner := query(t, tx, counted, 2) //nolint:rowserrcheck // closeRows does
			next(t, inner, 2)
			next(t, outer, 2)
			echo(t, tx, plain, 9) // for which the other is given up
			next(t, inner, 3)
			next(t, outer, 3)
			closeRows(t, inner)
			closeRows(t, outer)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if open := count.open.Load(); open != 1 {
			t.Errorf("%d statements are open", open)
		}
	})
}

// TestAServersRowsAreReadBeforeTheNextStatement whichever of the two is kept: the driver itself does not see it of
// prepared statements, and would take the rows of the one for the answer to the other.
func TestAServersRowsAreReadBeforeTheNextStatement(t *testing.T) {
	pool, _ := onPostgres(t, dbtest.PostgresURL(t), stmtcache.Policy{Size: 8})
	for i := range 2 {
		echo(t, pool, plain, i)
		closeRows(t, query(t, pool, counted, 1)) //nolint:rowserrcheck // closeRows does
	}
	ctx := t.Context()
	for _, outer := range []string{counted, "SELECT i FROM generate_series($1::bigint, 3) i /* new */"} {
		tx, err := pool.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := tx.QueryContext(stmtcache.Short(ctx), outer, 1)
		if err != nil {
			t.Fatal(err)
		}
		next(t, rows, 1)
		if _, err := tx.ExecContext(stmtcache.Short(ctx), plain, 5); err == nil {
			t.Error("a statement that is kept was run")
		}
		if _, err := tx.ExecContext(ctx, "SELECT $1::bigint + 1", 5); err == nil {
			t.Error("a statement that is not was run")
		}
		if _, err := tx.QueryContext(ctx, "SELECT 1"); err == nil { //nolint:rowserrcheck,sqlclosecheck // there are none
			t.Error("a text was run")
		}
		if _, err := tx.PrepareContext(ctx, "SELECT 1"); err == nil { //nolint:sqlclosecheck // there is none
			t.Error("a statement was prepared")
		}
		next(t, rows, 2)
		next(t, rows, 3)
		closeRows(t, rows)
		echo(t, tx, plain, 6)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRowsThatAreLeftAreClosedWithTheirTransaction so that their connection serves the next.
func TestRowsThatAreLeftAreClosedWithTheirTransaction(t *testing.T) {
	on(t, 8, func(t *testing.T, pool *sql.DB, _ *counting) {
		for range 3 {
			tx, err := pool.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			next(t, query(t, tx, counted, 1), 1) //nolint:rowserrcheck // they are left
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			echo(t, pool, plain, 1)
		}
	})
}
