package registry

import (
	"context"
	"fmt"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// SettleOnly settles those of the participants who are overdue, and nobody else of their cohort, without waiting for
// evidence: for tests that need one participant revoked at an hour of their choice. The list is one that an officer
// prepared and a supervisor approved; its execution is that of every settlement. It returns how many were revoked.
func (r *Registry) SettleOnly(ctx context.Context, reason string, participants ...int) (int, error) {
	var revoked int
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		overdue, err := overdueOf(ctx, tx, participants)
		if err != nil || len(overdue) == 0 {
			return err
		}
		cohort, through := overdue[0].cohort, overdue[0].deadline
		for _, p := range overdue {
			if p.deadline.After(through) {
				through = p.deadline
			}
		}
		s, err := tx.Client.Settlement.Create().SetCohortID(cohort).SetState(rules.SettlementApproved).SetThrough(through).SetEvidence("{}").
			SetReason(reason).SetPreparedAt(tx.Now).SetPreparedBy("officer-1").SetApprovedAt(tx.Now).SetApprovedBy("supervisor-1").
			SetOrderedAt(tx.Now).SetOrderedBy("officer-1").SetListed(0).SetListSha256("").SetSummary("").SetReserve(0).Save(ctx)
		if err != nil {
			return err
		}
		for _, p := range overdue {
			err := tx.Client.SettlementEntry.Create().SetSettlementID(s.ID).SetParticipantID(p.id).SetDeadline(p.deadline).SetPurchases(len(p.purchases)).
				SetOutcome(rules.EntryListed).Exec(ctx)
			if err != nil {
				return err
			}
		}
		if s, err = describeList(ctx, tx, s.ID, PrepareSettlement{Cohort: cohort}, r.settings); err != nil {
			return err
		}
		for looked := 1; looked > 0; {
			if looked, err = r.executeNext(ctx, tx, s); err != nil {
				return err
			}
		}
		if revoked, err = countEntries(ctx, tx, s.ID, rules.EntryRevoked); err != nil {
			return err
		}
		return tx.Client.Settlement.UpdateOne(s).SetState(rules.SettlementExecuted).SetExecutedAt(tx.Now).SetFinishedAt(tx.Now).
			SetClosesAt(through.Add(r.settings.LagLimit)).Exec(ctx)
	})
	if err != nil {
		return 0, fmt.Errorf("settle: %w", err)
	}
	return revoked, nil
}

func overdueOf(ctx context.Context, tx *db.Tx, participants []int) ([]*participant, error) {
	w, n := newWorkspace(tx, rules.DefaultSettings()), newNeed()
	for _, id := range participants {
		n.ids[id] = true
	}
	if err := w.load(ctx, n); err != nil {
		return nil, err
	}
	var overdue []*participant
	for _, id := range participants {
		p := w.participants[id]
		if p != nil && p.membership().Facts.StatusAt(tx.Now) == rules.StatusOverdue {
			overdue = append(overdue, p)
			delete(w.participants, id) // named twice, it is on the list once
		}
	}
	return overdue, nil
}
