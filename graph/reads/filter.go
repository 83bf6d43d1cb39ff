package reads

import (
	"strings"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/internal/db"
)

// The functions below make the conditions of a filter's fields. An absent field, a nil, makes none; an
// empty list lets nothing through.

func oneOfInts(d db.Dialect, column string, values []int) where {
	if values == nil {
		return nil
	}
	return anyInt(d, column, values)
}

func oneOf[T ~string](d db.Dialect, column string, values []T) where {
	if values == nil {
		return nil
	}
	return anyText(d, column, values)
}

func span(column string, s *generated.DateTimeRange) where {
	if s == nil {
		return nil
	}
	return func(args *keyset.Args) []string {
		var conditions []string
		if s.From != nil {
			conditions = append(conditions, column+" >= "+args.Add(db.Instant(*s.From)))
		}
		if s.Before != nil {
			conditions = append(conditions, column+" < "+args.Add(db.Instant(*s.Before)))
		}
		return conditions
	}
}

func amount(column string, s *generated.RupiahRange) where {
	if s == nil {
		return nil
	}
	return func(args *keyset.Args) []string {
		var conditions []string
		if s.Min != nil {
			conditions = append(conditions, column+" >= "+args.Add(*s.Min))
		}
		if s.Max != nil {
			conditions = append(conditions, column+" <= "+args.Add(*s.Max))
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

// not is the condition that not all of the parts hold. They must not be NULL.
func not(part where) where {
	return func(args *keyset.Args) []string {
		return []string{"NOT (" + strings.Join(part(args), " AND ") + ")"}
	}
}

// or is the condition that one of the parts holds; nothing meets it when there are none.
func or(parts []where) where {
	return func(args *keyset.Args) []string {
		if len(parts) == 0 {
			return nothing(args)
		}
		alternatives := make([]string, len(parts))
		for i, part := range parts {
			alternatives[i] = "(" + strings.Join(part(args), " AND ") + ")"
		}
		return []string{"(" + strings.Join(alternatives, " OR ") + ")"}
	}
}
