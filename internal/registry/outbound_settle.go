package registry

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// settleMessage settles a message, and the reminder that it carries.
func settleMessage(ctx context.Context, tx *db.Tx, m *ent.OutboundMessage, state rules.OutboundState) error {
	err := tx.Client.OutboundMessage.UpdateOneID(m.ID).SetState(state).SetSettledAt(tx.Now).ClearNextAt().Exec(ctx)
	if err != nil {
		return fmt.Errorf("settle a webhook of ours: %w", err)
	}
	if m.ReminderID == nil {
		return nil
	}
	return settleToldReminder(ctx, tx, *m.ReminderID)
}

// pendingBatch is how many messages are given up in one transaction, so that nobody else waits long.
const pendingBatch = 500

// failPending gives up what waits for an endpoint, as long as that is disabled. What is left when ctx ends is given up
// when its next attempt is due. Reminders among them are settled by [Registry.SettleAbandoned].
func (r *Registry) failPending(ctx context.Context, endpoint int) error {
	for {
		n, err := r.failSome(ctx, endpoint)
		if err != nil || n < pendingBatch {
			return err
		}
	}
}

func (r *Registry) failSome(ctx context.Context, endpoint int) (n int, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		var ids []int
		err := db.Query(ctx, tx, func(rows *sql.Rows) error {
			var id int
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, "SELECT id FROM outbound_messages WHERE endpoint_id = $1 AND settled_at IS NULL"+
			" AND EXISTS (SELECT 1 FROM endpoints e WHERE e.id = $1 AND e.disabled_at IS NOT NULL)"+
			" ORDER BY next_at, id LIMIT $2"+tx.Dialect.ForUpdate(), endpoint, pendingBatch)
		if err != nil {
			return fmt.Errorf("look for what waits for an endpoint: %w", err)
		}
		n = len(ids)
		if n == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, "UPDATE outbound_messages SET state = $2, settled_at = $3, next_at = NULL WHERE "+tx.Dialect.Any("id", 1),
			tx.Dialect.Ints(ids), string(rules.OutboundFailed), tx.Now)
		if err != nil {
			return fmt.Errorf("give up what waits for an endpoint: %w", err)
		}
		return nil
	})
	return n, err
}
