package reads

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// page reads a page of the groups, and how many there are if that is asked for: all in one statement, besides those
// for the objects behind the keys. The selection is that of the aggregate.
func (g groups[T]) page(ctx context.Context, r *Reader, sel selection.Selection, first *int, after *string) (*model.Aggregate[T], error) {
	page, err := keyset.NewPage(g.order, keyset.Request{First: first, After: after}, r.Groups)
	if err != nil {
		return nil, err
	}
	aggregate := &model.Aggregate[T]{Rows: []*T{}}
	query, args, counted := g.pageQuery(page, sel)
	if counted {
		ctx = db.Short(ctx)
	}
	var rows []*groupRow
	err = db.Query(ctx, r.Query, func(scan *sql.Rows) error {
		row := &groupRow{}
		var there sql.NullInt64
		if err := scan.Scan(append([]any{&aggregate.TotalGroups, &aggregate.SuppressedGroups, &there}, g.into(row)...)...); err != nil {
			return err
		}
		if there.Valid {
			rows = append(rows, row)
		}
		return nil
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the groups of %s: %w", g.order.Name, err)
	}
	if rows, aggregate.Truncated = keyset.Cut(page, rows); len(rows) == 0 {
		return aggregate, nil
	}
	if err := g.fill(ctx, sel.Sub("rows"), rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		aggregate.Rows = append(aggregate.Rows, g.object(row))
	}
	cursor, err := g.order.Cursor(g.place(rows[len(rows)-1]))
	if err != nil {
		return nil, fmt.Errorf("make a cursor: %w", err)
	}
	aggregate.EndCursor = &cursor
	return aggregate, nil
}

// pageQuery is the statement for a page. It yields the totals, on a row without a group if there is no other: a page
// may be empty though there are groups before it, or suppressed ones.
// It also says whether they are made of counters, which are few.
func (g groups[T]) pageQuery(page keyset.Page, sel selection.Selection) (query string, parameters []any, counted bool) {
	var args keyset.Args
	with, counted := g.with(&args)
	total, suppressed, limit := "0", "0", "0"
	if sel.Has("totalGroups") {
		total = "(SELECT COUNT(*) FROM shown)"
	}
	if g.few != "" && sel.Has("suppressedGroups") {
		suppressed = "(SELECT COUNT(*) FROM g WHERE " + g.few + ")"
	}
	columns := strings.Join(g.columns, ", ")
	rows := "SELECT 1 AS there, " + columns + " FROM " + g.from + clause(page.Where(&args)) + ordered(page.OrderBy())
	if sel.Has("rows", "truncated", "endCursor") {
		limit = args.Add(page.Limit())
	}
	return with + ", page AS (" + rows + " LIMIT " + limit + ") SELECT total, suppressed, there, " + columns +
		" FROM (SELECT " + total + " AS total, " + suppressed + " AS suppressed) AS t LEFT JOIN page ON 1 = 1" + ordered(page.OrderBy()), args, counted
}

// place is the values of the order's terms.
func (g groups[T]) place(row *groupRow) []any {
	values := make([]any, len(g.order.Terms))
	for i, t := range g.order.Terms {
		values[i] = keyValue(row.targets[slices.Index(g.columns, t.Column)])
	}
	return values
}
