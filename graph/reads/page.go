package reads

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// list is which page of which rows a connection asks for.
type list[R, T any] struct {
	entity[R, T]
	where where
	page  keyset.Page
	want  want
	// parent is the column that names the parent of a row, and parents are those whose rows are asked
	// for, each with a page of its own. A list of a root has neither.
	parent  string
	parents []int
	// cubes are counters of the rows, the smallest first.
	cubes []*counted
	// few says that a parent has a handful of rows at most, which are found by its key.
	few bool
}

// want is what of a connection is asked for.
type want struct {
	rows, total, previous, next, cursors bool
}

func wanted(sel selection.Selection) want {
	info := sel.Sub("pageInfo", "PageInfo")
	w := want{
		total:    sel.Has("totalCount"),
		previous: info.Has("hasPreviousPage"),
		next:     info.Has("hasNextPage"),
		cursors:  sel.Sub("edges").Has("cursor") || info.Has("startCursor", "endCursor"),
	}
	w.rows = sel.Has("edges", "nodes") || w.cursors || w.previous || w.next
	return w
}

// placed is a row with the values that make its cursor.
type placed[R any] struct {
	row    *R
	values []any
}

// loaded is the page of one parent, or of the root.
type loaded[R any] struct {
	placed []placed[R]
	more   bool // beyond the page, in the direction of loading
	start  bool // there are rows before the cursor `after`
	end    bool // there are rows after the cursor `before`
	total  int
}

// root is the parent of a root's list.
const root = 0

// load reads the pages: one statement for the rows of all parents, and one for each of the total and the
// two ends, where they are asked for and cannot be told from the rows.
func (l list[R, T]) load(ctx context.Context, r *Reader) (map[int]*loaded[R], error) {
	pages := map[int]*loaded[R]{}
	if l.parent == "" {
		l.parents = []int{root}
	}
	for _, p := range l.parents {
		pages[p] = &loaded[R]{}
	}
	steps := []struct {
		wanted bool
		run    func(context.Context, *Reader, map[int]*loaded[R]) error
	}{
		{l.want.rows, l.loadRows},
		{l.want.total, l.count},
		{l.want.previous, l.probe(l.page.BeyondStart, func(p *loaded[R]) { p.start = true })},
		{l.want.next, l.probe(l.page.BeyondEnd, func(p *loaded[R]) { p.end = true })},
	}
	for _, s := range steps {
		if !s.wanted || len(l.parents) == 0 {
			continue
		}
		if err := s.run(ctx, r, pages); err != nil {
			return nil, fmt.Errorf("list %s: %w", l.from, err)
		}
	}
	return pages, nil
}

func (l list[R, T]) loadRows(ctx context.Context, r *Reader, pages map[int]*loaded[R]) error {
	query, args := l.rowsQuery(r.Dialect)
	if l.few {
		ctx = db.Short(ctx)
	}
	rows := map[int][]placed[R]{}
	err := db.Query(ctx, r.Query, func(scan *sql.Rows) error {
		parent, p := root, placed[R]{row: new(R)}
		targets, values := keyTargets(l.page.Order().Terms)
		if err := scan.Scan(append(append([]any{&parent}, l.into(p.row)...), targets...)...); err != nil {
			return err
		}
		p.values = values()
		rows[parent] = append(rows[parent], p)
		return nil
	}, query, args...)
	if err != nil {
		return err
	}
	for parent, found := range rows {
		if page, asked := pages[parent]; asked {
			page.placed, page.more = keyset.Cut(l.page, found)
		}
	}
	return nil
}

// rowsQuery is the statement for the rows: the parent, the columns, the values of the order.
func (l list[R, T]) rowsQuery(d db.Dialect) (string, []any) {
	switch {
	case len(l.parents) == 1:
		return l.rowsOfOne(d)
	case d == db.Postgres:
		return l.rowsByLateral(d)
	default:
		return l.rowsByNumber(d)
	}
}

