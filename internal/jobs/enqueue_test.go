package jobs

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
)

// counting is a kind that tells the ids it is run for.
func counting(name string, unique bool) (Kind, <-chan int) {
	ran := make(chan int, 1000)
	return Kind{Name: name, Unique: unique, Run: func(_ context.Context, id int) (Next, error) {
		ran <- id
		return Done(), nil
	}}, ran
}

// TestWorkRunsWhenItsTransactionHasCommitted, once, and never when that has rolled back.
func TestWorkRunsWhenItsTransactionHasCommitted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		kind, ran := counting("deliver", false)
		j := running(t, Config{DB: d, Kinds: []Kind{kind}})
		ended := endings(t, j)
		lost := errors.New("rolled back")
		err := d.InTx(t.Context(), time.Now(), func(tx *db.Tx) error {
			if err := j.Enqueue(t.Context(), tx, registry.Job{Kind: "deliver", ID: 1}); err != nil {
				return err
			}
			return lost
		})
		if !errors.Is(err, lost) {
			t.Fatal(err)
		}
		enqueue(t, d, j, registry.Job{Kind: "deliver", ID: 2})
		receive(t, ended)
		stop(t, j)
		if id := receive(t, ran); id != 2 || len(ran) != 0 {
			t.Errorf("ran for %d, and %d times more", id, len(ran))
		}
		if diff := cmp.Diff([]stored{{"deliver", "completed", 1}}, table(t, d)); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
}

// TestWorkThatIsPutOffWaits for as long as it was told to.
func TestWorkThatIsPutOffWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		kind, ran := counting("deliver", false)
		j := running(t, Config{DB: d, Kinds: []Kind{kind}})
		enqueue(t, d, j, registry.Job{Kind: "deliver", ID: 1, After: time.Hour}, registry.Job{Kind: "deliver", ID: 2})
		if id := receive(t, ran); id != 2 {
			t.Errorf("ran for %d", id)
		}
		stop(t, j)
		if got := table(t, d); got[0].State != "scheduled" {
			t.Errorf("it is %s", got[0].State)
		}
		jobs, err := j.client.JobList(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if in := time.Until(jobs.Jobs[0].ScheduledAt); in < 55*time.Minute || in > time.Hour {
			t.Errorf("it is due in %v", in)
		}
	})
}

// TestUniqueWorkIsNotEnqueuedTwice while it waits or runs, be it in one call, in two, or in two transactions.
func TestUniqueWorkIsNotEnqueuedTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		begun, finish := make(chan int, 10), make(chan struct{})
		unique := Kind{Name: "execute", Unique: true, Run: func(_ context.Context, id int) (Next, error) {
			begun <- id
			<-finish
			return Done(), nil
		}}
		plain, _ := counting("deliver", false)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{unique, plain}})
		one, other, common := registry.Job{Kind: "execute", ID: 7}, registry.Job{Kind: "execute", ID: 8}, registry.Job{Kind: "deliver", ID: 7}
		rows := func(kind string) (n int) {
			for _, s := range table(t, d) {
				if s.Kind == kind {
					n++
				}
			}
			return n
		}
		enqueue(t, d, j, one, common, one, common, other)
		enqueue(t, d, j, one)
		if rows("execute") != 2 || rows("deliver") != 2 {
			t.Fatalf("waiting: %v", table(t, d))
		}
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended := endings(t, j)
		receive(t, begun)
		receive(t, begun)
		enqueue(t, d, j, one)
		if rows("execute") != 2 {
			t.Errorf("running: %v", table(t, d))
		}
		close(finish)
		for range 4 {
			receive(t, ended)
		}
		enqueue(t, d, j, one)
		if rows("execute") != 3 {
			t.Errorf("it could not be enqueued again when it had ended: %v", table(t, d))
		}
		stop(t, j)
	})
}

// TestAJobDoesNotBeginBeforeWhatOrderedItAgainCanBeSeen on Postgres, where others write at the same time: the waiting
// job stands for the one that was left out.
func TestAJobDoesNotBeginBeforeWhatOrderedItAgainCanBeSeen(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	var committed atomic.Bool
	early := make(chan bool, 10)
	other, othersRan := counting("deliver", false)
	j := inHurry(t, Config{DB: d, Kinds: []Kind{other, {Name: "execute", Unique: true, Run: func(context.Context, int) (Next, error) {
		early <- !committed.Load()
		return Done(), nil
	}}}})
	enqueue(t, d, j, registry.Job{Kind: "execute", ID: 7})
	err := d.InTx(t.Context(), time.Now(), func(tx *db.Tx) error {
		if err := j.Enqueue(t.Context(), tx, registry.Job{Kind: "execute", ID: 7}); err != nil {
			return err
		}
		if err := j.Start(t.Context()); err != nil {
			return err
		}
		enqueue(t, d, j, registry.Job{Kind: "deliver", ID: 1})
		receive(t, othersRan)
		committed.Store(true)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if receive(t, early) {
		t.Error("it began before the transaction had committed")
	}
	stop(t, j)
}

// TestManyJobsAreEnqueuedAtOnce, more than go in one statement.
func TestManyJobsAreEnqueuedAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		kind, _ := counting("deliver", true)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{kind}})
		jobs := make([]registry.Job, 2*maxInsert+1)
		for i := range jobs {
			jobs[i] = registry.Job{Kind: "deliver", ID: i + 1}
		}
		enqueue(t, d, j, jobs...)
		enqueue(t, d, j)
		if n := len(table(t, d)); n != len(jobs) {
			t.Errorf("%d of %d are there", n, len(jobs))
		}
	})
}

// TestAKindThatNobodyKnowsIsNotEnqueued, nor anything beside it, nor what only time may bring round.
func TestAKindThatNobodyKnowsIsNotEnqueued(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		kind, _ := counting("deliver", false)
		j := inHurry(t, Config{DB: d, Kinds: []Kind{kind}, Periodics: []Periodic{{Name: "sweep", Every: time.Hour, Run: func(context.Context) error { return nil }}}})
		for _, name := range []string{"unheard_of", "sweep"} {
			err := d.InTx(t.Context(), time.Now(), func(tx *db.Tx) error {
				if err := j.Enqueue(t.Context(), tx, registry.Job{Kind: "deliver", ID: 1}, registry.Job{Kind: name, ID: 1}); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v", name, err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if rows := table(t, d); len(rows) != 0 {
			t.Errorf("enqueued all the same: %v", rows)
		}
	})
}

// TestACommandEnqueuesForTheServers without a function to run, and cannot run itself.
func TestACommandEnqueuesForTheServers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		command := inHurry(t, Config{DB: d, Kinds: []Kind{{Name: "deliver"}}})
		if err := command.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "deliver") {
			t.Errorf("it started: %v", err)
		}
		stop(t, command)
		enqueue(t, d, command, registry.Job{Kind: "deliver", ID: 3})
		kind, ran := counting("deliver", false)
		running(t, Config{DB: d, Kinds: []Kind{kind}})
		if id := receive(t, ran); id != 3 {
			t.Errorf("ran for %d", id)
		}
	})
}
