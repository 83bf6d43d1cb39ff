package remind_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/notice"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/remind"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/webhooks/payload"
)

// What a child process is told, in its environment.
const (
	childDatabase = "REMIND_TEST_DATABASE" // an address, or the directory of SQLite's file
	childKeys     = "REMIND_TEST_KEYS"
	childSMTP     = "REMIND_TEST_SMTP"
	childCert     = "REMIND_TEST_CERTIFICATE"
)

const killWorkers = 4

// killSize is how many reminders are sent in the test: 600, and 12,000 in CI or when asked for.
func killSize(t *testing.T) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("GELOMBANG_TEST_REMINDERS")); err == nil && n > 0 {
		return n
	}
	if os.Getenv("CI") == "true" {
		return 12_000
	}
	t.Log("600 reminders: set GELOMBANG_TEST_REMINDERS=12000 for as many as there are in a deadline's night")
	return 600
}

// TestAKillSendsNobodyTwo has a server's process send reminders to a real mail server and kills it with SIGKILL in the
// middle. Then two others send the rest. Some participants buy before, while, and in between.
func TestAKillSendsNobodyTwo(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			k := newKill(t, dbtest.Config(t, dialect))
			k.run()
			k.check()
		})
	}
}

// kill is one run of the test.
type kill struct {
	*world
	env     []string
	early   []int       // who buy before anything is sent
	between []int       // who buy after the kill
	first   map[int]int // mails at the kill, by participant
	doubt   int
}

func newKill(t *testing.T, cfg db.Config) *kill {
	t.Helper()
	n := killSize(t)
	keys := filepath.Join(t.TempDir(), "keys")
	if err := secrets.Create(keys); err != nil {
		t.Fatal(err)
	}
	ring, err := secrets.Open(keys)
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, cfg)
	w := &world{Fixture: registrytest.New(t, d), t: t, db: d, log: &journal{}}
	w.Secrets = ring
	w.Registry = w.Another(d)
	w.Clock.Set(planned)
	w.people(n)
	w.smtp = startSMTP(t)
	w.due()
	k := &kill{world: w}
	cert := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(cert, w.smtp.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	database := cfg.URL
	if database == "" {
		database = cfg.DataDir
	}
	k.env = append(os.Environ(), childDatabase+"="+database, childKeys+"="+keys, childSMTP+"="+w.smtp.URL(), childCert+"="+cert)
	for i := range n {
		switch i % 20 {
		case 0:
			k.early = append(k.early, i)
		case 1, 2:
			k.between = append(k.between, i)
		}
	}
	return k
}

// child is what the child process does: it sends what is due, as a server does.
func child() int {
	err := func() error {
		cfg := db.Config{DataDir: os.Getenv(childDatabase)}
		if strings.Contains(cfg.DataDir, "://") {
			cfg = db.Config{URL: cfg.DataDir}
		}
		ctx := context.Background()
		d, err := db.Open(ctx, cfg)
		if err != nil {
			return err
		}
		keys, err := secrets.Open(os.Getenv(childKeys))
		if err != nil {
			return err
		}
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
		r, err := registry.New(registry.Config{
			DB: d, Secrets: keys, Settings: rules.DefaultSettings(), Clock: func() time.Time { return sending }, Log: log, Parse: payload.Parse,
		})
		if err != nil {
			return err
		}
		pem, err := os.ReadFile(os.Getenv(childCert))
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return errors.New("no certificate")
		}
		m, err := mailer(os.Getenv(childSMTP), roots)
		if err != nil {
			return err
		}
		notices, err := notice.New("")
		if err != nil {
			return err
		}
		s, err := remind.New(remind.Config{Registry: r, Notices: notices, Mailer: m, Workers: killWorkers, Log: log, Metrics: prometheus.NewRegistry()})
		if err != nil {
			return err
		}
		if _, err := s.SendDue(ctx); err != nil {
			return err
		}
		return d.Close()
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// start starts a process that sends. What it logs is looked at for what is personal.
func (k *kill) start(ctx context.Context) *exec.Cmd {
	k.t.Helper()
	self, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env, cmd.Stderr = k.env, k.log
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = cmd.Process.Kill() }) // if the test ends before; else it has ended
	return cmd
}

