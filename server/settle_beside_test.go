package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/secrets"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

const (
	besideRate  = 50 // deliveries a second
	besideCards = 100
	// besideLongest is how long a delivery, or the officer who stops the execution, may wait at most. It is far above what
	// is measured on a machine with nothing else to do, 50 ms, and far below what platforms wait for an answer.
	besideLongest = 5 * time.Second
	// besideChunk is how long a chunk holds the writer, with much to spare.
	besideChunk = 100 * time.Millisecond
)

// TestACommandLeavesTheIntakeItsTurn executes a long list by a command beside a server, on one SQLite file: two processes
// that write. A platform goes on reporting meanwhile, and the officer stops the execution once and lets it go on.
func TestACommandLeavesTheIntakeItsTurn(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "gelombang")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	c := &crash{t: t, binary: binary, cfg: dbtest.Config(t, db.SQLite), keys: filepath.Join(t.TempDir(), "keys")}
	if err := secrets.Create(c.keys); err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, c.cfg)
	r := c.registry(d)
	settlement := strconv.Itoa(approvedList(t, r))
	c.openCohort(r)

	server := &process{address: freeAddress(t)}
	c.startServer(server)
	t.Cleanup(server.kill)
	token := strings.TrimSpace(c.command("", "token", "--role", "officer"))
	stop := c.report(server.address, 0)
	waitUntil(t, time.Minute, func() bool {
		return count(t, d.Read, "SELECT COUNT(*) FROM purchases") >= besideRate
	})
	alone := stop()
	stop = c.report(server.address, 1)
	execution := time.Now()
	executed := make(chan string, 1)
	go func() { executed <- c.command(token, "settle", "execute", settlement) }()
	waitUntil(t, time.Minute, func() bool {
		return count(t, d.Read, "SELECT COUNT(*) FROM settlement_entries WHERE outcome = 'REVOKED'") > listedInKill/6
	})
	began := time.Now()
	c.command(token, "settle", "stop", settlement)
	stopped := time.Since(began)
	<-executed
	if left := count(t, d.Read, "SELECT COUNT(*) FROM settlement_entries WHERE outcome = 'LISTED'"); left == 0 {
		t.Error("it was not stopped")
	}
	out := c.command(token, "settle", "execute", settlement)
	took := time.Since(execution)
	waits := stop()
	if count(t, d.Read, "SELECT COUNT(*) FROM settlements WHERE state = 'EXECUTED'") != 1 {
		t.Errorf("it is not executed; the command says\n%s", out)
	}
	if got := count(t, d.Read, "SELECT COUNT(*) FROM history WHERE settlement_id = $1", settlement); got != listedInKill {
		t.Errorf("%d entries of the history, want %d", got, listedInKill)
	}
	slices.Sort(alone)
	slices.Sort(waits)
	usual, median, longest := alone[len(alone)/2], waits[len(waits)/2], waits[len(waits)-1]
	t.Logf("stopped within %v; %d of the list in %v", stopped.Round(time.Millisecond), listedInKill, took.Round(time.Millisecond))
	t.Logf("%d deliveries waited %v, 99 of 100 within %v, the longest %v; with nothing beside them %v", len(waits), median.Round(time.Millisecond),
		waits[len(waits)*99/100].Round(time.Millisecond), longest.Round(time.Millisecond), usual.Round(time.Millisecond))
	if longest > besideLongest || stopped > besideLongest {
		t.Errorf("a delivery took %v and the stop %v, want %v at most", longest, stopped, besideLongest)
	}
	// Where the two left each other no pause, most deliveries would wait for several chunks.
	if atMost := 10*usual + besideChunk; median > atMost {
		t.Errorf("half of the deliveries took more than %v, want %v at most", median, atMost)
	}
}

// command runs the program in the name of the token and returns what it prints. A failure is printed as well: a command
// whose execution is stopped meanwhile ends with one.
func (c *crash) command(token string, args ...string) string {
	cmd := exec.Command(c.binary, args...)
	cmd.Env = append(c.environment(), "GELOMBANG_TOKEN="+token)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s%v\n", out, err)
	}
	return string(out)
}

func (c *crash) environment() []string {
	return append(os.Environ(), "GELOMBANG_KEYS="+c.keys, "GELOMBANG_DATA="+c.cfg.DataDir, "DATABASE_URL="+c.cfg.URL,
		"GELOMBANG_JWT_SECRET=a secret of the crash test, long enough to be taken", "GELOMBANG_JWT_ISSUER=test", "GELOMBANG_JWT_AUDIENCE=test")
}

// openCohort announces a cohort that may buy, and gives the platform a key.
func (c *crash) openCohort(r *registry.Registry) {
	c.t.Helper()
	ctx := context.Background()
	c.start = time.Now().Add(-24 * time.Hour)
	_, secret, err := r.CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1, NotBefore: c.start})
	if err != nil {
		c.t.Fatal(err)
	}
	if c.secret, err = signature.ParseSecret(secret); err != nil {
		c.t.Fatal(err)
	}
	if _, err := r.AnnounceCohort(ctx, registrytest.Officer, registry.AnnounceCohort{Number: 14, Quota: besideCards, AnnouncedAt: c.start}); err != nil {
		c.t.Fatal(err)
	}
	rows := make([]registry.ParticipantRow, besideCards)
	for i := range rows {
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: besideCard(i)}
	}
	if _, err := r.ImportParticipants(ctx, registrytest.Officer, 14, rows); err != nil {
		c.t.Fatal(err)
	}
}

func besideCard(i int) string { return fmt.Sprintf("3199%012d", i) }

// report sends signed purchases at a steady rate, however long the answers take, until the returned function is called,
// which returns how long each took. Every round has its own purchases.
func (c *crash) report(address string, round int) (stop func() []time.Duration) {
	c.t.Helper()
	var (
		senders sync.WaitGroup
		mu      sync.Mutex
		waits   []time.Duration
		over    = make(chan struct{})
	)
	senders.Go(func() {
		ticker := time.NewTicker(time.Second / besideRate)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			case <-ticker.C:
			}
			id := fmt.Sprintf("beside_%d_%d", round, i)
			e := registrytest.Bought(fmt.Sprintf("BESIDE-%d-%d", round, i), besideCard(i%besideCards), c.start.Add(time.Duration(i)*time.Second).Truncate(time.Microsecond))
			e.Amount = 1000
			body, err := payload.Encode(e)
			if err != nil {
				c.t.Error(err)
				return
			}
			senders.Go(func() {
				began := time.Now()
				taken := c.send(address, delivery{id, bytes.Clone(body)})
				mu.Lock()
				defer mu.Unlock()
				waits = append(waits, time.Since(began))
				if !taken {
					c.t.Errorf("%s was not taken", id)
				}
			})
		}
	})
	return func() []time.Duration {
		close(over)
		senders.Wait()
		return waits
	}
}
