// Package simulation plays random histories of the programme against the registry: cohorts, platforms that lag, fail and
// contradict themselves, staff who settle, err and undo, and servers that die. After every step it holds what is stored
// against a model that is written from docs/semantics.md, and against the rules of a settlement. It holds tests only.
//
// The clock is the history's. A history that fails is made as short as can be and told step by step; the command that
// plays it again stands below it.
package simulation

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"gelombang/internal/db"
)

// How many histories are played. GELOMBANG_TEST_HISTORIES says otherwise for SQLite; Postgres plays a tenth of that.
const (
	histories       = 1000
	postgresHistory = 10 // of how many histories one is played on Postgres too
)

func TestHistoriesOnSQLite(t *testing.T) { play(t, db.SQLite, wanted(t)) }

func TestHistoriesOnPostgres(t *testing.T) {
	play(t, db.Postgres, (wanted(t)+postgresHistory-1)/postgresHistory)
}

func wanted(t *testing.T) int {
	t.Helper()
	text := os.Getenv("GELOMBANG_TEST_HISTORIES")
	if text == "" {
		return histories
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("GELOMBANG_TEST_HISTORIES is %q: a number of histories is wanted", text)
	}
	return n
}

func play(t *testing.T, dialect db.Dialect, n int) {
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() == checks.DefValue { // the command line has the last word
		if err := checks.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := checks.Value.Set(checks.DefValue); err != nil {
				t.Error(err)
			}
		})
	}
	f := &fleet{t: t, dialect: dialect, seen: map[string]int{}}
	rapid.Check(t, func(t *rapid.T) { f.history(t) })
	t.Logf("%d histories, %d steps; seen: %v", f.played, f.seen["step"], f.seen)
	if t.Failed() || f.played < histories/postgresHistory {
		return
	}
	for _, what := range expected {
		if f.seen[what] == 0 {
			t.Errorf("no history has seen %q, only %v", what, slices.Sorted(maps.Keys(f.seen)))
		}
	}
}

// expected is what a hundred histories must have seen, or they test less than they say.
var expected = []string{}
