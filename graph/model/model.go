// Package model holds the objects of the GraphQL schema as they are loaded: plain fields, already
// reduced to what the viewer may see. gqlgen walks them; nothing here touches the database.
//
// Instants are UTC or WIB, as they come; money is whole rupiah; lengths of time are whole seconds. A
// nil pointer is null.
package model

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Node is an object with a global id.
type Node interface {
	IsNode()
	ID() string
}

// PerField holds what was loaded for a field with arguments: one value for each place in the query where
// the field is asked for, since each may have other arguments. The key is the field in the query's
// syntax tree, the one that gqlgen hands to the method. The zero value is empty.
type PerField[T any] struct {
	places []place[T]
}

type place[T any] struct {
	field *ast.Field
	value T
}

// Put stores the value of the field at that place.
func (p *PerField[T]) Put(field *ast.Field, value T) {
	p.places = append(p.places, place[T]{field, value})
}

// errNotLoaded is a fault of ours: the plan of the root did not see a field that gqlgen walks.
var errNotLoaded = errors.New("a field was not loaded by the plan of its root")

// here returns the value for the field that gqlgen is at.
func (p *PerField[T]) here(ctx context.Context) (T, error) {
	fc := graphql.GetFieldContext(ctx)
	for _, at := range p.places {
		if fc != nil && at.field == fc.Field.Field {
			return at.value, nil
		}
	}
	var none T
	return none, errNotLoaded
}

// Text returns a pointer to the text, nil when it is empty: absent and empty text are stored alike.
func Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Seconds returns whole seconds, rounded towards the past so that no second is shown that is not whole, and no
// more, either way, than the 32 bits of GraphQL's Int hold: 68 years.
func Seconds(d time.Duration) int {
	s := d / time.Second
	if d < 0 && d%time.Second != 0 {
		s--
	}
	return int(max(math.MinInt32, min(s, math.MaxInt32)))
}
