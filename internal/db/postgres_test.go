package db_test

import (
	"context"
	"database/sql"
	"net/url"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// with adds parameters to the address of a database.
func with(t *testing.T, address string, parameters map[string]string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, value := range parameters {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func show(t *testing.T, pool *sql.DB, setting string) string {
	t.Helper()
	var value string
	if err := pool.QueryRowContext(t.Context(), "SELECT current_setting($1)", setting).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TestTheOperatorsTimeoutWins over ours, wherever it is set.
func TestTheOperatorsTimeoutWins(t *testing.T) {
	address := dbtest.PostgresURL(t)
	for _, tt := range []struct {
		name                  string
		parameters            map[string]string
		environment           string
		write, read, analysis string
	}{
		{"nothing set", nil, "", "0", "6s", "1min"},
		{"in the address", map[string]string{"statement_timeout": "7s"}, "", "7s", "7s", "7s"},
		{"as none", map[string]string{"statement_timeout": "0"}, "", "0", "0", "0"},
		{"in the options", map[string]string{"options": "-c statement_timeout=7s"}, "", "7s", "7s", "7s"},
		{"in the options, as a long one", map[string]string{"options": "--statement-timeout=7s"}, "", "7s", "7s", "7s"},
		{"in the environment", nil, "-c statement_timeout=7s", "7s", "7s", "7s"},
		{"another option", map[string]string{"options": "-c work_mem=8MB"}, "", "0", "6s", "1min"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PGOPTIONS", tt.environment)
			d := dbtest.Open(t, db.Config{URL: with(t, address, tt.parameters), ReadTimeout: 6 * time.Second, AnalysisTimeout: time.Minute})
			for pool, want := range map[*sql.DB]string{d.Write: tt.write, d.Read: tt.read, d.Analysis: tt.analysis} {
				if got := show(t, pool, "statement_timeout"); got != want {
					t.Errorf("the timeout is %s, want %s (of %s, %s, %s)", got, want, tt.write, tt.read, tt.analysis)
				}
			}
		})
	}
}

// TestThePoolForAnalysisIsHalfAsLarge and never smaller than two.
func TestThePoolForAnalysisIsHalfAsLarge(t *testing.T) {
	address := dbtest.PostgresURL(t)
	for conns, want := range map[int]int{0: 8, 1: 2, 5: 2, 6: 3, 40: 20} {
		d := dbtest.Open(t, db.Config{URL: address, MaxConns: conns})
		if got := d.Analysis.Stats().MaxOpenConnections; got != want {
			t.Errorf("of %d connections, %d for analysis, want %d", conns, got, want)
		}
	}
}

// TestAStatementThatTakesTooLongIsCancelled by the server, and is no fault of the database's.
func TestAStatementThatTakesTooLongIsCancelled(t *testing.T) {
	const short = 50 * time.Millisecond
	d := dbtest.Open(t, db.Config{URL: dbtest.PostgresURL(t), ReadTimeout: short, AnalysisTimeout: short})
	ctx := t.Context()
	in := func(timeout time.Duration, query string) error {
		return d.Snapshot(ctx, timeout, func(s *db.Snapshot) error { return db.Query(ctx, s, ignore, query) })
	}
	for name, err := range map[string]error{
		"reading":      db.Query(ctx, d.Read, ignore, "SELECT pg_sleep(10)"),
		"analysis":     db.Query(ctx, d.Analysis, ignore, "SELECT pg_sleep(10)"),
		"a snapshot":   in(short, "SELECT pg_sleep(10)"),
		"a very short": in(time.Nanosecond, "SELECT pg_sleep(10)"),
	} {
		if db.Classify(err) != db.ClassCanceled {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"writing":              db.Query(ctx, d.Write, ignore, "SELECT pg_sleep(0.2)"),
		"a snapshot with none": in(0, "SELECT pg_sleep(0.2)"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestACursorTakesParametersInEitherProtocol: with binary_parameters off, lib/pq prepares the DECLARE first.
func TestACursorTakesParametersInEitherProtocol(t *testing.T) {
	address := dbtest.PostgresURL(t)
	for _, binary := range []string{"yes", "no"} {
		d := dbtest.Open(t, db.Config{URL: with(t, address, map[string]string{"binary_parameters": binary})})
		ctx := t.Context()
		err := d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
			cursor, err := s.Open(ctx, "SELECT $1::text, $2::bigint, $3::timestamptz WHERE 2 = ANY($4::bigint[])", `'; DROP TABLE "x`, 5, fixedNow, db.Postgres.Ints([]int{1, 2}))
			if err != nil {
				return err
			}
			n, err := cursor.Next(ctx, 10, func(rows *sql.Rows) error {
				var text string
				var number int
				var at db.Time
				if err := rows.Scan(&text, &number, &at); err != nil {
					return err
				}
				if text != `'; DROP TABLE "x` || number != 5 || !at.Equal(fixedNow) {
					t.Errorf("got %q, %d, %v", text, number, at)
				}
				return nil
			})
			if n != 1 {
				t.Errorf("%d rows", n)
			}
			return err
		})
		if err != nil {
			t.Errorf("binary_parameters=%s: %v", binary, err)
		}
	}
}

// TestASnapshotWhoseReaderStallsIsEnded by the server, so that it holds back nothing.
func TestASnapshotWhoseReaderStallsIsEnded(t *testing.T) {
	address := dbtest.PostgresURL(t)
	if got := show(t, dbtest.Open(t, db.Config{URL: address}).Analysis, "idle_in_transaction_session_timeout"); got != "1min" {
		t.Errorf("a transaction may idle for %s", got)
	}
	d := dbtest.Open(t, db.Config{URL: with(t, address, map[string]string{"idle_in_transaction_session_timeout": "50"})})
	ctx := t.Context()
	err := d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
		var pid int
		if err := db.Query(ctx, s, func(rows *sql.Rows) error { return rows.Scan(&pid) }, "SELECT pg_backend_pid()"); err != nil {
			return err
		}
		within, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 1; n > 0; {
			if err := d.Write.QueryRowContext(within, "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = $1", pid).Scan(&n); err != nil {
				return err
			}
			<-tick.C
		}
		_, err := provincesIn(ctx, s)
		return err
	})
	if db.Classify(err) != db.ClassUnavailable { // lib/pq makes a broken connection of it
		t.Errorf("the error is of class %d: %v", db.Classify(err), err)
	}
}

// TestACancelledQueryStopsItsStatement that waits for a lock of another session.
func TestACancelledQueryStopsItsStatement(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	mustExec(t, begin(t, d, nil), "LOCK TABLE provinces IN ACCESS EXCLUSIVE MODE")
	for name, run := range map[string]func(context.Context) error{
		"without parameters": func(ctx context.Context) error {
			return db.Query(ctx, d.Read, ignore, "SELECT id FROM provinces")
		},
		"with parameters": func(ctx context.Context) error {
			return db.Query(ctx, d.Read, ignore, "SELECT id FROM provinces WHERE id = $1", "31")
		},
		"through ent": func(ctx context.Context) error {
			_, err := d.Client().Province.Query().Count(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan error, 1)
			go func() { result <- run(ctx) }()
			awaitActivity(t, d, 1, 10*time.Second)
			cancel()
			awaitActivity(t, d, 0, time.Second)
			if err := <-result; db.Classify(err) != db.ClassCanceled {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
