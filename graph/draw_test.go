package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"
)

// The bounds of what is drawn: what the endpoint allows, and what a case may take.
const (
	drawnDepth   = 6  // of fields below a root
	drawnParts   = 90 // fields and fragments
	drawnAliases = 28
)

// drawing draws a query from the schema: with aliases, fragments, fields that are asked for twice, and directives that
// depend on variables or do not. Most are valid.
type drawing struct {
	t         *rapid.T
	root      func(t *rapid.T, field string) string // the arguments of a root field
	parts     int
	aliases   int
	fragments []fragment
	used      map[string]bool // variables
}

type fragment struct{ name, on, text string }

// variables of a drawn query, by their declarations.
var declared = []string{"$yes: Boolean!", "$no: Boolean! = false", "$n: Int", "$language: Language! = ID"}

// drawQuestion draws a query with one to three root fields.
func drawQuestion(t *rapid.T, root func(t *rapid.T, field string) string) string {
	q := &drawing{t: t, root: root, parts: drawnParts, aliases: drawnAliases, used: map[string]bool{}}
	var roots []string
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "roots") {
		roots = append(roots, q.rootField())
	}
	if q.one("__typename of the root", 8) {
		roots = append(roots, "__typename")
	}
	var used []string
	for _, d := range declared {
		if q.used[strings.SplitN(d, ":", 2)[0]] {
			used = append(used, d)
		}
	}
	text := "query "
	if len(used) > 0 {
		text += "(" + strings.Join(used, ", ") + ") "
	}
	text += "{ " + strings.Join(roots, " ") + " }"
	for _, f := range q.fragments {
		text += " fragment " + f.name + " on " + f.on + " " + f.text
	}
	return text
}

// one is true once in n times.
func (q *drawing) one(what string, n int) bool { return rapid.IntRange(0, n-1).Draw(q.t, what) == 0 }

func (q *drawing) rootField() string {
	var names []string
	for _, f := range schemaOf().Query.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			names = append(names, f.Name)
		}
	}
	if q.one("towards a type", 2) {
		return q.towards(waysTo()[rapid.SampledFrom(reachable()).Draw(q.t, "type")])
	}
	f := schemaOf().Query.Fields.ForName(rapid.SampledFrom(names).Draw(q.t, "root"))
	return q.alias(true) + f.Name + q.root(q.t, f.Name) + q.directive() + " " + q.selection(f.Type.Name(), drawnDepth)
}

// towards draws a root field by which one comes to objects of a type: by the fields of the way.
func (q *drawing) towards(way []*ast.FieldDefinition) string {
	last := way[len(way)-1]
	text := "{ __typename ... " + q.selection(last.Type.Name(), 2) + " }"
	for i := len(way) - 1; i > 0; i-- {
		text = "{ " + q.alias(false) + way[i].Name + " " + text + " " + q.part(schemaOf().Types[way[i-1].Type.Name()], 0) + " }"
	}
	return q.alias(true) + way[0].Name + q.root(q.t, way[0].Name) + " " + text
}

// waysTo are the shortest ways from the roots, by fields, to each type that is reachable.
var waysTo = sync.OnceValue(func() map[string][]*ast.FieldDefinition {
	ways := map[string][]*ast.FieldDefinition{}
	ahead := []string{schemaOf().Query.Name}
	for len(ahead) > 0 {
		from := schemaOf().Types[ahead[0]]
		ahead = ahead[1:]
		for _, f := range from.Fields {
			to := schemaOf().Types[f.Type.Name()]
			if to.Kind == ast.Object && !to.BuiltIn && ways[to.Name] == nil {
				ways[to.Name] = append(slices.Clone(ways[from.Name]), f)
				ahead = append(ahead, to.Name)
			}
		}
	}
	return ways
})

// alias draws an alias that no other field has; none when there are no more, or, unless it has to be, often.
func (q *drawing) alias(must bool) string {
	if q.aliases == 0 || !must && !q.one("alias", 8) {
		return ""
	}
	q.aliases--
	return fmt.Sprintf("a%d: ", drawnAliases-q.aliases)
}

func (q *drawing) directive() string {
	if !q.one("directive", 8) {
		return ""
	}
	d := rapid.SampledFrom([]string{"@include(if: true)", "@skip(if: false)", "@skip(if: true)", "@include(if: $yes)", "@skip(if: $yes)", "@skip(if: $no)", "@include(if: $no) @skip(if: $yes)"}).Draw(q.t, "directives")
	for _, name := range []string{"$yes", "$no"} {
		if strings.Contains(d, name) {
			q.used[name] = true
		}
	}
	return " " + d
}

