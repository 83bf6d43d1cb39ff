package reads

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// aggregation says how one kind of thing is grouped and measured: F is the filter, H what the groups must meet and T
// the object of a group.
type aggregation[F, H, T any] struct {
	name string // in the cursors
	// source is the tables, joined to-one, of which each row is one of the things.
	source func(args *keyset.Args) string
	// scope is what of it the viewer may see.
	scope  where
	filter func(*F) (where, error)
	// keys and measures are by the values of the enums that groups are made and ordered by.
	keys     map[string]groupKey
	measures map[string]measure
	// cubes are counters of the same things, the smallest first. None where the things are not those of the present.
	cubes []*counted
	// people is the measure that counts the participants of a group.
	people string
	having func(*H) []limit
	// refused says why the viewer may not be told of one of the measures; nil for none. Optional.
	refused func(measures []string) error
	object  func(*groupRow) *T
}

// grouping is what an aggregate asks for: nothing is computed that nobody asks for. The keys and measures are columns
// k0, k1, … and m0, m1, … of the groups.
type grouping struct {
	dialect      db.Dialect
	source       func(args *keyset.Args) string
	cubes        []*counted
	where        where
	keyNames     []string // without repetitions, in the order of groupBy
	keys         []groupKey
	measureNames []string // in the order of the alphabet, so that the texts of statements stay few
	measures     []measure
	limits       where  // of the groups' columns
	few          string // the condition that a group is too small to be shown; empty for none
}

// groups are the rows of an aggregate, which are groups of other rows. They are read like other objects, from a
// common table expression.
type groups[T any] struct {
	entity[groupRow, T]
	with  func(args *keyset.Args) (statement string, counted bool)
	order keyset.Order
	few   string
}

// ordered is the ORDER BY clause; empty for no order.
func ordered(by string) string {
	if by == "" {
		return ""
	}
	return " ORDER BY " + by
}

// plan checks the arguments and plans the groups. The selection is that of the rows.
func (a aggregation[F, H, T]) plan(r *Reader, rows selection.Selection, args AggregateArgs[F, H]) (groups[T], error) {
	g, err := a.grouping(r, rows, args)
	if err != nil {
		return groups[T]{}, err
	}
	order, err := a.order(g, args.OrderBy)
	if err != nil {
		return groups[T]{}, err
	}
	columns := numbered("k", len(g.keys))
	columns = append(columns, numbered("m", len(g.measures))...)
	return groups[T]{
		entity: entity[groupRow, T]{
			from:    "shown",
			columns: columns,
			into:    g.into(),
			fill:    g.fill,
			object:  a.object,
		},
		with:  g.with,
		order: order,
		few:   g.few,
	}, nil
}

func (a aggregation[F, H, T]) grouping(r *Reader, rows selection.Selection, args AggregateArgs[F, H]) (grouping, error) {
	chosen, err := a.filter(args.Filter)
	if err != nil {
		return grouping{}, err
	}
	g := grouping{dialect: r.Dialect, source: a.source, cubes: a.cubes, where: and(a.scope, chosen)}
	for _, name := range args.GroupBy {
		if !slices.Contains(g.keyNames, name) {
			g.keyNames, g.keys = append(g.keyNames, name), append(g.keys, a.keys[name])
		}
	}
	var limits []limit
	if args.Having != nil {
		limits = slices.DeleteFunc(a.having(args.Having), func(l limit) bool { return l.condition == nil })
	}
	hidden := r.hidesSmallGroups()
	g.measureNames = a.needed(rows, args.OrderBy, limits, hidden)
	if a.refused != nil {
		if err := a.refused(g.measureNames); err != nil {
			return grouping{}, err
		}
	}
	for _, name := range g.measureNames {
		g.measures = append(g.measures, a.measures[name])
	}
	if hidden {
		g.few = g.column(a.people) + " < " + strconv.Itoa(r.SmallestGroup)
		g.limits = literal(g.column(a.people) + " >= " + strconv.Itoa(r.SmallestGroup))
	}
	for _, l := range limits {
		within, err := l.condition(g.column(l.measure))
		if err != nil {
			return grouping{}, err
		}
		g.limits = and(g.limits, within)
	}
	return g, nil
}

// hidesSmallGroups reports whether groups of few participants are kept from the viewer.
func (r *Reader) hidesSmallGroups() bool {
	return r.SmallestGroup > 0 && r.Viewer.Role == viewer.Analyst
}

