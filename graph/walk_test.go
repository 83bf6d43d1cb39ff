package graph_test

import (
	commandLine "flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// place is a list in the schema: at the root, or below an object.
type place struct {
	parent string // the type of the object; "Query" at the root
	field  *ast.FieldDefinition
}

func (p place) String() string { return p.parent + "." + p.field.Name }

// node is the type of the objects on the list.
func (p place) node() string {
	return schemaOf().Types[p.field.Type.Name()].Fields.ForName("nodes").Type.Name()
}

// input is the name of the type of an argument; empty when the list does not take it.
func (p place) input(argument string) string {
	if arg := p.field.Arguments.ForName(argument); arg != nil {
		return arg.Type.Name()
	}
	return ""
}

// order is the name of the order of the list: of its input, or, where it has one order only, of what is on it.
func (p place) order() string {
	if input := p.input("orderBy"); input != "" {
		return input
	}
	return p.node()
}

// places are all lists in the schema.
func places() []place {
	var found []place
	for _, name := range slices.Sorted(maps.Keys(schemaOf().Types)) {
		def := schemaOf().Types[name]
		for _, f := range def.Fields {
			if def.Kind == ast.Object && strings.HasSuffix(f.Type.Name(), "Connection") {
				found = append(found, place{parent: name, field: f})
			}
		}
	}
	return found
}

// belongs says of the lists below objects which objects are on them.
var belongs = map[string]func(m *mirror, parent, o object) bool{
	"Cohort.participants": func(_ *mirror, parent, o object) bool { return o.at("cohort.id") == parent["id"] },
	"Cohort.purchases": func(m *mirror, parent, o object) bool {
		return m.behind(o, "participant").at("cohort.id") == parent["id"]
	},
	"Offering.purchases":    func(_ *mirror, parent, o object) bool { return o.at("offering.id") == parent["id"] },
	"Participant.purchases": func(_ *mirror, parent, o object) bool { return o.at("participant.id") == parent["id"] },
	"Participant.history":   func(_ *mirror, parent, o object) bool { return o["participant"] == parent["id"] },
	"Cohort.settlements":    func(_ *mirror, parent, o object) bool { return o.at("cohort.id") == parent["id"] },
	"Settlement.entries":    func(_ *mirror, parent, o object) bool { return o.at("settlement.id") == parent["id"] },
	"Endpoint.messages":     func(_ *mirror, parent, o object) bool { return o.at("endpoint.id") == parent["id"] },
	"Platform.offerings":    ofPlatform, "Platform.purchases": ofPlatform, "Platform.deliveries": ofPlatform,
}

func ofPlatform(_ *mirror, parent, o object) bool { return o.at("platform.code") == parent["code"] }

// inquiry is what a test asks of a list: by the same arguments below every one of the parents.
type inquiry struct {
	place
	parents []string // ids; one empty at the root
	filter  map[string]any
	by      []map[string]any
}

// window says which page of a list.
type window struct {
	size          int
	backwards     bool
	sized         bool // else the size is the usual
	after, before *edge
}

type edge struct {
	id, cursor string
}

// page is a page of a list as it was answered, or as it should be.
type page struct {
	Nodes          []string
	Next, Previous bool
	Total          float64
}

// answered is a page with its cursors.
type answered struct {
	page
	edges []edge
}

const asked = `totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`

// text is the query, with its arguments in variables.
func (q inquiry) text() string {
	var declared, given []string
	for _, arg := range q.field.Arguments {
		declared, given = append(declared, "$"+arg.Name+": "+arg.Type.String()), append(given, arg.Name+": $"+arg.Name)
	}
	list := fmt.Sprintf("list: %s(%s) { %s }", q.field.Name, strings.Join(given, ", "), asked)
	if q.parent == "Query" {
		return fmt.Sprintf("query (%s) { %s }", strings.Join(declared, ", "), list)
	}
	return fmt.Sprintf("query ($ids: [ID!]!, %s) { nodes(ids: $ids) { ... on %s { %s } } }", strings.Join(declared, ", "), q.parent, list)
}

// ask asks for the pages below the parents.
func (q inquiry) ask(t rapid.TB, c *client, w window) []answered {
	variables := map[string]any{"filter": q.filter, "orderBy": q.by, "ids": q.parents} // some lists take no order
	if w.sized {
		variables[map[bool]string{false: "first", true: "last"}[w.backwards]] = w.size
	}
	if w.after != nil {
		variables["after"] = w.after.cursor
	}
	if w.before != nil {
		variables["before"] = w.before.cursor
	}
	a := c.ask(admin, q.text(), variables)
	if len(a.Errors) > 0 {
		t.Fatalf("%s: %s\n%s", q, a.text, c.log)
	}
	if q.parent == "Query" {
		return []answered{pageOf(t, a.Data["list"])}
	}
	var pages []answered
	for _, n := range objectsIn(a.Data["nodes"]) {
		pages = append(pages, pageOf(t, n["list"]))
	}
	return pages
}

func pageOf(t rapid.TB, connection any) answered {
	c := object(connection.(map[string]any))
	p := answered{page: page{
		Nodes: []string{}, Next: c.at("pageInfo.hasNextPage").(bool), Previous: c.at("pageInfo.hasPreviousPage").(bool), Total: c["totalCount"].(float64),
	}}
	for i, o := range objectsIn(c["edges"]) {
		p.edges = append(p.edges, edge{id: o.at("node.id").(string), cursor: o["cursor"].(string)})
		p.Nodes = append(p.Nodes, c.at(fmt.Sprintf("nodes.%d.id", i)).(string))
		if p.Nodes[i] != p.edges[i].id {
			t.Fatalf("node %d is not that of its edge", i)
		}
	}
	if n := len(p.edges); n > 0 && (p.edges[0].cursor != c.at("pageInfo.startCursor") || p.edges[n-1].cursor != c.at("pageInfo.endCursor")) {
		t.Fatal("the cursors of the page are not those of its ends")
	}
	return p
}

// list is the whole list below the parent, in order.
func (q inquiry) list(m *mirror, parent string) []object {
	var found []object
	for _, o := range m.all[q.node()] {
		if (parent == "" || belongs[q.String()](m, m.byID[parent], o)) && (q.filter == nil || m.holds(q.input("filter"), q.filter, o)) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b object) int { return m.inOrder(q.order(), q.by, a, b) })
	return found
}

