package reads

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// ledgers sums up the quota ledger for each value of the column; for 0 the whole of it.
func (r *Reader) ledgers(ctx context.Context, column string, ids []int) (map[int]*model.Places, error) {
	sums := map[int]*rules.Places{}
	condition, args := "1 = 1", []any{}
	if column == "0" {
		ids = []int{0}
	} else {
		condition, args = r.Dialect.Any(column, 1), []any{r.Dialect.Ints(distinct(ids))}
	}
	for _, id := range ids {
		sums[id] = &rules.Places{}
	}
	err := db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		var id, n int
		var kind rules.PlaceKind
		if err := rows.Scan(&id, &kind, &n); err != nil {
			return err
		}
		switch sum := sums[id]; kind {
		case rules.PlacesFreed:
			sum.Freed = n
		case rules.PlacesRetaken:
			sum.Retaken = n
		case rules.PlacesReleased:
			sum.Released = n
		}
		return nil
	}, "SELECT "+column+", kind, SUM(places) FROM places WHERE "+condition+" GROUP BY 1, 2", args...)
	if err != nil {
		return nil, fmt.Errorf("sum up the places: %w", err)
	}
	found := make(map[int]*model.Places, len(sums))
	for id, sum := range sums {
		found[id] = &model.Places{Freed: sum.Freed, Retaken: sum.Retaken, Released: sum.Released, Reserved: sum.Reserved(), Overdrawn: sum.Overdrawn()}
	}
	return found, nil
}

// ProgrammePlaces sums up the quota ledger of all cohorts; nil unless the viewer may see it.
func (r *Reader) ProgrammePlaces(ctx context.Context) (*model.Places, error) {
	if !r.Viewer.SeesPlaces() {
		return nil, nil //nolint:nilnil // null is the answer
	}
	sums, err := r.ledgers(ctx, "0", nil)
	return sums[0], err
}

func (r *Reader) fillSettlementPlaces(ctx context.Context, sel selection.Selection, rows []*settlementRow) error {
	if !sel.Has("places") {
		return nil
	}
	sums, err := r.ledgers(ctx, "settlement_id", settlementIDs(rows))
	for _, row := range rows {
		row.object.Places = sums[row.object.Row]
	}
	return err
}

func (r *Reader) fillCohortPlaces(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	if !sel.Has("places") || !r.Viewer.SeesPlaces() {
		return nil
	}
	sums, err := r.ledgers(ctx, "cohort_id", numbers)
	for number, c := range byNumber {
		c.Places = sums[number]
	}
	return err
}
