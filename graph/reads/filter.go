package reads

import (
	"slices"
	"strings"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/registry"
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

// conditions gathers the conditions of a filter's fields, until one of them is not well formed. Its zero value has none.
type conditions struct {
	parts []where
	err   error // the first
}

// add adds conditions that cannot be wrong.
func (c *conditions) add(parts ...where) { c.parts = append(c.parts, parts...) }

// try adds a condition, or keeps what is wrong with it.
func (c *conditions) try(part where, err error) {
	if c.err == nil {
		c.err = err
	}
	c.parts = append(c.parts, part)
}

// all is the condition that all of them hold.
func (c *conditions) all() (where, error) {
	if c.err != nil {
		return nil, c.err
	}
	return and(c.parts...), nil
}

// The functions below make the conditions of a filter's fields. An absent field, a nil, makes none; an
// empty list lets nothing through. The name is that of the field, for what is said of a mistake.

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

func span(name, column string, s *generated.DateTimeRange) (where, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	if s.From != nil && s.Before != nil && !s.From.Before(*s.Before) {
		return nil, emptySpan(name, "`from` (inclusive) must be earlier than `before` (exclusive)")
	}
	return bounds(column, bound{">=", instant(s.From)}, bound{"<", instant(s.Before)}), nil
}

func emptySpan(name, why string) error {
	return &registry.Error{Code: registry.Invalid, Field: name, Message: "`" + name + "`: the span is empty: " + why}
}

// instant is the parameter of an instant; nil for none.
func instant(t *time.Time) any {
	if t == nil {
		return nil
	}
	return db.Instant(*t)
}

func amount(name, column string, s *generated.RupiahRange) (where, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	return within(name, column, s.Min, s.Max)
}

func number(name, column string, s *generated.IntRange) (where, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	return within(name, column, s.Min, s.Max)
}

func fraction(name, column string, s *generated.FloatRange) (where, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	return within(name, column, s.Min, s.Max)
}

// within is a condition that the column lies between the bounds, both inclusive.
func within[N int | int64 | float64](name, column string, least, greatest *N) (where, error) {
	if least != nil && greatest != nil && *least > *greatest {
		return nil, emptySpan(name, "`min` must not be greater than `max`")
	}
	parameter := func(n *N) any {
		if n == nil {
			return nil
		}
		return *n
	}
	return bounds(column, bound{">=", parameter(least)}, bound{"<=", parameter(greatest)}), nil
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
