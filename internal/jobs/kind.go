package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

const (
	shortestTimeout = time.Minute
	// grace is how long a job whose time is up has to return before another may take it for the job of a process that died.
	grace = time.Minute

	defaultAttempts = 10
)

// Kind is a kind of work that can be enqueued.
type Kind struct {
	// Name is how [registry.Job] calls it: at least two characters, the same for ever, for jobs are stored by it.
	Name string
	// Run does the work for the row with that id. It may be nil in a process that only enqueues.
	Run func(ctx context.Context, id int) (Next, error)
	// Unique says that a job is not enqueued while another of the same kind and id waits or runs. What is ordered while
	// its like is running may have come too late for that one to see: somebody must look for such leftovers in time.
	Unique bool
	// MaxAttempts is how often it may fail before it is given up. Zero means 10.
	MaxAttempts int
	// Timeout is how long it may take before its context ends. Zero means a minute. A job whose process died is taken
	// up again a minute after it would have timed out, and two minutes after it began at the earliest.
	Timeout time.Duration
	// Queue is the queue that it waits in. Empty means "default".
	Queue string
	// Retry is how long to wait after so many failures, at least one. Nil means River's own: the fourth power of the
	// failures, in seconds, with a tenth of chance. Waits of more than 5 seconds are longer by up to 5 seconds.
	Retry func(failures int) time.Duration
}

// Next says what becomes of a job that has run. The zero value is [Done].
type Next struct {
	verdict verdict
	after   time.Duration
}

type verdict int

const (
	done verdict = iota
	again
	giveUp
)

// Done says that there is nothing left to do.
func Done() Next { return Next{} }

// Again says that the same job is to be run again after a while, or at once if that is not above zero, by whichever
// server comes first. This is no failure and may be said any number of times. A wait of more than 5 seconds is longer
// by up to 5 seconds.
func Again(after time.Duration) Next { return Next{verdict: again, after: max(0, after)} }

// GiveUp says that the job is not to be run again though it is not done. An error beside it says why.
func GiveUp() Next { return Next{verdict: giveUp} }

func (j *Jobs) addKind(cfg Config, rc *river.Config, k Kind) error {
	switch {
	case j.knows(k.Name):
		return fmt.Errorf("jobs: the kind %q is there twice", k.Name)
	case k.MaxAttempts < 0 || k.Timeout < 0:
		return fmt.Errorf("jobs: the kind %q has limits below zero", k.Name)
	}
	if k.MaxAttempts == 0 {
		k.MaxAttempts = defaultAttempts
	}
	if k.Timeout == 0 {
		k.Timeout = shortestTimeout
	}
	if k.Queue == "" {
		k.Queue = river.QueueDefault
	}
	j.kinds[k.Name] = k
	if k.Run == nil {
		j.idle = append(j.idle, k.Name)
	}
	queue(cfg, rc, k.Queue, queueWorkers)
	river.AddWorkerArgs(rc.Workers, args{kind: k.Name}, &worker{
		log: cfg.Log, timeout: k.Timeout, retry: k.Retry, giveUpSaid: "a job failed for the last time",
		run: func(ctx context.Context, job *river.Job[args]) (Next, error) { return k.Run(ctx, job.Args.ID) },
	})
	return nil
}

func (j *Jobs) knows(kind string) bool {
	_, ok := j.kinds[kind]
	return ok
}

// Periodic is work that time brings round, on one server at a time.
type Periodic struct {
	// Name is that of the kind of its jobs: at least two characters.
	Name string
	// Every is the period, from a second to a day. Periods begin at the whole multiples of it since the year 1 in UTC, on
	// every server: an hour's at the full hour, a day's at 07:00 WIB. The work is done once in each.
	Every time.Duration
	// RunOnStart does it also in the period in which a server comes to lead, unless that was done before.
	RunOnStart bool
	// Timeout is how long it may take before its context ends. Zero means the period, at most ten minutes.
	Timeout time.Duration
	// Run does the work. A failure is logged, and tried again in the next period only.
	Run func(context.Context) error
}

const longestPeriodicTimeout = 10 * time.Minute

func (j *Jobs) addPeriodic(cfg Config, rc *river.Config, p Periodic) error {
	switch {
	case j.knows(p.Name):
		return fmt.Errorf("jobs: the kind %q is there twice", p.Name)
	case p.Every < time.Second || p.Every > kept:
		return fmt.Errorf("jobs: the period of %q is not from a second to a day", p.Name)
	case p.Timeout < 0:
		return fmt.Errorf("jobs: the timeout of %q is below zero", p.Name)
	case p.Run == nil:
		return fmt.Errorf("jobs: nothing runs %q", p.Name)
	}
	if p.Timeout == 0 {
		p.Timeout = min(p.Every, longestPeriodicTimeout)
	}
	j.kinds[p.Name] = Kind{} // not to be enqueued
	queue(cfg, rc, periodicQueue, len(cfg.Periodics))
	river.AddWorkerArgs(rc.Workers, args{kind: p.Name}, &worker{
		log: cfg.Log, timeout: p.Timeout, giveUpSaid: "a periodic job failed, until its next period",
		run: func(ctx context.Context, job *river.Job[args]) (Next, error) { return p.run(ctx, job.ScheduledAt) },
	})
	rc.PeriodicJobs = append(rc.PeriodicJobs, river.NewPeriodicJob(periods(p.Every), func() (river.JobArgs, *river.InsertOpts) {
		return args{kind: p.Name}, &river.InsertOpts{
			MaxAttempts: 1, Queue: periodicQueue, UniqueOpts: river.UniqueOpts{ByPeriod: p.Every},
		}
	}, &river.PeriodicJobOpts{RunOnStart: p.RunOnStart}))
	return nil
}

// run leaves out what waited so long that there is another for a later period: a queue that was held up must not do
// the same work many times over when it goes on.
func (p Periodic) run(ctx context.Context, due time.Time) (Next, error) {
	if time.Since(due) > max(2*p.Every, time.Minute) {
		return GiveUp(), errors.New("too late")
	}
	return Done(), p.Run(ctx)
}

// periods is a schedule whose instants do not depend on when a server started.
type periods time.Duration

// Next implements river.PeriodicSchedule.
func (p periods) Next(now time.Time) time.Time {
	return now.Truncate(time.Duration(p)).Add(time.Duration(p))
}
