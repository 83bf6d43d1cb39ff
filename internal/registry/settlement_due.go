package registry

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/ent"
	"gelombang/ent/settlement"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// CloseDueSettlements closes the executed settlements for which the time for late evidence is over, and releases the
// places that they kept. It returns how many.
func (r *Registry) CloseDueSettlements(ctx context.Context) (int, error) {
	due, err := r.db.Primary().Settlement.Query().
		Where(settlement.StateEQ(rules.SettlementExecuted), settlement.ClosedAtIsNil(), settlement.ClosesAtLTE(r.Now()), settlement.ReversalOrderedAtIsNil()).
		Order(settlement.ByID()).IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for settlements to close: %w", err)
	}
	closed := 0
	for _, id := range due {
		_, err := r.changeSettlement(ctx, id, func(tx *db.Tx, s *ent.Settlement) error {
			state, possible := s.State.After(rules.StepClose)
			if !possible || s.ReversalOrderedAt != nil {
				return nil // somebody was faster
			}
			if err := tx.Client.Settlement.UpdateOne(s).SetState(state).SetClosedAt(tx.Now).Exec(ctx); err != nil {
				return fmt.Errorf("record that it is closed: %w", err)
			}
			if err := release(ctx, tx, s, 0, ""); err != nil {
				return err
			}
			closed++
			return r.tellStep(ctx, tx, s, stepClosed)
		})
		if err != nil {
			return closed, err
		}
	}
	return closed, nil
}

// DueSettlements returns the executions and reversals that were ordered and are not finished: work for
// [Registry.ExecuteChunk] and [Registry.ReverseChunk], in case that its order was lost.
func (r *Registry) DueSettlements(ctx context.Context) ([]Job, error) {
	var jobs []Job
	err := db.Query(ctx, r.db.Write, func(rows *sql.Rows) error {
		var id int
		var reversal bool
		if err := rows.Scan(&id, &reversal); err != nil {
			return err
		}
		kind := JobExecute
		if reversal {
			kind = JobReverse
		}
		jobs = append(jobs, Job{Kind: kind, ID: id})
		return nil
	}, "SELECT id, reversal_ordered_at IS NOT NULL FROM settlements WHERE (reversal_ordered_at IS NOT NULL AND reversed_at IS NULL)"+
		" OR (finished_at IS NULL AND state = 'APPROVED' AND ordered_at IS NOT NULL AND stopped_at IS NULL) ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("look for settlements to go on with: %w", err)
	}
	return jobs, nil
}