// selected is what the statement for the rows selects.
func (l list[R, T]) selected() []string {
	columns := append([]string{l.parentColumn()}, l.columns...)
	for _, t := range l.page.Order().Terms {
		columns = append(columns, t.Column)
	}
	return columns
}

// named gives each column a name to select it by from a subquery.
func named(columns []string) (definitions, names string) {
	defined, called := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		called[i] = "c" + strconv.Itoa(i)
		defined[i] = c + " AS " + called[i]
	}
	return strings.Join(defined, ", "), strings.Join(called, ", ")
}

func (l list[R, T]) rowsOfOne(d db.Dialect) (string, []any) {
	var args keyset.Args
	conditions := append(and(l.ofParents(d), l.where)(&args), l.page.Where(&args)...)
	return "SELECT " + strings.Join(l.selected(), ", ") + " FROM " + l.from + clause(conditions) +
		" ORDER BY " + l.page.OrderBy() + " LIMIT " + args.Add(l.page.Limit()), args
}

// rowsByNumber numbers the rows of each parent, and ends its page by the number.
func (l list[R, T]) rowsByNumber(d db.Dialect) (string, []any) {
	var args keyset.Args
	conditions := append(and(l.ofParents(d), l.where)(&args), l.page.Where(&args)...)
	definitions, names := named(l.selected())
	return "SELECT " + names + " FROM (SELECT " + definitions +
		", ROW_NUMBER() OVER (PARTITION BY " + l.parent + " ORDER BY " + l.page.OrderBy() + ") AS place FROM " + l.from + clause(conditions) +
		") AS ranked WHERE place <= " + args.Add(l.page.Limit()) + " ORDER BY c0, place", args
}

// rowsByLateral reads the page of one parent after the other. Unlike numbering, it stops at the end of each
// page: a cohort has hundreds of thousands of participants.
func (l list[R, T]) rowsByLateral(d db.Dialect) (string, []any) {
	var args keyset.Args
	parents := args.Add(d.Ints(l.parents))
	ofParent := literal(l.parent + " = parent.id")
	conditions := append(and(ofParent, l.where)(&args), l.page.Where(&args)...)
	definitions, names := named(l.selected())
	return "SELECT " + names + " FROM UNNEST(CAST(" + parents + " AS bigint[])) AS parent (id) CROSS JOIN LATERAL (SELECT " + definitions +
		", ROW_NUMBER() OVER (ORDER BY " + l.page.OrderBy() + ") AS place FROM " + l.from + clause(conditions) +
		" ORDER BY " + l.page.OrderBy() + " LIMIT " + args.Add(l.page.Limit()) + ") AS page ORDER BY c0, place", args
}

func (l list[R, T]) parentColumn() string {
	if l.parent == "" {
		return strconv.Itoa(root)
	}
	return l.parent
}

func (l list[R, T]) ofParents(d db.Dialect) where {
	switch {
	case l.parent == "":
		return nil
	case len(l.parents) == 1:
		return equals(l.parent, l.parents[0])
	default:
		return anyInt(d, l.parent, l.parents)
	}
}

func (l list[R, T]) count(ctx context.Context, r *Reader, pages map[int]*loaded[R]) error {
	var args keyset.Args
	conditions := and(l.ofParents(r.Dialect), l.where)(&args)
	from, parent, number := l.from, l.parentColumn(), "COUNT(*)"
	if cube, said := covering(r.Dialect, l.cubes, append([]string{parent}, conditions...), args); cube != nil {
		from, parent, conditions, number = cube.tables(), said[0], said[1:], wholeSum("k.n")
		ctx = db.Short(ctx)
	}
	query := "SELECT " + parent + ", " + number + " FROM " + from + clause(conditions)
	if l.parent != "" {
		query += " GROUP BY " + parent
	}
	return db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		var parent, total int
		if err := rows.Scan(&parent, &total); err != nil {
			return err
		}
		if page, asked := pages[parent]; asked {
			page.total = total
		}
		return nil
	}, query, args...)
}

