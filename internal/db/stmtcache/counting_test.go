package stmtcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/lib/pq"
	"modernc.org/sqlite"

	"gelombang/internal/db/stmtcache"
	"gelombang/internal/dbtest"
)

// counting is a driver that counts what is prepared and closed by those above it.
type counting struct {
	driver.Connector
	prepared, open atomic.Int64
}

// session is what both drivers implement.
type session interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type countingConn struct {
	session
	count *counting
}

type countingStmt struct {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
	count *counting
}

func (c *counting) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &countingConn{inner.(session), c}, nil
}

func (c *countingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.session.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	inner, err := c.session.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.count.prepared.Add(1)
	c.count.open.Add(1)
	asks, ok := inner.(driver.StmtQueryContext)
	if !ok { // COPY
		return inner, nil
	}
	return &countingStmt{inner, asks, inner.(driver.StmtExecContext), c.count}, nil
}

func (s *countingStmt) Close() error {
	s.count.open.Add(-1)
	return s.Stmt.Close()
}

// stale is how the tests know a statement that is out of date.
func stale(err error) bool {
	var pqErr *pq.Error
	return errors.As(err, &pqErr) && (pqErr.Code == "0A000" || pqErr.Code == "26000")
}

// on runs a test on a pool of either database, of one connection unless the test allows more, which keeps size statements.
func on(t *testing.T, size int, fn func(t *testing.T, pool *sql.DB, count *counting)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) {
		pool, count := onPostgres(t, dbtest.PostgresURL(t), stmtcache.Policy{Size: size, Stale: stale})
		fn(t, pool, count)
	})
	t.Run("sqlite", func(t *testing.T) {
		connector, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)")
		if err != nil {
			t.Fatal(err)
		}
		pool, count := open(t, connector, stmtcache.Policy{Size: size, Embedded: true})
		fn(t, pool, count)
	})
}

func isPostgres(t *testing.T) bool { return strings.HasSuffix(t.Name(), "postgres") }

func onPostgres(t *testing.T, address string, policy stmtcache.Policy) (*sql.DB, *counting) {
	t.Helper()
	connector, err := pq.NewConnector(address + "&binary_parameters=yes")
	if err != nil {
		t.Fatal(err)
	}
	return open(t, connector, policy)
}

func open(t *testing.T, connector driver.Connector, policy stmtcache.Policy) (*sql.DB, *counting) {
	t.Helper()
	count := &counting{Connector: connector}
	pool := sql.OpenDB(stmtcache.Wrap(count, policy))
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool, count
}

// querier is a pool, a connection or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// echo asks for the value that it sends, under [stmtcache.Short].
func echo(t *testing.T, q querier, text string, value int) {
	t.Helper()
	var got int
	if err := q.QueryRowContext(stmtcache.Short(t.Context()), text, value).Scan(&got); err != nil || got != value {
		t.Errorf("%s gave %d (%v), want %d", text, got, err, value)
	}
}

func exec(t *testing.T, q querier, query string, args ...any) {
	t.Helper()
	if _, err := q.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
