package registry

import (
	"context"
	"time"

	"gelombang/internal/db"
)

// Job is work that follows from what a transaction wrote. It is enqueued in the same transaction, so that it is never
// lost and never done for what was rolled back.
type Job struct {
	Kind  string // one of the Job… constants
	ID    int    // of the row that it is about
	After time.Duration
}

// The kinds of work that the registry orders.
const (
	JobExecute = "settlement_execute" // the id of a settlement whose execution was ordered
	JobReverse = "settlement_reverse" // the id of a settlement whose reversal was ordered
	JobRaise   = "deadline_raise"     // the id of a deadline raise
)

// Order enqueues work that was found to be due.
func (r *Registry) Order(ctx context.Context, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	return r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error { return r.enqueue(ctx, tx, jobs...) })
}