// probe returns a step that finds out for which parents there are rows beyond a cursor.
func (l list[R, T]) probe(beyond func(*keyset.Args) string, mark func(*loaded[R])) func(context.Context, *Reader, map[int]*loaded[R]) error {
	return func(ctx context.Context, r *Reader, pages map[int]*loaded[R]) error {
		var args keyset.Args
		conditions := and(l.ofParents(r.Dialect), l.where)(&args)
		condition := beyond(&args)
		if condition == "" {
			return nil
		}
		query := "SELECT DISTINCT " + l.parentColumn() + " FROM " + l.from + clause(append(conditions, condition))
		if len(l.parents) == 1 {
			query = "SELECT " + l.parentColumn() + " FROM " + l.from + clause(append(conditions, condition)) + " LIMIT 1"
		}
		return db.Query(ctx, r.Query, func(rows *sql.Rows) error {
			var parent int
			if err := rows.Scan(&parent); err != nil {
				return err
			}
			if page, asked := pages[parent]; asked {
				mark(page)
			}
			return nil
		}, query, args...)
	}
}

// keyTargets returns where to scan the values of an order's terms, and what reads them afterwards.
func keyTargets(terms []keyset.Term) (targets []any, values func() []any) {
	targets = make([]any, len(terms))
	for i, t := range terms {
		switch t.Kind {
		case keyset.Integer:
			targets[i] = new(sql.NullInt64)
		case keyset.Text:
			targets[i] = new(sql.NullString)
		case keyset.Instant:
			targets[i] = new(db.Time)
		case keyset.Float:
			targets[i] = new(sql.NullFloat64)
		}
	}
	return targets, func() []any {
		values := make([]any, len(targets))
		for i, target := range targets {
			values[i] = keyValue(target)
		}
		return values
	}
}

func keyValue(target any) any {
	switch v := target.(type) {
	case *sql.NullInt64:
		if v.Valid {
			return v.Int64
		}
	case *sql.NullString:
		if v.Valid {
			return v.String
		}
	case *sql.NullFloat64:
		if v.Valid {
			return v.Float64
		}
	case *db.Time:
		if !v.IsZero() {
			return v.Time
		}
	}
	return nil
}

// pages reads the pages of the list and fills their rows with what the selection of the connection asks for.
func pages[R, T any](ctx context.Context, r *Reader, l list[R, T], sel selection.Selection) (map[int]*model.Connection[*T], error) {
	l.want = wanted(sel)
	loaded, err := l.load(ctx, r)
	if err != nil {
		return nil, err
	}
	var rows []*R
	for _, page := range loaded {
		for _, p := range page.placed {
			rows = append(rows, p.row)
		}
	}
	if len(rows) > 0 {
		nodes := sel.Sub("nodes", l.types...).And(sel.Sub("edges").Sub("node", l.types...))
		if err := l.fill(ctx, nodes, rows); err != nil {
			return nil, err
		}
	}
	connections := make(map[int]*model.Connection[*T], len(loaded))
	for parent, page := range loaded {
		if connections[parent], err = l.connection(page); err != nil {
			return nil, err
		}
	}
	return connections, nil
}

// connection makes the connection of one page.
func (l list[R, T]) connection(page *loaded[R]) (*model.Connection[*T], error) {
	c := &model.Connection[*T]{
		Edges: make([]*model.Edge[*T], 0, len(page.placed)),
		Nodes: make([]*T, 0, len(page.placed)),
		PageInfo: &model.PageInfo{
			HasNextPage:     page.end || (page.more && !l.page.Backwards()),
			HasPreviousPage: page.start || (page.more && l.page.Backwards()),
		},
	}
	if l.want.total {
		c.TotalCount = &page.total
	}
	for _, p := range page.placed {
		edge := &model.Edge[*T]{Node: l.object(p.row)}
		if l.want.cursors {
			var err error
			if edge.Cursor, err = l.page.Order().Cursor(p.values); err != nil {
				return nil, fmt.Errorf("make a cursor: %w", err)
			}
		}
		c.Edges, c.Nodes = append(c.Edges, edge), append(c.Nodes, edge.Node)
	}
	if n := len(c.Edges); n > 0 && l.want.cursors {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c, nil
}
