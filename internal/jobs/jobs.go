// Package jobs runs what happens without anybody asking: work that a transaction ordered, once it has committed, and
// work that time brings round. It is River (github.com/riverqueue/river) behind the few words that this program
// needs, on both dialects; what the work is, others say, and hand it in as functions. Beside River's jobs it runs steady
// work, which has a table of its own to look at: each process does it as long as its jobs run.
//
// Every job may run more than once, and on two servers at once: a process may die after the work and before the note
// that it was done. So a function looks at the database afresh, and what it does twice must be as good as once.
//
// Jobs live by the real clock, not by the registry's. They hold the id of a row and nothing else.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"gelombang/internal/db"
)

// Config says what there is to do. Every field is required, but for those that say otherwise.
type Config struct {
	DB  *db.DB
	Log *slog.Logger
	// Kinds are the kinds of work that can be enqueued. Servers and commands that share a database should know the same.
	// Optional.
	Kinds []Kind
	// Periodics are what time brings round. Optional.
	Periodics []Periodic
	// Steady is what this process does the whole time from [Jobs.Start] to [Jobs.Stop], beside the jobs and beside the
	// other servers: functions that return when their context ends, and not before. Optional.
	Steady []func(context.Context)
	// Queues is how many jobs of a queue this process runs at once. Optional: a queue that it does not name runs 4.
	Queues map[string]int
}

const (
	// pollEvery is how often each queue looks for work: lib/pq brings no notices. A job that is due waits for half of it
	// on average.
	pollEvery = time.Second
	// fetchCooldown is how soon a queue whose jobs have ended looks for more.
	fetchCooldown = 20 * time.Millisecond
	// kept is how long a job that has ended can still be looked at. What is unique within a period must be kept for one.
	kept = 24 * time.Hour

	queueWorkers = 4
	// periodicQueue has a worker for each periodic, so that none waits behind another or behind ordered work.
	periodicQueue = "periodic"
)

// Jobs enqueues and runs jobs. It is safe for concurrent use.
type Jobs struct {
	client *river.Client[*sql.Tx]
	kinds  map[string]Kind
	idle   []string // kinds that cannot be run here

	steady []func(context.Context)
	halt   context.CancelFunc // nil before Start
	under  sync.WaitGroup     // the steady work that has not returned
}

// New returns jobs that can be enqueued, and run after [Jobs.Start]. It does not touch the database, which must be at
// our version before either.
func New(cfg Config) (*Jobs, error) { return build(cfg, func(*river.Config) {}) }

// build is [New]; adjust has the last word on River's configuration.
func build(cfg Config, adjust func(*river.Config)) (*Jobs, error) {
	if cfg.DB == nil || cfg.Log == nil {
		return nil, errors.New("jobs: the database and the log are required")
	}
	j := &Jobs{kinds: make(map[string]Kind, len(cfg.Kinds)), steady: cfg.Steady}
	rc := &river.Config{
		Logger:                      slog.New(quiet{cfg.Log.Handler()}),
		Workers:                     river.NewWorkers(),
		Queues:                      map[string]river.QueueConfig{},
		PollOnly:                    true, // on SQLite its listener would ask the one writing connection 20 times a second
		FetchPollInterval:           pollEvery,
		FetchCooldown:               fetchCooldown,
		JobTimeout:                  shortestTimeout + grace, // every job has its own, which is no shorter
		RescueStuckJobsAfter:        shortestTimeout + grace,
		CompletedJobRetentionPeriod: kept,
		CancelledJobRetentionPeriod: kept,
		DiscardedJobRetentionPeriod: 3 * kept,
	}
	for _, k := range cfg.Kinds {
		if err := j.addKind(cfg, rc, k); err != nil {
			return nil, err
		}
	}
	for _, p := range cfg.Periodics {
		if err := j.addPeriodic(cfg, rc, p); err != nil {
			return nil, err
		}
	}
	if cfg.DB.Dialect == db.SQLite {
		rc.ReindexerIndexNames = []string{} // its indexes do not bloat, and the writer is needed
	}
	if len(rc.Queues) == 0 {
		rc.Queues = nil // as for a client that only inserts
	}
	adjust(rc)
	client, err := newClient(cfg.DB, rc)
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	j.client = client
	return j, nil
}

// Start begins to run jobs. It returns an error when the database does not answer, or when a [Kind] has no function.
// When ctx ends, so do the jobs, as with [Jobs.Stop], which is still to be called, to wait for them.
func (j *Jobs) Start(ctx context.Context) error {
	if len(j.idle) > 0 {
		return fmt.Errorf("jobs: nothing runs the kind %s", j.idle[0])
	}
	if err := j.client.Start(ctx); err != nil {
		return fmt.Errorf("start the jobs: %w", err)
	}
	j.goOn(ctx)
	return nil
}

// Stop begins no further jobs, cancels the contexts of those that run and waits for them. What they were at is run
// again by the next process that starts, and does not count as a failure. When ctx ends first, Stop returns its error;
// the database must not be closed then. It does nothing if nothing was started.
func (j *Jobs) Stop(ctx context.Context) error {
	if j.halt != nil {
		j.halt()
	}
	if err := errors.Join(j.client.StopAndCancel(ctx), j.halted(ctx)); err != nil {
		return fmt.Errorf("stop the jobs: %w", err)
	}
	return nil
}

// queue makes sure that River has the queue, with as many workers as are configured or else at least atLeast.
func queue(cfg Config, rc *river.Config, name string, atLeast int) {
	workers := cfg.Queues[name]
	if workers == 0 {
		workers = max(atLeast, rc.Queues[name].MaxWorkers)
	}
	rc.Queues[name] = river.QueueConfig{MaxWorkers: workers}
}
