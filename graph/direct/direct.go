// Package direct writes the answers to root fields from the structs that were loaded for them, without gqlgen's walk
// through every field below. Nothing below a root touches the database, so the walk has nothing to wait for, and
// costs ten times what the writing does.
//
// What is asked of a root field is compiled once for a document, see [Plans]. What is written of each type is
// generated from the schema by the command in the folder generate. gqlgen keeps the rest: parsing, validation,
// arguments, the resolvers of the roots, errors, introspection.
//
// The answer is that of gqlgen, byte for byte. Whatever has to be said besides, such as that a value is null where
// null may not be, or that a method failed, is left to gqlgen: the answer is given up, and gqlgen walks the same
// structs.
package direct

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Schema is what the generated code knows of the schema.
type Schema struct {
	root  *object
	write Root
}

// Root writes the result of a root field. It is generated. It reports false for what it does not know, or what may not
// be written.
type Root func(w *Writer, f *Field, result any) bool

// New returns the schema with these object types, of which one is the root. The types are those that a query can
// reach.
func New(root string, types []Type, write Root) *Schema {
	return &Schema{root: link(types)[root], write: write}
}

// Answer returns what a field middleware hands on of the result of the field in ctx: the answer as it is written, a
// [*Text], if the field is one of the root and the answer can be given; else the result. The plans are those of the
// document that is executed; nil when there are none to be kept.
func (s *Schema) Answer(ctx context.Context, result any, plans func(context.Context, *graphql.OperationContext) *Plans) (answer any) {
	field := graphql.GetFieldContext(ctx)
	if result == nil || field == nil || field.Object != s.root.name {
		return result
	}
	// What panics here panics once more in gqlgen's walk, which knows where, logs it, and answers the rest.
	defer func() {
		if recover() != nil {
			answer = result
		}
	}()
	op := graphql.GetOperationContext(ctx)
	p := plans(ctx, op).find(s, op, field.Field)
	if p == nil {
		return result
	}
	w := begin(ctx)
	if !s.write(w, &p.root, result) {
		w.end()
		return result
	}
	return (*Text)(w)
}