// expect is the page that the inquiry should be answered with.
func (q inquiry) expect(m *mirror, parent string, w window) page {
	all := q.list(m, parent)
	p := page{Nodes: []string{}, Total: float64(len(all))}
	var within []object
	for _, o := range all {
		behind := w.after != nil && m.inOrder(q.order(), q.by, o, m.byID[w.after.id]) <= 0
		beyond := w.before != nil && m.inOrder(q.order(), q.by, o, m.byID[w.before.id]) >= 0
		p.Previous, p.Next = p.Previous || behind, p.Next || beyond
		if !behind && !beyond {
			within = append(within, o)
		}
	}
	if extra := len(within) - w.size; extra > 0 && w.backwards {
		within, p.Previous = within[extra:], true
	} else if extra > 0 {
		within, p.Next = within[:w.size], true
	}
	for _, o := range within {
		p.Nodes = append(p.Nodes, o["id"].(string))
	}
	return p
}

// check compares the pages with what they should be and returns them.
func (q inquiry) check(t rapid.TB, c *client, m *mirror, w window) []answered {
	pages := q.ask(t, c, w)
	for i, parent := range q.parents {
		if diff := cmp.Diff(q.expect(m, parent, w), pages[i].page); diff != "" {
			t.Fatalf("%v below %q, filter %q, order %v, %+v (-want +got):\n%s", q.place, parent, q.filter, q.by, w, diff)
		}
	}
	return pages
}

// walkChecks is how many walks are taken on each database. The flag -rapid.checks has the last word.
const walkChecks = "700"

// TestEveryWalkMeetsEveryRowOnce walks every list of the schema, below several objects at once, by random filters,
// orders and sizes of pages, forwards and backwards, while rows are added. Every page is the one that Go finds in
// the unfiltered lists; and whatever was there throughout is met exactly once, nothing twice, and it ends.
func TestEveryWalkMeetsEveryRowOnce(t *testing.T) {
	drawCases(t, walkChecks)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		crowd := newCrowd(t, d)
		c := serve(t, crowd.Registry)
		walked := map[string]int{} // rows
		rapid.Check(t, func(t *rapid.T) {
			crowd.disperse()
			s := stroll{crowd: crowd, client: c, mirror: look(crowd.t, c)}
			s.inquiry = drawInquiry(t, s.mirror, 2)
			s.walk(t)
			s.windows(t)
			walked[s.inquiry.String()] += len(s.edges)
		})
		for _, p := range places() {
			if walked[p.String()] < 20 && !t.Failed() {
				t.Errorf("walked over %d rows of %s only", walked[p.String()], p)
			}
		}
	})
}

