package main

import (
	"maps"
	"slices"

	"github.com/99designs/gqlgen/codegen"
	"github.com/vektah/gqlparser/v2/ast"
)

// reach is what a query can reach.
type reach struct {
	Root *codegen.Object
	// Objects and Interfaces are those below the root, by name.
	Objects    []*codegen.Object
	Interfaces []*codegen.Interface

	data *codegen.Data
	seen map[string]bool
}

func newReach(data *codegen.Data) *reach {
	r := &reach{Root: data.QueryRoot, data: data, seen: map[string]bool{}}
	r.follow(data.QueryRoot)
	for _, o := range data.Objects { // gqlgen has them by name
		if r.seen[o.Name] {
			r.Objects = append(r.Objects, o)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(data.Interfaces)) {
		if r.seen[name] {
			r.Interfaces = append(r.Interfaces, data.Interfaces[name])
		}
	}
	return r
}

// follow goes where the fields of the object lead.
func (r *reach) follow(o *codegen.Object) {
	for _, f := range r.Fields(o) {
		if f.TypeReference.Definition.IsCompositeType() {
			r.visit(f.TypeReference.Definition)
		}
	}
}

func (r *reach) visit(def *ast.Definition) {
	if r.seen[def.Name] {
		return
	}
	r.seen[def.Name] = true
	if def.Kind == ast.Object {
		r.follow(r.data.Objects.ByName(def.Name))
		return
	}
	for _, possible := range r.data.Schema.GetPossibleTypes(def) {
		r.visit(possible)
	}
}

// Fields are the fields of the object that can be written: not those of introspection, nor those that are made in a
// way that the writers do not know.
func (*reach) Fields(o *codegen.Object) []*codegen.Field {
	return slices.DeleteFunc(slices.Clone(o.Fields), func(f *codegen.Field) bool { return f.IsReserved() || !writable(f) })
}

// Types are the names of the object types that may be behind the field, in the order in which the writer of an
// interface numbers them.
func (r *reach) Types(f *codegen.Field) []string {
	def := f.TypeReference.Definition
	switch def.Kind {
	case ast.Object:
		return []string{def.Name}
	case ast.Interface, ast.Union:
		var names []string
		for _, i := range r.data.Interfaces[def.Name].Implementors {
			names = append(names, i.Name)
		}
		return names
	default:
		return nil
	}
}
