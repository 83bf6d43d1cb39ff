package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
)

// TestWhatBecomesOfAJob by what its function says.
func TestWhatBecomesOfAJob(t *testing.T) {
	broken := errors.New("broken")
	type answer struct {
		next Next
		err  error
	}
	for _, tt := range []struct {
		name    string
		answers []answer // of one run each
		want    stored
	}{
		{"it is done", []answer{{Done(), nil}}, stored{"work", "completed", 1}},
		{"it runs again and again, which is no failure", []answer{{Again(0), nil}, {Again(time.Millisecond), nil}, {Again(-1), nil}, {Done(), nil}}, stored{"work", "completed", 1}},
		{"it fails and is tried again", []answer{{Done(), broken}, {Done(), nil}}, stored{"work", "completed", 2}},
		{"it fails, whatever it wants next", []answer{{Again(time.Hour), broken}, {Done(), nil}}, stored{"work", "completed", 2}},
		{"it fails too often", []answer{{Done(), broken}, {Done(), broken}, {Done(), broken}}, stored{"work", "discarded", 3}},
		{"it gives up", []answer{{GiveUp(), nil}}, stored{"work", "cancelled", 1}},
		{"it gives up because of an error", []answer{{GiveUp(), broken}}, stored{"work", "cancelled", 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				runs := 0 // one at a time
				j := running(t, Config{DB: d, Kinds: []Kind{{
					Name: "work", MaxAttempts: 3, Retry: func(int) time.Duration { return 0 },
					Run: func(context.Context, int) (Next, error) {
						a := tt.answers[min(runs, len(tt.answers)-1)]
						runs++
						return a.next, a.err
					},
				}}})
				ended := endings(t, j)
				enqueue(t, d, j, registry.Job{Kind: "work", ID: 1})
				for range tt.answers {
					receive(t, ended)
				}
				stop(t, j)
				if diff := cmp.Diff([]stored{tt.want}, table(t, d)); diff != "" || runs != len(tt.answers) {
					t.Errorf("after %d runs (-want +got):\n%s", runs, diff)
				}
			})
		})
	}
}

// TestTheWaitBeforeTheNextAttemptIsTheKinds and counts failures from one; whoever says nothing gets River's.
func TestTheWaitBeforeTheNextAttemptIsTheKinds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var failures []int
		fail := func(context.Context, int) (Next, error) { return Done(), errors.New("broken") }
		j := running(t, Config{DB: d, Kinds: []Kind{
			{Name: "patient", Run: fail, Retry: func(n int) time.Duration { failures = append(failures, n); return time.Duration(n) * time.Hour }},
			{Name: "careless", Run: fail},
		}})
		ended := endings(t, j)
		enqueue(t, d, j, registry.Job{Kind: "patient", ID: 1})
		if in := time.Until(receive(t, ended).Job.ScheduledAt); in < 55*time.Minute || in > time.Hour {
			t.Errorf("the next attempt is in %v", in)
		}
		if !slices.Equal(failures, []int{1}) {
			t.Errorf("it was asked after %v failures", failures)
		}
		enqueue(t, d, j, registry.Job{Kind: "careless", ID: 1})
		if in := time.Until(receive(t, ended).Job.ScheduledAt); in > 2*time.Second {
			t.Errorf("River's next attempt is in %v", in)
		}
	})
}

// TestAJobsTimeIsLimited by the kind.
func TestAJobsTimeIsLimited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := running(t, Config{DB: d, Kinds: []Kind{{
			Name: "work", Timeout: 20 * time.Millisecond, MaxAttempts: 1,
			Run: func(ctx context.Context, _ int) (Next, error) { <-ctx.Done(); return Done(), ctx.Err() },
		}}})
		ended := endings(t, j)
		enqueue(t, d, j, registry.Job{Kind: "work", ID: 1})
		if e := receive(t, ended); e.Job.Errors[0].Error != "out of time" {
			t.Errorf("stored %q", e.Job.Errors[0].Error)
		}
	})
}