func (q *drawing) selection(typeName string, depth int) string {
	def := schemaOf().Types[typeName]
	if def.Kind == ast.Scalar || def.Kind == ast.Enum {
		return ""
	}
	parts := []string{}
	if q.one("__typename", 2) {
		parts = append(parts, "__typename")
	}
	for range rapid.IntRange(1, 6).Draw(q.t, "fields of "+typeName) {
		if q.parts > 0 {
			q.parts--
			parts = append(parts, q.part(def, depth))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "__typename")
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

func (q *drawing) part(def *ast.Definition, depth int) string {
	switch rapid.IntRange(0, 13).Draw(q.t, "part") {
	case 0:
		return q.alias(false) + "__typename" + q.directive()
	case 1:
		return "... " + q.directive() + q.selection(def.Name, depth)
	case 2:
		return "... on " + def.Name + q.directive() + " " + q.selection(def.Name, depth)
	case 3:
		return q.spread(def, depth)
	}
	if def.Kind == ast.Interface && !q.one("of the interface", 5) {
		possible := schemaOf().GetPossibleTypes(def)
		on := possible[rapid.IntRange(0, len(possible)-1).Draw(q.t, "possible type")]
		return "... on " + on.Name + q.directive() + " " + q.selection(on.Name, depth)
	}
	if len(def.Interfaces) > 0 && q.one("by the interface", 12) {
		return "... on " + def.Interfaces[0] + " " + q.selection(def.Interfaces[0], 0)
	}
	return q.field(def, depth)
}

// spread draws the spread of a fragment, one that there is if possible.
func (q *drawing) spread(def *ast.Definition, depth int) string {
	for _, f := range q.fragments {
		if f.on == def.Name && f.text != "" && q.one("the same fragment", 2) {
			return "..." + f.name + q.directive()
		}
	}
	f := fragment{name: fmt.Sprintf("F%d", len(q.fragments)), on: def.Name}
	i := len(q.fragments)
	q.fragments = append(q.fragments, f) // without its text nothing spreads it, itself least of all
	q.fragments[i].text = q.selection(def.Name, depth)
	return "..." + f.name + q.directive()
}

func (q *drawing) field(def *ast.Definition, depth int) string {
	var names []string
	for _, f := range def.Fields {
		leaf := schemaOf().Types[f.Type.Name()].IsLeafType()
		if leaf || depth > 0 {
			names = append(names, f.Name)
		}
		if !leaf && depth > 0 { // what is below leads on
			names = append(names, f.Name)
		}
	}
	f := def.Fields.ForName(rapid.SampledFrom(names).Draw(q.t, "field of "+def.Name))
	args := q.arguments(f)
	return q.alias(args != "") + f.Name + args + q.directive() + " " + q.selection(f.Type.Name(), depth-1)
}

// arguments draws some for a field below a root. They need an alias.
func (q *drawing) arguments(f *ast.FieldDefinition) string {
	if len(f.Arguments) == 0 || q.aliases == 0 || q.one("without arguments", 3) {
		return ""
	}
	arg := f.Arguments[rapid.IntRange(0, len(f.Arguments)-1).Draw(q.t, "argument")].Name
	if f.Arguments.ForName("first") != nil && arg != "last" {
		arg = "first"
	}
	values := map[string][]string{
		"first": {"0", "1", "2", "3", "$n"}, "last": {"1", "2"}, "language": {"EN", "ID", "$language"}, "by": {"DAY", "HOUR"},
		"asOf": {`"2021-04-01T00:00:00+07:00"`, `"2021-04-05T09:30:00+07:00"`}, "stages": {"[24]", "[48, 24]"}, "channels": {"[EMAIL]", "[EMAIL, GATEWAY]"},
	}[arg]
	value := rapid.SampledFrom(values).Draw(q.t, arg)
	if strings.HasPrefix(value, "$") {
		q.used[value] = true
	}
	return "(" + arg + ": " + value + ")"
}

// along is the query that goes the way, from a root field with the arguments, and asks for the text at its end.
func along(way []*ast.FieldDefinition, arguments, text string) string {
	for i := len(way) - 1; i > 0; i-- {
		text = "{ " + way[i].Name + " " + text + " }"
	}
	return "{ " + way[0].Name + arguments + " " + text + " }"
}

// variablesOf returns values for the variables that the query declares and that have no default.
func variablesOf(query string, yes bool, n int) map[string]any {
	values := map[string]any{}
	if strings.Contains(query, "$yes: ") {
		values["yes"] = yes
	}
	if strings.Contains(query, "$n: ") {
		values["n"] = n
	}
	return values
}

// reachable are the names of the object types that a query can lead to.
func reachable() []string {
	seen := map[string]bool{}
	var visit func(def *ast.Definition)
	visit = func(def *ast.Definition) {
		for _, possible := range schemaOf().GetPossibleTypes(def) {
			if seen[possible.Name] || possible.BuiltIn {
				continue
			}
			seen[possible.Name] = true
			for _, f := range possible.Fields {
				visit(schemaOf().Types[f.Type.Name()])
			}
		}
	}
	visit(schemaOf().Query)
	delete(seen, schemaOf().Query.Name)
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
