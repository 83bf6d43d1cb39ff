package jobs

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestSteadyWorkIsDoneFromStartToStop beside the jobs, and waited for.
func TestSteadyWorkIsDoneFromStartToStop(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		begun, ended := make(chan int, 2), make(chan int, 2)
		work := func(ctx context.Context) {
			begun <- 1
			<-ctx.Done()
			ended <- 1
		}
		kind, _ := counting("work", false)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{kind}, Steady: []func(context.Context){work, work}})
		stop(t, j) // before it was started, there is nothing to stop
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		receive(t, begun)
		receive(t, begun)
		if len(ended) > 0 {
			t.Error("it has ended")
		}
		stop(t, j)
		if len(ended) != 2 {
			t.Errorf("%d of 2 have ended", len(ended))
		}
		stop(t, j)
	})
}

// TestStopWaitsForSteadyWorkNoLongerThanItMay and may be called again.
func TestStopWaitsForSteadyWorkNoLongerThanItMay(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	finish, begun := make(chan struct{}), make(chan int, 1)
	kind, _ := counting("work", false)
	j := inHurry(t, Config{DB: d, Kinds: []Kind{kind}, Steady: []func(context.Context){func(context.Context) { begun <- 1; <-finish }}})
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	receive(t, begun)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stop: %v", err)
	}
	close(finish)
	stop(t, j)
}
