package graph

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/selection"
)

// mistakes says, of the errors for which an operation is not run, where in the request the mistake is and what to do.
type mistakes struct {
	schema *ast.Schema
	op     *graphql.OperationContext
	// variables are as they were sent.
	variables map[string]any
	suggest   bool // whether the viewer may be told of names that were not given
}

// explain returns the errors with our messages, where we have any.
func (m mistakes) explain(errs gqlerror.List) gqlerror.List {
	if len(errs) != 1 || m.op == nil || m.op.Doc == nil {
		return errs
	}
	if m.op.Operation == nil {
		return gqlerror.List{invalid(nil, m.whichOperation())}
	}
	if path := errs[0].Path; len(path) > 1 && path[0] == ast.PathName("variable") {
		return gqlerror.List{invalid(path, m.inVariable(path[1:], errs[0].Message))}
	}
	return errs
}

func invalid(path ast.Path, message string) *gqlerror.Error {
	err := &gqlerror.Error{Message: message, Path: path}
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// whichOperation says that the request does not name one of its operations.
func (m mistakes) whichOperation() string {
	message := "the document has no operation `" + short(m.op.OperationName) + "`"
	if m.op.OperationName == "" {
		message = "the document has several operations: say in `operationName` which one to run"
	}
	if names := operationNames(m.op.Doc); m.suggest && names != "" {
		message += "; it has " + names
	}
	return message
}

// inVariable says what is wrong at the place in a variable, whose name comes first.
func (m mistakes) inVariable(path ast.Path, wrong string) string {
	def, given := m.follow(path)
	last, _ := path[len(path)-1].(ast.PathName)
	switch {
	case def != nil && def.Kind == ast.Enum && given != "":
		wrong = noEnumValue(def, given, false, m.suggest)
	case def == nil && m.suggest && len(path) > 1:
		if parent, _ := m.follow(path[:len(path)-1]); parent != nil {
			wrong += meant(string(last), fieldNames(parent))
		}
	}
	return "variable `" + stepName(path[0]) + "`" + within(path[1:]) + ": " + wrong
}

func fieldNames(def *ast.Definition) []string {
	var names []string
	for _, f := range def.Fields {
		names = append(names, f.Name)
	}
	return names
}

func stepName(step ast.PathElement) string {
	name, _ := step.(ast.PathName)
	return short(string(name))
}

// within names a place in a value; empty for the whole.
func within(path ast.Path) string {
	if len(path) == 0 {
		return ""
	}
	var place strings.Builder
	for _, step := range path {
		if i, is := step.(ast.PathIndex); is {
			place.WriteString("[" + strconv.Itoa(int(i)) + "]")
			continue
		}
		if place.Len() > 0 {
			place.WriteByte('.')
		}
		place.WriteString(stepName(step))
	}
	kind := "field"
	if _, is := path[0].(ast.PathIndex); is {
		kind = "element"
	}
	return ", " + kind + " `" + place.String() + "`"
}

// follow returns the type of the place in a variable, nil when the schema has no such place, and the text that was
// given there, if it is one.
func (m mistakes) follow(path ast.Path) (*ast.Definition, string) {
	variable := m.op.Operation.VariableDefinitions.ForName(fmt.Sprint(path[0]))
	if variable == nil {
		return nil, ""
	}
	def, value := m.schema.Types[variable.Type.Name()], m.variables[variable.Variable]
	for _, step := range path[1:] {
		switch step := step.(type) {
		case ast.PathIndex:
			if list := elements(value); int(step) < len(list) {
				value = list[step]
			}
		case ast.PathName:
			field := def.Fields.ForName(string(step))
			if field == nil {
				return nil, ""
			}
			def = m.schema.Types[field.Type.Name()]
			if fields, is := value.(map[string]any); is {
				value = fields[string(step)]
			}
		}
	}
	text, _ := value.(string)
	return def, text
}

// misspelt returns the error of the first value of an enum in the variables that is not one: the validator takes one in
// any case of its letters, which would let nothing through a filter. It is nil when there is none.
func (m mistakes) misspelt() *gqlerror.Error {
	for _, v := range m.op.Operation.VariableDefinitions {
		if path := m.misspeltIn(m.schema.Types[v.Type.Name()], m.variables[v.Variable], ast.Path{ast.PathName(v.Variable)}); path != nil {
			return invalid(append(ast.Path{ast.PathName("variable")}, path...), m.inVariable(path, ""))
		}
	}
	return nil
}

// What is deeper than filters may be is refused for that, and not looked at.
func (m mistakes) misspeltIn(def *ast.Definition, value any, path ast.Path) ast.Path {
	if len(path) > 4*maxFilterDepth {
		return nil
	}
	switch given := value.(type) {
	case nil:
		return nil
	case string:
		if def.Kind == ast.Enum && given != "" && def.EnumValues.ForName(given) == nil {
			return path
		}
		return nil
	case map[string]any:
		for _, f := range def.Fields { // in the order of the schema
			if wrong := m.misspeltIn(m.schema.Types[f.Type.Name()], given[f.Name], append(path[:len(path):len(path)], ast.PathName(f.Name))); wrong != nil {
				return wrong
			}
		}
		return nil
	}
	if def.Kind != ast.Enum && def.Kind != ast.InputObject || reflect.ValueOf(value).Kind() != reflect.Slice {
		return nil
	}
	for i, each := range elements(value) {
		if wrong := m.misspeltIn(def, each, append(path[:len(path):len(path)], ast.PathIndex(i))); wrong != nil {
			return wrong
		}
	}
	return nil
}

// argumentPlace says in which argument, and where in it, a value is that could not be read; empty when that is not
// known. The field is the path of the root field that was being answered.
func argumentPlace(err error, field ast.Path) string {
	var inner *gqlerror.Error
	var below *selection.ArgumentError
	if errors.As(err, &below) {
		if errors.As(below.Err, &inner) && len(inner.Path) > len(field) {
			return fmt.Sprintf("argument `%s`%s: ", below.Argument, within(inner.Path[len(field):]))
		}
		return fmt.Sprintf("argument `%s`: ", below.Argument)
	}
	if !errors.As(err, &inner) || len(inner.Path) <= len(field) {
		return ""
	}
	name, is := inner.Path[len(field)].(ast.PathName)
	if !is {
		return ""
	}
	return fmt.Sprintf("argument `%s`%s: ", name, within(inner.Path[len(field)+1:]))
}
