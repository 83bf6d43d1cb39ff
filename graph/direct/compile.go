package direct

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Selection is what is asked of an object of one type: its fields in the order of the answer, with fragments spread
// out, and with fields of one name merged.
type Selection struct {
	Fields []Field
}

// Field is a field that is asked for.
type Field struct {
	// Index is the field's number in [Type.Fields]. That of __typename, which is in the key, is none of theirs.
	Index int
	// Key is what precedes the value: the brace or the comma, the name in the answer, and the colon.
	Key string
	// Selections are what is asked of the object behind the field, for each of [TypeField.Types].
	Selections []*Selection

	node *ast.Field
}

const typename = -1

// plan is what is asked of a root field, compiled.
type plan struct {
	root   Field
	fields int
}

// compile compiles what is asked of a root field; nil when something of it is not known.
func (s *Schema) compile(op *graphql.OperationContext, asked graphql.CollectedField) *plan {
	c := compiler{op: op}
	root, known := c.field(s.root, asked)
	if !known {
		return nil
	}
	return &plan{root: root, fields: c.fields}
}

type compiler struct {
	op     *graphql.OperationContext
	fields int // so far
}

// field compiles a field of an object of the type.
func (c *compiler) field(of *object, asked graphql.CollectedField) (f Field, known bool) {
	c.fields++
	f = Field{Index: typename, node: asked.Field}
	if asked.Name == "__typename" {
		return f, true
	}
	in, known := of.fields[asked.Name]
	if !known {
		return f, false
	}
	f.Index = in.index
	for _, behind := range in.behind {
		selection, known := c.selection(behind, asked.Selections)
		if !known {
			return f, false
		}
		f.Selections = append(f.Selections, selection)
	}
	return f, true
}

// selection compiles what is asked of an object of the type. gqlgen's own function says which fields those are.
func (c *compiler) selection(of *object, set ast.SelectionSet) (s *Selection, known bool) {
	collected := graphql.CollectFields(c.op, set, of.satisfies)
	s = &Selection{Fields: make([]Field, 0, len(collected))}
	for i, asked := range collected {
		for _, other := range collected[:i] {
			if other.Alias == asked.Alias {
				return nil, false // gqlgen resolves both and writes the first
			}
		}
		f, known := c.field(of, asked)
		if !known {
			return nil, false
		}
		f.Key = `,"` + asked.Alias + `":`
		if i == 0 {
			f.Key = `{"` + asked.Alias + `":`
		}
		if f.Index == typename {
			f.Key += `"` + of.name + `"`
		}
		s.Fields = append(s.Fields, f)
	}
	return s, true
}
