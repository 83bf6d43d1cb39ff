package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plainLog writes the lines of a log without what changes from one run to the next.
func plainLog(w *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func TestStepsAreToldInTheLogWhereNobodyWatches(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2021, 4, 6, 12, 0, 0, 0, time.UTC)
	s := (&terminal{ctx: t.Context(), err: &out, log: plainLog(&out)}).stepProgress()
	s.clock = func() time.Time { return now }
	for _, at := range []struct {
		seconds, done int
		step          string
	}{
		{0, 0, "plan"}, {1, 100, "plan"},
		{1, 0, "record"}, {2, 10, "record"}, {5, 40, "record"}, {6, 50, "record"}, {7, 60, "record"}, {12, 99, "record"}, {13, 100, "record"}, {14, 100, "record"},
	} {
		now = time.Date(2021, 4, 6, 12, 0, at.seconds, 0, time.UTC)
		s.set(at.step, at.done, 100)
	}
	s.end()
	want := []string{
		"msg=plan done=0 of=100 percent=0",
		"msg=plan done=100 of=100 percent=100 took=1s",
		"msg=record done=0 of=100 percent=0",
		"msg=record done=50 of=100 percent=50",
		"msg=record done=99 of=100 percent=99",
		"msg=record done=100 of=100 percent=100 took=12s",
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(out.String()), "\n")); diff != "" {
		t.Errorf("the lines differ (-want +got):\n%s", diff)
	}
}