// needed returns the names of the measures that are shown, ordered by or limited. The rows are always counted: without
// a measure there would be no group where there are no keys.
func (a aggregation[F, H, T]) needed(rows selection.Selection, by []*model.Order, limits []limit, hidden bool) []string {
	names := map[string]bool{"COUNT": true}
	for name, m := range a.measures {
		for _, field := range m.fields {
			if (m.part == "" && rows.Has(field)) || (m.part != "" && rows.Sub(field).Has(m.part)) {
				names[name] = true
			}
		}
	}
	for _, b := range by {
		if _, is := a.measures[b.Field]; is {
			names[b.Field] = true
		}
	}
	for _, l := range limits {
		names[l.measure] = true
	}
	if hidden {
		names[a.people] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// column is the column of the key or measure; empty for what the groups do not have.
func (g grouping) column(name string) string {
	if i := slices.Index(g.keyNames, name); i >= 0 {
		return "k" + strconv.Itoa(i)
	}
	if i := slices.Index(g.measureNames, name); i >= 0 {
		return "m" + strconv.Itoa(i)
	}
	return ""
}

// order is a total order of the groups: what is asked for, and then the keys in turn.
func (a aggregation[F, H, T]) order(g grouping, by []*model.Order) (keyset.Order, error) {
	o := keyset.Order{Name: a.name + "/" + strings.Join(g.keyNames, ",")}
	seen := map[string]bool{}
	add := func(name string, desc bool) error {
		term := keyset.Term{Column: g.column(name), Desc: desc}
		if term.Column == "" {
			return &registry.Error{Code: registry.Invalid, Field: "orderBy", Message: "the groups cannot be ordered by " + name + ", by which they are not grouped: add it to groupBy, or leave it out of orderBy"}
		}
		if seen[name] {
			return nil
		}
		seen[name] = true
		if m, is := a.measures[name]; is {
			term.Kind, term.Nullable = m.kind, m.nullable
		} else {
			term.Kind, term.Nullable = a.keys[name].kind, a.keys[name].nullable
		}
		o.Terms = append(o.Terms, term)
		return nil
	}
	for _, b := range by {
		if err := add(b.Field, b.Desc()); err != nil {
			return keyset.Order{}, err
		}
		o.Name += "/" + b.Field + " " + b.Direction
	}
	for _, name := range g.keyNames {
		if err := add(name, false); err != nil {
			return keyset.Order{}, err
		}
	}
	return o, nil
}

// with makes the groups g, and of them those that are shown: with the limits, and without those that are too small. It
// says whether they are made of counters.
func (g grouping) with(args *keyset.Args) (statement string, counted bool) {
	of := make([]string, len(g.keys))
	for i, k := range g.keys {
		of[i] = k.of(args)
	}
	conditions := and(g.where)(args)
	made := g.ofCounters(of, conditions, *args)
	counted = made != ""
	if !counted {
		made = g.ofRows(of, conditions, args)
	}
	return "WITH g AS (" + made + "), shown AS (SELECT * FROM g" + clause(and(g.limits)(args)) + ")", counted
}

// grouped are the columns that the groups are made by, and as what they are shown.
func (g grouping) grouped() (by, shown []string) {
	for i, k := range g.keys {
		column := "s.k" + strconv.Itoa(i)
		by = append(by, column)
		if k.shown != nil {
			column = k.shown(column) + " AS k" + strconv.Itoa(i)
		}
		shown = append(shown, column)
	}
	return by, shown
}

// ofCounters makes the groups of the smallest counters that cover all that is asked; empty when none do.
func (g grouping) ofCounters(of, conditions []string, args keyset.Args) string {
	texts := slices.Concat(of, conditions)
	cubes := slices.DeleteFunc(slices.Clone(g.cubes), func(c *counted) bool {
		return slices.ContainsFunc(g.measureNames, func(name string) bool { return c.measures[name] == nil })
	})
	cube, said := covering(g.dialect, cubes, texts, args)
	if cube == nil {
		return ""
	}
	columns := cube.columns(g.dialect)
	for i, expression := range said[:len(of)] {
		columns = append(columns, expression+" AS k"+strconv.Itoa(i))
	}
	by, shown := g.grouped()
	for i, name := range g.measureNames {
		shown = append(shown, cube.measures[name](g.dialect)+" AS m"+strconv.Itoa(i))
	}
	statement := "SELECT " + strings.Join(shown, ", ") + " FROM (SELECT " + strings.Join(columns, ", ") +
		" FROM " + cube.tables() + clause(said[len(of):]) + ") AS s"
	if len(by) > 0 {
		statement += " GROUP BY " + strings.Join(by, ", ") + " HAVING SUM(s.n) <> 0" // what is no more may leave zeros behind
	}
	return statement
}

// ofRows makes the groups of the rows themselves.
func (g grouping) ofRows(of, conditions []string, args *keyset.Args) string {
	by, columns := g.grouped()
	values := distinctValues(g.measures)
	for i, m := range g.measures {
		columns = append(columns, m.sql("s.v"+strconv.Itoa(slices.Index(values, m.of)))+" AS m"+strconv.Itoa(i))
	}
	statement := "SELECT " + strings.Join(columns, ", ") + " FROM (" + g.rows(of, values, conditions, args) + ") AS s"
	if len(by) > 0 {
		statement += " GROUP BY " + strings.Join(by, ", ")
	}
	return statement
}

// distinctValues are what the measures are of.
func distinctValues(measures []measure) []string {
	var values []string
	for _, m := range measures {
		if m.of != "" && !slices.Contains(values, m.of) {
			values = append(values, m.of)
		}
	}
	return values
}

// rows are what is grouped: the keys k0, k1, … and values v0, v1, … of each row, and the ranks of the values that need
// them.
func (g grouping) rows(of, values, conditions []string, args *keyset.Args) string {
	var columns []string
	for i, key := range of {
		if g.dialect == db.SQLite {
			key = "+(" + key + ")" // else it might walk an index in the order of the key, and look every row up
		}
		columns = append(columns, key+" AS k"+strconv.Itoa(i))
	}
	for i, v := range values {
		columns = append(columns, v+" AS v"+strconv.Itoa(i))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS one"}
	}
	statement := "SELECT " + strings.Join(columns, ", ") + " FROM " + g.source(args) + clause(conditions)
	partition := ""
	if len(g.keys) > 0 {
		partition = "PARTITION BY " + strings.Join(numbered("k", len(g.keys)), ", ")
	}
	places := ""
	for i, v := range values {
		if slices.ContainsFunc(g.measures, func(m measure) bool { return m.ranked && m.of == v }) {
			places += ranks("v"+strconv.Itoa(i), partition)
		}
	}
	if places == "" {
		return statement
	}
	return "SELECT *" + places + " FROM (" + statement + ") AS r"
}

// numbered returns n names with the prefix, from 0 on.
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

// groupRow is a group as it is read.
type groupRow struct {
	key     model.GroupKey
	targets []any // of the keys, and then of the measures
	names   *grouping
}

// into returns where the columns of a group go.
func (g *grouping) into() func(*groupRow) []any {
	var terms []keyset.Term
	for _, k := range g.keys {
		terms = append(terms, keyset.Term{Kind: k.kind})
	}
	for _, m := range g.measures {
		terms = append(terms, keyset.Term{Kind: m.kind})
	}
	return func(row *groupRow) []any {
		row.names = g
		row.targets, _ = keyTargets(terms)
		return row.targets
	}
}

// measure returns the measure of that name; nil for null, and for one that nobody asked for.
func (row *groupRow) measure(name string) any {
	i := slices.Index(row.names.measureNames, name)
	if i < 0 {
		return nil
	}
	return keyValue(row.targets[len(row.names.keys)+i])
}

// fill puts the keys together, with the objects that are asked for behind them.
func (g grouping) fill(ctx context.Context, sel selection.Selection, rows []*groupRow) error {
	shown := sel.Sub("key")
	for i, k := range g.keys {
		values := make([]any, len(rows))
		for j, row := range rows {
			values[j] = keyValue(row.targets[i])
		}
		put := k.put
		if k.load != nil {
			if !shown.Has(k.field) {
				continue
			}
			var err error
			if put, err = k.load(ctx, shown.Sub(k.field), values); err != nil {
				return fmt.Errorf("read what groups have in common: %w", err)
			}
		}
		for j, row := range rows {
			if values[j] != nil {
				put(&row.key, values[j])
			}
		}
	}
	return nil
}
