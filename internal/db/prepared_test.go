package db_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lib/pq"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// keeps counts the statements that a connection of the pool has prepared for a text, after it was run three times on it.
func keeps(ctx context.Context, t *testing.T, pool *sql.DB, text string) (n int) {
	t.Helper()
	conn, err := pool.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range 3 {
		if err := db.Query(ctx, conn, ignore, text, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_prepared_statements WHERE statement = "+pq.QuoteLiteral(text)).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhatIsShortStaysPrepared on every pool.
func TestWhatIsShortStaysPrepared(t *testing.T) {
	address := dbtest.PostgresURL(t)
	for _, tt := range []struct {
		name              string
		short, unprepared bool
		want              int
	}{
		{"short", true, false, 1},
		{"not short", false, false, 0},
		{"short, and switched off", true, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := dbtest.Open(t, db.Config{URL: address, Unprepared: tt.unprepared, ReadTimeout: time.Minute})
			ctx := t.Context()
			if tt.short {
				ctx = db.Short(ctx)
			}
			for name, pool := range map[string]*sql.DB{"write": d.Write, "read": d.Read, "analysis": d.Analysis, "fresh": d.Fresh} {
				if got := keeps(ctx, t, pool, "SELECT name FROM provinces WHERE length(id) = $1"); got != tt.want {
					t.Errorf("%s keeps %d statements, want %d", name, got, tt.want)
				}
			}
		})
	}
}

// TestAnInsertOfValuesStaysPrepared because it has one plan, which what looks something up need not have.
func TestAnInsertOfValuesStaysPrepared(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	mustExec(t, d.Write, "CREATE TABLE things (id bigint, name text); CREATE TABLE named (id bigint UNIQUE, name text)")
	for text, want := range map[string]int{
		"INSERT INTO things (id, name) VALUES ($1, 'a'), (2, 'b')":                                      1,
		`INSERT INTO "named" ("id", "name") VALUES ($1, '') ON CONFLICT (id) DO NOTHING RETURNING "id"`: 1,
		"INSERT INTO things (id, name) VALUES ($1, (SELECT name FROM named ORDER BY id LIMIT 1))":       0,
		"INSERT INTO things (id, name) SELECT id, name FROM named WHERE id > $1":                        0,
		"UPDATE things SET name = 'c' WHERE id > $1":                                                    0,
		"SELECT name FROM things WHERE id > $1 ORDER BY id LIMIT 51":                                    0,
		"WITH v (id) AS (VALUES ($1::bigint)) DELETE FROM things WHERE id IN (SELECT id FROM v)":        0,
	} {
		if got := keeps(t.Context(), t, d.Write, text); got != want {
			t.Errorf("%s: %d are kept, want %d", text, got, want)
		}
	}
}

// TestATransactionMeetsATableThatHasChanged and is tried again.
func TestATransactionMeetsATableThatHasChanged(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	mustExec(t, d.Write, "CREATE TABLE things (id bigint PRIMARY KEY, value bigint); INSERT INTO things VALUES (1, 100)")
	attempts := 0
	read := func() (value string, err error) {
		ctx := db.Short(t.Context())
		err = d.InTx(ctx, fixedNow, func(tx *db.Tx) error {
			attempts++
			return tx.QueryRowContext(ctx, "SELECT value FROM things WHERE id = $1", 1).Scan(&value)
		})
		return value, err
	}
	for range 2 {
		if _, err := read(); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, d.Write, "ALTER TABLE things ALTER COLUMN value TYPE text")
	if value, err := read(); value != "100" || err != nil || attempts != 4 {
		t.Errorf("%q, %v, after %d attempts", value, err, attempts)
	}
}

// TestAShortStatementRunsToItsEnd on the pools of the applications, where the database bounds it; elsewhere, and where
// nothing of ours bounds it, it is cancelled with its context.
func TestAShortStatementRunsToItsEnd(t *testing.T) {
	const timeout, sleep = 1500 * time.Millisecond, 30 // the sleep in seconds
	address := dbtest.PostgresURL(t)
	ours := dbtest.Open(t, db.Config{URL: address, ReadTimeout: timeout})
	none := dbtest.Open(t, db.Config{URL: address})
	theirs := dbtest.Open(t, db.Config{URL: with(t, address, map[string]string{"statement_timeout": "0"}), ReadTimeout: timeout})
	for _, tt := range []struct {
		name   string
		pool   *sql.DB
		bounds bool // by itself
	}{
		{"reading", ours.Read, true},
		{"reading afresh", ours.Fresh, true},
		{"writing", ours.Write, false},
		{"analysis", ours.Analysis, false},
		{"reading without a timeout", none.Read, false},
		{"reading without a timeout, as the operator wants it", theirs.Read, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result, start := make(chan error, 1), time.Now()
			go func() { result <- db.Query(db.Short(ctx), tt.pool, ignore, "SELECT pg_sleep($1)", sleep) }()
			awaitActivity(t, none, 1, 10*time.Second)
			cancel()
			if err := <-result; db.Classify(err) != db.ClassCanceled {
				t.Errorf("the error is %v", err)
			}
			took := time.Since(start)
			if tt.bounds && took < timeout || took > sleep*time.Second {
				t.Errorf("it took %v", took)
			}
			err := db.Query(db.Short(ctx), tt.pool, ignore, "SELECT pg_sleep($1)", sleep)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("one that began too late: %v", err)
			}
		})
	}
}

// TestAServerCompilesNoPlansForTheApplications unless its operator wants it to.
func TestAServerCompilesNoPlansForTheApplications(t *testing.T) {
	address := dbtest.PostgresURL(t)
	d := dbtest.Open(t, db.Config{URL: address})
	for pool, want := range map[*sql.DB]string{d.Write: "on", d.Read: "off", d.Analysis: "on", d.Fresh: "off"} {
		if got := show(t, pool, "jit"); got != want {
			t.Errorf("compilation is %s, want %s", got, want)
		}
	}
	if got := show(t, dbtest.Open(t, db.Config{URL: with(t, address, map[string]string{"jit": "on"})}).Read, "jit"); got != "on" {
		t.Errorf("the operator's is %s", got)
	}
}

// TestAClosedEmbeddedDatabaseLeavesNothingBehind: SQLite keeps a connection open whose statements are, and with it the
// files beside the database.
func TestAClosedEmbeddedDatabaseLeavesNothingBehind(t *testing.T) {
	cfg := dbtest.Config(t, db.SQLite)
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, pool := range []*sql.DB{d.Write, d.Read, d.Analysis, d.Fresh} {
		if err := db.Query(t.Context(), pool, ignore, "SELECT name FROM provinces WHERE id = $1", "31"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(cfg.DataDir)
	if err != nil || len(files) != 1 || files[0].Name() != filepath.Base("gelombang.db") {
		t.Errorf("the directory holds %v (%v)", files, err)
	}
}
