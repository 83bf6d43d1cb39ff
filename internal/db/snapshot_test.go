package db_test

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

var _ db.Execer = (*db.Snapshot)(nil)

const (
	// counting gives the numbers from 1 to $1, each with the text $2.
	counting = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS BIGINT)) SELECT i, CAST($2 AS TEXT) FROM n"
	// endless gives one row at once and looks for a second one for ever.
	endless = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 2"
)

func ignore(*sql.Rows) error { return nil }

// provincesIn counts the provinces that the snapshot sees.
func provincesIn(ctx context.Context, s *db.Snapshot) (n int, err error) {
	err = db.Query(ctx, s, func(rows *sql.Rows) error { return rows.Scan(&n) }, "SELECT COUNT(*) FROM provinces")
	return n, err
}

// TestASnapshotStreamsWithBoundedMemory reads 200 MB, with other statements in between.
func TestASnapshotStreamsWithBoundedMemory(t *testing.T) {
	const total, page, bound = 200_000, 1000, 64 << 20
	text := strings.Repeat("x", 1000)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		rows, sum, peak := 0, int64(0), uint64(0)
		err := d.Snapshot(ctx, time.Minute, func(s *db.Snapshot) error {
			cursor, err := s.Open(ctx, counting, total, text)
			if err != nil {
				return err
			}
			for {
				n, err := cursor.Next(ctx, page, func(r *sql.Rows) error {
					var i int64
					var got sql.RawBytes
					if err := r.Scan(&i, &got); err != nil {
						return err
					}
					if len(got) != len(text) {
						t.Errorf("row %d has %d bytes", i, len(got))
					}
					sum += i
					return nil
				})
				if err != nil {
					return err
				}
				rows += n
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
				if n < page {
					return cursor.Close(ctx)
				}
				if _, err := provincesIn(ctx, s); err != nil {
					return err
				}
			}
		})
		if err != nil || rows != total || sum != total*(total+1)/2 {
			t.Errorf("%d rows with the sum %d: %v", rows, sum, err)
		}
		if peak > before.HeapAlloc+bound {
			t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, peak)
		}
	})
}

// TestASnapshotSeesOneState whatever is written meanwhile.
func TestASnapshotSeesOneState(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		mustExec(t, d.Write, "INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta'), ('32', 'Jawa Barat')")
		err := d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
			cursor, err := s.Open(ctx, "SELECT id FROM provinces ORDER BY id")
			if err != nil {
				return err
			}
			first, err := cursor.Next(ctx, 1, ignore)
			if err != nil {
				return err
			}
			mustExec(t, d.Write, "INSERT INTO provinces (id, name) VALUES ('33', 'Jawa Tengah')")
			rest, err := cursor.Next(ctx, 10, ignore)
			if err != nil {
				return err
			}
			beside, err := provincesIn(ctx, s)
			if first != 1 || rest != 1 || beside != 2 {
				t.Errorf("the cursor gave %d and %d rows, the statement beside it counts %d", first, rest, beside)
			}
			return err
		})
		if n := provinces(ctx, t, d); n != 3 || err != nil {
			t.Errorf("outside there are %d: %v", n, err)
		}
	})
}

// TestCursorsOfASnapshotAreIndependent and one that is closed early gives no more rows.
func TestCursorsOfASnapshotAreIndependent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Snapshot(ctx, time.Minute, func(s *db.Snapshot) error {
			one, err := s.Open(ctx, counting, 10, "one")
			if err != nil {
				return err
			}
			two, err := s.Open(ctx, counting, 6, "two")
			if err != nil {
				return err
			}
			for _, step := range []struct {
				cursor  *db.Cursor
				n, want int
			}{{one, 4, 4}, {two, 4, 4}, {one, 0, 0}, {two, 4, 2}, {two, 4, 0}, {one, 4, 4}} {
				if n, err := step.cursor.Next(ctx, step.n, ignore); n != step.want || err != nil {
					t.Errorf("%d of %d rows: %v", n, step.want, err)
				}
			}
			for range 2 {
				if err := one.Close(ctx); err != nil {
					return err
				}
			}
			if n, err := one.Next(ctx, 4, ignore); n != 0 || err != nil {
				t.Errorf("a closed cursor gives %d rows: %v", n, err)
			}
			_, err = provincesIn(ctx, s)
			return err // two is left open
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestASnapshotGivesItsConnectionBack however it ends; the pool has fewer than are opened here.
func TestASnapshotGivesItsConnectionBack(t *testing.T) {
	failure := errors.New("failure")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for range 2 * d.Analysis.Stats().MaxOpenConnections {
			err := d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
				cursor, err := s.Open(ctx, counting, 10, "")
				if err != nil {
					return err
				}
				n, err := cursor.Next(ctx, 5, func(*sql.Rows) error { return failure })
				if n != 0 {
					t.Errorf("%d rows were read", n)
				}
				return err
			})
			if !errors.Is(err, failure) {
				t.Errorf("the error is %v", err)
			}
			func() {
				defer func() {
					if v := recover(); v != "panic" {
						t.Errorf("recovered %v", v)
					}
				}()
				err := d.Snapshot(ctx, 0, func(*db.Snapshot) error { panic("panic") })
				t.Errorf("no panic, but %v", err)
			}()
		}
		if n := d.Analysis.Stats().InUse; n != 0 {
			t.Errorf("%d connections are still in use", n)
		}
	})
}

