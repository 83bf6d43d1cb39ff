package registry

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

const (
	// ReminderLease is how long after its claim a reminder without a result is taken for cut off. Who sends takes less.
	ReminderLease = 5 * time.Minute
	settleBatch   = 500
	// problemReported is the problem of a reminder that a person reported as come back.
	problemReported = "reported"
)

// SettleReminder records the result of a reminder that was claimed, and claims no other. It returns what became of it.
func (r *Registry) SettleReminder(ctx context.Context, result ReminderResult) (state rules.ReminderState, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		state, err = settleReminder(ctx, tx, result)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("settle a reminder: %w", err)
	}
	return state, nil
}

// settleReminder records what came of an attempt. The word of who sent it holds also when it comes so late that the
// reminder was taken for cut off; one about an attempt that is settled already changes nothing.
func settleReminder(ctx context.Context, tx *db.Tx, result ReminderResult) (rules.ReminderState, error) {
	d := result.Reminder
	next := rules.AfterReminderAttempt(result.Outcome, d.Attempt, d.Window, tx.Now)
	attempts := d.Attempt
	if result.Outcome == rules.ReminderUnsent {
		attempts-- // not tried, really
	}
	var settled db.Time
	if next.State != rules.ReminderPlanned {
		settled.Time = tx.Now
	}
	_, err := tx.ExecContext(ctx, "UPDATE reminders SET state = $3, attempts = $4, due_at = COALESCE(CAST($5 AS "+timeType+"), due_at), settled_at = $6, problem = $7"+
		" WHERE id = $1 AND attempts = $2 AND state IN ('SENDING', 'DOUBT')",
		d.ID, d.Attempt, string(next.State), attempts, db.Time{Time: next.DueAt}, settled, result.Problem)
	if err != nil {
		return "", fmt.Errorf("settle a reminder: %w", err)
	}
	return next.State, nil
}

// SettleAbandoned settles what nobody will report on any more, and returns how many: reminders whose sending began more
// than five minutes ago, which are in doubt now and are not sent again; those that nobody sent before the deadline; and
// those of gateways whose messages are settled. It is to run often, and may on several servers.
func (r *Registry) SettleAbandoned(ctx context.Context) (int, error) {
	total := 0
	for _, step := range []func(context.Context, *db.Tx) (int, error){settleCutOff, settlePastDeadline, settleTold} {
		for n := settleBatch; n == settleBatch; {
			err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) (err error) {
				n, err = step(ctx, tx)
				return err
			})
			if err != nil {
				return total, fmt.Errorf("settle abandoned reminders: %w", err)
			}
			total += n
		}
	}
	return total, nil
}

// unsettled selects a batch of the reminders r that are due and for which the condition holds, $1 being now and $2 the
// size of the batch. What somebody is at is left out.
func unsettled(ctx context.Context, tx *db.Tx, condition string, more ...any) ([]int, error) {
	lock := tx.Dialect.ForUpdate()
	if lock != "" {
		lock += " SKIP LOCKED"
	}
	var ids []int
	err := queryAll(ctx, tx, &ids, func(id *int) []any { return []any{id} },
		"SELECT r.id FROM reminders r WHERE r.settled_at IS NULL AND r.due_at <= $1 AND "+condition+" ORDER BY r.due_at, r.id LIMIT $2"+lock,
		append([]any{tx.Now, settleBatch}, more...)...)
	return ids, err
}

func settleCutOff(ctx context.Context, tx *db.Tx) (int, error) {
	ids, err := unsettled(ctx, tx, "r.state = 'SENDING' AND r.channel = 'EMAIL' AND r.begun_at <= $3", tx.Now.Add(-ReminderLease))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE reminders SET state = 'DOUBT', settled_at = $2, problem = 'cut-off' WHERE "+tx.Dialect.Any("id", 1), tx.Dialect.Ints(ids), tx.Now)
	return len(ids), err
}

func settlePastDeadline(ctx context.Context, tx *db.Tx) (int, error) {
	ids, err := unsettled(ctx, tx, "r.state = 'PLANNED' AND r.deadline <= $1")
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), skipReminders(ctx, tx, ids, rules.SkipLate)
}

// ReminderMessageID returns the part before the @ of the Message-ID of a reminder's e-mail, by which it is known when it
// comes back.
func ReminderMessageID(reminder int) string { return "reminder-" + strconv.Itoa(reminder) }

var reminderMessageID = regexp.MustCompile(`^<?reminder-([1-9][0-9]{0,17})(@[^<>\s]*)?>?$`)

// ReportBounce says that an e-mail came back after the mail server had taken it.
type ReportBounce struct {
	MessageID string // its Message-ID: "<reminder-123@example.org>", or the part before the @
}

// ReportBounce marks the reminder as bounced. Its address gets no more reminders until it is corrected. The same report
// again changes nothing; a reminder that was not sent cannot come back.
func (r *Registry) ReportBounce(ctx context.Context, v viewer.Viewer, in ReportBounce) (*ent.Reminder, error) {
	if err := authorise(v.ManagesCohorts(), "report bounces"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	parts := reminderMessageID.FindStringSubmatch(in.MessageID)
	if parts == nil {
		return nil, invalid("messageId", "not the Message-ID of a reminder: it looks like <reminder-123@example.org>")
	}
	id, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil, invalid("messageId", "not the Message-ID of a reminder: its number is too large")
	}
	var out *ent.Reminder
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		m, err := tx.Client.Reminder.Get(ctx, id)
		if ent.IsNotFound(err) || err == nil && m.Channel != rules.ChannelEmail {
			return notFound("messageId", "there is no such e-mail of ours")
		}
		if err != nil {
			return fmt.Errorf("load the reminder: %w", err)
		}
		// What is being sent may come back before our server has said that it took it.
		res, err := tx.ExecContext(ctx, "UPDATE reminders SET state = 'BOUNCED', settled_at = $2, problem = $3 WHERE id = $1 AND state IN ('SENDING', 'SENT', 'DOUBT')",
			id, tx.Now, problemReported)
		if err != nil {
			return fmt.Errorf("record the bounce: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if out, err = tx.Client.Reminder.Get(ctx, id); err != nil {
			return fmt.Errorf("load the reminder: %w", err)
		}
		if n == 0 && out.State != rules.ReminderBounced {
			return notPossible("messageId", "that reminder was not sent: look at the Message-ID again")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
