package dataset

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"gelombang/internal/db"
)

const (
	told      = 10_000  // rows after which progress is told
	statement = 100_000 // rows of one COPY: triggers look at all those of a statement together
)

// copyIn copies the rows of a table, in one transaction.
func copyIn(ctx context.Context, to *sql.DB, t table, progress func(done, total int)) (err error) {
	tx, err := to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	next, stop := iter.Pull2(t.rows)
	defer stop()
	done := 0
	for more := true; more; {
		if more, err = copyRows(ctx, tx, t, next, func() {
			if done++; done%told == 0 {
				progress(done, max(t.size, done+1))
			}
		}); err != nil {
			return err
		}
	}
	if err := setSequence(ctx, tx, t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	progress(done, done)
	return nil
}

// copyRows copies as many rows as one statement may, and reports whether there may be more.
func copyRows(ctx context.Context, tx *sql.Tx, t table, next func() ([]any, error, bool), copied func()) (more bool, err error) {
	stmt, err := tx.PrepareContext(ctx, "COPY "+t.name+" ("+strings.Join(t.columns, ", ")+") FROM STDIN")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	more = true
	for range statement {
		var row []any
		if row, err, more = next(); !more {
			break
		}
		if err == nil {
			_, err = stmt.ExecContext(ctx, row...)
		}
		if err != nil {
			return false, err
		}
		copied()
	}
	_, err = stmt.ExecContext(ctx) // waits for what is under way
	return more, err
}

// setSequence lets the ids go on after those that were copied.
func setSequence(ctx context.Context, tx *sql.Tx, t table) error {
	if t.columns[0] != "id" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), max(id)) FROM "+t.name, t.name)
	return err
}

// stripped is what was taken off tables, as statements that put it back.
type stripped struct{ indexes, references []string }

// strip takes the indexes off the tables, but for those of primary keys, and every reference from or to them.
func strip(ctx context.Context, from *sql.DB, tables []string) (stripped, error) {
	var s stripped
	var drop []string
	err := db.Query(ctx, from, func(rows *sql.Rows) error {
		var table, name, definition string
		err := rows.Scan(&table, &name, &definition)
		s.references = append(s.references, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, definition))
		drop = append(drop, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, name))
		return err
	}, `SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'f' AND (conrelid = ANY (CAST($1 AS regclass[])) OR confrelid = ANY (CAST($1 AS regclass[]))) ORDER BY conname`, pq.Array(tables))
	if err != nil {
		return s, fmt.Errorf("look for references: %w", err)
	}
	err = db.Query(ctx, from, func(rows *sql.Rows) error {
		var name, definition string
		err := rows.Scan(&name, &definition)
		s.indexes = append(s.indexes, definition)
		drop = append(drop, "DROP INDEX "+name)
		return err
	}, `SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
		WHERE indrelid = ANY (CAST($1 AS regclass[])) AND NOT indisprimary AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1`, pq.Array(tables))
	if err != nil {
		return s, fmt.Errorf("look for indexes: %w", err)
	}
	for _, statement := range drop {
		if _, err := from.ExecContext(ctx, statement); err != nil {
			return s, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return s, nil
}

// restore puts everything back.
func (s stripped) restore(ctx context.Context, to *sql.DB, progress func(done, total int)) error {
	var done atomic.Int64
	total := len(s.indexes) + len(s.references)
	run := func(ctx context.Context, statement string) error {
		if _, err := to.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
		progress(int(done.Add(1)), total)
		return nil
	}
	progress(0, total)
	group, building := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, statement := range s.indexes {
		group.Go(func() error { return run(building, statement) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, statement := range s.references { // two at a time would wait for each other's tables
		if err := run(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
