package jobs

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// patience is how long a test waits for what must happen. Its length costs nothing when it does.
const patience = 30 * time.Second

// hurry makes River look for work often and begin without the pauses that keep servers apart.
func hurry(rc *river.Config) {
	rc.TestOnly = true
	rc.FetchPollInterval, rc.FetchCooldown = 20*time.Millisecond, 5*time.Millisecond
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: level}))
}

// inHurry is a [Jobs] in a hurry.
func inHurry(t *testing.T, cfg Config) *Jobs {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	j, err := build(cfg, hurry)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// running is a [Jobs] in a hurry that has started, and stops with the test.
func running(t *testing.T, cfg Config) *Jobs {
	t.Helper()
	j := inHurry(t, cfg)
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, j) })
	return j
}

func stop(t *testing.T, j *Jobs) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := j.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// endings tells of each job that has been run, whatever came of it.
func endings(t *testing.T, j *Jobs) <-chan *river.Event {
	t.Helper()
	events, cancel := j.client.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled, river.EventKindJobSnoozed)
	t.Cleanup(cancel)
	return events
}

// enqueue does it in a transaction of its own.
func enqueue(t *testing.T, d *db.DB, j *Jobs, jobs ...registry.Job) {
	t.Helper()
	err := d.InTx(t.Context(), time.Now(), func(tx *db.Tx) error { return j.Enqueue(t.Context(), tx, jobs...) })
	if err != nil {
		t.Fatal(err)
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happened")
	}
	var none T
	return none
}

// stored is what River keeps of a job.
type stored struct {
	Kind    string
	State   string
	Attempt int
}

// table lists the jobs in the order in which they were enqueued.
func table(t *testing.T, d *db.DB) []stored {
	t.Helper()
	var out []stored
	err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
		var s stored
		err := rows.Scan(&s.Kind, &s.State, &s.Attempt)
		out = append(out, s)
		return err
	}, "SELECT kind, CAST(state AS text), attempt FROM river_job ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func mustExec(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	if _, err := d.Write.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}
