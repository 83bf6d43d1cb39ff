package registry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// RetryDelivery tries a delivery of the quarantine again and returns it as it is then: applied, or in
// quarantine for whatever reason there is now.
func (r *Registry) RetryDelivery(ctx context.Context, v viewer.Viewer, id int) (*ent.Delivery, error) {
	if err := authorise(v.ManagesCohorts(), "retry deliveries"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := r.inQuarantine(ctx, id); err != nil {
		return nil, err
	}
	if _, err := r.reapply(ctx, []int{id}, v.Subject); err != nil {
		return nil, err
	}
	return r.delivery(ctx, id)
}

// DismissDelivery takes a delivery out of the quarantine without applying it, by a person's decision.
func (r *Registry) DismissDelivery(ctx context.Context, v viewer.Viewer, id int, reason string) (*ent.Delivery, error) {
	if err := authorise(v.ManagesCohorts(), "dismiss deliveries"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if strings.TrimSpace(reason) == "" {
		return nil, invalid("reason", "say why it is dismissed")
	}
	if err := checkText("reason", reason); err != nil {
		return nil, err
	}
	if err := r.inQuarantine(ctx, id); err != nil {
		return nil, err
	}
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE deliveries SET outcome = $2, problem = CASE WHEN problem = '' THEN CAST($3 AS TEXT) ELSE problem || '; ' || CAST($3 AS TEXT) END, settled_at = $4, settled_by = $5"+
			" WHERE id = $1 AND settled_at IS NULL", id, string(rules.DeliveryDismissed), "dismissed: "+reason, tx.Now, v.Subject)
		if err != nil {
			return fmt.Errorf("dismiss: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return notPossible("delivery", "the delivery has just left the quarantine: look at it again")
	})
	if err != nil {
		return nil, err
	}
	r.log.InfoContext(ctx, "a delivery was dismissed", slog.Int("delivery_id", id), slog.String("by", v.Subject))
	return r.delivery(ctx, id)
}

func (r *Registry) inQuarantine(ctx context.Context, id int) error {
	d, err := r.delivery(ctx, id)
	if err != nil {
		return err
	}
	if d.Outcome != rules.DeliveryQuarantined {
		return notPossible("delivery", "the delivery is not in quarantine")
	}
	return nil
}

// delivery reads from the database that was written to, not from a replica that may lag.
func (r *Registry) delivery(ctx context.Context, id int) (*ent.Delivery, error) {
	out, err := r.db.Primary().Delivery.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, notFound("delivery", "there is no such delivery")
	}
	if err != nil {
		return nil, fmt.Errorf("load the delivery: %w", err)
	}
	return out, nil
}
