package graph

import (
	"context"
	"database/sql"

	"github.com/99designs/gqlgen/graphql"
	"golang.org/x/sync/semaphore"

	"gelombang/internal/db"
	"gelombang/internal/viewer"
)

// dear is the cost from which on an operation has to wait for a place among the dear ones of its pool: what it asks
// for may keep a connection busy for seconds.
const dear = 1000

// lanes keep dear operations from taking all the connections of a pool: a quarter of each is left to the others, which
// are done in milliseconds.
type lanes struct {
	applications, analysis *semaphore.Weighted
}

func newLanes(d *db.DB) lanes {
	most := func(pool *sql.DB) *semaphore.Weighted {
		return semaphore.NewWeighted(int64(max(1, pool.Stats().MaxOpenConnections*3/4)))
	}
	return lanes{applications: most(d.Read), analysis: most(d.Analysis)}
}

// enter waits, as long as ctx allows, for a place for an operation of that cost. It is given back by leave.
func (l lanes) enter(ctx context.Context, v viewer.Viewer, cost int) (leave func(), err error) {
	if cost < dear {
		return func() {}, nil
	}
	lane := l.applications
	if analyses(v) {
		lane = l.analysis
	}
	if err := lane.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { lane.Release(1) }, nil
}

// analyses reports whether the viewer's queries are run by the pool for analysis: those of analysts and PMO staff.
func analyses(v viewer.Viewer) bool { return BudgetOf(v).Time > appBudget.Time }

type turnKey struct{}

// withTurns lets the root fields of an operation be read one after the other, so that an operation has one
// connection at a time, however many fields it has.
func withTurns(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, semaphore.NewWeighted(1))
}

// inTurn reads a root field when its turn has come. When the time is over before that, the field finds out.
func inTurn(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if turns, ok := ctx.Value(turnKey{}).(*semaphore.Weighted); ok && turns.Acquire(ctx, 1) == nil {
		defer turns.Release(1)
	}
	return next(ctx)
}
