package registry

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// DueEndpoints returns the ids of the endpoints that a message is due for, but for those in except.
func (r *Registry) DueEndpoints(ctx context.Context, except []int) ([]int, error) {
	d := r.db.Dialect
	return r.due(ctx, "SELECT DISTINCT endpoint_id FROM outbound_messages WHERE settled_at IS NULL AND next_at <= $1"+
		" AND NOT ("+d.Any("endpoint_id", 2)+") ORDER BY endpoint_id", r.Now(), d.Ints(notNull(except)))
}

// DueMessages returns the ids of the messages to an endpoint whose next attempt is due, those that have waited longest
// first, at most limit, but for those in except. An attempt that was cut off is due when its lease is over.
//
// The sum keeps the databases from going through all that was ever sent to the endpoint: what is due is fewer.
func (r *Registry) DueMessages(ctx context.Context, endpoint, limit int, except []int) ([]int, error) {
	d := r.db.Dialect
	return r.due(ctx, "SELECT id FROM outbound_messages WHERE settled_at IS NULL AND next_at <= $1 AND endpoint_id + 0 = $2"+
		" AND NOT ("+d.Any("id", 3)+") ORDER BY next_at LIMIT $4", r.Now(), endpoint, d.Ints(notNull(except)), limit)
}

// notNull is a list of ids that Postgres takes for an empty one when it is: nothing is told from NULL.
func notNull(ids []int) []int { return append([]int{}, ids...) }

func (r *Registry) due(ctx context.Context, query string, args ...any) (ids []int, err error) {
	err = db.Query(ctx, r.db.Fresh, func(rows *sql.Rows) error {
		var id int
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("look for webhooks of ours that are due: %w", err)
	}
	return ids, nil
}

// PruneOutbound removes the bodies of messages that were settled more than keep ago, and returns how many. What was sent
// where and when stays; a message without a body cannot be sent again.
func (r *Registry) PruneOutbound(ctx context.Context, keep time.Duration) (int, error) {
	before, pruned := r.Now().Add(-keep), 0
	for {
		n, err := r.pruneOutbound(ctx, before)
		pruned += n
		if err != nil || n < pruneBatch {
			return pruned, err
		}
	}
}

func (r *Registry) pruneOutbound(ctx context.Context, before time.Time) (pruned int, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE outbound_messages SET body = NULL WHERE id IN (SELECT id FROM outbound_messages"+
			" WHERE body IS NOT NULL AND settled_at < $1 ORDER BY settled_at LIMIT $2)", before, pruneBatch)
		if err != nil {
			return fmt.Errorf("remove the bodies of old webhooks of ours: %w", err)
		}
		n, err := res.RowsAffected()
		pruned = int(n)
		return err
	})
	return pruned, err
}

// ResendMessage sends a settled message again, at once, under the same webhook-id: a receiver that has had it can tell.
// The attempts go on in the schedule where they stopped; where that is used up, one is made. A message without a body, of
// a disabled endpoint, or of no use any more is not sent again; of reminders only one that was given up is.
func (r *Registry) ResendMessage(ctx context.Context, v viewer.Viewer, id int) (*ent.OutboundMessage, error) {
	if err := authorise(v.ManagesEndpoints(), "send messages again"+viewer.AdminsMay); err != nil {
		return nil, err
	}
	var out *ent.OutboundMessage
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		m, err := lockMessage(ctx, tx, id)
		if ent.IsNotFound(err) {
			return notFound("message", "there is no such message")
		}
		if err != nil {
			return fmt.Errorf("load a webhook of ours: %w", err)
		}
		if err := checkResend(ctx, tx, m); err != nil {
			return err
		}
		if _, err := markCutOff(ctx, tx, m.ID); err != nil {
			return err
		}
		out, err = tx.Client.OutboundMessage.UpdateOneID(m.ID).SetState(rules.OutboundPending).ClearSettledAt().SetNextAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("send a webhook of ours again: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func checkResend(ctx context.Context, tx *db.Tx, m *ent.OutboundMessage) error {
	switch {
	case m.SettledAt == nil:
		return notPossible("message", "the message is still tried by itself")
	case !present(m.Body):
		return notPossible("message", "the text of the message was removed after its retention time")
	case m.Edges.Endpoint.DisabledAt != nil:
		return notPossible("message", "the endpoint is disabled: enable it first")
	case m.ExpiresAt != nil && !tx.Now.Before(*m.ExpiresAt):
		return notPossible("message", "the message has expired: it would be of no use")
	case m.ReminderID == nil:
		return nil
	case m.State != rules.OutboundFailed:
		return notPossible("message", "only a reminder that was given up is sent again: nobody is reminded twice, and nobody who has bought")
	}
	useful, err := reminderStillUseful(ctx, tx, *m.ReminderID)
	if err == nil && !useful {
		return notPossible("message", "the reminder would be of no use any more")
	}
	return err
}
