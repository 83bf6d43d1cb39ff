package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/jobs"
	"gelombang/internal/mail"
	"gelombang/internal/notice"
	"gelombang/internal/outbox"
	"gelombang/internal/registry"
	"gelombang/internal/remind"
	"gelombang/internal/rules"
	"gelombang/webhooks/outbound"
)

// work is what the server does beside answering.
func (s *Server) work(metrics prometheus.Registerer) (*jobs.Jobs, error) {
	policy, err := s.cfg.Messages.Outbound()
	if err != nil {
		return nil, err
	}
	if s.reminders, err = s.reminding(metrics); err != nil {
		return nil, err
	}
	s.sender = outbound.NewSender(outbound.Config{Policy: policy, UserAgent: "Gelombang/" + s.cfg.Version})
	courier := outbox.NewCourier(outbox.CourierConfig{Registry: s.registry, Sender: s.sender, Log: s.log})
	return jobs.New(jobs.Config{DB: s.registry.DB(), Log: s.log, Kinds: ordered(s.registry), Periodics: s.periodics(), Steady: []func(context.Context){courier.Run}})
}

// reminding returns who sends reminders; by e-mail only if there is a mail server.
func (s *Server) reminding(metrics prometheus.Registerer) (*remind.Sender, error) {
	m := s.cfg.Messages
	texts, err := notice.New(m.Texts)
	if err != nil {
		return nil, err
	}
	cfg := remind.Config{
		Registry: s.registry, Notices: texts, Workers: m.Connections, PerMinute: m.PerMinute, Log: s.log, Metrics: metrics,
		HelpURL: m.HelpURL, DashboardURL: m.DashboardURL,
	}
	if server, configured := m.Mail(); configured {
		if cfg.Mailer, err = mail.New(server); err != nil {
			return nil, err
		}
	}
	return remind.New(cfg)
}

// queueCohorts is where ordered work on a cohort waits.
const queueCohorts = "cohorts"

// ordered are the kinds of work that the registry orders. Without a registry they can be enqueued and not run.
func ordered(r *registry.Registry) []jobs.Kind {
	kinds := []jobs.Kind{
		// Not unique: the job of a server that died counts as running until it would have timed out, and would keep the
		// sweep from ordering another. [chunks] sees to it that they do not pile up.
		{Name: registry.JobExecute, Queue: queueCohorts, Timeout: turn},
		{Name: registry.JobReverse, Queue: queueCohorts, Timeout: turn},
		{Name: registry.JobRaise, Queue: queueCohorts, Timeout: turn},
	}
	if r == nil {
		return kinds
	}
	kinds[0].Run = chunks(r.ExecuteChunk, r.Pause)
	kinds[1].Run = chunks(r.ReverseChunk, r.Pause)
	kinds[2].Run = chunks(r.RaiseChunk, r.Pause)
	return kinds
}

const (
	// turn is how long a server works on a cohort before it lets another have a turn.
	turn = time.Minute
	// sweepEvery is how soon work goes on that a server left unfinished, and is tried again that something held up, such as
	// a declared outage.
	sweepEvery = 15 * time.Second
)

// chunks runs chunk after chunk until all is done, or until the context ends: what is left is for the next turn. The
// sweep orders again what is not done yet: where this process is at work on it already, such a job has nothing to do.
func chunks(chunk func(context.Context, int) (registry.Progress, error), pause func(context.Context, registry.Progress, time.Duration) error) func(context.Context, int) (jobs.Next, error) {
	var atWork sync.Map // ids
	return func(ctx context.Context, id int) (jobs.Next, error) {
		if _, already := atWork.LoadOrStore(id, true); already {
			return jobs.Done(), nil
		}
		defer atWork.Delete(id)
		for {
			began := time.Now()
			progress, err := chunk(ctx, id)
			switch {
			case registry.CodeOf(err) == registry.NotPossible, registry.CodeOf(err) == registry.NotFound:
				return jobs.Done(), nil // stopped, or held up: the sweep orders it anew when it is possible
			case err == nil && progress.Finished:
				return jobs.Done(), nil
			case ended(ctx):
				return jobs.Again(0), nil // in the middle of a chunk as well, which has come to nothing then
			case err != nil:
				return jobs.Done(), err
			case pause(ctx, progress, time.Since(began)) != nil:
				return jobs.Again(0), nil
			}
		}
	}
}

// ended reports whether the time for the work is over, or the server stops.
func ended(ctx context.Context) bool { return ctx.Err() != nil }

