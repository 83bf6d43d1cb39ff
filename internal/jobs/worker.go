package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"gelombang/internal/db"
)

// args are what River stores of a job, beside its kind.
type args struct {
	kind string
	ID   int `json:"id"`
}

// Kind implements river.JobArgs.
func (a args) Kind() string { return a.kind }

// worker runs the jobs of one kind.
type worker struct {
	river.WorkerDefaults[args]
	log        *slog.Logger
	timeout    time.Duration
	retry      func(failures int) time.Duration
	giveUpSaid string
	run        func(context.Context, *river.Job[args]) (Next, error)
}

// Timeout is what River goes by when it looks for the jobs of processes that died; the job's own is shorter.
func (w *worker) Timeout(*river.Job[args]) time.Duration { return w.timeout + grace }

// NextRetry implements river.Worker; the zero time is River's own choice.
func (w *worker) NextRetry(job *river.Job[args]) time.Time {
	if w.retry == nil {
		return time.Time{}
	}
	return time.Now().Add(max(0, w.retry(job.Attempt)))
}

// Work implements river.Worker. River stores the text of the error it returns.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	next, err := w.guarded(ctx, job)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		// We are stopping. Whatever the error is a consequence of that, and River knows it by this one.
		return &failure{text: "stopped", err: context.Canceled}
	case err != nil && next.verdict == giveUp:
		w.tell(ctx, slog.LevelError, "a job was given up", job, err)
		return river.JobCancel(asFailure(err))
	case err != nil && job.Attempt >= job.MaxAttempts:
		w.tell(ctx, slog.LevelError, w.giveUpSaid, job, err)
		return asFailure(err)
	case err != nil:
		w.tell(ctx, slog.LevelWarn, "a job failed and will be tried again", job, err)
		return asFailure(err)
	case next.verdict == again:
		return river.JobSnooze(next.after)
	case next.verdict == giveUp:
		return river.JobCancel(&failure{text: "given up"})
	}
	return nil
}

func (w *worker) tell(ctx context.Context, level slog.Level, said string, job *river.Job[args], err error) {
	w.log.LogAttrs(ctx, level, said, slog.String("job", job.Kind), slog.Int("id", job.Args.ID), slog.Int("attempt", job.Attempt), db.LogError(err))
}

// guarded runs the job within its time. A panic is an error; its value, which may hold anything, is told to nobody.
func (w *worker) guarded(ctx context.Context, job *river.Job[args]) (next Next, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			w.log.ErrorContext(ctx, "a job panicked", slog.String("job", job.Kind), slog.Int("id", job.Args.ID), slog.String("stack", string(debug.Stack())))
			next, err = Done(), &failure{text: fmt.Sprintf("panic with a %T", v)}
		}
	}()
	return w.run(ctx, job)
}
