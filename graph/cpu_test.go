package graph_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// cpuTime returns how much time of the CPU the process takes while f runs: that of the client, the server and the
// collection of garbage together. What other processes do does not count.
func cpuTime(t testing.TB, f func()) time.Duration {
	t.Helper()
	before := usage(t)
	f()
	return usage(t) - before
}

func usage(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The most that a hostile request may take, and what a piece of the same kind of work takes on the machine where
// that was decided.
const (
	mostOfTheCPU = 100 * time.Millisecond
	yardstick    = 2500 * time.Microsecond
)

// hostileTime returns the bound for now: more where the same work takes longer, as it does with the race detector
// on, or while the other thread of a core is busy.
func hostileTime(t testing.TB) time.Duration {
	t.Helper()
	query := "{" + strings.Repeat(" __typename", 1490) + " }"
	took := cpuTime(t, func() {
		for range 10 {
			if _, err := parser.ParseQuery(&ast.Source{Input: query}); err != nil {
				t.Fatal(err)
			}
		}
	})
	return max(mostOfTheCPU, time.Duration(float64(mostOfTheCPU)*float64(took)/float64(yardstick)))
}
