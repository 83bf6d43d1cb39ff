package registry

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// settlementChunk is how many participants are looked at in one transaction: their rows are locked meanwhile, and what
// platforms report of them waits.
const settlementChunk = 250

// OrderExecution orders an approved settlement to be executed, or to go on after a stop: see [Registry.ExecuteChunk].
// Ordered twice, it is executed once.
func (r *Registry) OrderExecution(ctx context.Context, v viewer.Viewer, id int) (*ent.Settlement, error) {
	if err := authorise(v.PreparesSettlement() && v.Subject != "", "execute settlements"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	return r.changeSettlement(ctx, id, func(tx *db.Tx, s *ent.Settlement) error {
		if s.State != rules.SettlementApproved || s.ReversalOrderedAt != nil {
			return outOfOrder(s, "executed")
		}
		if err := r.sameRules(s); err != nil {
			return err
		}
		if err := r.enqueue(ctx, tx, Job{Kind: JobExecute, ID: s.ID}); err != nil {
			return fmt.Errorf("order the execution: %w", err)
		}
		if s.OrderedAt != nil && s.StoppedAt == nil {
			return nil
		}
		err := tx.Client.Settlement.UpdateOne(s).SetOrderedAt(tx.Now).SetOrderedBy(v.Subject).ClearStoppedAt().SetStoppedBy("").Exec(ctx)
		if err != nil {
			return fmt.Errorf("record the order: %w", err)
		}
		return r.tellStep(ctx, tx, s, stepOrdered)
	})
}

// StopExecution stops an execution after the chunk that is being done. What is done stays done, and
// [Registry.OrderExecution] lets it go on.
func (r *Registry) StopExecution(ctx context.Context, v viewer.Viewer, id int) (*ent.Settlement, error) {
	if err := authorise(v.PreparesSettlement() && v.Subject != "", "stop settlements"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	return r.changeSettlement(ctx, id, func(tx *db.Tx, s *ent.Settlement) error {
		switch {
		case s.State != rules.SettlementApproved || s.ReversalOrderedAt != nil:
			return outOfOrder(s, "stopped")
		case s.OrderedAt == nil:
			return notPossible("settlement", "the execution of settlement %d was not ordered: there is nothing to stop", s.ID)
		case s.StoppedAt != nil:
			return nil
		}
		if err := tx.Client.Settlement.UpdateOne(s).SetStoppedAt(tx.Now).SetStoppedBy(v.Subject).Exec(ctx); err != nil {
			return fmt.Errorf("record the stop: %w", err)
		}
		return r.tellStep(ctx, tx, s, stepStopped)
	})
}

// Execute orders the execution and does it, chunk by chunk, or looks on while a server does it, until it is finished;
// progress, which may be nil, is told meanwhile.
func (r *Registry) Execute(ctx context.Context, v viewer.Viewer, id int, progress func(Progress)) (*ent.Settlement, error) {
	if _, err := r.OrderExecution(ctx, v, id); err != nil {
		return nil, err
	}
	return r.finish(ctx, id, inChunks{r.ExecuteChunk, lookAtExecution}, progress)
}

// lookAtExecution returns how many of the list have been decided about.
func lookAtExecution(ctx context.Context, q db.Execer, id int) (Progress, error) {
	counts, err := countOutcomes(ctx, q, id)
	if err != nil {
		return Progress{}, err
	}
	var p Progress
	for outcome, n := range counts {
		p.Of += n
		if outcome != rules.EntryListed {
			p.Done += n
		}
	}
	return p, nil
}

// ExecuteChunk looks again at the next participants on the list of a settlement whose execution was ordered, and revokes
// them or passes them over, in one short transaction; nobody is asked for leave, for the order was. Several servers may
// try: one does, and the others are told that it is. What is committed when a server dies is not done again.
//
// It returns [NotPossible] and does nothing when the execution is stopped, when the list was made with other rules than
// those in force here, or when evidence is awaited again: an outage was declared, or a later deadline is being given.
func (r *Registry) ExecuteChunk(ctx context.Context, id int) (Progress, error) {
	var p Progress
	looked := 0
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		s, free, err := takeSettlement(ctx, tx, id)
		if p.Busy = !free; err != nil || p.Busy {
			return err
		}
		if p.Finished, err = r.mayExecute(ctx, tx, s); err != nil || p.Finished {
			p.Done, p.Of = s.Listed, s.Listed
			return err
		}
		if looked, err = r.executeNext(ctx, tx, s); err != nil {
			return err
		}
		left, err := countEntries(ctx, tx, id, rules.EntryListed)
		p.Done, p.Of = s.Listed-left, s.Listed
		return err
	})
	if err != nil {
		return Progress{}, err
	}
	if !p.Finished && !p.Busy && looked == 0 {
		p.Finished, err = r.finishExecution(ctx, id)
	}
	return p, err
}

