package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gelombang/internal/db"
)

// task is work that is repeated. It is safe to run at the same time on several servers of one
// database and to leave out for a while: nothing that people see depends on it having run.
type task struct {
	name  string
	every time.Duration
	run   func(context.Context) error
}

// maintenance runs tasks, each once at the start and then at its interval, until it is stopped or its
// context ends.
type maintenance struct {
	log    *slog.Logger
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func startMaintenance(ctx context.Context, log *slog.Logger, tasks ...task) *maintenance {
	ctx, cancel := context.WithCancel(ctx)
	m := &maintenance{log: log, cancel: cancel}
	for _, t := range tasks {
		m.done.Go(func() { m.repeat(ctx, t) })
	}
	return m
}

// stop ends the tasks and waits for those under way, which see their context end.
func (m *maintenance) stop() {
	m.cancel()
	m.done.Wait()
}

func (m *maintenance) repeat(ctx context.Context, t task) {
	ticker := time.NewTicker(t.every)
	defer ticker.Stop()
	for {
		if err := t.run(ctx); err != nil && ctx.Err() == nil {
			m.log.ErrorContext(ctx, "a maintenance task failed and will be tried again",
				slog.String("task", t.name), slog.Duration("in", t.every), db.LogError(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
