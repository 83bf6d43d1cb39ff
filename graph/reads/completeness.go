package reads

import (
	"context"
	"math"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

type completenessRow struct {
	object            model.CompletenessStatement
	count             int64
	through, received db.Time
}

// MaxStatements is how many statements of completeness of a platform are listed: those that reach furthest. A
// platform makes one a day or so, for ever.
const MaxStatements = 20

// completeness says how statements of completeness are read. Nothing is behind them.
func (r *Reader) completeness() entity[completenessRow, model.CompletenessStatement] {
	return entity[completenessRow, model.CompletenessStatement]{
		types:   []string{"CompletenessStatement"},
		from:    "statements st",
		columns: []string{"st.count", "st.amount", "st.through", "st.received_at"},
		into: func(row *completenessRow) []any {
			return []any{&row.count, &row.object.Amount, &row.through, &row.received}
		},
		object: func(row *completenessRow) *model.CompletenessStatement {
			row.object.Through, row.object.ReceivedAt = row.through.Time, row.received.Time
			row.object.Count = int(min(row.count, math.MaxInt32)) // GraphQL's Int; the contract lets counts be larger
			return &row.object
		},
	}
}

var completenessOrder = keyset.Order{Name: "statements", Terms: []keyset.Term{
	{Column: "st.through", Kind: keyset.Instant, Desc: true}, // unique for a platform
}}

// seesStatements reports whether the viewer may see what the platform stated: whoever may see the deliveries
// that it came in.
func (r *Reader) seesStatements(platform string) bool {
	return r.Viewer.SeesAllDeliveries() || (platform != "" && r.Viewer.OwnPlatform() == platform)
}

// fillStatements reads the latest statements of all the platforms at once.
func (r *Reader) fillStatements(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	if !sel.Has("statements") {
		return nil
	}
	var ids []int
	for _, row := range rows {
		if r.seesStatements(row.object.Code) {
			row.object.Statements = []*model.CompletenessStatement{}
			ids = append(ids, row.object.Row)
		}
	}
	page, err := keyset.NewPage(completenessOrder, keyset.Request{}, keyset.Sizes{Default: MaxStatements, Largest: MaxStatements})
	if err != nil {
		return err
	}
	l := list[completenessRow, model.CompletenessStatement]{
		entity: r.completeness(), page: page, want: want{rows: true}, parent: "st.platform_id", parents: ids,
	}
	found, err := l.load(ctx, r)
	if err != nil {
		return err
	}
	for _, row := range rows {
		stated, seen := found[row.object.Row]
		if !seen {
			continue
		}
		for _, p := range stated.placed {
			row.object.Statements = append(row.object.Statements, l.object(p.row))
		}
	}
	return nil
}
