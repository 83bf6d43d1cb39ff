package remind

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/mail"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

const (
	// sendTime bounds one message. It is less than [registry.ReminderLease], so that a message that is still being sent
	// is not taken for cut off.
	sendTime = registry.ReminderLease - time.Minute
	// settleTime bounds the recording of an outcome when nothing else is waited for any more.
	settleTime = 10 * time.Second
	// longWait is a wait for the rate from which on an outcome is recorded before it, instead of after.
	longWait = time.Second
	// maxLost is after how many lost connections in a row a worker stops: each message on one may be in doubt.
	maxLost = 3
	// maxUntaken is after how many messages in a row that are not taken, for whatever reason, a worker stops: by then it
	// is the server's mood, or our text, and not the addresses.
	maxUntaken = 20
	// lostPause is how long a worker waits after a connection was lost, the longer the more were.
	lostPause = time.Second
)

// worker sends e-mails, one after the other, in sessions of its own.
type worker struct {
	*Sender
	session *mail.Session // nil when there is none
	result  *registry.ReminderResult
	tally   Tally
	lost    int // connections in a row
	untaken int // messages in a row
	cause   error
}

func (w *worker) run(ctx context.Context) (Tally, error) {
	err := w.send(ctx)
	w.hangUp()
	if failure := w.settleAlone(ctx); failure != nil {
		err = errors.Join(err, failure)
	}
	return w.tally, err
}

// send sends until nothing is due. What became of the last message may not have been recorded when it returns.
func (w *worker) send(ctx context.Context) error {
	for {
		if err := w.awaitTurn(ctx); err != nil {
			return err
		}
		claimed, err := w.registry.ClaimReminder(ctx, rules.ChannelEmail, w.result)
		if err != nil {
			return err
		}
		w.count(claimed)
		w.result = nil
		if claimed.Reminder == nil {
			return nil
		}
		w.result = w.sendOne(ctx, claimed.Reminder)
		if err := w.givesUp(ctx); err != nil {
			return err
		}
	}
}

// awaitTurn waits for the rate.
func (w *worker) awaitTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	wait := w.limit.Reserve().Delay()
	if wait <= 0 {
		return nil
	}
	if wait > longWait {
		if err := w.settleAlone(ctx); err != nil {
			return err
		}
	}
	return w.pause(ctx, wait)
}

// sendOne sends one message and says what came of it.
func (w *worker) sendOne(ctx context.Context, d *registry.DueReminder) *registry.ReminderResult {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	result := &registry.ReminderResult{Reminder: d, Outcome: rules.ReminderTaken}
	message, err := w.texts.message(*d, w.registry.Now())
	if err != nil {
		result.Outcome, result.Problem = rules.ReminderRejected, "text"
		w.untaken, w.cause = w.untaken+1, err
		return result
	}
	if w.session == nil {
		w.session, err = w.mailer.Open(ctx)
	}
	if err == nil {
		err = w.session.Send(ctx, message)
	}
	if err == nil {
		w.lost, w.untaken = 0, 0
		return result
	}
	w.cause = err
	result.Outcome, result.Problem = outcomeOf(err)
	if result.Outcome == rules.ReminderUnsent || result.Outcome == rules.ReminderUnclear {
		w.hangUp()
		w.lost++
	} else {
		w.lost = 0
		w.untaken++
	}
	return result
}

// outcomeOf says what an error of package mail means for the reminder, and names it.
func outcomeOf(err error) (rules.ReminderOutcome, string) {
	var e *mail.Error
	if !errors.As(err, &e) {
		return rules.ReminderUnclear, "unknown" // package mail has no other errors; to be in doubt is never wrong
	}
	problem := string(e.Step)
	if e.Code != 0 {
		problem = strings.TrimSpace(fmt.Sprintf("%s %d %s", e.Step, e.Code, e.Enhanced))
	}
	switch e.Kind {
	case mail.Refused:
		// 5.7 is a matter of policy: it is we who are refused, or the text.
		if e.Step == mail.StepRecipient && !strings.HasPrefix(e.Enhanced, "5.7.") {
			return rules.ReminderRefused, problem
		}
		return rules.ReminderRejected, problem
	case mail.BadAddress:
		return rules.ReminderRefused, "bad-address"
	case mail.BadMessage:
		return rules.ReminderRejected, "bad-message"
	case mail.Later:
		return rules.ReminderDeferred, problem
	case mail.Unavailable:
		return rules.ReminderUnsent, problem
	default: // mail.Uncertain
		return rules.ReminderUnclear, problem
	}
}

// givesUp returns an error when it makes no sense to go on, and makes a pause after a lost connection.
func (w *worker) givesUp(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case w.lost >= maxLost:
		return fmt.Errorf("send reminders: %d connections in a row were lost: %w", w.lost, w.cause)
	case w.untaken >= maxUntaken:
		return fmt.Errorf("send reminders: %d messages in a row were not taken: %w", w.untaken, w.cause)
	case w.lost > 0:
		w.log.WarnContext(ctx, "the connection to the mail server was lost", slog.String("server", w.mailer.Server()), slog.Any("error", w.cause))
		if err := w.settleAlone(ctx); err != nil {
			return err
		}
		return w.pause(ctx, lostPause<<(w.lost-1))
	}
	return nil
}

// settleAlone records the outcome that has not been recorded, also when the context has ended. What cannot be recorded is
// in doubt.
func (w *worker) settleAlone(ctx context.Context) error {
	if w.result == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	result := *w.result
	w.result = nil
	state, err := w.registry.SettleReminder(ctx, result)
	if err != nil {
		w.log.ErrorContext(ctx, "what became of a reminder cannot be recorded: it will be in doubt",
			slog.Int("reminder_id", result.Reminder.ID), slog.String("outcome", string(result.Outcome)), db.LogError(err))
		return err
	}
	w.count(registry.ClaimedReminder{Settled: state})
	return nil
}

// count counts what a claim did.
func (w *worker) count(c registry.ClaimedReminder) {
	w.tally.Skipped += c.Skipped
	for state, n := range map[rules.ReminderState]*int{
		rules.ReminderSent: &w.tally.Sent, rules.ReminderPlanned: &w.tally.Again, rules.ReminderBounced: &w.tally.Bounced,
		rules.ReminderFailed: &w.tally.Failed, rules.ReminderDoubt: &w.tally.Doubt,
	} {
		if c.Settled == state {
			*n++
		}
	}
	w.metrics.claimed(c)
}

// hangUp ends the session, if there is one.
func (w *worker) hangUp() {
	if w.session != nil {
		w.session.Close()
		w.session = nil
	}
}
