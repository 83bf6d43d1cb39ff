package graph

import (
	"reflect"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The limits of what an operation filters, groups and orders by, inclusive. Every condition is a piece of a
// statement, and every value a parameter.
const (
	maxFilterDepth  = 8    // of filters in one another, the outermost included
	maxConditions   = 200  // in all filters of the operation together
	maxFilterValues = 1000 // in the lists of all filters together
	maxGroupKeys    = 10   // of one aggregate
	maxOrderTerms   = 5    // of one list
	maxLookups      = 20   // of a participant's purchases, in all filters of the operation together
)

// terms is what the arguments of an operation amount to. Its zero value, with a schema, is that of no arguments.
type terms struct {
	schema     *ast.Schema
	depth      int // of the deepest filter
	conditions int // of all filters
	values     int // in the lists of all filters
	keys       int // of the aggregate with the most
	orders     int // of the list with the most
	lookups    int // filters of purchases below participants: each looks at the purchases of every participant
}

// add counts the arguments of a field: their values, with variables and defaults in place, by their names.
func (t *terms) add(definitions ast.ArgumentDefinitionList, args map[string]any) {
	for _, def := range definitions {
		value := args[def.Name]
		if value == nil {
			continue
		}
		switch {
		case isFilter(def.Type.Name()):
			t.filter(value, t.schema.Types[def.Type.Name()], 1)
		case def.Name == "groupBy":
			t.keys = max(t.keys, length(value))
		case def.Name == "orderBy":
			t.orders = max(t.orders, length(value))
		}
	}
}

// isFilter reports whether the input type holds conditions.
func isFilter(name string) bool {
	return strings.HasSuffix(name, "Filter") || strings.HasSuffix(name, "Having")
}

// filter counts a filter, or each in a list of them. One without conditions counts as one. What is too deep is
// looked at no further.
func (t *terms) filter(value any, def *ast.Definition, depth int) {
	t.depth = max(t.depth, depth)
	if depth > maxFilterDepth {
		return
	}
	fields, single := value.(map[string]any)
	if !single {
		for _, each := range elements(value) {
			if each != nil {
				t.filter(each, def, depth)
			}
		}
		return
	}
	before := t.conditions
	for name, inner := range fields {
		field := def.Fields.ForName(name)
		if field == nil || inner == nil {
			continue // null is the same as absent
		}
		if def.Name == "ParticipantFilter" && field.Type.Name() == "PurchaseFilter" {
			t.lookups++
		}
		if isFilter(field.Type.Name()) {
			t.filter(inner, t.schema.Types[field.Type.Name()], depth+1)
			continue
		}
		t.conditions++
		t.values += listed(inner)
	}
	if t.conditions == before {
		t.conditions++
	}
}

// listed is how many values the lists in the value hold.
func listed(value any) int {
	fields, object := value.(map[string]any)
	if !object {
		return len(elements(value))
	}
	n := 0
	for _, inner := range fields {
		n += listed(inner)
	}
	return n
}

// length is how many values there are: one, where one is given in the place of a list.
func length(value any) int {
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice {
		return v.Len()
	}
	return 1
}

// elements are the elements of a list. One value in the place of a list comes out of the validation of variables as
// a slice of its own type.
func elements(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Slice {
		return nil
	}
	list := make([]any, v.Len())
	for i := range list {
		list[i] = v.Index(i).Interface()
	}
	return list
}

// beyond returns what limit the arguments break; nil when none.
func (t *terms) beyond() *gqlerror.Error {
	switch {
	case t.depth > maxFilterDepth:
		return problem(codeTooDeep, "a filter nests more than %d filters in one another: put the conditions side by side", maxFilterDepth)
	case t.conditions > maxConditions:
		return problem(codeTooMany, "the filters have %d conditions, and %d is the most: give a list of values in the place of many conditions, or ask in several queries", t.conditions, maxConditions)
	case t.values > maxFilterValues:
		return problem(codeTooMany, "the lists in the filters hold %d values, and %d is the most: ask in several queries", t.values, maxFilterValues)
	case t.lookups > maxLookups:
		return problem(codeTooMany, "the filters look at the purchases of participants in %d places, and %d is the most: put the conditions into one filter of purchases", t.lookups, maxLookups)
	case t.keys > maxGroupKeys:
		return problem(codeTooMany, "there are %d keys to group by, and %d is the most: group by fewer", t.keys, maxGroupKeys)
	case t.orders > maxOrderTerms:
		return problem(codeTooMany, "there are %d terms to order by, and %d is the most: what comes after them makes little difference", t.orders, maxOrderTerms)
	default:
		return nil
	}
}
