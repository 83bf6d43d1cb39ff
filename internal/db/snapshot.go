package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Snapshot is a read-only transaction of the pool for analysis: all its statements see one state of the database.
// It implements [Execer]. It is for one goroutine.
type Snapshot struct {
	tx      *sql.Tx
	dialect Dialect
	cursors int
}

// Snapshot runs fn in a transaction that sees the database as it is at fn's first statement, and refuses to write.
// It waits, as long as ctx allows, for a connection of the pool for analysis, and holds it until fn returns.
//
// Postgres cancels every statement of it that takes longer than the timeout, whatever the pool's or the operator's own; a
// cursor's statements are its opening and each reading of rows. Zero means none. On SQLite only the contexts count.
//
// The context of each statement ends that statement and with it the snapshot. An error of a snapshot whose ctx has
// ended wraps that of ctx. A snapshot that is kept open for long holds back VACUUM on Postgres, and on SQLite the
// emptying of the write-ahead log; one that waits for more than a minute between two statements is ended on Postgres.
func (d *DB) Snapshot(ctx context.Context, timeout time.Duration, fn func(*Snapshot) error) (err error) {
	conn, err := d.Analysis.Conn(ctx)
	if err != nil {
		return &beginError{err}
	}
	defer func() {
		// Also when fn panics. A connection that broke is closed already, which is not for our caller.
		if cerr := conn.Close(); err == nil && !errors.Is(cerr, sql.ErrConnDone) {
			err = cerr
		}
	}()
	err = d.snapshot(ctx, conn, timeout, fn)
	if ended := ctx.Err(); err != nil && ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	return err
}

func (d *DB) snapshot(ctx context.Context, conn *sql.Conn, timeout time.Duration, fn func(*Snapshot) error) (err error) {
	s := &Snapshot{dialect: d.Dialect}
	options := &sql.TxOptions{ReadOnly: true}
	if d.Dialect == Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	// The transaction lives until we end it: rolled back by the pool when ctx ends, it would end under the feet of
	// a statement whose error says more.
	if s.tx, err = conn.BeginTx(context.WithoutCancel(ctx), options); err != nil {
		return &beginError{err}
	}
	defer func() {
		// Nothing was written. Of a connection that cannot even roll back, the pool disposes.
		_ = s.tx.Rollback()
	}()
	if d.Dialect == Postgres {
		// A cursor is read to its end: the plan that is fastest to its last row, not to its first.
		settings := "SET LOCAL cursor_tuple_fraction = 1.0; SET LOCAL statement_timeout = '" + cmp.Or(milliseconds(timeout), "0") + "'"
		if _, err := s.tx.ExecContext(ctx, settings); err != nil {
			return err
		}
	}
	if err := fn(s); err != nil {
		return err
	}
	return s.tx.Commit()
}

// ExecContext implements [Execer].
func (s *Snapshot) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.tx.ExecContext(ctx, query, args...)
}

// QueryContext implements [Execer]. The rows must be closed before the next statement.
func (s *Snapshot) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.tx.QueryContext(ctx, query, args...)
}

// Cursor reads the rows of a query piece by piece, so that memory does not grow with their number, and leaves the
// connection to other statements in between.
type Cursor struct {
	snapshot *Snapshot
	name     string    // of the cursor in Postgres
	rows     *sql.Rows // on SQLite, where several statements may be under way on a connection
	release  func()    // ends the context of the rows
	ended    bool
}

// Open opens a cursor on a SELECT. The cursor ends with the snapshot at the latest.
func (s *Snapshot) Open(ctx context.Context, query string, args ...any) (*Cursor, error) {
	if s.dialect == SQLite {
		return s.openRows(ctx, query, args)
	}
	s.cursors++
	c := &Cursor{snapshot: s, name: "snapshot_" + strconv.Itoa(s.cursors)}
	if _, err := s.tx.ExecContext(ctx, "DECLARE "+c.name+" NO SCROLL CURSOR FOR "+query, args...); err != nil {
		return nil, err
	}
	return c, nil
}

// Next reads up to n more rows and calls each for every one; it returns for how many it did, which is fewer than n
// at the end of the rows or with an error. In each no other statement may run.
func (c *Cursor) Next(ctx context.Context, n int, each func(*sql.Rows) error) (int, error) {
	if c.ended || n <= 0 {
		return 0, nil
	}
	if c.rows != nil {
		return c.step(ctx, n, each)
	}
	read := 0
	err := Query(ctx, c.snapshot, func(rows *sql.Rows) error {
		if err := each(rows); err != nil {
			return err
		}
		read++
		return nil
	}, "FETCH FORWARD "+strconv.Itoa(n)+" FROM "+c.name)
	c.ended = read < n
	return read, err
}

// Close gives back what the cursor holds, before the snapshot ends. It may be called again.
func (c *Cursor) Close(ctx context.Context) error {
	if c.rows != nil {
		c.ended = true
		defer c.release()
		return c.rows.Close()
	}
	if c.name == "" {
		return nil
	}
	_, err := c.snapshot.tx.ExecContext(ctx, "CLOSE "+c.name)
	c.name, c.ended = "", true
	return err
}
