package registry

import (
	"context"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// Tell is tell, for tests from outside of the package.
func (r *Registry) Tell(ctx context.Context, tx *db.Tx, e rules.OutboundEvent, data any) error {
	return r.tell(ctx, tx, e, data)
}

// TellReminder is tellReminder, for tests from outside of the package.
func (r *Registry) TellReminder(ctx context.Context, tx *db.Tx, reminder int, data any, expiresAt time.Time) (bool, error) {
	return r.tellReminder(ctx, tx, reminder, data, expiresAt)
}

// ForgetReminders is forgetReminders, for tests from outside of the package.
func ForgetReminders(ctx context.Context, tx *db.Tx, participant int) error {
	return forgetReminders(ctx, tx, participant)
}

// Step is data of an event that names its step.
type Step string

func (s Step) step() string { return string(s) }

// MaxSends is how many attempts are made.
const MaxSends = maxSends