// TestNothingIsWrittenThroughThePoolForAnalysis in a snapshot or beside it.
func TestNothingIsWrittenThroughThePoolForAnalysis(t *testing.T) {
	const insert = "INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta')"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		inside := d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
			_, err := s.ExecContext(ctx, insert)
			return err
		})
		_, beside := d.Analysis.ExecContext(ctx, insert)
		for _, err := range []error{inside, beside} {
			if db.Classify(err) != db.ClassUnavailable {
				t.Errorf("a write gets %v", err)
			}
		}
		if n := provinces(ctx, t, d); n != 0 {
			t.Errorf("%d rows were written", n)
		}
	})
}

// TestACancelledSnapshotStopsAtOnce in every kind of statement, and harms nobody after it.
func TestACancelledSnapshotStopsAtOnce(t *testing.T) {
	for name, run := range map[string]func(ctx context.Context, s *db.Snapshot) error{
		"while a cursor looks for its first row": func(ctx context.Context, s *db.Snapshot) error {
			cursor, err := s.Open(ctx, endless+" AND i > $1", 5)
			if err != nil {
				return err
			}
			_, err = cursor.Next(ctx, 1, ignore)
			return err
		},
		"in a statement beside the cursor": func(ctx context.Context, s *db.Snapshot) error {
			cursor, err := s.Open(ctx, counting, 10, "")
			if err != nil {
				return err
			}
			if _, err := cursor.Next(ctx, 1, ignore); err != nil {
				return err
			}
			return db.Query(ctx, s, ignore, "SELECT COUNT(*) FROM ("+endless+") AS never")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				if err := cancelled(t, d, run); db.Classify(err) != db.ClassCanceled || !errors.Is(err, context.Canceled) {
					t.Errorf("the error is %v", err)
				}
				for range 2 * d.Analysis.Stats().MaxOpenConnections {
					err := d.Snapshot(t.Context(), 0, func(s *db.Snapshot) error {
						_, err := provincesIn(t.Context(), s)
						return err
					})
					if err != nil {
						t.Errorf("afterwards: %v", err)
					}
				}
			})
		})
	}
}

// TestACancelledCursorStopsBetweenItsRows on Postgres, also while it looks for the next one. SQLite goes on to that.
func TestACancelledCursorStopsBetweenItsRows(t *testing.T) {
	err := cancelled(t, dbtest.New(t, db.Postgres), func(ctx context.Context, s *db.Snapshot) error {
		cursor, err := s.Open(ctx, endless)
		if err != nil {
			return err
		}
		if n, err := cursor.Next(ctx, 1, ignore); n != 1 || err != nil {
			return err
		}
		_, err = cursor.Next(ctx, 1, ignore)
		return err
	})
	if db.Classify(err) != db.ClassCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// cancelled runs fn in a snapshot, cancels it in the middle of a statement, and returns its error. It fails the test
// if the statement goes on for a second.
func cancelled(t *testing.T, d *db.DB, fn func(context.Context, *db.Snapshot) error) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result := make(chan error, 1)
	busy := make(chan struct{}) // closed before the first statement
	go func() {
		result <- d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
			close(busy)
			return fn(ctx, s)
		})
	}()
	<-busy
	if d.Dialect == db.Postgres { // nothing tells from outside what SQLite does: it is cancelled before or in the statement
		awaitActivity(t, d, 1, 10*time.Second)
	}
	cancel()
	late := time.After(time.Second)
	if d.Dialect == db.Postgres {
		awaitActivity(t, d, 0, time.Second)
	}
	select {
	case err := <-result:
		return err
	case <-late:
		t.Fatal("the snapshot goes on a second after it was cancelled")
		return nil
	}
}

// awaitActivity waits until that many statements run in this database, beside the one that asks; a statement that has
// only just begun does not count.
func awaitActivity(t *testing.T, d *db.DB, want int, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var n int
		err := d.Write.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
			AND pid <> pg_backend_pid() AND (clock_timestamp() - query_start > INTERVAL '30 ms' OR $1 = 0)`, want).Scan(&n)
		if err == nil && n == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d statements run, want %d: %v", n, want, err)
		case <-tick.C:
		}
	}
}

// TestWaitingForAConnectionEndsWithTheContext and a pool that is busy does not make the server look ill.
func TestWaitingForAConnectionEndsWithTheContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for range d.Analysis.Stats().MaxOpenConnections {
			conn, err := d.Analysis.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := d.Snapshot(ctx, 0, func(*db.Snapshot) error { return nil })
		if db.Classify(err) != db.ClassCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
	})
}

// TestABusyPoolIsNoReasonToFail: whoever asks whether the database answers does not wait for a connection.
func TestABusyPoolIsNoReasonToFail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, pool := range []*sql.DB{d.Write, d.Read, d.Analysis, d.Fresh} {
			for range pool.Stats().MaxOpenConnections {
				conn, err := pool.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := conn.Close(); err != nil {
						t.Error(err)
					}
				}()
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := d.Ping(ctx); err != nil {
			t.Error(err)
		}
	})
}
