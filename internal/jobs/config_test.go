package jobs

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestWhatCannotWorkIsRefused before anything starts.
func TestWhatCannotWorkIsRefused(t *testing.T) {
	d, log := dbtest.New(t, db.SQLite), slog.New(slog.DiscardHandler)
	run := func(context.Context) error { return nil }
	for _, tt := range []struct {
		name string
		cfg  Config
		says string // empty if it is accepted
	}{
		{"nothing to do", Config{DB: d, Log: log}, ""},
		{"a kind and a periodic", Config{DB: d, Log: log, Kinds: []Kind{{Name: "work"}}, Periodics: []Periodic{{Name: "sweep", Every: time.Second, Run: run}}}, ""},
		{"no database", Config{Log: log}, "database"},
		{"no log", Config{DB: d}, "log"},
		{"a kind twice", Config{DB: d, Log: log, Kinds: []Kind{{Name: "work"}, {Name: "work"}}}, "twice"},
		{"a kind that is a periodic", Config{DB: d, Log: log, Kinds: []Kind{{Name: "work"}}, Periodics: []Periodic{{Name: "work", Every: time.Hour, Run: run}}}, "twice"},
		{"a kind of one character", Config{DB: d, Log: log, Kinds: []Kind{{Name: "w"}}}, `"w"`},
		{"a kind without a name", Config{DB: d, Log: log, Kinds: []Kind{{}}}, `""`},
		{"attempts below zero", Config{DB: d, Log: log, Kinds: []Kind{{Name: "work", MaxAttempts: -1}}}, "below zero"},
		{"a timeout below zero", Config{DB: d, Log: log, Kinds: []Kind{{Name: "work", Timeout: -1}}}, "below zero"},
		{"a queue without workers", Config{DB: d, Log: log, Kinds: []Kind{{Name: "work"}}, Queues: map[string]int{"default": -1}}, "default"},
		{"a period that is too short", Config{DB: d, Log: log, Periodics: []Periodic{{Name: "sweep", Every: time.Millisecond, Run: run}}}, "period"},
		{"a period that is too long", Config{DB: d, Log: log, Periodics: []Periodic{{Name: "sweep", Every: 25 * time.Hour, Run: run}}}, "period"},
		{"a periodic's timeout below zero", Config{DB: d, Log: log, Periodics: []Periodic{{Name: "sweep", Every: time.Hour, Timeout: -1, Run: run}}}, "below zero"},
		{"a periodic without a function", Config{DB: d, Log: log, Periodics: []Periodic{{Name: "sweep", Every: time.Hour}}}, "nothing runs"},
	} {
		_, err := New(tt.cfg)
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}
