package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"gelombang/ent"
)

// Tx is one transaction: the same one as an ent client and as a *sql.Tx, and one Now for all that
// happens in it.
type Tx struct {
	*sql.Tx
	Client  *ent.Client
	Dialect Dialect
	Now     time.Time // UTC, whole microseconds
}

// Instant brings a time to what both databases store: UTC, whole microseconds.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// maxAttempts bounds how often a transaction that lost against another is tried.
const maxAttempts = 5

// InTx runs fn in a transaction and commits. A transaction that the database gave up in favour of
// another (serialisation, deadlock, busy) is rolled back and tried again, so fn must not have
// effects outside the transaction. The error of a commit whose outcome is unknown is an
// [UnknownOutcomeError].
func (d *DB) InTx(ctx context.Context, now time.Time, fn func(*Tx) error) error {
	var err error
	for range maxAttempts {
		if err = d.once(ctx, now, fn); err == nil || Classify(err) != ClassConflict || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (d *DB) once(ctx context.Context, now time.Time, fn func(*Tx) error) (err error) {
	raw, err := d.Write.BeginTx(ctx, nil)
	if err != nil {
		return &beginError{err}
	}
	done := false
	defer func() {
		if !done { // also when fn panics
			if rerr := raw.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rerr))
			}
		}
	}()
	if err := fn(&Tx{Tx: raw, Client: entClient(d.Dialect, raw), Dialect: d.Dialect, Now: Instant(now)}); err != nil {
		return err
	}
	done = true
	if err := raw.Commit(); err != nil {
		if Classify(err) == ClassUnavailable || Classify(err) == ClassUnknown {
			return &UnknownOutcomeError{Err: err}
		}
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// UnknownOutcomeError says that the connection failed while a transaction was committing: it may
// or may not have taken effect. What is repeated must be idempotent.
type UnknownOutcomeError struct{ Err error }

func (e *UnknownOutcomeError) Error() string {
	return "the outcome of the commit is unknown: " + e.Err.Error()
}

// Unwrap returns the database's error.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// ClientOn returns an ent client whose statements are run by q, as those beside it are.
func (d *DB) ClientOn(q Execer) *ent.Client { return entClient(d.Dialect, q) }

func entClient(d Dialect, q entsql.ExecQuerier) *ent.Client {
	drv := entsql.NewDriver(entDialect[d], entsql.Conn{ExecQuerier: q})
	return ent.NewClient(ent.Driver(nestedDriver{drv}))
}

// nestedDriver runs ent inside a transaction that is not ent's: what ent opens itself, for a write
// with edges, joins the one that is there.
type nestedDriver struct{ *entsql.Driver }

// Tx implements dialect.Driver.
func (d nestedDriver) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// BeginTx is what ent calls for a transaction with options.
func (d nestedDriver) BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}
