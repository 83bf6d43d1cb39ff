package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// The load: 50,000 deliveries in a shuffled order, of which some are repetitions, some are voids, and some
// of those come before their purchase.
const (
	crashCards      = 10_000
	crashPurchases  = 40_000
	crashVoids      = 4_000
	crashRepeats    = 6_000
	crashSenders    = 32
	crashDeliveries = crashPurchases + crashVoids + crashRepeats
)

// TestAKillLosesNothingAndDoublesNothing sends the load from senders that repeat what was not answered 2xx,
// while the server is killed without warning and started again. On Postgres there are two servers, of which
// one is killed.
func TestAKillLosesNothingAndDoublesNothing(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "gelombang")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			c := newCrash(t, binary, dbtest.Config(t, dialect))
			c.run(dialect)
			c.check()
		})
	}
}

// crash is one run of the test.
type crash struct {
	t       *testing.T
	binary  string
	cfg     db.Config
	keys    string
	secret  []byte
	start   time.Time // of the scenario
	load    []delivery
	servers []*process
	done    atomic.Int64
	again   atomic.Int64 // answers other than 2xx, and none at all
}

type delivery struct {
	id   string
	body []byte
}

// process is a server that is killed and started again at the same address.
type process struct {
	address string
	cmd     *exec.Cmd
}

func newCrash(t *testing.T, binary string, cfg db.Config) *crash {
	t.Helper()
	c := &crash{t: t, binary: binary, cfg: cfg, keys: filepath.Join(t.TempDir(), "keys"), start: time.Now().Add(-10 * 24 * time.Hour)}
	if err := secrets.Create(c.keys); err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, cfg)
	r := c.registry(d)
	ctx := context.Background()
	if _, err := r.PutPlatform(ctx, registrytest.Admin, registry.Platform{Code: "tokopedia", Name: "Tokopedia", Active: true}); err != nil {
		t.Fatal(err)
	}
	_, secret, err := r.CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1, NotBefore: c.start})
	if err != nil {
		t.Fatal(err)
	}
	if c.secret, err = signature.ParseSecret(secret); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AnnounceCohort(ctx, registrytest.Officer, registry.AnnounceCohort{Number: 13, Quota: crashCards, AnnouncedAt: c.start}); err != nil {
		t.Fatal(err)
	}
	rows := make([]registry.ParticipantRow, crashCards)
	for i := range rows {
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: crashCard(i)}
	}
	if result, err := r.ImportParticipants(ctx, registrytest.Officer, 13, rows); err != nil || result.Added != crashCards {
		t.Fatalf("import: %v, %v", result.Added, err)
	}
	c.plan()
	return c
}

