package reads

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gelombang/graph/keyset"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// entity says how one kind of object is read: rows of R become objects of T.
type entity[R, T any] struct {
	// types are the names by which a query may select on the object: its own and its interfaces'.
	types []string
	// from is the table with its alias, and what is joined to it. Joins are to-one and LEFT, so that
	// both databases leave out those that a statement does not use.
	from    string
	columns []string
	// into returns where the columns go.
	into func(*R) []any
	// fill completes the objects of the rows: what is derived from the columns, and what the selection
	// asks for behind them.
	fill func(context.Context, selection.Selection, []*R) error
	// object returns the object of a row.
	object func(*R) *T
}

// where returns conditions, to be joined by AND, and adds their parameters to the arguments.
type where func(args *keyset.Args) []string

// and joins conditions.
func and(parts ...where) where {
	return func(args *keyset.Args) []string {
		var all []string
		for _, part := range parts {
			if part != nil {
				all = append(all, part(args)...)
			}
		}
		return all
	}
}

// clause is the WHERE clause, empty when there are no conditions.
func clause(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// all reads and fills every row that meets the conditions, which name the rows by their keys.
func all[R, T any](ctx context.Context, r *Reader, e entity[R, T], sel selection.Selection, w where, orderBy string) ([]*R, error) {
	var args keyset.Args
	query := "SELECT " + strings.Join(e.columns, ", ") + " FROM " + e.from + clause(w(&args)) + " ORDER BY " + orderBy
	var found []*R
	err := db.Query(db.Short(ctx), r.Query, func(rows *sql.Rows) error {
		row := new(R)
		found = append(found, row)
		return rows.Scan(e.into(row)...)
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read from %s: %w", e.from, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found, e.fill(ctx, sel, found)
}

// one reads the only row that meets the conditions; nil when there is none.
func one[R, T any](ctx context.Context, r *Reader, e entity[R, T], sel selection.Selection, w where) (*T, error) {
	found, err := all(ctx, r, e, sel, w, "1")
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return e.object(found[0]), nil
}

// anyInt is a condition that the column is one of the numbers.
func anyInt(d db.Dialect, column string, values []int) where {
	if len(values) == 1 {
		return equals(column, values[0]) // in the order of an index that begins with the column
	}
	return func(args *keyset.Args) []string {
		args.Add(d.Ints(values))
		return []string{d.Any(column, len(*args))}
	}
}

// anyText is a condition that the column is one of the texts.
func anyText[T ~string](d db.Dialect, column string, values []T) where {
	if len(values) == 1 {
		return equals(column, string(values[0]))
	}
	return func(args *keyset.Args) []string {
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = string(v)
		}
		args.Add(d.Texts(texts))
		return []string{d.Any(column, len(*args))}
	}
}

// equals is a condition that the column has the value.
func equals(column string, value any) where {
	return func(args *keyset.Args) []string { return []string{column + " = " + args.Add(value)} }
}

// literal is a condition without parameters.
func literal(condition string) where {
	return func(*keyset.Args) []string { return []string{condition} }
}

// nothing is a condition that no row meets: for what the viewer may not see.
var nothing = literal("1 = 0")

// distinct returns the values without repetitions.
func distinct[T cmp.Ordered](values []T) []T {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// perDialect makes something once for each database.
func perDialect[T any](of func(db.Dialect) T) map[db.Dialect]T {
	return map[db.Dialect]T{db.Postgres: of(db.Postgres), db.SQLite: of(db.SQLite)}
}
