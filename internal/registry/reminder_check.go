package registry

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// reminderStillUseful looks at a reminder again that a webhook carries, before an attempt, with the participant locked
// until the transaction ends: whether the participant still has to be reminded. Caps were looked at when it was begun.
func reminderStillUseful(ctx context.Context, tx *db.Tx, reminder int) (bool, error) {
	_, may, err := lookAgain(ctx, tx, reminder)
	return may, err
}

// lookAgain decides about a reminder that is being sent through a gateway, and says why it would not be sent.
func lookAgain(ctx context.Context, tx *db.Tx, reminder int) (rules.ReminderSkip, bool, error) {
	cases, err := loadReminderCases(ctx, tx, false, "r.id = $1", reminder)
	if err != nil {
		return "", false, err
	}
	if len(cases) == 0 {
		return rules.SkipStopped, false, nil
	}
	c := cases[0]
	c.decisive.Reachable = len(c.contact) > 0 // erased since, or still there
	reason, may := rules.MayRemind(c.decisive)
	return reason, may, nil
}

// settleToldReminder settles a reminder by the webhooks that carry it, in the transaction that settles one of them: one
// that was delivered is enough. While one is still tried, nothing changes.
func settleToldReminder(ctx context.Context, tx *db.Tx, reminder int) error {
	counts := map[rules.OutboundState]int{}
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var state rules.OutboundState
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		counts[state] = n
		return nil
	}, "SELECT state, COUNT(*) FROM outbound_messages WHERE reminder_id = $1 GROUP BY state", reminder)
	if err != nil {
		return fmt.Errorf("look at the webhooks of a reminder: %w", err)
	}
	state, skip, problem := rules.ReminderSkipped, rules.SkipLate, ""
	switch {
	case counts[rules.OutboundDelivered] > 0:
		state = rules.ReminderSent
	case counts[rules.OutboundPending] > 0:
		return nil
	case counts[rules.OutboundFailed] > 0:
		state, problem = rules.ReminderFailed, "gateway"
	default: // all cancelled: for what holds now, or since their time was over
		reason, may, err := lookAgain(ctx, tx, reminder)
		if err != nil {
			return err
		}
		if !may {
			skip = reason
		}
	}
	skipped := sql.NullString{String: string(skip), Valid: state == rules.ReminderSkipped}
	_, err = tx.ExecContext(ctx, "UPDATE reminders SET state = $2, skipped = $3, settled_at = $4, problem = $5 WHERE id = $1 AND channel = 'GATEWAY' AND state IN ('SENDING', 'FAILED')",
		reminder, string(state), skipped, tx.Now, problem)
	if err != nil {
		return fmt.Errorf("settle a reminder: %w", err)
	}
	return nil
}

// settleTold settles the reminders whose webhooks are settled.
func settleTold(ctx context.Context, tx *db.Tx) (int, error) {
	ids, err := unsettled(ctx, tx, "r.state = 'SENDING' AND r.channel = 'GATEWAY' AND NOT EXISTS (SELECT 1 FROM outbound_messages o"+
		" WHERE o.reminder_id = r.id AND o.settled_at IS NULL)")
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := settleToldReminder(ctx, tx, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
