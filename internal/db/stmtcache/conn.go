package stmtcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// errBusy is for whoever runs a statement while the rows of another are open. The protocol of a server has no room for
// it, and not every driver looks for it when the rows are those of a prepared statement.
var errBusy = errors.New("the rows of the statement before are still open on this connection: close them first")

// conn is a connection that keeps statements. Like any [driver.Conn] it is used by one goroutine at a time.
type conn struct {
	session
	checker    driver.NamedValueChecker // nil if the driver has none
	connector  *connector
	generation uint64
	kept       *kept
	reading    int // how many rows are open
	inTx       bool
	copying    bool // a COPY was prepared, which only the driver's own paths respect
}

// CheckNamedValue implements [driver.NamedValueChecker].
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if c.checker == nil {
		return driver.ErrSkip
	}
	return c.checker.CheckNamedValue(v)
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, s, err := c.prepare(ctx, query, len(args))
	if err != nil {
		return nil, err
	}
	if s != nil {
		r, err := s.query.QueryContext(ctx, args)
		if err == nil {
			return c.read(r, s), nil
		}
		if err := c.stale(err); err != nil {
			return nil, err
		}
	}
	r, err := c.session.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return c.read(r, nil), nil
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx, s, err := c.prepare(ctx, query, len(args))
	if err != nil {
		return nil, err
	}
	if s != nil {
		result, err := s.exec.ExecContext(ctx, args)
		if err == nil {
			return result, nil
		}
		if err := c.stale(err); err != nil {
			return nil, err
		}
	}
	return c.session.ExecContext(ctx, query, args)
}

// prepare returns the context to run a text under, and the prepared statement to run it with; none if it is to be run
// as it is.
func (c *conn) prepare(ctx context.Context, query string, args int) (context.Context, *statement, error) {
	policy := &c.connector.policy
	if c.reading > 0 && !policy.Embedded {
		return ctx, nil, errBusy
	}
	short := isShort(ctx)
	if short && policy.Unwatched {
		if err := ctx.Err(); err != nil {
			return ctx, nil, err
		}
		ctx = context.WithoutCancel(ctx)
	}
	if c.copying || !policy.keeps(query, args, short) {
		return ctx, nil, nil
	}
	s, err := c.statement(ctx, query)
	return ctx, s, err
}

// statement returns the statement for a text, prepared now if it is worth it; none if it is not, or if the rows of the
// one that is kept are being read.
func (c *conn) statement(ctx context.Context, query string) (*statement, error) {
	if g := c.connector.generation.Load(); g != c.generation {
		c.generation = g
		if err := c.kept.clear(); err != nil {
			return nil, err
		}
	}
	if s := c.kept.find(query); s != nil {
		if s.busy {
			return nil, nil //nolint:nilnil // none is an answer
		}
		return s, nil
	}
	if !c.connector.policy.Embedded && !c.kept.again(query) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	inner, err := c.session.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: inner, text: query}
	var asks, runs bool
	s.query, asks = inner.(driver.StmtQueryContext)
	s.exec, runs = inner.(driver.StmtExecContext)
	if !asks || !runs {
		return nil, errors.Join(fmt.Errorf("statements of the driver (%T) take no context", inner), inner.Close())
	}
	return s, c.kept.add(s)
}

// stale returns the error of a statement that was kept, as it is for the caller; nil if the text is to be run once more
// as it is. Whatever the connections of the pool keep was prepared before, too, and is given up.
func (c *conn) stale(err error) error {
	if c.connector.policy.Stale == nil || !c.connector.policy.Stale(err) {
		return err
	}
	// Another connection may have said so already.
	c.connector.generation.CompareAndSwap(c.generation, c.generation+1)
	if c.inTx {
		return &StaleError{err}
	}
	return nil
}

// PrepareContext implements [driver.ConnPrepareContext], for those who prepare themselves: their statement is the
// driver's own, and theirs.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if !c.connector.policy.Embedded {
		if c.reading > 0 {
			return nil, errBusy
		}
		if text := strings.TrimSpace(query); len(text) >= 4 && strings.EqualFold(text[:4], "COPY") {
			c.copying = true
		}
	}
	return c.session.PrepareContext(ctx, query)
}

// BeginTx implements [driver.ConnBeginTx].
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	inner, err := c.session.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return &tx{inner, c}, nil
}

// tx tells its connection when it ends.
type tx struct {
	driver.Tx
	conn *conn
}

// Commit implements [driver.Tx].
func (t *tx) Commit() error {
	t.conn.inTx, t.conn.copying = false, false
	return t.Tx.Commit()
}

// Rollback implements [driver.Tx].
func (t *tx) Rollback() error {
	t.conn.inTx, t.conn.copying = false, false
	return t.Tx.Rollback()
}

// ResetSession implements [driver.SessionResetter].
func (c *conn) ResetSession(ctx context.Context) error {
	c.copying = false
	return c.session.ResetSession(ctx)
}

// Close implements [driver.Conn].
func (c *conn) Close() error {
	if c.connector.policy.Embedded {
		return errors.Join(c.kept.clear(), c.session.Close())
	}
	return c.session.Close()
}
