package registry

import (
	"context"
	"slices"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// Revoke ends memberships that let their deadline pass.
type Revoke struct {
	Participants []int
	EffectiveAt  time.Time
	Reason       string
}

// revokeBatch is how many memberships are ended in one transaction.
const revokeBatch = 1000

// Revoke ends the memberships of those participants who, at that moment, are overdue, and returns how
// many. Whoever has a first purchase, an open review, time left, or is revoked already is passed over:
// the facts are looked at again under lock, because they may have changed since the list was made.
func (r *Registry) Revoke(ctx context.Context, v viewer.Viewer, in Revoke) (int, error) {
	if err := authorise(v.PreparesSettlement(), "end memberships"); err != nil {
		return 0, err
	}
	if err := checkReason(in.Reason); err != nil {
		return 0, err
	}
	if in.EffectiveAt.IsZero() {
		return 0, invalid("effectiveAt", "say from when on the memberships are ended")
	}
	revoked := 0
	for batch := range slices.Chunk(slices.Sorted(slices.Values(in.Participants)), revokeBatch) {
		n := 0
		err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) (err error) {
			n, err = r.revoke(ctx, tx, v, in, batch)
			return err
		})
		if err != nil {
			return revoked, err
		}
		revoked += n
	}
	return revoked, nil
}

func (r *Registry) revoke(ctx context.Context, tx *db.Tx, v viewer.Viewer, in Revoke, ids []int) (int, error) {
	w, n := newWorkspace(tx, r.settings), newNeed()
	for _, id := range ids {
		n.ids[id] = true
	}
	if err := w.load(ctx, n); err != nil {
		return 0, err
	}
	revoked := 0
	for _, id := range ids {
		p := w.participants[id]
		if p == nil || p.membership().Facts.StatusAt(tx.Now) != rules.StatusOverdue {
			continue
		}
		before := p.facts()
		p.revokedAt = db.Instant(in.EffectiveAt)
		p.settleVoids()
		w.reconsider(p, before, occasion{effectiveAt: p.revokedAt, cause: rules.CauseSettlement, actor: v.Subject, reason: in.Reason})
		revoked++
	}
	return revoked, w.persist(ctx, nil)
}

// settleVoids records which voids are known when the membership is revoked: they do not end the revocation,
// as one that is reported later would.
func (p *participant) settleVoids() {
	for _, q := range p.purchases {
		if q.Voided() != q.VoidSettled {
			q.VoidSettled, q.changed = q.Voided(), true
		}
	}
}