// TestJobsAndTransactionsShareTheWriter: on SQLite there is one connection for River, for the transactions of jobs and
// for those of everybody else. Each job here writes, and enqueues another in the same transaction; nothing else is open.
func TestJobsAndTransactionsShareTheWriter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := errors.Join(d.Read.Close(), d.Analysis.Close(), d.Fresh.Close()); err != nil {
			t.Fatal(err)
		}
		const first, all = 40, 80
		var j *Jobs
		ran := make(chan int, 10*all)
		j = inHurry(t, Config{DB: d, Queues: map[string]int{"default": 8}, Kinds: []Kind{{Name: "work", Unique: true, Run: func(ctx context.Context, id int) (Next, error) {
			err := d.InTx(ctx, time.Now(), func(tx *db.Tx) error {
				if _, err := tx.ExecContext(ctx, "INSERT INTO provinces (id, name) VALUES (CAST($1 AS text), 'of a job')", id); err != nil {
					return err
				}
				if id > first {
					return nil
				}
				return j.Enqueue(ctx, tx, registry.Job{Kind: "work", ID: id + first})
			})
			ran <- id
			return Done(), err
		}}}})
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		var writers sync.WaitGroup
		for i := range 4 {
			writers.Go(func() {
				for n := range first / 4 {
					enqueue(t, d, j, registry.Job{Kind: "work", ID: 1 + i*first/4 + n})
				}
			})
		}
		writers.Wait()
		seen := map[int]bool{}
		for range all {
			seen[receive(t, ran)] = true
		}
		stop(t, j)
		if len(seen) != all || len(ran) != 0 {
			t.Errorf("%d of %d ran, and %d twice", len(seen), all, len(ran))
		}
	})
}

// TestServersShareTheWork on one Postgres: each job is run by one of them.
func TestServersShareTheWork(t *testing.T) {
	cfg := dbtest.Config(t, db.Postgres)
	const all = 300
	ran := make(chan int, 2*all)
	var servers [2]*Jobs
	for i := range servers {
		servers[i] = running(t, Config{DB: dbtest.Open(t, cfg), Kinds: []Kind{{Name: "work", Run: func(_ context.Context, id int) (Next, error) {
			ran <- id
			return Done(), nil
		}}}})
	}
	jobs := make([]registry.Job, all)
	for i := range jobs {
		jobs[i] = registry.Job{Kind: "work", ID: i + 1}
	}
	d := dbtest.Open(t, cfg)
	enqueue(t, d, servers[0], jobs...)
	seen := map[int]int{}
	for range all {
		seen[receive(t, ran)]++
	}
	for _, j := range servers {
		stop(t, j)
	}
	if len(seen) != all || len(ran) != 0 {
		t.Errorf("%d of %d ran, and %d more than once", len(seen), all, len(ran))
	}
}

// TestTheWorkOfAProcessThatDiedIsTakenUp when its time has run out, and not before.
func TestTheWorkOfAProcessThatDiedIsTakenUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		short, ran := counting("short", false)
		long, _ := counting("long", false)
		long.Timeout = time.Hour
		j := inHurry(t, Config{DB: d, Kinds: []Kind{short, long}})
		enqueue(t, d, j, registry.Job{Kind: "short", ID: 1})
		enqueue(t, d, j, registry.Job{Kind: "short", ID: 2})
		enqueue(t, d, j, registry.Job{Kind: "long", ID: 3})
		for i, ago := range []time.Duration{3 * time.Minute, time.Minute, 30 * time.Minute} {
			begun := any(time.Now().Add(-ago))
			if d.Dialect == db.SQLite {
				begun = time.Now().Add(-ago).UTC().Format("2006-01-02 15:04:05.000")
			}
			mustExec(t, d, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = $1 WHERE id = $2", begun, i+1)
		}
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended := endings(t, j)
		receive(t, ended)
		stop(t, j)
		if id := receive(t, ran); id != 1 {
			t.Errorf("ran for %d", id)
		}
		want := []stored{{"short", "completed", 2}, {"short", "running", 1}, {"long", "running", 1}}
		if diff := cmp.Diff(want, table(t, d)); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
}
