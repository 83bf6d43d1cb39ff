package registry

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// Places sums up the quota ledger of a cohort, or, for 0, of the programme.
func (r *Registry) Places(ctx context.Context, number int) (rules.Places, error) {
	return sumPlaces(ctx, r.db.Fresh, "($1 = 0 OR cohort_id = $1)", number)
}

func sumPlaces(ctx context.Context, q db.Execer, condition string, arg int) (rules.Places, error) {
	var sum rules.Places
	err := db.Query(ctx, q, func(rows *sql.Rows) error {
		var kind rules.PlaceKind
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return err
		}
		switch kind {
		case rules.PlacesFreed:
			sum.Freed = n
		case rules.PlacesRetaken:
			sum.Retaken = n
		case rules.PlacesReleased:
			sum.Released = n
		}
		return nil
	}, "SELECT kind, SUM(places) FROM places WHERE "+condition+" GROUP BY kind", arg)
	if err != nil {
		return rules.Places{}, fmt.Errorf("sum up the places: %w", err)
	}
	return sum, nil
}

// release gives the settlement's places to later cohorts, less those that are kept.
func release(ctx context.Context, tx *db.Tx, s *ent.Settlement, reserve int, actor string) error {
	sum, err := sumPlaces(ctx, tx, "settlement_id = $1", s.ID)
	if err != nil {
		return err
	}
	w := workspace{tx: tx}
	w.place(s.ID, s.CohortID, nil, rules.PlacesReleased, sum.Releasable(reserve), actor)
	return w.writePlaces(ctx)
}

// placeEntry is one entry of the quota ledger.
type placeEntry struct {
	settlement, cohort int
	participant        *participant // who took it back, where it is one
	kind               rules.PlaceKind
	places             int
	actor              string // empty when a delivery or the time did it
}

// place adds an entry to the ledger; none for no places.
func (w *workspace) place(settlement, cohort int, p *participant, kind rules.PlaceKind, places int, actor string) {
	if places > 0 {
		w.places = append(w.places, placeEntry{settlement, cohort, p, kind, places, actor})
	}
}

// free enters the places of those whom the settlement has just revoked.
func (w *workspace) free(s *ent.Settlement, revoked int) {
	w.place(s.ID, s.CohortID, nil, rules.PlacesFreed, revoked, s.OrderedBy)
}

func (w *workspace) writePlaces(ctx context.Context) error {
	rows := make([][]any, len(w.places))
	for i, p := range w.places {
		var who sql.NullInt64
		if p.participant != nil {
			who = sql.NullInt64{Int64: int64(p.participant.id), Valid: true}
		}
		rows[i] = []any{p.settlement, p.cohort, who, string(p.kind), p.places, w.tx.Now, p.actor}
	}
	return db.Bulk{Table: "places", Columns: []string{"settlement_id", "cohort_id", "participant_id", "kind", "places", "recorded_at", "actor"}, Rows: rows}.
		Insert(ctx, w.tx, nil)
}
