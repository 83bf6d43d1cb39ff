package registry

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// revoke ends the membership of a participant on the list of an approved settlement. This is the only way in which one
// is ended. It returns which voids the revocation took into account, for the entry.
func (w *workspace) revoke(p *participant, s *ent.Settlement) (voids string) {
	before := p.facts()
	p.revokedAt, p.settlement = w.tx.Now, s.ID
	settled := p.settleVoids()
	w.reconsider(p, before, occasion{effectiveAt: w.tx.Now, cause: rules.CauseSettlement, actor: s.OrderedBy, reason: s.Reason, settlement: s.ID})
	return settled
}

// settleVoids records which voids are known when the membership is revoked: they do not end the revocation,
// as one that is reported later would. It returns the ids of those purchases for which it recorded it, with commas
// between them.
func (p *participant) settleVoids() string {
	var ids []string
	for _, q := range p.purchases {
		if q.Voided() && !q.VoidSettled {
			q.VoidSettled, q.changed = true, true
			ids = append(ids, strconv.Itoa(q.id))
		}
	}
	return strings.Join(ids, ",")
}

// reverse gives the participants of the workspace, all of whom the settlement keeps revoked, the state from before, and
// writes everything that the workspace holds. What was recorded since counts for them.
func (w *workspace) reverse(ctx context.Context, s *ent.Settlement, actor, reason string) error {
	voids, err := w.loadVoidsSettled(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("load which voids were settled: %w", err)
	}
	ids := slices.Sorted(maps.Keys(w.participants))
	for _, id := range ids {
		p := w.participants[id]
		before := p.facts()
		p.revokedAt, p.settlement = time.Time{}, 0
		for _, q := range p.purchases {
			if voids[q.id] {
				q.VoidSettled, q.changed = false, true
			}
		}
		w.reconsider(p, before, occasion{effectiveAt: w.tx.Now, cause: rules.CauseSettlement, actor: actor, reason: reason, settlement: s.ID})
		w.ended = append(w.ended, restored{p, s.ID, rules.EntryReversed})
		w.place(s.ID, s.CohortID, p, rules.PlacesRetaken, 1, actor)
	}
	return w.persist(ctx, nil)
}

// loadVoidsSettled returns the purchases, by id, whose voids the revocations took into account.
func (w *workspace) loadVoidsSettled(ctx context.Context, settlement int) (map[int]bool, error) {
	voids := map[int]bool{}
	err := db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		var ids string
		if err := rows.Scan(&ids); err != nil {
			return err
		}
		for text := range strings.SplitSeq(ids, ",") {
			id, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			voids[id] = true
		}
		return nil
	}, "SELECT voids_settled FROM settlement_entries WHERE settlement_id = $1 AND voids_settled <> '' AND "+w.tx.Dialect.Any("participant_id", 2),
		settlement, w.tx.Dialect.Ints(slices.Collect(maps.Keys(w.participants))))
	return voids, err
}

// restored is the end of a revocation, for the list of the settlement that it came from.
type restored struct {
	owner      *participant
	settlement int
	outcome    rules.EntryOutcome
}

// reinstate takes note that evidence, a decision or an extension has ended the participant's revocation. One from before
// there were settlements has neither a list nor a place.
func (w *workspace) reinstate(p *participant, actor string) {
	if p.settlement == 0 {
		return
	}
	w.ended = append(w.ended, restored{p, p.settlement, rules.EntryReinstated})
	w.place(p.settlement, p.cohort, p, rules.PlacesRetaken, 1, actor)
	p.settlement = 0
}

// writeEndings writes on the lists which revocations have ended.
func (w *workspace) writeEndings(ctx context.Context) error {
	type key struct {
		settlement int
		outcome    rules.EntryOutcome
	}
	owners := map[key][]int{}
	for _, e := range w.ended {
		k := key{e.settlement, e.outcome}
		owners[k] = append(owners[k], e.owner.id)
	}
	for k, ids := range owners {
		_, err := w.tx.ExecContext(ctx, "UPDATE settlement_entries SET outcome = $3, decided_at = $4 WHERE settlement_id = $1 AND outcome = 'REVOKED' AND "+
			w.tx.Dialect.Any("participant_id", 2), k.settlement, w.tx.Dialect.Ints(ids), string(k.outcome), w.tx.Now)
		if err != nil {
			return err
		}
	}
	return nil
}

// namedInQuarantine returns the cards of the workspace that deliveries in quarantine name.
func (w *workspace) namedInQuarantine(ctx context.Context) (map[string]bool, error) {
	named := map[string]bool{}
	err := db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		var card string
		err := rows.Scan(&card)
		named[card] = true
		return err
	}, "SELECT DISTINCT card_number FROM deliveries WHERE settled_at IS NULL AND "+w.tx.Dialect.Any("card_number", 1),
		w.tx.Dialect.Texts(slices.Collect(maps.Keys(w.byCard))))
	return named, err
}
