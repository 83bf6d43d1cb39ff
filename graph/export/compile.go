package export

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// RefusedError is a selection that has no place in a file. It says what to leave out.
type RefusedError struct{ Message string }

func (r *RefusedError) Error() string { return r.Message }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// never is what no file holds, for no role, by the types and fields of the schema, with the reason.
var never = map[string]string{
	"Participant.contact": "is personal data, which is never exported",
	"Delivery.body":       "may hold personal data, which is never exported",
	"Review.note":         "is a text of a person's, which may name somebody, and never exported",

	"Settlement.reason":         "is a text of a person's, which may name somebody, and never exported",
	"Settlement.reversalReason": "is a text of a person's, which may name somebody, and never exported",

	"Cohort.reminderPreview": "is a question about one cohort at a time, and no part of a list",
}

// Table is a compiled selection: its columns, and how their cells are read from an object.
type Table struct {
	Columns []Column
	root    object
}

// object is what is selected of one object.
type object struct {
	fields []field
	width  int // in columns, with those of the objects behind it
}

// field is a selected field: a cell, or an object with its own.
type field struct {
	get    getter
	read   reader  // of a cell
	behind *object // nil for a cell
	// required is whether there is always an object behind the field.
	required bool
}

// Row says what the rows of a file are: the objects of a type of the schema, by pointers to a struct.
type Row struct {
	Type *ast.Definition
	Go   reflect.Type // of the pointer
}

// Compile makes the columns of what is selected of each row. Its error is a [*RefusedError] when the selection has no
// place in a file, and otherwise a fault of ours. Of __typename there is no column: it says the same in each row.
func Compile(op *graphql.OperationContext, schema *ast.Schema, selected ast.SelectionSet, row Row) (*Table, error) {
	c := compiler{op: op, schema: schema}
	root, err := c.object(selected, row, "")
	if err != nil {
		return nil, err
	}
	if len(c.columns) == 0 {
		return nil, refuse("the rows have no columns: ask for a field of %s", row.Type.Name)
	}
	return &Table{Columns: c.columns, root: *root}, nil
}

type compiler struct {
	op      *graphql.OperationContext
	schema  *ast.Schema
	columns []Column
}

func (c *compiler) object(selected ast.SelectionSet, row Row, path string) (*object, error) {
	o := &object{}
	before := len(c.columns)
	satisfied := append([]string{row.Type.Name}, row.Type.Interfaces...)
	for _, f := range graphql.CollectFields(c.op, selected, satisfied) {
		if f.Name == "__typename" {
			continue
		}
		compiled, err := c.field(f, row, path+f.Alias)
		if err != nil {
			return nil, err
		}
		o.fields = append(o.fields, compiled)
	}
	o.width = len(c.columns) - before
	return o, nil
}

func (c *compiler) field(f graphql.CollectedField, row Row, path string) (field, error) {
	t := f.Definition.Type
	if reason, forbidden := never[row.Type.Name+"."+f.Name]; forbidden {
		return field{}, refuse("`%s` %s: leave it out", path, reason)
	}
	if t.Elem != nil || strings.HasSuffix(t.Name(), "Connection") {
		return field{}, refuse("`%s` is a list, and a row has no place for one: leave it out, or export it by itself", path)
	}
	get, holds, err := bind(row.Go, f)
	if err != nil {
		return field{}, err
	}
	def := c.schema.Types[t.Name()]
	if def.IsCompositeType() {
		behind, err := c.object(f.Selections, Row{Type: def, Go: holds}, path+".")
		return field{get: get, behind: behind, required: t.NonNull}, err
	}
	kind := kindOf(def)
	read, err := readerOf(kind, holds, t.NonNull)
	if err != nil {
		return field{}, fmt.Errorf("%s.%s: %w", row.Type.Name, f.Name, err)
	}
	c.columns = append(c.columns, Column{Name: path, Kind: kind})
	return field{get: get, read: read}, nil
}

var kinds = map[string]Kind{"Int": Integer, "Rupiah": Rupiah, "Float": Float, "Boolean": Boolean, "DateTime": DateTime, "Date": Date}

// kindOf is how cells of the scalar or enum are written: as text, unless it is known better.
func kindOf(def *ast.Definition) Kind { return kinds[def.Name] }

// Read reads the cells of an object, which is a pointer of the type that the table was compiled for, into as many
// as there are columns.
func (t *Table) Read(from any, cells []Value) error {
	return t.root.read(reflect.ValueOf(from), cells)
}

func (o *object) read(from reflect.Value, cells []Value) error {
	at := 0
	for i := range o.fields {
		f := &o.fields[i]
		held, err := f.get(from)
		if err != nil {
			return err
		}
		if f.behind == nil {
			if err := f.read(held, &cells[at]); err != nil {
				return err
			}
			at++
			continue
		}
		within := cells[at : at+f.behind.width]
		at += f.behind.width
		switch {
		case !held.IsNil():
			if err := f.behind.read(held, within); err != nil {
				return err
			}
		case f.required:
			return ErrNotWritable
		default:
			for j := range within {
				within[j] = Value{Null: true}
			}
		}
	}
	return nil
}