func (c *crash) registry(d *db.DB) *registry.Registry {
	c.t.Helper()
	keys, err := secrets.Open(c.keys)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := registry.New(registry.Config{
		DB: d, Secrets: keys, Settings: rules.DefaultSettings(), Clock: time.Now, Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func crashCard(i int) string { return fmt.Sprintf("3100%012d", i) }

// plan makes the load. The seed is fixed: only the moment of the kill differs from run to run.
func (c *crash) plan() {
	random := rand.New(rand.NewPCG(6, 4))
	for i := range crashPurchases {
		at := c.start.Add(24*time.Hour + time.Duration(i)*time.Second).Truncate(time.Microsecond)
		e := registrytest.Bought(fmt.Sprintf("INV-%d", i), crashCard(i%crashCards), at)
		e.Amount = 1000
		c.add(fmt.Sprintf("buy_%d", i), e)
	}
	for i := range crashVoids {
		c.add(fmt.Sprintf("void_%d", i), registrytest.Voided(fmt.Sprintf("INV-%d", i), c.start.Add(9*24*time.Hour).Truncate(time.Microsecond)))
	}
	for range crashRepeats {
		c.load = append(c.load, c.load[random.IntN(crashPurchases+crashVoids)])
	}
	random.Shuffle(len(c.load), func(i, j int) { c.load[i], c.load[j] = c.load[j], c.load[i] })
}

func (c *crash) add(id string, e rules.Event) {
	body, err := payload.Encode(e)
	if err != nil {
		c.t.Fatal(err)
	}
	c.load = append(c.load, delivery{id, body})
}

func (c *crash) run(dialect db.Dialect) {
	servers := 1
	if dialect == db.Postgres {
		servers = 2
	}
	for range servers {
		p := &process{address: freeAddress(c.t)}
		c.startServer(p)
		c.servers = append(c.servers, p)
	}
	c.t.Cleanup(func() {
		for _, p := range c.servers {
			p.kill()
		}
	})
	started := time.Now()
	var senders sync.WaitGroup
	work := make(chan delivery)
	for i := range crashSenders {
		senders.Go(func() {
			for d := range work {
				c.sendUntilTaken(i, d)
			}
		})
	}
	killAt := len(c.load) / 2
	for i, d := range c.load {
		if i == killAt {
			c.servers[0].kill()
			c.startServer(c.servers[0])
		}
		work <- d
	}
	close(work)
	senders.Wait()
	c.t.Logf("%d deliveries in %.1f s, %d tries were not answered 2xx", len(c.load), time.Since(started).Seconds(), c.again.Load())
	if c.again.Load() == 0 {
		c.t.Error("the kill hit nobody: every try was answered")
	}
}

// sendUntilTaken tries until a server answers 2xx. It gives up, and fails the test, after two minutes.
func (c *crash) sendUntilTaken(sender int, d delivery) {
	deadline := time.Now().Add(2 * time.Minute)
	for try := sender; time.Now().Before(deadline); try++ {
		if c.send(c.servers[try%len(c.servers)].address, d) {
			c.done.Add(1)
			return
		}
		c.again.Add(1)
	}
	c.t.Errorf("%s was not taken within two minutes", d.id)
}

var crashClient = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: crashSenders},
}

func (c *crash) send(address string, d delivery) bool {
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/webhooks/tokopedia", bytes.NewReader(d.body))
	if err != nil {
		c.t.Error(err)
		return true
	}
	at := time.Now()
	signature.SetStandardHeaders(req.Header, d.id, at, signature.SignV1(c.secret, d.id, at, d.body))
	res, err := crashClient.Do(req)
	if err != nil {
		return false
	}
	_, copyErr := io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return copyErr == nil && res.StatusCode/100 == 2
}

// startServer starts a server and waits until it is ready.
func (c *crash) startServer(p *process) {
	c.t.Helper()
	p.cmd = exec.Command(c.binary, "serve", "--addr", p.address, "--log-level", "error")
	p.cmd.Env = append(os.Environ(), "GELOMBANG_KEYS="+c.keys, "GELOMBANG_DATA="+c.cfg.DataDir, "DATABASE_URL="+c.cfg.URL,
		"GELOMBANG_JWT_SECRET=a secret of the crash test, long enough to be taken", "GELOMBANG_JWT_ISSUER=test", "GELOMBANG_JWT_AUDIENCE=test")
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		res, err := crashClient.Get("http://" + p.address + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	c.t.Fatal("the server did not become ready within a minute")
}

// kill ends the process as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // SIGKILL; it may have ended already
	_ = p.cmd.Wait()         // "signal: killed" is what is wanted
}

// check compares the database with what was sent, counted independently of the program.
func (c *crash) check() {
	t := c.t
	if got := c.done.Load(); got != crashDeliveries {
		t.Errorf("%d of %d deliveries were taken", got, crashDeliveries)
	}
	d := dbtest.Open(t, c.cfg)
	// What a crash left waiting between a commit and the next is found by the periodic round.
	if _, err := c.registry(d).RetryWaiting(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		what, query string
		want        int
	}{
		{"deliveries", "SELECT COUNT(*) FROM deliveries", crashPurchases + crashVoids},
		{"deliveries in quarantine", "SELECT COUNT(*) FROM deliveries WHERE settled_at IS NULL", 0},
		{"purchases", "SELECT COUNT(*) FROM purchases", crashPurchases},
		{"invoices", "SELECT COUNT(DISTINCT invoice_code) FROM purchases", crashPurchases},
		{"voids", "SELECT COUNT(*) FROM purchases WHERE voided_at IS NOT NULL", crashVoids},
		{"participants without a first purchase", "SELECT COUNT(*) FROM participants WHERE first_purchase_id IS NULL", 0},
		{"revoked participants", "SELECT COUNT(*) FROM participants WHERE revoked_at IS NOT NULL", 0},
		{"open reviews", "SELECT COUNT(*) FROM reviews", 0},
		{"spent", "SELECT SUM(1000000 - balance) FROM participants", 1000 * (crashPurchases - crashVoids)},
	} {
		var got int
		if err := d.Write.QueryRow(q.query).Scan(&got); err != nil || got != q.want {
			t.Errorf("%s: %d, %v; want %d", q.what, got, err, q.want)
		}
	}
	c.checkFirst(d)
}

// checkFirst: participant i bought INV-i first, then INV-(i+10,000), …; the first 4,000 invoices are void.
func (c *crash) checkFirst(d *db.DB) {
	rows, err := d.Write.Query("SELECT p.card_number, q.invoice_code FROM participants p JOIN purchases q ON q.id = p.first_purchase_id ORDER BY p.card_number")
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var wrong []string
	n := 0
	for ; rows.Next(); n++ {
		var card, invoice string
		if err := rows.Scan(&card, &invoice); err != nil {
			c.t.Fatal(err)
		}
		want := fmt.Sprintf("INV-%d", n)
		if n < crashVoids {
			want = fmt.Sprintf("INV-%d", n+crashCards)
		}
		if invoice != want {
			wrong = append(wrong, invoice+" instead of "+want)
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	if n != crashCards || len(wrong) > 0 {
		slices.Sort(wrong)
		c.t.Errorf("%d participants, %d with the wrong first purchase: %v", n, len(wrong), wrong[:min(5, len(wrong))])
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
