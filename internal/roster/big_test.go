package roster_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/roster"
)

// TestImportOfManyRows imports a file of GELOMBANG_TEST_IMPORT_ROWS rows with one bad row in a hundred,
// twice, and prints the time and the memory it took. The target for 600,000 rows is 20 s on Postgres and
// 60 s on SQLite, with less than 200 MB.
func TestImportOfManyRows(t *testing.T) {
	rows := 10_000
	if s := os.Getenv("GELOMBANG_TEST_IMPORT_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("GELOMBANG_TEST_IMPORT_ROWS: %v", err)
		}
		rows = n
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d, rows)
		bad := rows / 100
		for _, want := range []roster.Totals{{Written: rows - bad, Refused: bad}, {Unchanged: rows - bad, Refused: bad}} {
			reported, start := 0, time.Now()
			totals, err := roster.ImportParticipants(context.Background(), f.Registry, staff, 13, &syntheticFile{rows: rows}, roster.Options{
				OnRowError: func(registry.RowError) error { reported++; return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if totals != want || reported != bad {
				t.Errorf("the totals are %+v with %d reports, want %+v with %d", totals, reported, want, bad)
			}
			t.Logf("%d rows in %v, resident memory %s", rows, time.Since(start).Round(time.Millisecond), resident())
		}
	})
}

// resident returns the largest resident size that this process has had, as the kernel says it.
func resident() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown on " + runtime.GOOS
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}