// periodics are what time brings round, on one server of a database at a time.
func (s *Server) periodics() []jobs.Periodic {
	all := []jobs.Periodic{
		{Name: "sweep", Every: sweepEvery, RunOnStart: true, Run: s.sweep},
		{Name: "retry_waiting", Every: time.Minute, RunOnStart: true, Run: s.retryWaiting},
		{Name: "close_settlements", Every: time.Minute, RunOnStart: true, Run: s.closeSettlements},
		{Name: "watch_platforms", Every: time.Minute, RunOnStart: true, Run: s.watchPlatforms},
		{Name: "make_reminders", Every: time.Minute, RunOnStart: true, Timeout: 10 * time.Minute, Run: s.makeReminders},
		{Name: "send_reminders", Every: time.Minute, RunOnStart: true, Timeout: time.Minute, Run: s.sendReminders},
		{Name: "renew_search", Every: 24 * time.Hour, RunOnStart: true, Run: s.renewSearch},
	}
	if s.cfg.HTTP.KeepBodies > 0 {
		all = append(all, jobs.Periodic{Name: "prune_bodies", Every: time.Hour, RunOnStart: true, Run: s.pruneBodies})
	}
	if s.cfg.Messages.KeepMessages > 0 {
		all = append(all, jobs.Periodic{Name: "prune_messages", Every: time.Hour, RunOnStart: true, Run: s.pruneMessages})
	}
	return all
}

// sweep orders what was ordered and is not done: what a lost job left, and what was held up.
func (s *Server) sweep(ctx context.Context) error {
	for _, due := range []func(context.Context) ([]registry.Job, error){s.registry.DueSettlements, s.registry.DueRaises} {
		found, err := due(ctx)
		if err != nil {
			return err
		}
		if err := s.registry.Order(ctx, found...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) closeSettlements(ctx context.Context) error {
	closed, err := s.registry.CloseDueSettlements(ctx)
	s.report(ctx, "settlements are closed", "settlements", closed)
	return err
}

func (s *Server) watchPlatforms(ctx context.Context) error {
	_, _, err := s.registry.RaiseAlerts(ctx)
	return err
}

func (s *Server) makeReminders(ctx context.Context) error {
	abandoned, err := s.registry.SettleAbandoned(ctx)
	s.report(ctx, "reminders are in doubt: sending them was cut off", "reminders", abandoned)
	if err != nil {
		return err
	}
	made, err := s.registry.MakeReminders(ctx)
	s.report(ctx, "reminders are planned", "reminders", made)
	return err
}

// sendReminders sends what is due, for as long as a period lasts; the next goes on.
func (s *Server) sendReminders(ctx context.Context) error {
	tally, err := s.reminders.SendDue(ctx)
	if done := tally.Sent + tally.Told + tally.Skipped + tally.Again + tally.Bounced + tally.Failed + tally.Doubt; done > 0 {
		s.log.InfoContext(ctx, "reminders were sent",
			slog.Int("sent", tally.Sent), slog.Int("to_gateways", tally.Told), slog.Int("skipped", tally.Skipped), slog.Int("again", tally.Again),
			slog.Int("bounced", tally.Bounced), slog.Int("failed", tally.Failed), slog.Int("in_doubt", tally.Doubt))
	}
	if ended(ctx) {
		return nil // the period is over, and the next goes on
	}
	if _, configured := s.cfg.Messages.Mail(); configured || err != nil {
		return err
	}
	waiting, err := s.registry.WaitingReminders(ctx, rules.ChannelEmail)
	if waiting > 0 {
		s.log.WarnContext(ctx, "reminders by e-mail wait, and are given up when their stage is over: this server has no mail server", slog.String("set", "GELOMBANG_SMTP_URL"), slog.Int("waiting", waiting))
	}
	return err
}

func (s *Server) retryWaiting(ctx context.Context) error {
	applied, err := s.registry.RetryWaiting(ctx)
	s.report(ctx, "deliveries left the quarantine", "applied", applied)
	return err
}

// renewSearch makes the words anew of offerings that another version of the program wrote.
func (s *Server) renewSearch(ctx context.Context) error {
	renewed, err := s.registry.RenewSearch(ctx)
	s.report(ctx, "offerings are found by their words anew", "offerings", renewed)
	return err
}

func (s *Server) pruneBodies(ctx context.Context) error {
	pruned, err := s.registry.PruneBodies(ctx, s.cfg.HTTP.KeepBodies)
	s.report(ctx, "the bodies of old deliveries were removed", "deliveries", pruned)
	return err
}

func (s *Server) pruneMessages(ctx context.Context) error {
	pruned, err := s.registry.PruneOutbound(ctx, s.cfg.Messages.KeepMessages)
	s.report(ctx, "the texts of old webhooks of ours were removed", "messages", pruned)
	return err
}

// report logs how much was done, if anything was.
func (s *Server) report(ctx context.Context, said, what string, n int) {
	if n > 0 {
		s.log.InfoContext(ctx, said, slog.Int(what, n))
	}
}
