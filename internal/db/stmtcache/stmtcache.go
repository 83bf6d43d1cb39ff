// Package stmtcache keeps prepared statements on the physical connections under a database/sql pool, by their texts, so
// that the same text is not parsed and planned again. What lies above the pool (our own code, ent, River) does not know
// of it.
//
// On a server a statement that is kept may be run by one plan for all values, and so one is kept only when that can do no
// harm: when whoever runs it says so ([Short]), or when it has no other plan ([Policy.OnePlan]).
//
// Only texts with at least one argument are kept. Without any, a text may hold several statements, which a driver sends
// in a simpler protocol and which cannot be prepared; so migrations and SET are passed through, as COPY is, and whatever
// somebody prepares themselves.
//
// It knows no database; what differs between them is in a [Policy].
package stmtcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
)

// Policy says what a pool's connections keep.
type Policy struct {
	// Size is how many statements each connection keeps, of which it gives up the one that was used the longest time ago.
	// Zero keeps none.
	Size int
	// Embedded says that the database is in this process. Then preparing costs nothing that running does not, so that
	// every text is kept from its first sight on; several statements may be under way on a connection; and they must be
	// closed before it. On a server preparing costs a round trip, and is done when a connection sees a text for the second
	// time; rows must be closed before the next statement; and a session takes its statements with it.
	Embedded bool
	// OnePlan reports of a text that a server can run it in one way only, whatever the values, so that it is kept also
	// when it does not run under [Short]. Optional.
	OnePlan func(text string) bool
	// Unwatched runs what is under [Short] without telling the driver when the context ends: drivers start a goroutine for
	// each statement to watch it. The statement's time must be bounded otherwise, for nobody cancels it.
	Unwatched bool
	// Stale reports whether the error, of a statement that was kept, says that the session or the tables are not any more
	// what they were when it was prepared, so that the same text would run if it were prepared now. Optional.
	Stale func(error) bool
}

// keeps reports whether a text is to be kept that was run with so many arguments.
func (p *Policy) keeps(text string, args int, short bool) bool {
	return args > 0 && p.Size > 0 && (p.Embedded || short || p.OnePlan != nil && p.OnePlan(text))
}

// StaleError says that a statement could not be run because of how it had been prepared, in a transaction, which has
// failed with it. The whole transaction can be tried again.
type StaleError struct{ Err error }

func (e *StaleError) Error() string { return "a prepared statement was out of date: " + e.Err.Error() }

// Unwrap returns the database's error.
func (e *StaleError) Unwrap() error { return e.Err }

// Wrap returns a connector whose connections are those of inner and keep statements.
func Wrap(inner driver.Connector, policy Policy) driver.Connector {
	return &connector{inner: inner, policy: policy}
}

type connector struct {
	inner  driver.Connector
	policy Policy
	// generation counts how often statements have turned out stale. A migration makes them so on all connections.
	generation atomic.Uint64
}

// session is what the connections of the drivers implement that we know: lib/pq and modernc.org/sqlite.
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

// Connect implements [driver.Connector].
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	s, ok := inner.(session)
	if !ok {
		return nil, errors.Join(fmt.Errorf("connections of the driver %T lack a method that the cache of statements needs", c.inner.Driver()), inner.Close())
	}
	checker, _ := inner.(driver.NamedValueChecker)
	return &conn{session: s, checker: checker, connector: c, generation: c.generation.Load(), kept: newKept(c.policy.Size)}, nil
}

// Driver implements [driver.Connector].
func (c *connector) Driver() driver.Driver { return c.inner.Driver() }
