package graph

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestEveryListHasASize looks for lists that the cost would take a guess at, and for sizes of lists that are not
// there: it looks at the table itself, and so is in the package.
func TestEveryListHasASize(t *testing.T) {
	text, err := os.ReadFile("../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	lists, fields := map[string]bool{}, map[string]bool{}
	for _, def := range schema.Types {
		if def.Kind != ast.Object {
			continue
		}
		for _, f := range def.Fields {
			place := def.Name + "." + f.Name
			fields[place] = true
			if f.Type.Elem != nil && schema.Types[f.Type.Name()].IsCompositeType() {
				lists[place] = true
			}
			if strings.HasSuffix(f.Type.Name(), "Connection") && f.Arguments.ForName("first") == nil {
				t.Errorf("%s is a connection without pages", place)
			}
		}
	}
	for place := range lists {
		paged := isPaged(place) || place == "Query.nodes"
		mistakes := strings.HasSuffix(place, "Payload.userErrors")
		if assumed[place] == 0 && !paged && !mistakes {
			t.Errorf("%s has no size", place)
		}
	}
	for place := range assumed {
		if !lists[place] {
			t.Errorf("%s is no list", place)
		}
	}
	for place := range heavy {
		if !fields[place] {
			t.Errorf("%s is no field", place)
		}
	}
}
