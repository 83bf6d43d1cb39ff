package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"net"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gelombang/internal/db/stmtcache"
)

// Class is what kind of trouble a database error is. Errors are told apart by the database's codes,
// never by their text.
type Class int

// The classes.
const (
	ClassNone        Class = iota // no error, or not the database's
	ClassUnique                   // a unique constraint
	ClassForeignKey               // a foreign key
	ClassData                     // any other refusal of these very data: check, not-null, range, encoding, raise
	ClassConflict                 // lost against another transaction: try again
	ClassUnavailable              // the database is in trouble, or cannot be reached
	ClassCanceled                 // the caller gave up, or its time ran out
	ClassUnknown                  // the database's, none of the above
)

// Classify tells what kind of trouble err is.
func Classify(err error) Class {
	if err == nil {
		return ClassNone
	}
	var outOfDate *stmtcache.StaleError
	if errors.As(err, &outOfDate) {
		return ClassConflict // the tables were changed meanwhile: as if by another transaction
	}
	var pqErr *pq.Error
	if errors.As(err, &pqErr) {
		return classifyPostgres(pqErr)
	}
	var liteErr *sqlite.Error
	if errors.As(err, &liteErr) {
		return classifySQLite(liteErr.Code())
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) {
		return ClassCanceled // a transaction whose context ended is rolled back behind the caller's back
	}
	var netErr net.Error
	if errors.As(err, &netErr) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, sql.ErrConnDone) {
		return ClassUnavailable
	}
	var begin *beginError
	if errors.As(err, &begin) {
		return ClassUnavailable
	}
	return ClassNone
}

// beginError says that no transaction could be begun, which is never a matter of the data: the pool is
// closed, for example.
type beginError struct{ err error }

func (e *beginError) Error() string { return "begin: " + e.err.Error() }

func (e *beginError) Unwrap() error { return e.err }

func classifyPostgres(err *pq.Error) Class {
	switch err.Code {
	case "23505":
		return ClassUnique
	case "23503":
		return ClassForeignKey
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return ClassConflict
	case "57014": // query_canceled, also by statement_timeout
		return ClassCanceled
	case "55P03": // lock_not_available
		return ClassUnavailable
	case "P0001": // raise_exception
		return ClassData
	}
	switch err.Code.Class() {
	case "22", "23", "54": // data exception, integrity constraint violation, program limit exceeded
		return ClassData
	case "08", "53", "57", "58", "XX": // connection, resources, operator intervention, system, internal
		return ClassUnavailable
	case "25": // invalid transaction state: read-only, as after a failover
		return ClassUnavailable
	}
	return ClassUnknown
}

func classifySQLite(code int) Class {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ClassUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ClassForeignKey
	}
	switch code & 0xff { // the primary result code
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
		return ClassData
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ClassConflict
	case sqlite3.SQLITE_INTERRUPT:
		return ClassCanceled
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL:
		return ClassUnavailable
	}
	return ClassUnknown
}

// LogError is err as a log attribute. A database's message can repeat the values it refused, which may
// be personal; of a database's error only the code and the constraint are told.
func LogError(err error) slog.Attr {
	var pqErr *pq.Error
	if errors.As(err, &pqErr) {
		return slog.Group("error", slog.String("postgres", string(pqErr.Code)), slog.String("constraint", pqErr.Constraint), slog.String("table", pqErr.Table))
	}
	var liteErr *sqlite.Error
	if errors.As(err, &liteErr) {
		return slog.Group("error", slog.Int("sqlite", liteErr.Code()))
	}
	return slog.Any("error", err)
}
