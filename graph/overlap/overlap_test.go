package overlap_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"

	"gelombang/graph/overlap"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { a: A b: B named: Named any: Any all: [Named!] }
	interface Named { name: String peer: Named list: [Named!] }
	union Any = A | B
	type A implements Named { name: String peer: A list: [Named!] x: Int y(n: Int, in: In): String z: [Int] w: [[Int!]] e: E b: B a: A! }
	type B implements Named { name: String peer: Named list: [Named!] x: Int! y(n: Int, in: In): String z: Int w: [[Int]] e: String b: B a: [A] }
	enum E { P Q }
	input In { p: Int q: [Int!] in: In }
`})

// replaced are the default rules with this one in the place of gqlparser's; without are those with neither.
func replaced() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(overlap.Name, overlap.Rule)
	return r
}

func without() *rules.Rules {
	r := rules.NewDefaultRules()
	r.RemoveRule(overlap.Name)
	return r
}

func validate(t interface{ Fatalf(string, ...any) }, query string, r *rules.Rules) gqlerror.List {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	return validator.ValidateWithRules(schema, doc, r)
}

// writer writes documents in which only the merging of fields can be wrong.
type writer struct {
	t         *rapid.T
	fragments map[string]string
}

var (
	leaves = map[string][]string{
		"Query": {"__typename"}, "Any": {"__typename"}, "Named": {"name", "__typename"},
		"A": {"name", "x", "z", "w", "e", "y", "y(n: 1)", "y(n: 2)", "y(n: 1, in: {p: 1, q: [1, 2]})", "y(in: {q: [1, 2], p: 1}, n: 1)", "y(in: {q: [2, 1], p: 1}, n: 1)", "y(in: {in: {p: 1}})"},
		"B": {"name", "x", "z", "w", "e", "y", "y(n: 1)", "y(n: 2)", "y(n: 1, in: {p: 1, q: [1, 2]})", "y(in: {in: {p: 1}})", "y(in: {in: {p: 2}})"},
	}
	branches = map[string]map[string]string{
		"Query": {"a": "A", "b": "B", "named": "Named", "any": "Any", "all": "Named"},
		"Named": {"peer": "Named", "list": "Named"},
		"A":     {"peer": "A", "list": "Named", "b": "B", "a": "A"},
		"B":     {"peer": "Named", "list": "Named", "b": "B", "a": "A"},
	}
	under  = map[string][]string{"Query": {"Query"}, "Named": {"Named", "A", "B", "Any"}, "Any": {"Any", "Named", "A", "B"}, "A": {"A", "Named", "Any"}, "B": {"B", "Named", "Any"}}
	places = map[string][]string{"Query": {"a", "b", "named", "any", "all"}, "Named": {"peer", "list"}, "A": {"peer", "list", "b", "a"}, "B": {"peer", "list", "b", "a"}}
)

func document(t *rapid.T) string {
	w := &writer{t: t, fragments: map[string]string{}}
	query := "query P " + w.set("Query", 5, 0)
	if rapid.Bool().Draw(t, "two operations") {
		query += " query Q " + w.set("Query", 4, 0)
	}
	for _, text := range w.fragments {
		query += text
	}
	return query
}

func (w *writer) set(on string, depth, step int) string {
	var text strings.Builder
	for range rapid.IntRange(1, 4).Draw(w.t, "selections") {
		text.WriteString(" " + w.selection(on, depth, step))
	}
	return "{" + text.String() + " }"
}

func (w *writer) selection(on string, depth, step int) string {
	kind := rapid.IntRange(0, 9).Draw(w.t, "kind")
	to := rapid.SampledFrom(under[on]).Draw(w.t, "type")
	switch {
	case kind < 2 && depth > 0:
		if kind == 0 && to == on {
			return "... " + w.set(on, depth-1, step)
		}
		return "... on " + to + " " + w.set(to, depth-1, step)
	case kind < 5 && depth > 0 && step < 3:
		step += rapid.IntRange(1, 2).Draw(w.t, "step") // on only: no fragment spreads itself
		name := fmt.Sprintf("F%d%s", step, to)
		if _, written := w.fragments[name]; !written {
			w.fragments[name] = "" // is being written
			w.fragments[name] = " fragment " + name + " on " + to + " " + w.set(to, depth-1, step)
		}
		return "..." + name
	case kind < 8 && depth > 0 && len(places[on]) > 0:
		field := rapid.SampledFrom(places[on]).Draw(w.t, "branch")
		return w.alias() + field + " " + w.set(branches[on][field], depth-1, step)
	default:
		return w.alias() + rapid.SampledFrom(leaves[on]).Draw(w.t, "leaf")
	}
}

func (w *writer) alias() string {
	return rapid.SampledFrom([]string{"", "", "", "", "k: ", "l: ", "a: "}).Draw(w.t, "alias")
}

// TestItLetsTheSameDocumentsThrough compares it with gqlparser's rule, which is right and slow.
func TestItLetsTheSameDocumentsThrough(t *testing.T) {
	verdicts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			query := document(t)
			if errs := validate(t, query, without()); len(errs) > 0 {
				t.Fatalf("the test writes what is wrong otherwise: %v: %s", errs, query)
			}
			want, got := validate(t, query, rules.NewDefaultRules()), validate(t, query, replaced())
			if (len(want) == 0) != (len(got) == 0) {
				t.Fatalf("%s\nwant %v\n got %v", query, want, got)
			}
			verdicts[len(want) == 0]++
		}
	})
	if verdicts[true] < 100 || verdicts[false] < 100 {
		t.Errorf("let through and refused: %v", verdicts)
	}
}

func TestWhatIsToldOfAConflict(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"different fields", `{ a { k: x k: e } }`, `Fields "k" conflict because "x" and "e" are different fields.`},
		{"differing arguments", `{ a { y(n: 1) y(n: 2) } }`, `Fields "y" conflict because they have differing arguments.`},
		{"an argument and none", `{ a { y y(n: 2) } }`, `Fields "y" conflict because they have differing arguments.`},
		{"shapes of two objects", `{ named { ... on A { x } ... on B { x } } }`, `Fields "x" conflict because they return conflicting types "Int" and "Int!".`},
		{"a list and none", `{ named { ... on B { z } ... on A { z } } }`, `Fields "z" conflict because they return conflicting types "Int" and "[Int]".`},
		{"a list of objects and an object", `{ named { ... on A { a { x } } ... on B { a { x } } } }`, `Fields "a" conflict because they return conflicting types "A!" and "[A]".`},
		{"null in a list", `{ named { ... on A { w } ... on B { w } } }`, `Fields "w" conflict because they return conflicting types "[[Int!]]" and "[[Int]]".`},
		{"below two fields", `{ a { peer { k: x } } a { ...F } } fragment F on A { peer { k: z } }`, `Fields "k" conflict because "x" and "z" are different fields.`},
	}
	for _, tt := range tests {
		errs := validate(t, tt.query, replaced())
		want := tt.want + " Use different aliases on the fields to fetch both if this was intentional."
		if len(errs) != 1 || errs[0].Message != want || len(errs[0].Locations) != 1 {
			t.Errorf("%s: %v, want %s", tt.name, errs, want)
		}
	}
}

// worst are documents of 1,500 tokens that take gqlparser's rule seconds, and some that would take this one long
// if it did not count.
func worst() map[string]string {
	inline := "{ a {" + strings.Repeat(" ... {", 160) + strings.Repeat(" k: x k: z", 160) + strings.Repeat(" }", 160) + " } }"
	var operations strings.Builder
	for i := range 60 {
		fmt.Fprintf(&operations, " query Q%d { ...A }", i)
	}
	fan := "{ named {"
	for range 13 {
		fan += " ... on A { peer { name } } ... on B { peer { name } } peer {"
	}
	fan += " name" + strings.Repeat(" }", 15)
	arguments := "y(" + strings.TrimSuffix(strings.Repeat("n: 1, ", 200), ", ") + ")"
	return map[string]string{
		"one field 1,490 times":       "{" + strings.Repeat(" __typename", 1490) + " }",
		"inline fragments":            "{" + strings.Repeat(" ... {", 167) + strings.Repeat(" __typename", 990) + strings.Repeat(" }", 168),
		"conflicts in all of them":    inline,
		"operations":                  operations.String() + " fragment A on Query { a {" + strings.Repeat(" x", 1000) + " } }",
		"objects below interfaces":    fan,
		"a fragment in itself":        "{ a { ...F } } fragment F on A { a { ...F b { a { ...F } } } b { a { ...F } } }",
		"long lists of arguments":     "{ a { " + arguments + " " + arguments + " } }",
		"a field with a field below":  "{" + strings.Repeat(" a { x }", 350) + " }",
		"fields of differing objects": "{ named {" + strings.Repeat(" ... on A { peer { name } } ... on B { peer { name } } peer { name }", 60) + " } }",
	}
}

// TestTheWorstDocumentsAreLookedAtAtOnce bounds the CPU time and what is told. The bound is a hundred times what a
// machine at rest needs, and a tenth of what gqlparser's rule needs.
func TestTheWorstDocumentsAreLookedAtAtOnce(t *testing.T) {
	for name, query := range worst() {
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			t.Fatal(err)
		}
		r := rules.NewRules()
		r.AddRule(overlap.Name, overlap.Rule)
		before := cpuTime(t)
		errs := validator.ValidateWithRules(schema, doc, r)
		took := cpuTime(t) - before
		if took > 200*time.Millisecond {
			t.Errorf("%s: %v", name, took)
		}
		t.Logf("%s: %v", name, took)
		if len(errs) > 21 {
			t.Errorf("%s: %d errors", name, len(errs))
		}
	}
}

// cpuTime returns how much time of the CPU the process has taken.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkTheWorstDocuments(b *testing.B) {
	for name, query := range worst() {
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			b.Fatal(err)
		}
		r := rules.NewRules()
		r.AddRule(overlap.Name, overlap.Rule)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = validator.ValidateWithRules(schema, doc, r)
			}
		})
	}
}
