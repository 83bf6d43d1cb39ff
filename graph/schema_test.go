package graph_test

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestEveryElementOfTheSchemaIsDescribed reads the schema as it is written.
func TestEveryElementOfTheSchemaIsDescribed(t *testing.T) {
	text, err := os.ReadFile("../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	elements := 0
	described := func(name, description string) {
		elements++
		last := strings.TrimSpace(description)
		if last == "" {
			t.Errorf("%s has no description", name)
		} else if !strings.HasSuffix(last, ".") && !strings.HasSuffix(last, "…") {
			t.Errorf("the description of %s is not a sentence: %q", name, description)
		}
	}
	described("schema", schema.Description)
	for name, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		described(name, def.Description)
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(name+"."+f.Name, f.Description)
			for _, arg := range f.Arguments {
				described(name+"."+f.Name+"("+arg.Name+")", arg.Description)
			}
		}
		for _, v := range def.EnumValues {
			described(name+"."+v.Name, v.Description)
		}
	}
	if elements < 500 {
		t.Errorf("looked at %d elements only", elements)
	}
}

// introspection is the query of the usual explorers, as deep as they ask.
const introspection = `query { __schema { queryType { name } mutationType { name } subscriptionType { name }
	types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef }
	isDeprecated deprecationReason } inputFields { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description }
	possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

func TestWhoMayIntrospect(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	for name, v := range roles("3113000000000001") {
		may := name != "nobody" && name != "anonymous" && name != "participant"
		for _, query := range []string{introspection, `{ __type(name: "Cohort") { name } }`, `{ ...F } fragment F on Query { ... { s: __schema { queryType { name } } } }`} {
			a := c.ask(v, query, nil)
			if may && (len(a.Errors) > 0 || a.Data == nil) {
				t.Errorf("%s: %.200s", name, a.text)
			}
			if !may && (a.code() != "INTROSPECTION_DISABLED" || a.Data != nil) {
				t.Errorf("%s: %.200s", name, a.text)
			}
		}
		if a := c.get(v, `{ __typename programme { __typename } }`, nil); a.at("programme.__typename") != "Programme" {
			t.Errorf("%s may not ask for __typename: %s", name, a.text)
		}
	}
}
