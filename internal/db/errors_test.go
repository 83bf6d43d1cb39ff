package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestErrorsAreToldApart provokes every kind of trouble on a real database.
func TestErrorsAreToldApart(t *testing.T) {
	exec := func(query string, args ...any) func(*testing.T, *db.DB) error {
		return func(_ *testing.T, d *db.DB) error {
			_, err := d.Write.Exec(query, args...)
			return err
		}
	}
	tests := []struct {
		name     string
		dialects []db.Dialect // nil for both
		provoke  func(t *testing.T, d *db.DB) error
		want     db.Class
	}{
		{"nothing wrong", nil, exec("INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta')"), db.ClassNone},
		{"the same key again", nil, exec("INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta')"), db.ClassUnique},
		{"a reference to nothing", nil, exec("INSERT INTO statements (through, count, amount, received_at, delivery_id, platform_id) VALUES ($1, 1, 1, $1, 1, 99)", fixedNow), db.ClassForeignKey},
		{"a value that is missing", nil, exec("INSERT INTO provinces (id) VALUES ('32')"), db.ClassData},
		{"a trigger that raises", nil, raise, db.ClassData},
		{"a number that is too large", postgres, exec("INSERT INTO cohorts (id) VALUES ('99999999999999999999')"), db.ClassData},
		{"a text that is not UTF-8", postgres, exec("INSERT INTO provinces (id, name) VALUES ('33', $1)", "a\xffb"), db.ClassData},
		{"a text that no index holds", postgres, exec("INSERT INTO provinces (id, name) VALUES ($1, '')", noise(100_000)), db.ClassData},
		{"a text for a number", sqlite, exec("INSERT INTO cohorts (id) VALUES ('thirteen')"), db.ClassData},
		{"a statement that is none", nil, exec("INSERT NOTHING"), db.ClassUnknown},
		{"two transactions that wait for each other", postgres, deadlock, db.ClassConflict},
		{"two transactions that have read what the other writes", postgres, serialization, db.ClassConflict},
		{"a writer that is busy", sqlite, busy, db.ClassConflict},
		{"a lock that does not come", postgres, lockTimeout, db.ClassUnavailable},
		{"a caller that gives up", nil, giveUp, db.ClassCanceled},
		{"a caller that has given up before", nil, gaveUp, db.ClassCanceled},
		{"a session that an administrator ends", postgres, terminated, db.ClassUnavailable},
		{"a database that may only be read", nil, readOnly, db.ClassUnavailable},
		{"a server that is not there", postgres, refused, db.ClassUnavailable},
		{"a file that is no database", sqlite, noDatabase, db.ClassUnavailable},
		{"a pool that is closed", nil, closedPool, db.ClassUnavailable},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range tests {
			if tt.dialects != nil && tt.dialects[0] != d.Dialect {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				err := tt.provoke(t, d)
				if got := db.Classify(err); got != tt.want {
					t.Errorf("class %d, want %d: %v", got, tt.want, err)
				}
				if got := db.Classify(fmt.Errorf("while testing: %w", err)); err != nil && got != tt.want {
					t.Errorf("wrapped, it is of class %d, want %d", got, tt.want)
				}
			})
		}
	})
}

// TestATransactionThatEndsBehindOurBackIsNotTheDatasFault: whether database/sql or the driver notices first
// that the context has ended is chance, so that there are two right answers.
func TestATransactionThatEndsBehindOurBackIsNotTheDatasFault(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := rolledBack(t, d)
		if got := db.Classify(err); got != db.ClassCanceled && got != db.ClassUnavailable {
			t.Errorf("class %d, want that of a caller who gave up or of a broken connection: %v", got, err)
		}
	})
}

// TestOnlyDatabaseErrorsHaveAClass is about errors that are not the database's.
func TestOnlyDatabaseErrorsHaveAClass(t *testing.T) {
	for _, err := range []error{nil, errors.New("other"), sql.ErrNoRows} {
		if got := db.Classify(err); got != db.ClassNone {
			t.Errorf("%v is of class %d", err, got)
		}
	}
}

var (
	postgres = []db.Dialect{db.Postgres}
	sqlite   = []db.Dialect{db.SQLite}
)

// noise is a text of n letters that does not compress.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	var sb strings.Builder
	for range n {
		sb.WriteByte(byte('!' + random.IntN(90)))
	}
	return sb.String()
}

func mustExec(t *testing.T, x interface {
	Exec(string, ...any) (sql.Result, error)
}, query string, args ...any) {
	t.Helper()
	if _, err := x.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func begin(t *testing.T, d *db.DB, options *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := d.Write.BeginTx(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
			t.Logf("roll back: %v", err)
		}
	})
	return tx
}

func raise(t *testing.T, d *db.DB) error {
	if d.Dialect == db.Postgres {
		_, err := d.Write.Exec("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$")
		return err
	}
	mustExec(t, d.Write, "CREATE TRIGGER no BEFORE INSERT ON provinces WHEN NEW.id = 'no' BEGIN SELECT RAISE(ABORT, 'no'); END")
	_, err := d.Write.Exec("INSERT INTO provinces (id, name) VALUES ('no', '')")
	return err
}

