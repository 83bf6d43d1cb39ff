package overlap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// merged is the fields of selection sets that are answered together, by their names in the answer.
type merged struct {
	names  []string // in the order of their first fields
	fields map[string][]*ast.Field
}

// merge collects the fields of the sets. Each fragment is spread once: what it would add again is there.
func (c *check) merge(sets ...ast.SelectionSet) *merged {
	m := &merged{fields: map[string][]*ast.Field{}}
	spread := map[string]bool{}
	var collect func(ast.SelectionSet)
	collect = func(set ast.SelectionSet) {
		c.looks += len(set)
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				m.add(sel)
			case *ast.InlineFragment:
				collect(sel.SelectionSet)
			case *ast.FragmentSpread:
				if sel.Definition != nil && !spread[sel.Name] {
					spread[sel.Name] = true
					collect(sel.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		collect(set)
	}
	return m
}

// below merges what is asked of the fields.
func (c *check) below(fields []*ast.Field) *merged {
	sets := make([]ast.SelectionSet, len(fields))
	for i, f := range fields {
		sets[i] = f.SelectionSet
	}
	return c.merge(sets...)
}

func (m *merged) add(f *ast.Field) {
	if f.Definition == nil || f.ObjectDefinition == nil {
		return // a field that is not there is refused by another rule
	}
	known, there := m.fields[f.Alias]
	if !there {
		m.names = append(m.names, f.Alias)
	}
	m.fields[f.Alias] = append(known, f)
}

// together divides fields of one name into those that can be in one object. No object is of two object types; a
// field of an interface can be in an object of any.
func together(fields []*ast.Field) [][]*ast.Field {
	var types []string
	var anywhere []*ast.Field
	of := map[string][]*ast.Field{}
	for _, f := range fields {
		if f.ObjectDefinition.Kind != ast.Object {
			anywhere = append(anywhere, f)
			continue
		}
		name := f.ObjectDefinition.Name
		if of[name] == nil {
			types = append(types, name)
		}
		of[name] = append(of[name], f)
	}
	if len(types) == 0 {
		return [][]*ast.Field{anywhere}
	}
	groups := make([][]*ast.Field, len(types))
	for i, name := range types {
		groups[i] = append(of[name], anywhere...)
	}
	return groups
}

// arguments returns the field's arguments in a form that is equal for equal ones: the order of arguments, and of the
// fields of an input object, means nothing.
func (c *check) arguments(f *ast.Field) string {
	if len(f.Arguments) == 0 {
		return ""
	}
	text, known := c.canonical[f]
	if !known {
		children := make(ast.ChildValueList, len(f.Arguments))
		for i, arg := range f.Arguments {
			children[i] = &ast.ChildValue{Name: arg.Name, Value: arg.Value}
		}
		var b strings.Builder
		write(&b, &ast.Value{Kind: ast.ObjectValue, Children: children})
		text = b.String()
		c.canonical[f] = text
	}
	return text
}

func write(b *strings.Builder, v *ast.Value) {
	fmt.Fprintf(b, "%d %q", v.Kind, v.Raw)
	children := v.Children
	if v.Kind == ast.ObjectValue {
		children = slices.Clone(children)
		slices.SortStableFunc(children, func(a, b *ast.ChildValue) int { return cmp.Compare(a.Name, b.Name) })
	}
	b.WriteByte('(')
	for _, child := range children {
		b.WriteString(child.Name)
		b.WriteByte(':')
		write(b, child.Value)
	}
	b.WriteByte(')')
}
