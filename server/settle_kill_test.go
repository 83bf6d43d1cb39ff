package main

import (
	"context"
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/secrets"
	"gelombang/internal/viewer"
)

// listedInKill is how many are on the list: enough that the kill comes in the middle.
const listedInKill = 12_000

// TestTheOtherServerFinishesAnExecution has two servers on one Postgres, and kills the one that is at work on a list
// without warning. The other finishes, and everybody on the list is revoked once.
func TestTheOtherServerFinishesAnExecution(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "gelombang")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cfg := dbtest.Config(t, db.Postgres)
	c := &crash{t: t, binary: binary, cfg: cfg, keys: filepath.Join(t.TempDir(), "keys")}
	if err := secrets.Create(c.keys); err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, cfg)
	r := c.registry(d)
	settlement := approvedList(t, r)

	servers := map[string]*process{}
	for _, name := range []string{"one", "two"} {
		p := &process{address: freeAddress(t)}
		separator := "?"
		if strings.Contains(cfg.URL, "?") {
			separator = "&"
		}
		c.cfg.URL = cfg.URL + separator + "application_name=" + name
		c.startServer(p)
		t.Cleanup(p.kill)
		servers[name] = p
	}
	if _, err := r.OrderExecution(context.Background(), registrytest.Officer, settlement); err != nil {
		t.Fatal(err)
	}
	// Nothing tells a command's registry to enqueue here: it is the sweep of a server that finds the order.
	name := atWork(t, d.Write, settlement)
	servers[name].kill()
	left := count(t, d.Write, "SELECT COUNT(*) FROM settlement_entries WHERE settlement_id = $1 AND outcome = 'LISTED'", settlement)
	if left == 0 || left == listedInKill {
		t.Fatalf("server %s was killed with %d of %d left: not in the middle", name, left, listedInKill)
	}
	killed := time.Now()
	waitUntil(t, 3*time.Minute, func() bool {
		return count(t, d.Write, "SELECT COUNT(*) FROM settlements WHERE id = $1 AND state = 'EXECUTED'", settlement) == 1
	})
	t.Logf("server %s was killed with %d of %d left; the other had finished %.1f s later", name, left, listedInKill, time.Since(killed).Seconds())
	for _, q := range []struct {
		what, query string
		want        int
	}{
		{"revoked", "SELECT COUNT(*) FROM participants WHERE revoked_at IS NOT NULL AND settlement_id = $1", listedInKill},
		{"entries of the list", "SELECT COUNT(*) FROM settlement_entries WHERE settlement_id = $1 AND outcome = 'REVOKED'", listedInKill},
		{"entries of the history", "SELECT COUNT(*) FROM history WHERE settlement_id = $1", listedInKill},
		{"participants with a history", "SELECT COUNT(DISTINCT participant_id) FROM history WHERE settlement_id = $1", listedInKill},
		{"places freed", "SELECT SUM(places) FROM places WHERE kind = 'FREED' AND settlement_id = $1", listedInKill},
		{"places released", "SELECT SUM(places) FROM places WHERE kind = 'RELEASED' AND settlement_id = $1", listedInKill - listedInKill*5/100},
	} {
		if got := count(t, d.Write, q.query, settlement); got != q.want {
			t.Errorf("%s: %d, want %d", q.what, got, q.want)
		}
	}
}

// approvedList announces a cohort whose deadline and lag limit are over, in which nobody has bought, and returns the
// settlement of all, approved.
func approvedList(t *testing.T, r *registry.Registry) int {
	t.Helper()
	ctx := context.Background()
	if _, err := r.PutPlatform(ctx, registrytest.Admin, registry.Platform{Code: "tokopedia", Name: "Tokopedia", Active: true}); err != nil {
		t.Fatal(err)
	}
	announced := time.Now().AddDate(0, 0, -60)
	if _, err := r.AnnounceCohort(ctx, registrytest.Officer, registry.AnnounceCohort{Number: 13, Quota: listedInKill, AnnouncedAt: announced}); err != nil {
		t.Fatal(err)
	}
	rows := make([]registry.ParticipantRow, listedInKill)
	for i := range rows {
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: crashCard(i)}
	}
	if result, err := r.ImportParticipants(ctx, registrytest.Officer, 13, rows); err != nil || result.Added != listedInKill {
		t.Fatalf("import: %v, %v", result.Added, err)
	}
	s, err := r.PrepareSettlement(ctx, registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reason: "deadline"})
	if err != nil {
		t.Fatal(err)
	}
	supervisor := viewer.Viewer{Role: viewer.Supervisor, Subject: "supervisor-1"}
	if _, err := r.ApproveSettlement(ctx, supervisor, registry.ApproveSettlement{Settlement: s.ID, ListSHA256: s.ListSha256}); err != nil {
		t.Fatal(err)
	}
	return s.ID
}

// atWork waits until a sixth of the list is done, and returns the name of a server whose transaction is at
// work on it then.
func atWork(t *testing.T, q *sql.DB, settlement int) string {
	t.Helper()
	var name string
	waitUntil(t, 2*time.Minute, func() bool {
		err := q.QueryRow(`SELECT application_name FROM pg_stat_activity
WHERE application_name IN ('one', 'two') AND state <> 'idle' AND xact_start IS NOT NULL AND query LIKE '%settlement_entries%'
AND (SELECT COUNT(*) FROM settlement_entries WHERE settlement_id = $1 AND outcome = 'REVOKED') >= $2 LIMIT 1`, settlement, listedInKill/6).Scan(&name)
		return err == nil
	})
	return name
}

// waitUntil asks over and over until the answer is yes, and fails the test when that takes too long.
func waitUntil(t *testing.T, atMost time.Duration, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(atMost); time.Now().Before(deadline); <-ticker.C {
		if done() {
			return
		}
	}
	t.Fatalf("what was waited for did not come within %v", atMost)
}

func count(t *testing.T, q *sql.DB, query string, args ...any) int {
	t.Helper()
	var n sql.NullInt64
	if err := q.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return int(n.Int64)
}
