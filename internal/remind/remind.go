// Package remind sends the reminders that are due: by e-mail through a mail server, and to messaging gateways through the
// outbox of our webhooks. Whom, when and whether at all is decided by the registry at the moment of sending; this
// package carries messages and reports what became of them.
//
// An e-mail is sent at most once. That its sending begins is committed before it does, and its outcome is committed
// together with the beginning of the next. So a process that dies leaves at most one message for each of its workers of
// which nobody knows whether it was sent; those are not sent again, but counted as in doubt.
package remind

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"gelombang/internal/mail"
	"gelombang/internal/notice"
	"gelombang/internal/registry"
)

const (
	defaultWorkers = 4
	maxWorkers     = 64
)

// Config is what a sender needs. Every field is required, but for those that say otherwise.
type Config struct {
	Registry *registry.Registry
	Notices  *notice.Notices
	// Mailer is the way to the mail server. Optional: without it, e-mails wait until some other server sends them.
	Mailer *mail.Mailer
	// Workers is how many sessions with the mail server there are at once, at most 64. Optional: zero means 4.
	Workers int
	// PerMinute is how many e-mails a minute are begun by this sender, all workers together. Optional: zero means as
	// many as the mail server takes.
	PerMinute int
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	// HelpURL and DashboardURL are shown in the texts. Optional.
	HelpURL, DashboardURL string
}

// Sender sends reminders. It is safe for concurrent use, and several may share one database.
type Sender struct {
	registry *registry.Registry
	mailer   *mail.Mailer
	texts    texts
	workers  int
	limit    *rate.Limiter
	log      *slog.Logger
	metrics  *metrics
	pause    func(ctx context.Context, d time.Duration) error
}

// New returns a sender.
func New(c Config) (*Sender, error) {
	if c.Registry == nil || c.Notices == nil || c.Log == nil || c.Metrics == nil {
		return nil, errors.New("remind: registry, notices, log and metrics are required")
	}
	if c.Workers < 0 || c.Workers > maxWorkers || c.PerMinute < 0 {
		return nil, fmt.Errorf("remind: give 1 to %d workers, and a number of e-mails a minute that is not negative", maxWorkers)
	}
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	m, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, err
	}
	perSecond := rate.Inf
	if c.PerMinute > 0 {
		perSecond = rate.Limit(float64(c.PerMinute) / time.Minute.Seconds())
	}
	return &Sender{
		registry: c.Registry, mailer: c.Mailer, texts: texts{c.Notices, c.HelpURL, c.DashboardURL}, workers: c.Workers,
		limit: rate.NewLimiter(perSecond, 1), log: c.Log, metrics: m, pause: pause,
	}, nil
}

// Tally is what a run did.
type Tally struct {
	Sent    int // taken by the mail server
	Told    int // handed to the gateways, by the outbox
	Skipped int // not to be sent any more
	Again   int // put back, to be tried again
	Bounced int // refused for good
	Failed  int // given up
	Doubt   int // may have been sent, and are not sent again
}

// add adds another tally.
func (t *Tally) add(o Tally) {
	t.Sent, t.Told, t.Skipped, t.Again = t.Sent+o.Sent, t.Told+o.Told, t.Skipped+o.Skipped, t.Again+o.Again
	t.Bounced, t.Failed, t.Doubt = t.Bounced+o.Bounced, t.Failed+o.Failed, t.Doubt+o.Doubt
}

// SendDue sends until nothing is due that nobody else is at. It ends early, with an error, when the mail server cannot
// be reached, or takes nothing; what is left then is due in the next run. When the context ends, it sends no further
// one, and still records what became of the last.
func (s *Sender) SendDue(ctx context.Context) (Tally, error) {
	var mu sync.Mutex
	var total Tally
	var failures []error
	var all sync.WaitGroup
	run := func(work func(context.Context) (Tally, error)) {
		all.Go(func() {
			t, err := work(ctx)
			mu.Lock()
			defer mu.Unlock()
			total.add(t)
			failures = append(failures, err)
		})
	}
	run(s.tell)
	if s.mailer != nil {
		for range s.workers {
			run(func(ctx context.Context) (Tally, error) { return (&worker{Sender: s}).run(ctx) })
		}
	}
	all.Wait()
	return total, errors.Join(failures...)
}

// tell hands what is due to the gateways.
func (s *Sender) tell(ctx context.Context) (Tally, error) {
	var t Tally
	for {
		told, err := s.registry.TellReminders(ctx, s.texts.short(s.registry.Now))
		if errors.Is(err, registry.ErrNoGateway) {
			s.log.WarnContext(ctx, "reminders for gateways wait: no endpoint gets them")
			return t, nil
		}
		if err != nil {
			return t, err
		}
		t.Told, t.Skipped, t.Failed = t.Told+told.Told, t.Skipped+told.Skipped, t.Failed+told.Failed
		s.metrics.told(told)
		if !told.More {
			return t, nil
		}
	}
}

// pause waits, or returns the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
