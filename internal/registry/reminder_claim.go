package registry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

const (
	// firstLook is how many of the reminders that are due a claim looks at: mostly the first of them is sent.
	firstLook = 4
	// nextLook is how many it looks at when those were all skipped, as they are after a decree or a stop.
	nextLook = 100
	// unreadableWait is how long a reminder waits whose contact cannot be decrypted: a key may be missing, and is put back.
	unreadableWait = time.Hour
)

// ReminderResult is what came of a reminder that was claimed.
type ReminderResult struct {
	Reminder *DueReminder
	Outcome  rules.ReminderOutcome
	Problem  string // a short code, never an address or a server's words
}

// ClaimedReminder is what a claim did.
type ClaimedReminder struct {
	// Reminder is to be sent, and marked as being sent; nil when none is due that nobody else is at.
	Reminder *DueReminder
	// Settled is what became of the reminder before, by its result; empty without one.
	Settled rules.ReminderState
	Skipped int // how many were found not to be sent any more
}

// ClaimReminder records the result of a reminder claimed before, if there is one, and claims the next that is due by the
// channel, in one transaction. Everything that speaks for or against it is looked at again, with the participant locked:
// nobody who has bought by then is reminded. When ClaimReminder returns, it is recorded that the sending has begun. Who
// claims sends, and reports the result; what is not reported is in doubt, and is never sent again.
//
// After an error the result is to be reported again; doing so twice does no harm.
func (r *Registry) ClaimReminder(ctx context.Context, channel rules.ReminderChannel, result *ReminderResult) (ClaimedReminder, error) {
	var out ClaimedReminder
	for look := firstLook; ; look = nextLook {
		var step ClaimedReminder
		var found int
		err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) (err error) {
			step = ClaimedReminder{}
			if result != nil {
				if step.Settled, err = settleReminder(ctx, tx, *result); err != nil {
					return err
				}
			}
			step.Reminder, step.Skipped, found, err = r.claimNext(ctx, tx, channel, look)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("claim a reminder: %w", err)
		}
		out.Reminder, out.Skipped = step.Reminder, out.Skipped+step.Skipped
		if result != nil {
			out.Settled, result = step.Settled, nil
		}
		if out.Reminder != nil || found == 0 {
			return out, nil
		}
	}
}

// claimNext looks at so many of those that are due, and claims the first that may be sent.
func (r *Registry) claimNext(ctx context.Context, tx *db.Tx, channel rules.ReminderChannel, look int) (claimed *DueReminder, skipped, found int, err error) {
	cases, err := loadDue(ctx, tx, channel, look)
	if err != nil {
		return nil, 0, 0, err
	}
	verdicts := newVerdicts()
	if err := r.judge(ctx, tx, cases, 1, verdicts); err != nil {
		return nil, 0, 0, err
	}
	if err := verdicts.write(ctx, tx); err != nil {
		return nil, 0, 0, err
	}
	if len(verdicts.send) > 0 {
		claimed = &verdicts.send[0].DueReminder
	}
	return claimed, verdicts.skips, len(cases), nil
}

// loadDue loads and locks the first of the reminders that are due. What somebody else is at is left out: another server
// is sending it, or the participant is buying at this moment.
func loadDue(ctx context.Context, tx *db.Tx, channel rules.ReminderChannel, limit int) ([]*reminderCase, error) {
	if tx.Dialect == db.Postgres {
		// The first few are found in the order of an index. The planner, who has no statistics yet of what was made a minute
		// ago, would for a few rows, as it believes, sort all that are due, each time.
		if _, err := tx.ExecContext(ctx, "SET LOCAL enable_sort = off"); err != nil {
			return nil, fmt.Errorf("look for reminders in their order: %w", err)
		}
	}
	return loadReminderCases(ctx, tx, true, "r.settled_at IS NULL AND r.state = 'PLANNED' AND r.channel = $1 AND r.due_at <= $2 ORDER BY r.due_at, r.id LIMIT $3",
		string(channel), tx.Now, limit)
}

// verdicts are what is to become of reminders that are due.
type verdicts struct {
	send     []*reminderCase
	skip     map[rules.ReminderSkip][]int
	skips    int
	postpone map[time.Time][]int
}

func newVerdicts() *verdicts {
	return &verdicts{skip: map[rules.ReminderSkip][]int{}, postpone: map[time.Time][]int{}}
}

// judge decides about the reminders in their order until so many of them are to be sent. Those after that are left alone.
func (r *Registry) judge(ctx context.Context, tx *db.Tx, cases []*reminderCase, most int, v *verdicts) error {
	if err := countSent(ctx, tx, cases); err != nil {
		return err
	}
	reminded := map[int]bool{} // the participants who get one in this transaction
	for _, c := range cases {
		if len(v.send) == most {
			return nil
		}
		if reminded[c.participant] {
			continue // what it has got is not counted yet: the next transaction sees it
		}
		if err := r.openReminderContact(c); err != nil {
			r.log.ErrorContext(ctx, "a contact cannot be decrypted: its reminder waits", slog.Int("reminder_id", c.ID), db.LogError(err))
			v.later(c, tx.Now.Add(unreadableWait))
			continue
		}
		reason, may := rules.MayRemind(c.decisive)
		switch next := rules.RemindsNext(c.Window.Stage, tx.Now); {
		case !may:
			v.skipped(c, reason)
		case next.After(tx.Now): // it is night
			v.later(c, next)
		default:
			reminded[c.participant] = true
			v.send = append(v.send, c)
		}
	}
	return nil
}

func (v *verdicts) skipped(c *reminderCase, reason rules.ReminderSkip) {
	v.skip[reason] = append(v.skip[reason], c.ID)
	v.skips++
}

// later postpones a reminder; one whose window is over by then is late now.
func (v *verdicts) later(c *reminderCase, to time.Time) {
	if !to.Before(c.Window.Ends) {
		v.skipped(c, rules.SkipLate)
		return
	}
	to = db.Instant(to)
	v.postpone[to] = append(v.postpone[to], c.ID)
}

// write records the verdicts: what is to be sent has its sending begun.
func (v *verdicts) write(ctx context.Context, tx *db.Tx) error {
	for reason, ids := range v.skip {
		if err := skipReminders(ctx, tx, ids, reason); err != nil {
			return err
		}
	}
	for to, ids := range v.postpone {
		if _, err := tx.ExecContext(ctx, "UPDATE reminders SET due_at = $2 WHERE "+tx.Dialect.Any("id", 1), tx.Dialect.Ints(ids), to); err != nil {
			return fmt.Errorf("postpone reminders: %w", err)
		}
	}
	ids := make([]int, len(v.send))
	for i, c := range v.send {
		c.Attempt++
		ids[i] = c.ID
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "UPDATE reminders SET state = 'SENDING', attempts = attempts + 1, begun_at = $2, problem = '' WHERE "+tx.Dialect.Any("id", 1),
		tx.Dialect.Ints(ids), tx.Now); err != nil {
		return fmt.Errorf("begin to send reminders: %w", err)
	}
	return nil
}

func skipReminders(ctx context.Context, tx *db.Tx, ids []int, reason rules.ReminderSkip) error {
	_, err := tx.ExecContext(ctx, "UPDATE reminders SET state = 'SKIPPED', skipped = $2, settled_at = $3 WHERE "+tx.Dialect.Any("id", 1),
		tx.Dialect.Ints(ids), string(reason), tx.Now)
	if err != nil {
		return fmt.Errorf("skip reminders: %w", err)
	}
	return nil
}
