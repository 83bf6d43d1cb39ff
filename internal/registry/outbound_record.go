package registry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// Attempt is what became of an attempt.
type Attempt struct {
	Number  int // that of [Outgoing.Attempt]
	Took    time.Duration
	Status  int // of HTTP; 0 without an answer
	Outcome rules.AttemptOutcome
	Problem string // a code; never anything that the other end sent
	// Again is how long to wait before the next attempt, for the outcome AGAIN; 0 makes no further one.
	Again time.Duration
}

// RecordAttempt records what became of an attempt that was begun, and returns how long to wait before the next one; 0
// when none is to be made from here. Recording the same again changes nothing.
//
// A message is DELIVERED once any attempt was, also one whose lease had run out when it was recorded, and FAILED when no
// further attempt is made or the next would come too late to be of use. After GONE the endpoint is disabled and all that
// waits for it is given up.
func (r *Registry) RecordAttempt(ctx context.Context, id int, a Attempt) (again time.Duration, err error) {
	var endpoint int
	var state rules.OutboundState
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		again, endpoint, state = 0, 0, ""
		if a.Outcome == rules.AttemptGone { // the endpoint first: two messages may say so at once
			if err := disableGone(ctx, tx, id); err != nil {
				return err
			}
		}
		m, err := lockMessage(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("load a webhook of ours: %w", err)
		}
		endpoint = m.EndpointID
		fresh, err := writeOutcome(ctx, tx, m, a)
		if err != nil || !fresh {
			return err
		}
		again, state, err = follow(ctx, tx, m, a)
		return err
	})
	if err != nil {
		return 0, err
	}
	if state == rules.OutboundFailed {
		r.log.WarnContext(ctx, "a webhook of ours was given up", slog.Int("message_id", id), slog.Int("endpoint_id", endpoint),
			slog.Int("attempt", a.Number), slog.Int("status", a.Status), slog.String("problem", a.Problem))
	}
	if a.Outcome != rules.AttemptGone {
		return again, nil
	}
	r.log.WarnContext(ctx, "an endpoint answered that it is gone and was disabled: enable it again when it is back", slog.Int("endpoint_id", endpoint))
	return 0, r.failPending(ctx, endpoint)
}

// writeOutcome fills in the attempt that [Registry.BeginAttempt] wrote. It reports whether it was not recorded before.
func writeOutcome(ctx context.Context, tx *db.Tx, m *ent.OutboundMessage, a Attempt) (fresh bool, err error) {
	if a.Number < 1 || a.Number > m.Attempts {
		return false, fmt.Errorf("attempt %d of message %d was not begun", a.Number, m.ID)
	}
	res, err := tx.ExecContext(ctx, "UPDATE outbound_attempts SET took_ms = $1, status = $2, outcome = $3, problem = $4"+
		" WHERE message_id = $5 AND attempt = $6 AND problem IN ($7, $8)",
		max(a.Took.Milliseconds(), 0), a.Status, string(a.Outcome), a.Problem, m.ID, a.Number, ProblemUnfinished, ProblemCutOff)
	if err != nil {
		return false, fmt.Errorf("record an attempt: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// follow draws what follows from an outcome: how long to wait before the next attempt, or how the message was settled
// just now.
func follow(ctx context.Context, tx *db.Tx, m *ent.OutboundMessage, a Attempt) (again time.Duration, settled rules.OutboundState, err error) {
	if a.Outcome == rules.AttemptDelivered && m.State != rules.OutboundDelivered {
		return 0, rules.OutboundDelivered, settleMessage(ctx, tx, m, rules.OutboundDelivered)
	}
	if m.SettledAt != nil || a.Number != m.Attempts {
		return 0, "", nil // settled meanwhile, or another attempt was begun since the lease ran out
	}
	next := db.Instant(tx.Now.Add(a.Again)) // as it is stored, so that who waits as long as it is told is not too early
	if a.Outcome != rules.AttemptAgain || a.Again <= 0 || (m.ExpiresAt != nil && !next.Before(*m.ExpiresAt)) {
		return 0, rules.OutboundFailed, settleMessage(ctx, tx, m, rules.OutboundFailed)
	}
	if err := tx.Client.OutboundMessage.UpdateOneID(m.ID).SetNextAt(next).Exec(ctx); err != nil {
		return 0, "", fmt.Errorf("plan the next attempt: %w", err)
	}
	return next.Sub(tx.Now), "", nil
}

// disableGone disables the endpoint of a message, in nobody's name.
func disableGone(ctx context.Context, tx *db.Tx, message int) error {
	_, err := tx.ExecContext(ctx, "UPDATE endpoints SET disabled_at = $1, disabled_by = '' WHERE disabled_at IS NULL AND id ="+
		" (SELECT endpoint_id FROM outbound_messages WHERE id = $2)", tx.Now, message)
	if err != nil {
		return fmt.Errorf("disable an endpoint that is gone: %w", err)
	}
	return nil
}
