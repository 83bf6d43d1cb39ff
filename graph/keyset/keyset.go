// Package keyset pages through lists by position instead of by number: a page begins where the cursor
// before it ended, whatever has been added or removed in between. It is written once, for every list and
// every order.
//
// An order has any number of terms, nullable or not, which together are unique, so that every row has one
// place: that of a list ends with the unique id. Null comes last, in either direction. Walking all pages, forwards or backwards,
// yields every row exactly once.
package keyset

import (
	"strconv"
	"strings"
)

// Kind is the type of a term's values.
type Kind int

// The kinds.
const (
	Integer Kind = iota
	Text
	Instant
	Float // finite
)

// Term is one column of an order.
type Term struct {
	// Column is the column as the statement names it, such as "p.purchased_at".
	Column string
	Kind   Kind
	// Nullable must be set for a column that may be null.
	Nullable bool
	Desc     bool
}

// Order is a total order of a list.
type Order struct {
	// Name tells this order of this list from every other; a cursor is good for one name only.
	Name string
	// Terms are compared in turn. Together they are unique.
	Terms []Term
}

// walk is a term in the direction in which it is walked: forwards, or all of it reversed.
type walk struct {
	Term
	nullsFirst bool
}

func (o Order) walk(backwards bool) []walk {
	steps := make([]walk, len(o.Terms))
	for i, t := range o.Terms {
		steps[i] = walk{Term: t}
		if backwards {
			steps[i].Desc, steps[i].nullsFirst = !t.Desc, t.Nullable
		}
	}
	return steps
}

// orderBy is the ORDER BY list of the steps.
func orderBy(steps []walk) string {
	parts := make([]string, len(steps))
	for i, s := range steps {
		parts[i] = s.Column
		if s.Desc {
			parts[i] += " DESC"
		}
		if s.Nullable && s.nullsFirst {
			parts[i] += " NULLS FIRST"
		} else if s.Nullable {
			parts[i] += " NULLS LAST"
		}
	}
	return strings.Join(parts, ", ")
}

// Args collects the parameters of a statement, numbered from 1.
type Args []any

// Add adds a parameter and returns its place in the statement, such as "$3".
func (a *Args) Add(v any) string {
	*a = append(*a, v)
	return "$" + strconv.Itoa(len(*a))
}

// after is the condition that a row comes strictly after the values. It is never NULL; empty when nothing can.
func after(steps []walk, values []any, args *Args) string {
	for n := len(steps); n > 0 && steps[n-1].ends(values[n-1]); n = len(steps) {
		steps = steps[:n-1] // what comes after comes after by the terms before
	}
	if len(steps) == 0 {
		return ""
	}
	if plain(steps) && len(steps) > 1 {
		return rowAfter(steps, values, args)
	}
	s, v := steps[0], values[0]
	if len(steps) == 1 {
		return s.after(v, args)
	}
	rest := "(" + s.equal(v, args) + " AND " + after(steps[1:], values[1:], args) + ")"
	if strict := s.after(v, args); strict != "" {
		return "(" + strict + " OR " + rest + ")"
	}
	return rest
}

// plain reports whether a comparison of rows says the same: no term may be null, and all go one way. Both
// databases look such a comparison up in an index.
func plain(steps []walk) bool {
	for _, s := range steps {
		if s.Nullable || s.Desc != steps[0].Desc {
			return false
		}
	}
	return true
}

func rowAfter(steps []walk, values []any, args *Args) string {
	columns, places := make([]string, len(steps)), make([]string, len(steps))
	for i, s := range steps {
		columns[i], places[i] = s.Column, args.Add(values[i])
	}
	return "(" + strings.Join(columns, ", ") + ") " + steps[0].operator() + " (" + strings.Join(places, ", ") + ")"
}

func (s walk) operator() string {
	if s.Desc {
		return "<"
	}
	return ">"
}

func (s walk) equal(v any, args *Args) string {
	switch {
	case v == nil:
		return s.Column + " IS NULL"
	case s.Nullable:
		return s.Column + " IS NOT NULL AND " + s.Column + " = " + args.Add(v)
	default:
		return s.Column + " = " + args.Add(v)
	}
}

// ends reports whether nothing comes after the value.
func (s walk) ends(v any) bool { return v == nil && !s.nullsFirst }

// after is the condition that this term alone comes strictly after the value; empty when nothing can.
func (s walk) after(v any, args *Args) string {
	switch {
	case s.ends(v):
		return ""
	case v == nil:
		return s.Column + " IS NOT NULL"
	case !s.Nullable:
		return s.Column + " " + s.operator() + " " + args.Add(v)
	case s.nullsFirst:
		return "(" + s.Column + " IS NOT NULL AND " + s.Column + " " + s.operator() + " " + args.Add(v) + ")"
	default:
		return "(" + s.Column + " IS NULL OR " + s.Column + " " + s.operator() + " " + args.Add(v) + ")"
	}
}
