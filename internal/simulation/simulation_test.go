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
// With the race detector SQLite is ten times as slow, and a history has one goroutine: it plays fewer.
const (
	histories     = 1000
	raceHistories = 100
	onPostgres    = 100
	perPostgres   = 10 // of how many histories that are asked for one is played on Postgres
)

func TestHistoriesOnSQLite(t *testing.T) {
	n := histories
	if raced {
		n = raceHistories
	}
	if asked := asked(t); asked > 0 {
		n = asked
	}
	play(t, db.SQLite, n)
}

func TestHistoriesOnPostgres(t *testing.T) {
	n := onPostgres
	if asked := asked(t); asked > 0 {
		n = (asked + perPostgres - 1) / perPostgres
	}
	play(t, db.Postgres, n)
}

// asked is how many histories the environment asks for; 0 when it does not.
func asked(t *testing.T) int {
	t.Helper()
	text := os.Getenv("GELOMBANG_TEST_HISTORIES")
	if text == "" {
		return 0
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
	if t.Failed() || f.played < histories {
		return
	}
	for _, what := range expected {
		if f.seen[what] == 0 {
			t.Errorf("no history has seen %q, only %v", what, slices.Sorted(maps.Keys(f.seen)))
		}
	}
}

// expected is what a thousand histories must have seen, or they test less than they say.
var expected = []string{
	"outcome REVOKED ", "outcome REINSTATED ", "outcome REVERSED ", "outcome PASSED_OVER PURCHASED", "outcome PASSED_OVER EXTENDED",
	"own list refused", "approved: CONFLICT", "approved: NOT_POSSIBLE", "prepared: NOT_POSSIBLE", "prepared: FORBIDDEN", "discarded", "half a list", "stopped",
	"chunk: NOT_POSSIBLE", "chunk of a reversal", "reversal of one", "closed", "decided LATE_EVIDENCE UPHOLD", "decided LATE_EVIDENCE REJECT",
	"extension: cohort", "extension: province", "extension: cards", "extension: decree", "outage", "end of an outage", "dismissed", "sent again",
	"died after 0 of 1", "died after 1 of 1", "died after 1 of 2", "died after 3 of 3", "import BARRED", "import IN_OTHER_COHORT",
	"ends REVOKED", "ends PURCHASED", "ends UNDER_REVIEW",
}
