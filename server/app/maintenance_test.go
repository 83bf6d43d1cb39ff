package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestATaskRunsAtTheStartAndAtItsIntervalAlsoAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var runs []time.Duration
		began := time.Now()
		m := startMaintenance(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), task{name: "count", every: time.Minute, run: func(context.Context) error {
			runs = append(runs, time.Since(began))
			if len(runs) == 2 {
				return errors.New("the database is away")
			}
			return nil
		}})
		<-time.After(3*time.Minute + time.Second)
		m.stop()
		if len(runs) != 4 || runs[0] != 0 || runs[3] != 3*time.Minute {
			t.Errorf("ran at %v, want at once and every minute", runs)
		}
		if got := strings.Count(log.String(), "task=count"); got != 1 {
			t.Errorf("%d failures in the log, want 1:\n%s", got, log.String())
		}
		<-time.After(time.Hour)
		if len(runs) != 4 {
			t.Errorf("%d runs after the stop", len(runs)-4)
		}
	})
}

func TestAStopWaitsForATaskUnderWayAndIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ended := false
		m := startMaintenance(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), task{name: "slow", every: time.Minute, run: func(ctx context.Context) error {
			<-ctx.Done()
			<-time.After(time.Second) // rolling back
			ended = true
			return ctx.Err()
		}})
		synctest.Wait()
		m.stop()
		if !ended {
			t.Error("the stop did not wait")
		}
		if log.Len() > 0 {
			t.Errorf("the stop was logged as a failure:\n%s", log.String())
		}
	})
}
