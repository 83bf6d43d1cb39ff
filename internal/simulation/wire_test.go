package simulation

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/lib/pq"
	"modernc.org/sqlite"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// fault is what goes wrong on the way to the database, once.
type fault struct {
	kind  faultKind
	after int // statements or commits that go well before
}

type faultKind int

const (
	noFault          faultKind = iota
	lostStatement              // the connection fails, and the statement is not done
	lostBeforeCommit           // the connection fails, and the transaction is not committed
	lostAfterCommit            // the transaction is committed, and the connection fails before it is told
	cancelled                  // the caller's context ends
)

// wire is a driver between the registry and the database. It can fail as a network does, and it makes the chunks of a
// settlement so small that a list of three takes several.
type wire struct {
	open func(ctx context.Context) (driver.Conn, error)
	base driver.Driver

	mu     sync.Mutex
	next   fault
	cancel context.CancelFunc
	fired  bool
	chunk  int64
}

// plug opens a fresh, migrated database, and returns it with its pool for writing led through a wire.
func plug(t testing.TB, dialect db.Dialect) (*db.DB, *wire) {
	t.Helper()
	cfg := dbtest.Config(t, dialect)
	plain := dbtest.Open(t, cfg)
	w := &wire{}
	if dialect == db.SQLite {
		w.base = &sqlite.Driver{}
		dsn := "file:" + filepath.Join(cfg.DataDir, "gelombang.db") + "?" + url.Values{
			"_txlock": {"immediate"}, "_time_integer_format": {"unix_micro"}, "_inttotime": {"1"},
			// Nobody pulls the plug of this machine: what is committed need not reach the disk.
			"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(OFF)", "foreign_keys(1)", "temp_store(MEMORY)"},
		}.Encode()
		w.open = func(context.Context) (driver.Conn, error) { return w.base.Open(dsn) }
	} else {
		w.base = &pq.Driver{}
		connector, err := pq.NewConnector(cfg.URL + both(cfg.URL) + "binary_parameters=yes&timezone=UTC&options=-c%20synchronous_commit%3Doff")
		if err != nil {
			t.Fatal(err)
		}
		w.open = connector.Connect
	}
	wired := *plain
	wired.Write = sql.OpenDB(w)
	wired.Write.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := wired.Write.Close(); err != nil {
			t.Error(err)
		}
	})
	return &wired, w
}

// both is what joins an address and more parameters.
func both(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// Connect implements [driver.Connector].
func (w *wire) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.open(ctx)
	if err != nil {
		return nil, err
	}
	return &wiredConn{Conn: c, wire: w}, nil
}

// Driver implements [driver.Connector].
func (w *wire) Driver() driver.Driver { return w.base }

// arm lets the fault happen; cancel is for [cancelled].
func (w *wire) arm(f fault, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next, w.cancel, w.fired = f, cancel, false
}

// disarm ends the danger and reports whether the fault has happened.
func (w *wire) disarm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next, w.cancel = fault{}, nil
	return w.fired
}

func (w *wire) setChunk(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunk = int64(n)
}

// due reports whether a fault of one of the kinds happens here, and which.
func (w *wire) due(kinds ...faultKind) faultKind {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kind := range kinds {
		if w.next.kind != kind {
			continue
		}
		if w.next.after > 0 {
			w.next.after--
			return noFault
		}
		w.next, w.fired = fault{}, true
		if w.cancel != nil {
			w.cancel()
		}
		return kind
	}
	return noFault
}

var errLost = &net.OpError{Op: "read", Net: "wire", Err: syscall.ECONNRESET}

// wiredConn is a connection that may be lost.
type wiredConn struct {
	driver.Conn
	wire *wire
	lost bool
}

// statement is called before each; args may be changed.
func (c *wiredConn) statement(query string, args []driver.NamedValue) error {
	if c.lost {
		return errLost
	}
	c.wire.shorten(query, args)
	if c.wire.due(lostStatement, cancelled) == lostStatement {
		return c.lose()
	}
	return nil
}

// lose ends the connection, and with it the transaction on it.
func (c *wiredConn) lose() error {
	c.lost = true
	if err := c.Conn.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return errLost
}

// shorten makes the chunk smaller in which a list is executed or reversed.
func (w *wire) shorten(query string, args []driver.NamedValue) {
	if !strings.Contains(query, "settlement_id = $1") || !strings.Contains(query, " LIMIT $2") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	args[1].Value = w.chunk
}

// Close implements [driver.Conn].
func (c *wiredConn) Close() error {
	if c.lost {
		return nil
	}
	return c.Conn.Close()
}

// IsValid implements [driver.Validator].
func (c *wiredConn) IsValid() bool {
	if v, ok := c.Conn.(driver.Validator); ok && !c.lost {
		return v.IsValid()
	}
	return !c.lost
}

// ResetSession implements [driver.SessionResetter].
func (c *wiredConn) ResetSession(ctx context.Context) error {
	if c.lost {
		return driver.ErrBadConn
	}
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// CheckNamedValue implements [driver.NamedValueChecker].
func (c *wiredConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ExecContext implements [driver.ExecerContext].
func (c *wiredConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.statement(query, args); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

// QueryContext implements [driver.QueryerContext].
func (c *wiredConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.statement(query, args); err != nil {
		return nil, err
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// PrepareContext implements [driver.ConnPrepareContext].
func (c *wiredConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.statement(query, nil); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// BeginTx implements [driver.ConnBeginTx].
func (c *wiredConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.statement("", nil); err != nil {
		return nil, err
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &wiredTx{tx, c}, nil
}

type wiredTx struct {
	driver.Tx
	conn *wiredConn
}

// Commit implements [driver.Tx].
func (t *wiredTx) Commit() error {
	if t.conn.lost {
		return errLost
	}
	switch t.conn.wire.due(lostBeforeCommit, lostAfterCommit) {
	case lostBeforeCommit:
		return t.conn.lose()
	case lostAfterCommit:
		if err := t.Tx.Commit(); err != nil {
			return err
		}
		return t.conn.lose()
	case noFault, lostStatement, cancelled:
	}
	return t.Tx.Commit()
}

// Rollback implements [driver.Tx]: that of a lost connection was done by the database.
func (t *wiredTx) Rollback() error {
	if t.conn.lost {
		return nil
	}
	return t.Tx.Rollback()
}