func drawInquiry(t *rapid.T, m *mirror, depth int) inquiry {
	q := inquiry{place: drawPlace(t), parents: []string{""}}
	if q.parent != "Query" {
		if m.all[q.parent] == nil || belongs[q.String()] == nil {
			t.Fatalf("the test does not know whose %s are", q.place)
		}
		q.parents = drawParents(t, m, q)
	}
	if input := q.input("filter"); input != "" && rapid.IntRange(0, 3).Draw(t, "filtered") > 0 {
		q.filter = drawFilter(t, m, input, depth)
	}
	if input := q.input("orderBy"); input != "" {
		q.by = drawOrder(t, input)
	}
	return q
}

// drawParents draws up to four objects with such a list, the first of which has several rows on it.
func drawParents(t *rapid.T, m *mirror, q inquiry) []string {
	all := slices.Sorted(maps.Keys(ids(m.all[q.parent])))
	first := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(all), func(id string) bool { return len(q.list(m, id)) < 2 })).Draw(t, "the first parent")
	parents := []string{first}
	for _, id := range rapid.Permutation(all).Draw(t, "parents")[:rapid.IntRange(0, min(3, len(all))).Draw(t, "how many more parents")] {
		if id != first {
			parents = append(parents, id)
		}
	}
	return parents
}

func drawPlace(t *rapid.T) place {
	all := places()
	var names []string
	for _, p := range all {
		names = append(names, p.String())
	}
	return all[slices.Index(names, rapid.SampledFrom(names).Draw(t, "list"))]
}

// stroll is a walk over a list.
type stroll struct {
	crowd   *crowd
	client  *client
	mirror  *mirror
	inquiry inquiry
	edges   []edge // met so far below the first parent
	added   int    // rows
}

func (s *stroll) walk(t *rapid.T) {
	w := window{size: 20, backwards: rapid.Bool().Draw(t, "backwards"), sized: true}
	if w.backwards || rapid.IntRange(0, 4).Draw(t, "sized") > 0 {
		w.size = rapid.IntRange(1, 9).Draw(t, "size")
	} else {
		w.sized = false
	}
	throughout := ids(s.inquiry.list(s.mirror, s.inquiry.parents[0]))
	for {
		p := s.inquiry.check(t, s.client, s.mirror, w)[0]
		s.edges = append(s.edges, p.edges...)
		more, cursor := p.Next, &w.after
		if w.backwards {
			more, cursor = p.Previous, &w.before
		}
		if !more {
			break
		}
		if len(s.edges) > 500 {
			t.Fatalf("%v goes round", s.inquiry.place)
		}
		*cursor = &p.edges[len(p.edges)-1]
		if w.backwards {
			*cursor = &p.edges[0]
		}
		s.disturb(t)
		still := ids(s.inquiry.list(s.mirror, s.inquiry.parents[0]))
		maps.DeleteFunc(throughout, func(id string, _ int) bool { return still[id] == 0 })
	}
	met := map[string]int{}
	for _, e := range s.edges {
		if met[e.id]++; met[e.id] > 1 {
			t.Fatalf("%v: %s twice", s.inquiry.place, e.id)
		}
	}
	for id := range throughout {
		if met[id] != 1 {
			t.Fatalf("%v: %s was there throughout and not met", s.inquiry.place, id)
		}
	}
}

func ids(list []object) map[string]int {
	found := map[string]int{}
	for _, o := range list {
		found[o["id"].(string)]++
	}
	return found
}

// disturb adds rows, now and then.
func (s *stroll) disturb(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "disturbed") > 0 || s.added > 15 {
		return
	}
	next := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "chance") }
	for range rapid.IntRange(1, 3).Draw(t, "rows") {
		table := rapid.SampledFrom(crowdTables).Draw(t, "table")
		if table == "history" && s.crowd.made > 3000 {
			table = "purchases" // what is in the history stays, and must fit into the mirror
		}
		s.crowd.add(table, next)
		s.added++
	}
	s.mirror = look(s.crowd.t, s.client)
}

// windows asks for pages between two of the cursors, in either order, of which one may be none.
func (s *stroll) windows(t *rapid.T) {
	if len(s.edges) == 0 {
		return
	}
	cursor := func(name string) *edge {
		if i := rapid.IntRange(-1, len(s.edges)-1).Draw(t, name); i >= 0 {
			return &s.edges[i]
		}
		return nil
	}
	s.inquiry.check(t, s.client, s.mirror, window{
		size: rapid.IntRange(0, 9).Draw(t, "size"), sized: true, backwards: rapid.Bool().Draw(t, "backwards"), after: cursor("after"), before: cursor("before"),
	})
}

// drawCases makes properties run on n cases while the test runs, unless the command line says how many.
func drawCases(t *testing.T, n string) {
	t.Helper()
	checks := commandLine.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return
	}
	if err := checks.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := checks.Value.Set(checks.DefValue); err != nil {
			t.Error(err)
		}
	})
}