// mayExecute reports whether the execution is over already. It returns an error when it may not go on.
func (r *Registry) mayExecute(ctx context.Context, tx *db.Tx, s *ent.Settlement) (over bool, err error) {
	switch {
	case s.ReversalOrderedAt != nil:
		return false, outOfOrder(s, "executed")
	case s.State == rules.SettlementExecuted || s.State == rules.SettlementClosed:
		return true, nil
	case s.State != rules.SettlementApproved:
		return false, outOfOrder(s, "executed")
	case s.OrderedAt == nil:
		return false, notPossible("settlement", "the execution of settlement %d was not ordered", s.ID)
	case s.StoppedAt != nil:
		return false, notPossible("settlement", "the execution of settlement %d is stopped: order it again to let it go on", s.ID)
	}
	if err := r.sameRules(s); err != nil {
		r.log.WarnContext(ctx, "an execution does not go on here", slog.Int("settlement", s.ID), db.LogError(err)) // who ordered it may not be told otherwise
		return false, err
	}
	e, err := within(tx).evidence(ctx, tx.Now, []int{s.CohortID})
	if err != nil {
		return false, err
	}
	closing := e.closing(s.CohortID, s.Through)
	closing.Quarantined = 0 // whoever is named there is passed over
	if waits := closing.Awaits(tx.Now, r.settings); len(waits) > 0 {
		return false, awaited("settlement", waits)
	}
	return false, nil
}

// entry is a participant on a list.
type entry struct {
	id          int
	participant int
	deadline    db.Time // exclusive
	purchases   int     // that were known when the list was made
	verdict
}

// verdict is what became of a participant on a list.
type verdict struct {
	outcome    rules.EntryOutcome
	passedOver rules.PassedOver // empty unless passed over
	voids      string           // that the revocation took into account, see [workspace.revoke]
}

// executeNext takes the next entries of the list, locks them and their participants, and decides about each. It returns
// how many; zero when nobody is left, or when others are at work on all who are.
func (r *Registry) executeNext(ctx context.Context, tx *db.Tx, s *ent.Settlement) (int, error) {
	entries, err := nextEntries(ctx, tx, s.ID)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	w, n := newWorkspace(tx, r.settings), newNeed()
	for _, e := range entries {
		n.ids[e.participant] = true
	}
	if err := w.load(ctx, n); err != nil {
		return 0, err
	}
	quarantined, err := w.namedInQuarantine(ctx)
	if err != nil {
		return 0, fmt.Errorf("look into the quarantine: %w", err)
	}
	revoked := 0
	for _, e := range entries {
		p := w.participants[e.participant]
		listed := rules.Listed{
			Facts: p.membership().Facts, Deadline: e.deadline.Time, Known: e.purchases, Purchases: len(p.purchases), Quarantined: quarantined[p.card],
		}
		if ground, stays := listed.MustStay(tx.Now); stays {
			e.outcome, e.passedOver = rules.EntryPassedOver, ground
			continue
		}
		e.outcome, e.voids = rules.EntryRevoked, w.revoke(p, s)
		revoked++
	}
	w.free(s, revoked)
	if err := w.persist(ctx, nil); err != nil {
		return 0, err
	}
	return len(entries), writeOutcomes(ctx, tx, entries)
}

// nextEntries locks the next entries of the list that nobody else is at work on.
func nextEntries(ctx context.Context, tx *db.Tx, settlement int) ([]*entry, error) {
	lock := ""
	if tx.Dialect == db.Postgres {
		lock = tx.Dialect.ForUpdate() + " SKIP LOCKED"
	}
	var entries []*entry
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		e := &entry{}
		entries = append(entries, e)
		return rows.Scan(&e.id, &e.participant, &e.deadline, &e.purchases)
	}, "SELECT id, participant_id, deadline, purchases FROM settlement_entries WHERE settlement_id = $1 AND outcome = 'LISTED' ORDER BY participant_id LIMIT $2"+lock,
		settlement, settlementChunk)
	if err != nil {
		return nil, fmt.Errorf("take the next of the list: %w", err)
	}
	return entries, nil
}

// writeOutcomes writes what became of the entries: one statement for all of whom the same is to be said.
func writeOutcomes(ctx context.Context, tx *db.Tx, entries []*entry) error {
	ids := map[verdict][]int{}
	for _, e := range entries {
		ids[e.verdict] = append(ids[e.verdict], e.id)
	}
	for v, these := range ids {
		_, err := tx.ExecContext(ctx, "UPDATE settlement_entries SET outcome = $2, passed_over = $3, decided_at = $4, voids_settled = $5 WHERE "+tx.Dialect.Any("id", 1),
			tx.Dialect.Ints(these), string(v.outcome), nullText(string(v.passedOver)), tx.Now, v.voids)
		if err != nil {
			return fmt.Errorf("write what became of the entries: %w", err)
		}
	}
	return nil
}

// finishExecution ends an execution of which nobody is left. It waits for others who are at work on it, and reports
// false when they left somebody.
func (r *Registry) finishExecution(ctx context.Context, id int) (finished bool, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		s, err := lockSettlement(ctx, tx, id)
		if err != nil {
			return err
		}
		state, possible := s.State.After(rules.StepExecute)
		if !possible || s.StoppedAt != nil || s.ReversalOrderedAt != nil {
			finished = s.State == rules.SettlementExecuted || s.State == rules.SettlementClosed
			return nil // somebody else ended it, or keeps it from ending: the next chunk says so
		}
		left, err := countEntries(ctx, tx, id, rules.EntryListed)
		if finished = err == nil && left == 0; !finished {
			return err
		}
		closes := tx.Now
		if s.Through.After(closes) {
			closes = s.Through
		}
		closes = closes.Add(r.settings.LagLimit)
		err = tx.Client.Settlement.UpdateOne(s).SetState(state).SetExecutedAt(tx.Now).SetFinishedAt(tx.Now).SetClosesAt(closes).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record that it is executed: %w", err)
		}
		if err := release(ctx, tx, s, s.Reserve, s.OrderedBy); err != nil {
			return err
		}
		return r.tellStep(ctx, tx, s, stepExecuted)
	})
	return finished, err
}