func deadlock(t *testing.T, d *db.DB) error {
	mustExec(t, d.Write, "INSERT INTO provinces (id, name) VALUES ('d1', ''), ('d2', '')")
	one, two := begin(t, d, nil), begin(t, d, nil)
	mustExec(t, one, "UPDATE provinces SET name = 'one' WHERE id = 'd1'")
	mustExec(t, two, "UPDATE provinces SET name = 'two' WHERE id = 'd2'")
	waits := make(chan error, 1)
	go func() {
		_, err := one.Exec("UPDATE provinces SET name = 'one' WHERE id = 'd2'")
		waits <- errors.Join(err, one.Rollback())
	}()
	_, err := two.Exec("UPDATE provinces SET name = 'two' WHERE id = 'd1'")
	rolled := two.Rollback()
	return errors.Join(err, rolled, <-waits) // one of the two is the victim
}

func serialization(t *testing.T, d *db.DB) error {
	mustExec(t, d.Write, "INSERT INTO provinces (id, name) VALUES ('s1', '')")
	one := begin(t, d, &sql.TxOptions{Isolation: sql.LevelSerializable})
	var n int
	if err := one.QueryRow("SELECT COUNT(*) FROM provinces").Scan(&n); err != nil {
		t.Fatal(err)
	}
	mustExec(t, d.Write, "UPDATE provinces SET name = 'other' WHERE id = 's1'")
	_, err := one.Exec("UPDATE provinces SET name = 'one' WHERE id = 's1'")
	return err
}

// busy returns what a second writer of an SQLite file gets that does not wait.
func busy(t *testing.T, _ *db.DB) error {
	cfg := dbtest.Config(t, db.SQLite)
	one, two := dbtest.Open(t, cfg), dbtest.Open(t, cfg)
	mustExec(t, two.Write, "PRAGMA busy_timeout = 0")
	begin(t, one, nil)
	_, err := two.Write.Exec("INSERT INTO provinces (id, name) VALUES ('b', '')")
	return err
}

func lockTimeout(t *testing.T, d *db.DB) error {
	mustExec(t, d.Write, "INSERT INTO provinces (id, name) VALUES ('l', '')")
	one, two := begin(t, d, nil), begin(t, d, nil)
	mustExec(t, one, "UPDATE provinces SET name = 'one' WHERE id = 'l'")
	mustExec(t, two, "SET LOCAL lock_timeout = '1ms'")
	_, err := two.Exec("UPDATE provinces SET name = 'two' WHERE id = 'l'")
	return err
}

func giveUp(_ *testing.T, d *db.DB) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	query := "SELECT pg_sleep(60)"
	if d.Dialect == db.SQLite {
		query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
	}
	_, err := d.Write.ExecContext(ctx, query)
	return err
}

func gaveUp(_ *testing.T, d *db.DB) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return d.InTx(ctx, fixedNow, func(*db.Tx) error { return nil })
}

func rolledBack(_ *testing.T, d *db.DB) error {
	ctx, cancel := context.WithCancel(context.Background())
	return d.InTx(ctx, fixedNow, func(tx *db.Tx) error {
		cancel()
		for {
			// database/sql rolls back when it notices, at the latest before the commit.
			if _, err := tx.ExecContext(context.Background(), "SELECT 1"); err != nil {
				return err
			}
		}
	})
}

func terminated(_ *testing.T, d *db.DB) error {
	return d.InTx(context.Background(), fixedNow, func(tx *db.Tx) error {
		var pid int
		if err := tx.QueryRowContext(context.Background(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		if _, err := d.Write.Exec("SELECT pg_terminate_backend($1, 10000)", pid); err != nil {
			return err
		}
		_, err := tx.ExecContext(context.Background(), "SELECT 1")
		return err
	})
}

func readOnly(t *testing.T, d *db.DB) error {
	const insert = "INSERT INTO provinces (id, name) VALUES ('r', '')"
	if d.Dialect == db.SQLite {
		_, err := d.Read.Exec(insert)
		return err
	}
	_, err := begin(t, d, &sql.TxOptions{ReadOnly: true}).Exec(insert)
	return err
}

func refused(_ *testing.T, _ *db.DB) error {
	_, err := db.Open(context.Background(), db.Config{URL: "postgres://gelombang:secret@127.0.0.1:1/gelombang?sslmode=disable"})
	return err
}

func noDatabase(t *testing.T, _ *db.DB) error {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gelombang.db"), []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := db.Open(context.Background(), db.Config{DataDir: dir})
	return err
}

func closedPool(t *testing.T, d *db.DB) error {
	closed := dbtest.New(t, d.Dialect)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	return closed.InTx(context.Background(), fixedNow, func(*db.Tx) error { return nil })
}

// TestALoggedErrorRepeatsNoValue because what a database refuses may be personal.
func TestALoggedErrorRepeatsNoValue(t *testing.T) {
	const personal = "Siti Rahmawati"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		insert := func() error {
			_, err := d.Write.Exec("INSERT INTO provinces (id, name) VALUES ($1, '')", personal)
			return err
		}
		if err := insert(); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Error("failed", db.LogError(fmt.Errorf("insert: %w", insert())))
		code := map[db.Dialect]string{db.Postgres: "error.postgres=23505", db.SQLite: "error.sqlite=1555"}[d.Dialect]
		if strings.Contains(log.String(), personal) || !strings.Contains(log.String(), code) {
			t.Errorf("the log says %s", log.String())
		}
	})
}
