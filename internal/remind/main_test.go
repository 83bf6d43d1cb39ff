package remind_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/mail"
	"gelombang/internal/mail/mailtest"
	"gelombang/internal/notice"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/remind"
	"gelombang/internal/rules"
)

// TestMain lets the test binary be a server's process that sends reminders, to be killed.
func TestMain(m *testing.M) {
	if os.Getenv(childDatabase) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// The scenario: cohort 13 has its last full day, and the reminders of the stage of 72 hours are due.
var (
	planned = time.Date(2021, 4, 7, 8, 0, 0, 0, rules.WIB)
	sending = time.Date(2021, 4, 7, 19, 0, 0, 0, rules.WIB)
)

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// world is a registry with participants who have not bought, a mail server and a sender.
type world struct {
	*registrytest.Fixture
	t       *testing.T
	db      *db.DB
	cards   []string
	smtp    *mailtest.Server
	log     *journal
	metrics *prometheus.Registry
}

func newWorld(t *testing.T, d *db.DB, people int) *world {
	t.Helper()
	w := &world{Fixture: registrytest.New(t, d), t: t, db: d, log: &journal{}, metrics: prometheus.NewRegistry()}
	w.Clock.Set(planned)
	w.people(people)
	w.smtp = startSMTP(t)
	t.Cleanup(func() { checkNothingPersonal(t, w.log.String()) })
	return w
}

// people imports participants with addresses of their own.
func (w *world) people(n int) {
	w.t.Helper()
	w.Cohort13(0)
	rows := make([]registry.ParticipantRow, n)
	for i := range rows {
		w.cards = append(w.cards, fmt.Sprintf("3113%012d", i+1))
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: w.cards[i], Name: "Siti Rahma", Email: address(i), Phone: fmt.Sprintf("+62811%07d", i), Province: "31"}
	}
	w.Import(13, rows)
}

func address(i int) string { return fmt.Sprintf("siti%d@example.com", i) }

func startSMTP(t *testing.T) *mailtest.Server {
	t.Helper()
	s, err := mailtest.Start(mailtest.Options{User: "prakerja", Password: "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// mailer is the way to a server with the certificate.
func mailer(url string, roots *x509.CertPool) (*mail.Mailer, error) {
	return mail.New(mail.Config{URL: url, From: "Kartu Prakerja <no-reply@prakerja.example>", HELO: "gelombang.example", RootCAs: roots, Timeout: 10 * time.Second})
}

// sender returns a sender that does not wait after a lost connection.
func (w *world) sender(change func(*remind.Config)) *remind.Sender {
	w.t.Helper()
	m, err := mailer(w.smtp.URL(), w.smtp.Roots())
	if err != nil {
		w.t.Fatal(err)
	}
	notices, err := notice.New("")
	if err != nil {
		w.t.Fatal(err)
	}
	c := remind.Config{
		Registry: w.Registry, Notices: notices, Mailer: m, Workers: 1, Metrics: w.metrics, DashboardURL: "https://dashboard.example.org/",
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	s, err := remind.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	s.SetPause(func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	return s
}

// due plans and makes reminders by the channels, all of which are due then; by e-mail without any.
func (w *world) due(channels ...rules.ReminderChannel) {
	w.t.Helper()
	if len(channels) == 0 {
		channels = []rules.ReminderChannel{rules.ChannelEmail}
	}
	ctx := context.Background()
	if _, err := w.PlanReminders(ctx, registrytest.Officer, registry.PlanReminders{Cohort: 13, Channels: channels, Language: rules.ID}); err != nil {
		w.t.Fatal(err)
	}
	if made, err := w.MakeReminders(ctx); err != nil || made != len(w.cards)*len(channels) {
		w.t.Fatalf("%d reminders were made: %v", made, err)
	}
	w.Clock.Set(sending)
}

// buys has participants buy now.
func (w *world) buys(cards ...string) {
	w.t.Helper()
	for _, card := range cards {
		w.Send(w.Message("tokopedia", registrytest.Bought("INV-"+card, card, w.Now())))
	}
}

// standing is how many reminders stand where: "EMAIL SENT", "EMAIL SKIPPED PURCHASED", "EMAIL BOUNCED recipient 550 5.1.1".
func (w *world) standing(ctx context.Context) map[string]int {
	w.t.Helper()
	all, err := w.db.Client().Reminder.Query().All(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	standing := map[string]int{}
	for _, m := range all {
		skipped := rules.ReminderSkip("")
		if m.Skipped != nil {
			skipped = *m.Skipped
		}
		standing[strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", m.Channel, m.State, skipped, m.Problem)), " ")]++
	}
	return standing
}

func (w *world) wantStanding(want map[string]int) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.standing(w.t.Context())); diff != "" {
		w.t.Errorf("where the reminders stand (-want +got):\n%s", diff)
	}
}

// sends sends what is due and compares the tally.
func (w *world) sends(s *remind.Sender, want remind.Tally) {
	w.t.Helper()
	got, err := s.SendDue(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the tally (-want +got):\n%s", diff)
	}
}

// each runs fn on both databases.
func each(t *testing.T, people int, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d, people)) })
}

// checkNothingPersonal looks for the participants, and for what the mail server repeats of them, in a log.
func checkNothingPersonal(t *testing.T, log string) {
	t.Helper()
	for _, secret := range []string{"siti", "rahma", "example.com", "62811", "3113", "hunter2", "mailbox"} {
		if strings.Contains(strings.ToLower(log), secret) {
			t.Errorf("the log tells %q:\n%.2000s", secret, log)
		}
	}
}
