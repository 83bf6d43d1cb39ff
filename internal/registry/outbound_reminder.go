package registry

import (
	"context"
	"fmt"

	"gelombang/internal/db"
)

// forgetReminders removes the bodies of the messages that remind a participant, whose personal data they hold. What still
// waits is cancelled when its turn comes.
func forgetReminders(ctx context.Context, tx *db.Tx, participant int) error {
	_, err := tx.ExecContext(ctx, "UPDATE outbound_messages SET body = NULL WHERE body IS NOT NULL AND reminder_id IN"+
		" (SELECT id FROM reminders WHERE participant_id = $1)", participant)
	if err != nil {
		return fmt.Errorf("remove the bodies of reminders: %w", err)
	}
	return nil
}
