package reads

import (
	"slices"
	"strings"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/internal/db"
)

// junction is what a filter holds besides its own fields: other filters of its kind.
type junction[F any] struct {
	and, or []*F
	not     *F
}

// filtered makes the condition of a filter from the condition of its own fields and from the filters in it. An
// absent filter lets everything through.
func filtered[F any](f *F, own func(*F) (where, error), inner func(*F) junction[F]) (where, error) {
	if f == nil {
		return and(), nil
	}
	again := func(g *F) (where, error) { return filtered(g, own, inner) }
	condition, err := own(f)
	if err != nil {
		return nil, err
	}
	j := inner(f)
	all, err := each(j.and, again)
	if err != nil {
		return nil, err
	}
	parts := append([]where{condition}, all...)
	if j.or != nil {
		some, err := each(j.or, again)
		if err != nil {
			return nil, err
		}
		parts = append(parts, or(some))
	}
	if j.not != nil {
		denied, err := again(j.not)
		if err != nil {
			return nil, err
		}
		parts = append(parts, not(denied))
	}
	return and(parts...), nil
}

func each[F any](filters []*F, condition func(*F) (where, error)) ([]where, error) {
	var parts []where
	for _, f := range filters {
		part, err := condition(f)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// The functions below make the conditions of a filter's fields. An absent field, a nil, makes none; an
// empty list lets nothing through.

func oneOfInts(d db.Dialect, column string, values []int) where {
	if values == nil {
		return nil
	}
	return anyInt(d, column, values)
}

// oneOf never lets the empty text through: where a column may hold it, it stands for null.
func oneOf[T ~string](d db.Dialect, column string, values []T) where {
	if values == nil {
		return nil
	}
	return anyText(d, column, slices.DeleteFunc(slices.Clone(values), func(v T) bool { return v == "" }))
}

// allNull is a condition that all of the named are null. The conditions are by the values of the enum.
func allNull(names []string, conditions map[string]string) where {
	if names == nil {
		return nil
	}
	parts := make([]where, len(names))
	for i, name := range names {
		parts[i] = literal(conditions[name])
	}
	if len(parts) == 0 {
		return nothing
	}
	return and(parts...)
}

func span(column string, s *generated.DateTimeRange) where {
	if s == nil {
		return nil
	}
	return bounds(column, bound{">=", instant(s.From)}, bound{"<", instant(s.Before)})
}

// instant is the parameter of an instant; nil for none.
func instant(t *time.Time) any {
	if t == nil {
		return nil
	}
	return db.Instant(*t)
}

func amount(column string, s *generated.RupiahRange) where {
	if s == nil {
		return nil
	}
	return within(column, s.Min, s.Max)
}

func number(column string, s *generated.IntRange) where {
	if s == nil {
		return nil
	}
	return within(column, s.Min, s.Max)
}

func fraction(column string, s *generated.FloatRange) where {
	if s == nil {
		return nil
	}
	return within(column, s.Min, s.Max)
}

// within is a condition that the column lies between the bounds, both inclusive.
func within[N int | int64 | float64](column string, least, greatest *N) where {
	parameter := func(n *N) any {
		if n == nil {
			return nil
		}
		return *n
	}
	return bounds(column, bound{">=", parameter(least)}, bound{"<=", parameter(greatest)})
}

// bound is one side of a span; its value is nil when that side is open.
type bound struct {
	operator string
	value    any
}

func bounds(column string, sides ...bound) where {
	return func(args *keyset.Args) []string {
		var conditions []string
		for _, s := range sides {
			if s.value != nil {
				conditions = append(conditions, column+" "+s.operator+" "+args.Add(s.value))
			}
		}
		return conditions
	}
}

// either chooses by a nullable answer.
func either(answer *bool, yes, no where) where {
	switch {
	case answer == nil:
		return nil
	case *answer:
		return yes
	default:
		return no
	}
}

func compare(column, operator string, value any) where {
	return func(args *keyset.Args) []string { return []string{column + " " + operator + " " + args.Add(value)} }
}

// conjunction is one condition that says all of the parts.
func conjunction(conditions []string) string {
	if len(conditions) == 0 {
		return "(1 = 1)"
	}
	return "(" + strings.Join(conditions, " AND ") + ")"
}

// not is the condition that not all of the parts hold, or cannot be told.
func not(part where) where {
	return func(args *keyset.Args) []string { return []string{conjunction(part(args)) + " IS NOT TRUE"} }
}

// or is the condition that one of the parts holds; nothing meets it when there are none.
func or(parts []where) where {
	return func(args *keyset.Args) []string {
		if len(parts) == 0 {
			return nothing(args)
		}
		alternatives := make([]string, len(parts))
		for i, part := range parts {
			alternatives[i] = conjunction(part(args))
		}
		return []string{"(" + strings.Join(alternatives, " OR ") + ")"}
	}
}

// exists is the condition that the table has a row that meets the conditions.
func exists(from string, part where) where {
	return func(args *keyset.Args) []string {
		return []string{"EXISTS (SELECT 1 FROM " + from + clause(part(args)) + ")"}
	}
}
