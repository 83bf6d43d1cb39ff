package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
)

// TestNothingPersonalIsStoredOfAFailure, nor logged when it comes from the database or in a panic.
func TestNothingPersonalIsStoredOfAFailure(t *testing.T) {
	const name = "Siti Rahayu"
	for _, tt := range []struct {
		what    string
		run     func(ctx context.Context, d *db.DB) (Next, error)
		stored  map[db.Dialect]string
		anybody string // what is stored on either
		logged  bool
	}{
		{what: "an error of ours", run: func(context.Context, *db.DB) (Next, error) {
			return Done(), fmt.Errorf("send to %s: %w", name, context.DeadlineExceeded)
		}, anybody: "out of time", logged: true},
		{what: "an error of somebody", run: func(context.Context, *db.DB) (Next, error) {
			return Done(), fmt.Errorf("send: %w", errors.New("no such mailbox: "+name))
		}, anybody: "internal error, see the log (*errors.errorString)", logged: true},
		{what: "a reason to give up", run: func(context.Context, *db.DB) (Next, error) {
			return GiveUp(), errors.New("no such mailbox: " + name)
		}, anybody: "JobCancelError: internal error, see the log (*errors.errorString)", logged: true},
		{what: "a mistake that may be shown", run: func(context.Context, *db.DB) (Next, error) {
			return Done(), fmt.Errorf("of %s: %w", name, &registry.Error{Code: registry.NotFound, Message: "there is no settlement 3"})
		}, anybody: "NOT_FOUND: there is no settlement 3", logged: true},
		{what: "a refusal of the database", run: func(ctx context.Context, d *db.DB) (Next, error) {
			_, err := d.Write.ExecContext(ctx, "INSERT INTO provinces (id, name) VALUES ($1, 'a'), ($1, 'b')", name)
			return Done(), fmt.Errorf("store: %w", err)
		}, stored: map[db.Dialect]string{
			db.SQLite: "database: [sqlite=1555]", db.Postgres: "database: [postgres=23505 constraint=provinces_pkey table=provinces]",
		}},
		{what: "a panic", run: func(context.Context, *db.DB) (Next, error) { panic(name) }, anybody: "panic with a string"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				var log journal
				j := running(t, Config{DB: d, Log: log.logger(slog.LevelDebug), Kinds: []Kind{{
					Name: "work", MaxAttempts: 1, Run: func(ctx context.Context, _ int) (Next, error) { return tt.run(ctx, d) },
				}}})
				ended := endings(t, j)
				enqueue(t, d, j, registry.Job{Kind: "work", ID: 1})
				e := receive(t, ended)
				stop(t, j)
				want := tt.anybody
				if want == "" {
					want = tt.stored[d.Dialect]
				}
				if len(e.Job.Errors) != 1 || e.Job.Errors[0].Error != want {
					t.Errorf("stored %+v, want %q", e.Job.Errors, want)
				}
				if kept := wholeRow(t, d); strings.Contains(kept, name) || !strings.Contains(kept, "work") {
					t.Errorf("the row is %s", kept)
				}
				if got := strings.Contains(log.String(), name); got != tt.logged {
					t.Errorf("the name is in the log: %v, want %v\n%s", got, tt.logged, log.String())
				}
				if !strings.Contains(log.String(), "level=ERROR") {
					t.Errorf("nobody was told:\n%s", log.String())
				}
			})
		})
	}
}

// wholeRow is everything that is stored of the only job, as text.
func wholeRow(t *testing.T, d *db.DB) string {
	t.Helper()
	query := "SELECT CAST(river_job AS text) FROM river_job"
	if d.Dialect == db.SQLite {
		query = "SELECT kind || json(args) || json(errors) || json(metadata) || json(tags) || json(attempted_by) FROM river_job"
	}
	var out string
	if err := d.Write.QueryRow(query).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTheEverydayIsNotLogged where people look: neither that jobs start, run and stop, nor an attempt that is repeated
// more than once.
func TestTheEverydayIsNotLogged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var log journal
		failed := false
		j := running(t, Config{DB: d, Log: log.logger(slog.LevelInfo), Kinds: []Kind{{Name: "work", Retry: func(int) time.Duration { return 0 }, Run: func(context.Context, int) (Next, error) {
			if !failed {
				failed = true
				return Done(), errors.New("broken")
			}
			return Done(), nil
		}}}})
		ended := endings(t, j)
		enqueue(t, d, j, registry.Job{Kind: "work", ID: 1})
		receive(t, ended)
		receive(t, ended)
		stop(t, j)
		if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), `level=WARN msg="a job failed and will be tried again" job=work id=1 attempt=1 error=broken`) {
			t.Errorf("logged:\n%s", log.String())
		}
	})
}

// TestRiversLogKeepsWhatIsAmiss and its attributes.
func TestRiversLogKeepsWhatIsAmiss(t *testing.T) {
	var log journal
	river := slog.New(quiet{log.logger(slog.LevelInfo).Handler()}).With("a", 1).WithGroup("g")
	river.Info("everyday")
	river.Warn("amiss", "b", 2)
	if got := log.String(); strings.Contains(got, "everyday") || !strings.Contains(got, "level=WARN msg=amiss a=1 g.b=2") {
		t.Errorf("logged:\n%s", got)
	}
	if river.Enabled(t.Context(), slog.LevelInfo) || !river.Enabled(t.Context(), slog.LevelError) {
		t.Error("it is enabled for other levels")
	}
}
