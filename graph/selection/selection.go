// Package selection looks at what a query asks for below a root field, so that the root can plan its
// statements. It follows fragments, aliases, @include and @skip exactly as gqlgen does, by using the
// same function.
package selection

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/scalar"
)

// Selection is what is asked of one object. An object may be reached by several ways, as by two aliases
// of one field; each way has its own set of fields, and the object must serve them all.
type Selection struct {
	op  *graphql.OperationContext
	set [][]graphql.CollectedField
}

// Of returns what is asked of the object that the resolver in ctx is about to return, when it is of one
// of the types: the object's own and its interfaces.
func Of(ctx context.Context, types ...string) Selection {
	op, field := graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field
	return Selection{op: op, set: [][]graphql.CollectedField{graphql.CollectFields(op, field.Selections, types)}}
}

// Empty reports whether nothing is asked.
func (s Selection) Empty() bool {
	for _, fields := range s.set {
		if len(fields) > 0 {
			return false
		}
	}
	return true
}

// Has reports whether one of the fields is asked for.
func (s Selection) Has(names ...string) bool {
	for _, fields := range s.set {
		for _, f := range fields {
			for _, name := range names {
				if f.Name == name {
					return true
				}
			}
		}
	}
	return false
}

// Sub returns what is asked of the object behind a field without arguments, by all its aliases.
func (s Selection) Sub(name string, types ...string) Selection {
	sub := Selection{op: s.op}
	for _, fields := range s.set {
		for _, f := range fields {
			if f.Name == name {
				sub.set = append(sub.set, graphql.CollectFields(s.op, f.Selections, types))
			}
		}
	}
	return sub
}

// And returns what is asked by either selection.
func (s Selection) And(t Selection) Selection {
	joined := Selection{op: t.op}
	joined.set = append(append(joined.set, s.set...), t.set...)
	return joined
}

// Field is one place in the query where a field with arguments is asked for.
type Field struct {
	// Node is the field in the query's syntax tree; gqlgen hands the same one to the field's method.
	Node *ast.Field
	op   *graphql.OperationContext
	subs []ast.SelectionSet
	args map[string]any
}

// Fields returns every place where the field is asked for. One in a fragment that several ways lead to is
// one place: its arguments are the same.
func (s Selection) Fields(name string) []Field {
	var found []Field
	index := map[*ast.Field]int{}
	for _, fields := range s.set {
		for _, f := range fields {
			if f.Name != name {
				continue
			}
			i, seen := index[f.Field]
			if !seen {
				i = len(found)
				index[f.Field] = i
				found = append(found, Field{Node: f.Field, op: s.op, args: f.ArgumentMap(s.op.Variables)})
			}
			found[i].subs = append(found[i].subs, f.Selections)
		}
	}
	return found
}

// Selection returns what is asked of the object behind the field.
func (f Field) Selection(types ...string) Selection {
	s := Selection{op: f.op}
	for _, sub := range f.subs {
		s.set = append(s.set, graphql.CollectFields(f.op, sub, types))
	}
	return s
}

// ArgumentError says that an argument of a field could not be read.
type ArgumentError struct {
	Argument string
	Err      error
}

func (e *ArgumentError) Error() string { return "argument " + e.Argument + ": " + e.Err.Error() }

// Unwrap returns what is wrong with it.
func (e *ArgumentError) Unwrap() error { return e.Err }

// Int returns a nullable argument of the type Int.
func (f Field) Int(name string) (*int, error) {
	raw, ok := f.args[name]
	if !ok || raw == nil {
		return nil, nil //nolint:nilnil // null is the value
	}
	n, err := scalar.UnmarshalInt(raw)
	if err != nil {
		return nil, &ArgumentError{Argument: name, Err: err}
	}
	return &n, nil
}

// Text returns a nullable argument of the type String or of an enum.
func (f Field) Text(name string) (*string, error) {
	raw, ok := f.args[name]
	if !ok || raw == nil {
		return nil, nil //nolint:nilnil // null is the value
	}
	s, err := scalar.UnmarshalString(raw)
	if err != nil {
		return nil, &ArgumentError{Argument: name, Err: err}
	}
	return &s, nil
}

// Instant returns a nullable argument of the type DateTime.
func (f Field) Instant(name string) (*time.Time, error) {
	raw, ok := f.args[name]
	if !ok || raw == nil {
		return nil, nil //nolint:nilnil // null is the value
	}
	t, err := scalar.UnmarshalDateTime(raw)
	if err != nil {
		return nil, &ArgumentError{Argument: name, Err: err}
	}
	return &t, nil
}

// Input reads a nullable argument of the input type into the value that v points to. It leaves v alone when the
// argument is absent or null.
func (f Field) Input(ctx context.Context, name, inputType string, v any) error {
	raw, ok := f.args[name]
	if !ok || raw == nil {
		return nil
	}
	if err := Unmarshal(ctx, inputType, raw, v); err != nil {
		return &ArgumentError{Argument: name, Err: err}
	}
	return nil
}

// Inputs hands over each element of an argument that is a list; of one that is a single value, that value. It
// hands over nothing when the argument is absent or null.
func (f Field) Inputs(name string, each func(raw any) error) error {
	raw, ok := f.args[name]
	if !ok || raw == nil {
		return nil
	}
	for _, element := range graphql.CoerceList(raw) {
		if err := each(element); err != nil {
			return &ArgumentError{Argument: name, Err: err}
		}
	}
	return nil
}

// Unmarshal reads a raw value of the input type into the value that v points to, by the code that gqlgen
// generated for it.
func Unmarshal(ctx context.Context, inputType string, raw, v any) error {
	return graphql.UnmarshalNamedInputFromContext(ctx, inputType, raw, v)
}

// Ints returns an argument that is a list of Int; nil when it is absent or null.
func (f Field) Ints(name string) ([]int, error) { return elements(f, name, scalar.UnmarshalInt) }

// Texts returns an argument that is a list of String or of an enum; nil when it is absent or null.
func (f Field) Texts(name string) ([]string, error) { return elements(f, name, scalar.UnmarshalString) }

func elements[T any](f Field, name string, read func(any) (T, error)) ([]T, error) {
	var all []T
	err := f.Inputs(name, func(raw any) error {
		one, err := read(raw)
		all = append(all, one)
		return err
	})
	return all, err
}
