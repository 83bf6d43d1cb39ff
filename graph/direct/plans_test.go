package direct

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// The tests look at what is kept, and so are in the package.

var (
	schema = New("Query", []Type{
		{Name: "Query", Satisfies: []string{"Query"}, Fields: []TypeField{{Name: "thing", Types: []string{"Thing"}}}},
		{Name: "Thing", Satisfies: []string{"Thing"}, Fields: []TypeField{{Name: "name"}, {Name: "thing", Types: []string{"Thing"}}}},
	}, nil)
	definition = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { thing: Thing } type Thing { name: String unknown: String thing: Thing }`})
)

// asked is the operation of the query, and its root fields.
func asked(t *testing.T, query string, variables map[string]any) (*graphql.OperationContext, []graphql.CollectedField) {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(definition, query, rules.NewDefaultRules())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: variables}
	return op, graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"})
}

func TestAPlanIsCompiledOnce(t *testing.T) {
	op, roots := asked(t, `{ thing { name thing { x: name } } }`, nil)
	var plans Plans
	first := plans.find(schema, op, roots[0])
	if first == nil || plans.find(schema, op, roots[0]) != first {
		t.Error("the plan is compiled again")
	}
	if got := first.root.Selections[0].Fields[1].Selections[0].Fields[0].Key; got != `{"x":` {
		t.Errorf("the key is %s", got)
	}
}

// TestWhatDependsOnAVariableIsNotKept, wherever in the operation the directive is.
func TestWhatDependsOnAVariableIsNotKept(t *testing.T) {
	for _, query := range []string{
		`query ($b: Boolean!) { thing { name @skip(if: $b) } }`,
		`query ($b: Boolean!) { thing { name } ... @include(if: $b) { thing { thing { name } } } }`,
		`query ($b: Boolean!) { thing { ...F } } fragment F on Thing { name thing @include(if: $b) { name } }`,
	} {
		op, roots := asked(t, query, map[string]any{"b": true})
		var plans Plans
		if plans.find(schema, op, roots[0]) == nil {
			t.Errorf("%s is not compiled", query)
		}
		if len(plans.kept) > 0 {
			t.Errorf("the plan of %s is kept", query)
		}
	}
}

// TestWhatCannotBeCompiledIsKnown, so that it is not tried again.
func TestWhatCannotBeCompiledIsKnown(t *testing.T) {
	for _, query := range []string{`{ thing { unknown } }`, `{ thing { ... @defer { name } } }`} {
		op, roots := asked(t, query, nil)
		var plans Plans
		if plans.find(schema, op, roots[0]) != nil {
			t.Errorf("%s is compiled", query)
		}
		if kept, found := plans.kept[rootField{op.Operation, roots[0].Field}]; !found || kept != nil {
			t.Errorf("%s is not known", query)
		}
	}
}

// TestPlansAreBounded: a document that asks for more than is kept is compiled each time.
func TestPlansAreBounded(t *testing.T) {
	var query strings.Builder
	for i := range 10 {
		_, _ = fmt.Fprintf(&query, "r%d: thing { ", i)
		for j := range maxKept / 4 {
			_, _ = fmt.Fprintf(&query, "f%d: name ", j)
		}
		query.WriteString("} ")
	}
	op, roots := asked(t, "{ "+query.String()+"}", nil)
	var plans Plans
	for range 2 {
		for _, root := range roots {
			if plans.find(schema, op, root) == nil {
				t.Fatal("not compiled")
			}
		}
	}
	if len(plans.kept) != 3 || plans.fields > maxKept {
		t.Errorf("%d plans of %d fields are kept", len(plans.kept), plans.fields)
	}
}
