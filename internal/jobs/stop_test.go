package jobs

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
)

// TestStopWaitsForJobsAndLeavesTheirWorkToOthers, without a failure to their name, however their functions put it,
// and leaves no goroutine behind.
func TestStopWaitsForJobsAndLeavesTheirWorkToOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		begun, ended := make(chan int, 10), make(chan int, 10)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{{Name: "work", MaxAttempts: 1, Run: func(ctx context.Context, id int) (Next, error) {
			begun <- id
			<-ctx.Done()
			ended <- id
			if id == 1 {
				return Done(), errors.New("the connection broke")
			}
			return Again(0), nil
		}}}})
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, d, j, registry.Job{Kind: "work", ID: 1}, registry.Job{Kind: "work", ID: 2})
		receive(t, begun)
		receive(t, begun)
		stop(t, j)
		if len(ended) != 2 {
			t.Errorf("%d of 2 have ended", len(ended))
		}
		if diff := cmp.Diff([]stored{{"work", "available", 0}, {"work", "available", 0}}, table(t, d)); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
		kind, ran := counting("work", false)
		next := inHurry(t, Config{DB: d, Kinds: []Kind{kind}})
		if err := next.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if sum := receive(t, ran) + receive(t, ran); sum != 3 {
			t.Errorf("the next process ran for others")
		}
		stop(t, next)
		stop(t, next)
	})
}

// TestStopWaitsNoLongerThanItMay for a job that does not listen, and may be called again.
func TestStopWaitsNoLongerThanItMay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		begun, finish := make(chan int, 1), make(chan struct{})
		j := inHurry(t, Config{DB: d, Kinds: []Kind{{Name: "work", Run: func(_ context.Context, id int) (Next, error) {
			begun <- id
			<-finish
			return Done(), nil
		}}}})
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, d, j, registry.Job{Kind: "work", ID: 1})
		receive(t, begun)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := j.Stop(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("stop: %v", err)
		}
		close(finish)
		stop(t, j)
		if diff := cmp.Diff([]stored{{"work", "completed", 1}}, table(t, d)); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
}

// TestTheEndOfTheContextStopsTheJobs as well.
func TestTheEndOfTheContextStopsTheJobs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		begun, ended := make(chan int, 1), make(chan int, 1)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{{Name: "work", Run: func(ctx context.Context, id int) (Next, error) {
			begun <- id
			<-ctx.Done()
			ended <- id
			return Done(), ctx.Err()
		}}}})
		ctx, cancel := context.WithCancel(t.Context())
		if err := j.Start(ctx); err != nil {
			t.Fatal(err)
		}
		enqueue(t, d, j, registry.Job{Kind: "work", ID: 1})
		receive(t, begun)
		cancel()
		receive(t, ended)
		stop(t, j)
		if got := table(t, d); got[0].State == "completed" || got[0].State == "running" {
			t.Errorf("it is %s", got[0].State)
		}
	})
}

// TestStartFailsWithoutADatabase rather than to log it for ever.
func TestStartFailsWithoutADatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		kind, _ := counting("work", false)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{kind}})
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := j.Start(t.Context()); err == nil {
			t.Error("it started")
		}
		stop(t, j)
	})
}
