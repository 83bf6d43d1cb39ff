package registry

import (
	"context"
	"fmt"

	"gelombang/internal/rules"
)

// WaitingReminders counts the reminders through the channel that are due and not begun. It asks no viewer: it is for the
// program's own log.
func (r *Registry) WaitingReminders(ctx context.Context, channel rules.ReminderChannel) (int, error) {
	var n int
	err := r.db.Fresh.QueryRowContext(ctx, "SELECT COUNT(*) FROM reminders WHERE channel = $1 AND settled_at IS NULL AND due_at <= $2 AND state = 'PLANNED'", string(channel), r.Now()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the reminders that wait: %w", err)
	}
	return n, nil
}
