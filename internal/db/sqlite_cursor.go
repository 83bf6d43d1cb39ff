package db

import (
	"context"
	"database/sql"
	"errors"
)

// openRows is [Snapshot.Open] on SQLite. The rows outlive ctx, which is that of the opening.
func (s *Snapshot) openRows(ctx context.Context, query string, args []any) (*Cursor, error) {
	life, release := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, release)
	rows, err := s.tx.QueryContext(life, query, args...) //nolint:rowserrcheck // the cursor does
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		release() // and with it the rows, if there are any
		return nil, err
	}
	return &Cursor{snapshot: s, rows: rows, release: release}, nil
}

// step is [Cursor.Next] on SQLite. The driver interrupts a statement only up to its first row, so ctx is looked at
// between the rows: a scan that finds no further row goes on to its end.
func (c *Cursor) step(ctx context.Context, n int, each func(*sql.Rows) error) (int, error) {
	for i := range n {
		if err := ctx.Err(); err != nil {
			return i, err
		}
		if !c.rows.Next() {
			c.ended = true
			return i, c.rows.Err()
		}
		if err := each(c.rows); err != nil {
			return i, err
		}
	}
	return n, nil
}