func (k *kill) run() {
	n := len(k.cards)
	k.buy(k.early)
	ctx, cancel := context.WithTimeout(k.t.Context(), 5*time.Minute)
	defer cancel()
	began := time.Now()
	victim := k.start(ctx)
	if err := k.smtp.Wait(ctx, n/2); err != nil {
		k.t.Fatalf("%v\n%s", err, k.log)
	}
	if err := victim.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		k.t.Fatal("the process ended before it was killed")
	}
	k.t.Logf("%d mails until the kill, %.0f a second", k.smtp.Count(), float64(k.smtp.Count())/time.Since(began).Seconds())
	k.buy(k.between)
	k.Clock.Set(sending.Add(registry.ReminderLease))
	doubt, err := k.SettleAbandoned(ctx)
	if err != nil || doubt > killWorkers {
		k.t.Errorf("%d are in doubt (%v), with %d workers", doubt, err, killWorkers)
	}
	k.doubt = doubt
	k.first = k.mails()
	rest := []*exec.Cmd{k.start(ctx), k.start(ctx)}
	for _, cmd := range rest {
		if err := cmd.Wait(); err != nil {
			k.t.Errorf("a process that was not killed: %v\n%s", err, k.log)
		}
	}
}

func (k *kill) buy(people []int) {
	k.t.Helper()
	for _, i := range people {
		k.buys(k.cards[i])
	}
}

// mails is how many mails each participant has got.
func (k *kill) mails() map[int]int {
	mails := map[int]int{}
	for _, m := range k.smtp.Messages() {
		for _, to := range m.To {
			var i int
			if _, err := fmt.Sscanf(to, "siti%d@example.com", &i); err != nil {
				k.t.Errorf("a mail to nobody")
			}
			mails[i]++
		}
	}
	return mails
}

// check compares the mail server with the database, participant by participant.
func (k *kill) check() {
	t := k.t
	state := map[int]rules.ReminderState{}
	all, err := k.db.Client().Reminder.Query().WithParticipant().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	index := map[string]int{}
	for i, card := range k.cards {
		index[card] = i
	}
	for _, m := range all {
		state[index[m.Edges.Participant.CardNumber]] = m.State
	}
	mails := k.mails()
	bought := map[int]bool{}
	for _, i := range k.early {
		bought[i] = true
		if mails[i] != 0 {
			t.Errorf("%d mails to %d, who had bought", mails[i], i)
		}
	}
	for _, i := range k.between {
		bought[i] = true
		if mails[i] != k.first[i] {
			t.Errorf("a mail to %d, who had bought in between", i)
		}
	}
	inDoubt := 0
	for i := range k.cards {
		switch {
		case mails[i] > 1:
			t.Errorf("%d mails to %d", mails[i], i)
		case state[i] == rules.ReminderDoubt:
			inDoubt++
		case state[i] == rules.ReminderSent && mails[i] != 1, state[i] != rules.ReminderSent && mails[i] != 0:
			t.Errorf("%d has got %d mails, and the reminder is %s", i, mails[i], state[i])
		case !bought[i] && mails[i] != 1:
			t.Errorf("%d, who has not bought, has got %d mails: %s", i, mails[i], state[i])
		}
	}
	if inDoubt != k.doubt {
		t.Errorf("%d are in doubt, %d were", inDoubt, k.doubt)
	}
	checkNothingPersonal(t, k.log.String())
	t.Logf("%d mails to %d participants, %d in doubt: %v", k.smtp.Count(), len(k.cards), inDoubt, k.standing(t.Context()))
}
