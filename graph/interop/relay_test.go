package interop_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"gelombang/graph/trusted"
	"gelombang/internal/registry/registrytest"
)

// TestRelayPagesThroughEveryConnection compiles the pagination fragments of the project in the folder relay and
// pages through each connection of the schema with the queries that Relay's compiler wrote.
func TestRelayPagesThroughEveryConnection(t *testing.T) {
	dir := schemaWith(t, "", "")
	text, ok := compile(t, dir)
	if !ok {
		t.Fatal(text)
	}
	queries := compiled(t, dir)
	w := newWorld(t)
	server := w.serve(registrytest.Admin) // who sees every list
	ids := objects(t, server, w.card)
	for _, c := range connections(t) {
		t.Run(c.object+"."+c.field, func(t *testing.T) {
			query, compiled := queries[c.query()]
			if !compiled {
				t.Fatalf("no %s: add a fragment to relay/src/%s.ts", c.query(), c.object)
			}
			id := ids[c.object]
			whole, _ := page(t, server, query, c, map[string]any{"count": 100, "id": id})
			if len(whole) < 3 {
				t.Fatalf("the list has %d entries: too few for a second page", len(whole))
			}
			var walked []string
			for cursor, more := any(nil), true; more; {
				var nodes []string
				if nodes, cursor = page(t, server, query, c, map[string]any{"count": 2, "cursor": cursor, "id": id}); len(nodes) == 0 {
					t.Fatal("an empty page")
				}
				walked, more = append(walked, nodes...), cursor != nil
			}
			if got, want := strings.Join(walked, " "), strings.Join(whole, " "); got != want {
				t.Errorf("in pages of 2: %s\nat once: %s", got, want)
			}
		})
	}
}

func TestRelayRefusesAConnectionThatIsNone(t *testing.T) {
	dir := schemaWith(t, "  endCursor: String\n", "  lastCursor: String\n")
	if text, ok := compile(t, dir); ok || !strings.Contains(text, "endCursor") {
		t.Errorf("compiled: %t, want a complaint about endCursor:\n%s", ok, text)
	}
}

// compile compiles the project in a copy beside the schema.graphql of the folder.
func compile(t *testing.T, dir string) (output string, ok bool) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS("relay")); err != nil {
		t.Fatal(err)
	}
	// What the compiler writes to must be there.
	writeFile(t, filepath.Join(dir, "queries.json"), "{}")
	if err := os.Mkdir(filepath.Join(dir, "artifacts"), 0o700); err != nil {
		t.Fatal(err)
	}
	return run(t, dir, relayCompiler, "--output", "quiet-with-errors", "relay.config.json")
}

// compiled returns the queries that the compiler wrote, by their names. The file that it writes is a manifest of
// trusted documents.
func compiled(t *testing.T, dir string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "queries.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trusted.Parse(text); err != nil {
		t.Errorf("what Relay's compiler wrote is no manifest of trusted documents: %v", err)
	}
	var byHash map[string]string
	if err := json.Unmarshal(text, &byHash); err != nil {
		t.Fatal(err)
	}
	byName := map[string]string{}
	for _, query := range byHash {
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			t.Fatal(err)
		}
		byName[doc.Operations[0].Name] = query
	}
	return byName
}

// connection is a field that answers with a connection.
type connection struct{ object, field string }

// query is the name of the query that the project has for a page of it.
func (c connection) query() string {
	return c.object + strings.ToUpper(c.field[:1]) + c.field[1:] + "PaginationQuery"
}

// connections returns every connection of the schema.
func connections(t *testing.T) []connection {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: readSchema(t)})
	if err != nil {
		t.Fatal(err)
	}
	var found []connection
	for name, def := range schema.Types {
		for _, f := range def.Fields {
			if strings.HasSuffix(f.Type.Name(), "Connection") {
				found = append(found, connection{name, f.Name})
			}
		}
	}
	return found
}

// objects returns the ids of objects that have lists, by type.
func objects(t *testing.T, server *httptest.Server, card string) map[string]string {
	t.Helper()
	type object struct{ ID string }
	var data struct {
		Cohort, Participant, Platform, Settlement object
		Endpoints                                 []object
		Offerings                                 struct {
			Nodes []struct{ ID, CourseCode string }
		}
	}
	ask(t, server, `query ($card: CardNumber!) {
		cohort(number: 11) { id } participant(cardNumber: $card) { id } platform(code: "tokopedia") { id }
		settlement(number: 1) { id } endpoints { id } offerings { nodes { id courseCode } }
	}`, map[string]any{"card": card}, &data)
	ids := map[string]string{"Cohort": data.Cohort.ID, "Participant": data.Participant.ID, "Platform": data.Platform.ID, "Settlement": data.Settlement.ID, "Endpoint": data.Endpoints[0].ID}
	for _, o := range data.Offerings.Nodes {
		if o.CourseCode == "C-1" { // which registrytest sells
			ids["Offering"] = o.ID
		}
	}
	return ids
}

// page asks for one page. It returns the ids of its nodes, and the cursor after which the next begins; nil when it
// is the last.
func page(t *testing.T, server *httptest.Server, query string, c connection, variables map[string]any) (ids []string, next any) {
	t.Helper()
	if c.object == "Query" {
		delete(variables, "id")
	}
	var data map[string]json.RawMessage
	ask(t, server, query, variables, &data)
	if c.object != "Query" {
		decode(t, data["node"], &data)
	}
	var list struct {
		Edges    []struct{ Node struct{ ID string } }
		PageInfo struct {
			HasNextPage bool
			EndCursor   string
		}
	}
	decode(t, data[c.field], &list)
	for _, e := range list.Edges {
		ids = append(ids, e.Node.ID)
	}
	if list.PageInfo.HasNextPage {
		next = list.PageInfo.EndCursor
	}
	return ids, next
}

func decode(t *testing.T, text json.RawMessage, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
