package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// unfinished are the states of a job that waits or runs.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

// maxInsert is the most jobs in one statement.
const maxInsert = 1000

// Enqueue orders the jobs in the transaction: they run, on whichever server, when it has committed, and never when it
// rolls back. It needs no [Jobs.Start]. Jobs of a kind that nobody configured are an error; nothing is enqueued then.
//
// On Postgres a job that is left out because of a waiting one locks that one until the transaction ends: it does not
// begin before what was written here can be seen.
func (j *Jobs) Enqueue(ctx context.Context, tx *db.Tx, jobs ...registry.Job) error {
	params, err := j.params(jobs)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(params, maxInsert) {
		if _, err := j.client.InsertManyTx(ctx, tx.Tx, chunk); err != nil {
			return fmt.Errorf("enqueue jobs: %w", err)
		}
	}
	return nil
}

// params are the jobs in one order, so that transactions do not wait for each other in a ring, and each that is unique
// only once, which River insists on.
func (j *Jobs) params(jobs []registry.Job) ([]river.InsertManyParams, error) {
	sorted := slices.SortedStableFunc(slices.Values(jobs), func(a, b registry.Job) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.After, b.After))
	})
	out := make([]river.InsertManyParams, 0, len(sorted))
	for i, job := range sorted {
		k := j.kinds[job.Kind]
		if k.Name == "" {
			return nil, fmt.Errorf("enqueue jobs: there is no kind %q", job.Kind)
		}
		if k.Unique && i > 0 && sorted[i-1].Kind == job.Kind && sorted[i-1].ID == job.ID {
			continue
		}
		opts := &river.InsertOpts{MaxAttempts: k.MaxAttempts, Queue: k.Queue}
		if k.Unique {
			opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished}
		}
		if job.After > 0 {
			opts.ScheduledAt = time.Now().Add(job.After)
		}
		out = append(out, river.InsertManyParams{Args: args{kind: job.Kind, ID: job.ID}, InsertOpts: opts})
	}
	return out, nil
}
