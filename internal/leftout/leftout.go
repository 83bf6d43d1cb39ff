// Package leftout leaves out tests for which a machine lacks something. It is for tests only.
package leftout

import (
	"os"
	"testing"
)

// Test leaves the test out because the machine lacks what it needs, and says so: `go test -v` shows it.
// With CI=true no test may be left out, and it fails instead.
func Test(t testing.TB, needs string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("needs %s, and in CI no test may be left out: %v", needs, err)
	}
	t.Skipf("left out: needs %s: %v", needs, err)
}
