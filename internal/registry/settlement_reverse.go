package registry

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// ReverseSettlement asks to give everybody whom a settlement revoked, or one of them, the state from before.
type ReverseSettlement struct {
	Settlement int
	Card       string // of the one; empty for everybody
	Reason     string
}

// OrderReversal orders the reversal of a settlement, which [Registry.ReverseChunk] does and which ends its execution for
// good; ordered twice, it is done once. That of one participant it does itself, and the settlement goes on.
func (r *Registry) OrderReversal(ctx context.Context, v viewer.Viewer, in ReverseSettlement) (*ent.Settlement, error) {
	if err := authorise(v.ReversesSettlement(), "reverse settlements"+viewer.SupervisorsMay); err != nil {
		return nil, err
	}
	if err := checkReason(in.Reason); err != nil {
		return nil, err
	}
	return r.changeSettlement(ctx, in.Settlement, func(tx *db.Tx, s *ent.Settlement) error {
		if _, possible := s.State.After(rules.StepReverse); !possible {
			return outOfOrder(s, "reversed")
		}
		if in.Card != "" {
			return r.reverseOne(ctx, tx, s, v, in)
		}
		if err := r.enqueue(ctx, tx, Job{Kind: JobReverse, ID: s.ID}); err != nil {
			return fmt.Errorf("order the reversal: %w", err)
		}
		if s.ReversalOrderedAt != nil {
			return nil
		}
		err := tx.Client.Settlement.UpdateOne(s).SetReversalOrderedAt(tx.Now).SetReversedBy(v.Subject).SetReversalReason(in.Reason).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record the order: %w", err)
		}
		return r.tellStep(ctx, tx, s, stepReversalOrdered)
	})
}

// Reverse orders the reversal and does it, chunk by chunk, or looks on while a server does it, until it is finished;
// progress, which may be nil, is told meanwhile.
func (r *Registry) Reverse(ctx context.Context, v viewer.Viewer, in ReverseSettlement, progress func(Progress)) (*ent.Settlement, error) {
	s, err := r.OrderReversal(ctx, v, in)
	if err != nil || in.Card != "" {
		return s, err
	}
	return r.finish(ctx, s.ID, inChunks{r.ReverseChunk, lookAtReversal}, progress)
}

// lookAtReversal returns how many of those whom the settlement revoked have the state from before.
func lookAtReversal(ctx context.Context, q db.Execer, id int) (Progress, error) {
	counts, err := countOutcomes(ctx, q, id)
	done := counts[rules.EntryReversed]
	return Progress{Done: done, Of: done + counts[rules.EntryRevoked]}, err
}

// ReverseChunk gives the next participants whom a settlement revoked the exact state from before, in one short
// transaction; what was bought or reported meanwhile counts for them. Several servers may try: one does, and the others are
// told that it is. It returns [NotPossible] when no reversal was ordered.
func (r *Registry) ReverseChunk(ctx context.Context, id int) (Progress, error) {
	var p Progress
	reversed := 0
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		s, free, err := takeSettlement(ctx, tx, id)
		if p.Busy = !free; err != nil || p.Busy {
			return err
		}
		if s.ReversalOrderedAt == nil {
			return notPossible("settlement", "the reversal of settlement %d was not ordered", id)
		}
		if p.Finished = s.State == rules.SettlementReversed; !p.Finished {
			if reversed, err = r.reverseNext(ctx, tx, s); err != nil {
				return err
			}
		}
		if p.Done, err = countEntries(ctx, tx, id, rules.EntryReversed); err != nil {
			return err
		}
		left, err := countEntries(ctx, tx, id, rules.EntryRevoked)
		p.Of = p.Done + left
		return err
	})
	if err != nil {
		return Progress{}, err
	}
	if !p.Finished && !p.Busy && reversed == 0 {
		p.Finished, err = r.finishReversal(ctx, id)
	}
	return p, err
}

// reverseNext reverses the next participants. It locks them before their entries, as the intake does that reinstates
// somebody.
func (r *Registry) reverseNext(ctx context.Context, tx *db.Tx, s *ent.Settlement) (int, error) {
	w, n := newWorkspace(tx, r.settings), newNeed()
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var id int
		err := rows.Scan(&id)
		n.ids[id] = true
		return err
	}, "SELECT id FROM participants WHERE settlement_id = $1 ORDER BY id LIMIT $2"+tx.Dialect.ForUpdate(), s.ID, settlementChunk)
	if err != nil {
		return 0, fmt.Errorf("take the next to be reversed: %w", err)
	}
	if len(n.ids) == 0 {
		return 0, nil
	}
	if err := w.load(ctx, n); err != nil {
		return 0, err
	}
	return len(n.ids), w.reverse(ctx, s, s.ReversedBy, s.ReversalReason)
}

// reverseOne reverses what the settlement did to one participant.
func (r *Registry) reverseOne(ctx context.Context, tx *db.Tx, s *ent.Settlement, v viewer.Viewer, in ReverseSettlement) error {
	w, n := newWorkspace(tx, r.settings), newNeed()
	n.cards[in.Card] = true
	if err := w.load(ctx, n); err != nil {
		return err
	}
	p := w.byCard[in.Card]
	if p == nil || p.settlement != s.ID {
		return notPossible("cardNumber", "settlement %d does not keep the participant with this card revoked: there is nothing to reverse", s.ID)
	}
	if err := w.reverse(ctx, s, v.Subject, in.Reason); err != nil {
		return err
	}
	return r.tellStep(ctx, tx, s, stepOneReversed)
}

// finishReversal ends a reversal when nobody is left. It waits for others who are at work on it, and reports false when
// they left somebody.
func (r *Registry) finishReversal(ctx context.Context, id int) (finished bool, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		s, err := lockSettlement(ctx, tx, id)
		if err != nil {
			return err
		}
		state, possible := s.State.After(rules.StepReverse)
		if !possible {
			finished = s.State == rules.SettlementReversed
			return nil
		}
		var left int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM participants WHERE settlement_id = $1", id).Scan(&left); err != nil {
			return fmt.Errorf("count who is left: %w", err)
		}
		if finished = left == 0; !finished {
			return nil
		}
		update := tx.Client.Settlement.UpdateOne(s).SetState(state).SetReversedAt(tx.Now)
		if s.FinishedAt == nil {
			update.SetFinishedAt(tx.Now)
		}
		if err := update.Exec(ctx); err != nil {
			return fmt.Errorf("record that it is reversed: %w", err)
		}
		return r.tellStep(ctx, tx, s, stepReversed)
	})
	return finished, err
}
