// Package overlap is the rule of validation by which fields of one response name can be merged, in nearly linear
// time. It lets the same documents through as the rule of gqlparser, which compares every field with every
// other, and with each inline fragment around them once more: 1,500 tokens keep that one busy for six seconds, and
// are told 300 MB of what is wrong.
//
// The fields of one name are compared with the first of them only, which is enough because what they are
// compared by is an equivalence: the same field with the same arguments, and the same shape of the answer. That
// is done level by level: what is below all fields of one name is merged first, and then looked at together, with
// each fragment spread once.
package overlap

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Name is the name of the rule that this one takes the place of.
var Name = rules.OverlappingFieldsCanBeMergedRule.Name

// The bounds of what is looked at in a document. Beyond them it is refused.
const (
	maxLooks  = 100_000 // at a field or a fragment, each again wherever it is merged; about 10 ms
	maxLevels = 50      // of fields below one another; a fragment that spreads itself ends here
	maxErrors = 20
)

const advice = "Use different aliases on the fields to fetch both if this was intentional."

// Rule is the rule of a document. A fragment that no operation spreads is not looked at: another rule refuses it.
func Rule(observers *core.Events, addError core.AddErrFunc) {
	c := &check{canonical: map[*ast.Field]string{}, addError: addError}
	observers.OnOperation(func(walker *core.Walker, op *ast.OperationDefinition) {
		c.schema = walker.Schema
		root := c.merge(op.SelectionSet)
		c.sameFields(root, 1)
		if c.errors == 0 { // else both would be told of one pair
			c.sameShapes(root, 1)
		}
	})
}

// check is the state of the rule in one document.
type check struct {
	schema    *ast.Schema
	canonical map[*ast.Field]string // the arguments, of fields that were compared
	addError  core.AddErrFunc
	looks     int
	errors    int
}

// exhausted reports whether no more is to be looked at, because there was too much or enough is wrong.
func (c *check) exhausted(level int) bool {
	if c.errors >= maxErrors {
		return true
	}
	if c.looks <= maxLooks && level <= maxLevels {
		return false
	}
	c.errors = maxErrors
	c.addError(core.Message("The query merges too many fields of one name: spread each fragment in fewer places, or ask in several queries."))
	return true
}

// conflict tells of a field that cannot be merged with another of its name.
func (c *check) conflict(f *ast.Field, why string) {
	if c.errors++; c.errors <= maxErrors {
		c.addError(core.Message(`Fields "%s" conflict because %s. %s`, f.Alias, why, advice), core.At(f.Position))
	}
}

// sameFields compares the fields that can be in one object: those of one object type, and those of interfaces
// with them. They must be the same field with the same arguments.
func (c *check) sameFields(m *merged, level int) {
	if c.exhausted(level) {
		return
	}
	for _, name := range m.names {
		for _, fields := range together(m.fields[name]) {
			if c.allEqual(fields, c.unlike) {
				c.sameFields(c.below(fields), level+1)
			}
		}
	}
}

// sameShapes compares all fields, whether or not they can be in one object: what a client reads under one name is
// of one shape.
func (c *check) sameShapes(m *merged, level int) {
	if c.exhausted(level) {
		return
	}
	for _, name := range m.names {
		if fields := m.fields[name]; c.allEqual(fields, c.unshaped) {
			c.sameShapes(c.below(fields), level+1)
		}
	}
}

// allEqual compares the first field with the others and tells of those that differ. The empty text is no difference.
func (c *check) allEqual(fields []*ast.Field, difference func(a, b *ast.Field) string) bool {
	equal := true
	for _, f := range fields[1:] {
		if why := difference(fields[0], f); why != "" {
			c.conflict(f, why)
			equal = false
		}
	}
	return equal
}

func (c *check) unlike(a, b *ast.Field) string {
	if a.Name != b.Name {
		return fmt.Sprintf("%q and %q are different fields", a.Name, b.Name)
	}
	if c.arguments(a) != c.arguments(b) {
		return "they have differing arguments"
	}
	return ""
}

func (c *check) unshaped(a, b *ast.Field) string {
	if c.sameShape(a.Definition.Type, b.Definition.Type) {
		return ""
	}
	return fmt.Sprintf("they return conflicting types %q and %q", a.Definition.Type, b.Definition.Type)
}

// sameShape reports whether both types are lists of the same depth, or none, null in the same places, of the same
// scalar or enum. What is below objects is compared later.
func (c *check) sameShape(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return c.sameShape(a.Elem, b.Elem)
	}
	if c.schema.Types[a.NamedType].IsLeafType() || c.schema.Types[b.NamedType].IsLeafType() {
		return a.NamedType == b.NamedType
	}
	return true
}
