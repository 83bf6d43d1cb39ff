package graph

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"gelombang/internal/viewer"
)

// filterSchema has what the limits know how to look at. The test looks at the counts themselves, and so is in the
// package.
var filterSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query {
		things(filter: ThingFilter, orderBy: [ThingOrder!], first: Int): ThingConnection!
		thingAggregate(filter: ThingFilter, groupBy: [Group!]! = [], having: ThingHaving, orderBy: [ThingOrder!], first: Int): ThingAggregate!
	}
	type ThingConnection { nodes: [Thing!]! totalCount: Int }
	type Thing { name: String things(filter: [ThingFilter!]): ThingConnection! }
	type ThingAggregate { rows: [Row!]! }
	type Row { count: Int }
	input ThingFilter { and: [ThingFilter!] or: [ThingFilter!] not: ThingFilter owner: OwnerFilter name: [String!] price: Range late: Boolean near: Near }
	input OwnerFilter { name: [String!] }
	input ThingHaving { count: Range }
	input Range { min: Int max: Int }
	input Near { places: [String!] }
	input ThingOrder { field: String! }
	enum Group { DAY NAME }
`})

// amount is what the arguments of the query amount to, with variables in JSON.
func amount(t *testing.T, query, variables string) *terms {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(filterSchema, query, defaultRules())
	if len(errs) > 0 {
		t.Fatalf("%v: %s", errs, query)
	}
	var given map[string]any
	if err := decode([]byte(variables), &given); err != nil {
		t.Fatal(err)
	}
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
	var err error
	if op.Variables, err = validator.VariableValues(filterSchema, op.Operation, given); err != nil {
		t.Fatal(err)
	}
	m := newMeter(op, filterSchema, viewer.Viewer{})
	m.cost()
	return m.terms
}

func TestWhatFiltersAmountTo(t *testing.T) {
	tests := []struct {
		name, arguments                         string
		depth, conditions, values, keys, orders int
	}{
		{"none", ``, 0, 0, 0, 0, 0},
		{"null", `(filter: null, orderBy: null)`, 0, 0, 0, 0, 0},
		{"empty", `(filter: {})`, 1, 1, 0, 0, 0},
		{"side by side", `(filter: {late: true, name: ["a", "b"], price: {min: 1, max: 2}})`, 1, 3, 2, 0, 0},
		{"null in it", `(filter: {late: true, name: null, and: null})`, 1, 1, 0, 0, 0},
		{"one in the place of a list", `(filter: {name: "a", and: {late: true}})`, 2, 2, 0, 0, 0},
		{"lists of filters", `(filter: {and: [{late: true}, {or: [{late: true}, {late: false}]}, {}]})`, 3, 4, 0, 0, 0},
		{"not not", `(filter: {not: {not: {late: true}}})`, 3, 1, 0, 0, 0},
		{"a filter of another type", `(filter: {owner: {name: ["a", "b", "c"]}})`, 2, 1, 3, 0, 0},
		{"a list in an object", `(filter: {near: {places: ["a", "b"]}})`, 1, 1, 2, 0, 0},
		{"an order", `(orderBy: [{field: "a"}, {field: "b"}])`, 0, 0, 0, 0, 2},
		{"one order", `(orderBy: {field: "a"})`, 0, 0, 0, 0, 1},
	}
	for _, tt := range tests {
		want := terms{schema: filterSchema, depth: tt.depth, conditions: tt.conditions, values: tt.values, keys: tt.keys, orders: tt.orders}
		if got := amount(t, `{ things`+tt.arguments+` { totalCount } }`, `{}`); *got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, *got, want)
		}
		if tt.arguments == "" || strings.HasPrefix(tt.arguments, "(orderBy") {
			continue
		}
		twice := want
		twice.conditions, twice.values = 2*want.conditions, 2*want.values
		if got := amount(t, `{ a: things`+tt.arguments+` { totalCount } b: thingAggregate`+tt.arguments+` { rows { count } } }`, `{}`); *got != twice {
			t.Errorf("%s, twice: %+v, want %+v", tt.name, *got, twice)
		}
	}
}

// TestWhereFiltersAre looks for them in variables, below roots, in fragments, and behind defaults.
func TestWhereFiltersAre(t *testing.T) {
	two := terms{schema: filterSchema, depth: 2, conditions: 2, values: 2}
	tests := []struct {
		name, query, variables string
		want                   terms
	}{
		{"a variable", `query ($f: ThingFilter) { things(filter: $f) { totalCount } }`, `{"f": {"late": true, "and": [{"name": ["a", "b"]}]}}`, two},
		{"a variable with one in the place of a list", `query ($f: ThingFilter) { things(filter: $f) { totalCount } }`, `{"f": {"late": true, "and": {"name": ["a", "b"]}}}`, two},
		{"variables in a literal", `query ($l: Boolean, $n: [String!]) { things(filter: {late: $l, and: [{name: $n}]}) { totalCount } }`, `{"l": true, "n": ["a", "b"]}`, two},
		{"a default", `query ($f: ThingFilter = {late: true, and: [{name: ["a", "b"]}]}) { things(filter: $f) { totalCount } }`, `{}`, two},
		{"below a root", `{ things { nodes { things(filter: {late: true, and: [{name: ["a", "b"]}]}) { totalCount } } } }`, `{}`, two},
		{"a list of filters", `query ($f: [ThingFilter!]) { things { nodes { things(filter: $f) { totalCount } } } }`, `{"f": [{"late": true, "not": {"name": ["a", "b"]}}]}`, two},
		{"a fragment", `{ ...F } fragment F on Query { things(filter: {late: true, not: {name: ["a", "b"]}}) { totalCount } }`, `{}`, two},
		{"a field written twice", `{ ...F ...G } fragment F on Query { things(filter: {late: true}) { totalCount } } fragment G on Query { things(filter: {late: true}) { nodes { name } } }`, `{}`, terms{schema: filterSchema, depth: 1, conditions: 1}},
		{"what is skipped", `{ things(filter: {late: true}) @skip(if: true) { totalCount } }`, `{}`, terms{schema: filterSchema}},
		{"an aggregate", `{ thingAggregate(groupBy: [DAY, NAME, DAY], having: {count: {min: 1}}, orderBy: [{field: "a"}]) { rows { count } } }`, `{}`, terms{schema: filterSchema, depth: 1, conditions: 1, keys: 3, orders: 1}},
		{"the most keys", `{ a: thingAggregate(groupBy: [DAY, NAME]) { rows { count } } b: thingAggregate(groupBy: DAY) { rows { count } } }`, `{}`, terms{schema: filterSchema, keys: 2}},
	}
	for _, tt := range tests {
		if got := amount(t, tt.query, tt.variables); *got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, *got, tt.want)
		}
	}
}

// TestTheLimitsOfFilters asks for as much as is allowed, and for one more.
func TestTheLimitsOfFilters(t *testing.T) {
	deep := func(n int) string {
		return strings.Repeat(`{"not": `, n-1) + `{"late": true}` + strings.Repeat(`}`, n-1)
	}
	list := func(n int, each string) string {
		return `[` + strings.TrimSuffix(strings.Repeat(each+`,`, n), ",") + `]`
	}
	tests := []struct{ name, variables, code string }{
		{"8 deep", `{"filter": ` + deep(8) + `}`, ""},
		{"9 deep", `{"filter": ` + deep(9) + `}`, codeTooDeep},
		{"2,000 deep", `{"filter": ` + deep(2000) + `}`, codeTooDeep},
		{"200 conditions", `{"filter": {"or": ` + list(200, `{"late": true}`) + `}}`, ""},
		{"201 conditions", `{"filter": {"or": ` + list(201, `{"late": true}`) + `}}`, codeTooMany},
		{"201 without conditions", `{"filter": {"or": ` + list(201, `{}`) + `}}`, codeTooMany},
		{"1,000 values", `{"filter": {"name": ` + list(1000, `"a"`) + `}}`, ""},
		{"1,001 values", `{"filter": {"and": [{"name": ` + list(1000, `"a"`) + `}, {"name": ["a"]}]}}`, codeTooMany},
		{"10 keys", `{"groupBy": ` + list(10, `"DAY"`) + `}`, ""},
		{"11 keys", `{"groupBy": ` + list(11, `"DAY"`) + `}`, codeTooMany},
		{"5 orders", `{"orderBy": ` + list(5, `{"field": "a"}`) + `}`, ""},
		{"6 orders", `{"orderBy": ` + list(6, `{"field": "a"}`) + `}`, codeTooMany},
	}
	const query = `query ($filter: ThingFilter, $groupBy: [Group!]! = [], $orderBy: [ThingOrder!]) {
		thingAggregate(filter: $filter, groupBy: $groupBy, orderBy: $orderBy) { rows { count } } }`
	for _, tt := range tests {
		if !json.Valid([]byte(tt.variables)) {
			t.Fatal(tt.variables)
		}
		code := ""
		if broken := amount(t, query, tt.variables).beyond(); broken != nil {
			code, _ = broken.Extensions["code"].(string)
		}
		if code != tt.code {
			t.Errorf("%s: %q, want %q", tt.name, code, tt.code)
		}
	}
}

// TestWhatAggregatesCost: their rows are as many as a page of them holds.
func TestWhatAggregatesCost(t *testing.T) {
	for query, want := range map[string]map[viewer.Role]int{
		`{ thingAggregate { rows { count } } }`:                  {viewer.Officer: 1001 + 1000, viewer.Analyst: 1001 + 1000},
		`{ thingAggregate(first: 7) { rows { count } } }`:        {viewer.Officer: 1001 + 7, viewer.Analyst: 1001 + 7},
		`{ thingAggregate(first: 999999) { rows { count } } }`:   {viewer.Officer: 1001 + 1000, viewer.Analyst: 1001 + 10_000},
		`{ things(first: 7) { nodes { name } } }`:                {viewer.Officer: 1 + 7, viewer.Analyst: 1 + 7},
		`{ things(first: 5000) { nodes { name } } }`:             {viewer.Officer: 1 + 100, viewer.Analyst: 1 + 1000},
		`{ thingAggregate { __typename } }`:                      {viewer.Officer: 1001, viewer.Analyst: 1001},
		`{ thingAggregate(first: 0) { rows { count } } }`:        {viewer.Officer: 1001, viewer.Analyst: 1001},
		`{ thingAggregate(first: null) { rows { __typename } }}`: {viewer.Officer: 1001 + 1000, viewer.Analyst: 1001 + 1000},
	} {
		doc, errs := gqlparser.LoadQueryWithRules(filterSchema, query, defaultRules())
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: map[string]any{}}
		for role, cost := range want {
			if got := newMeter(op, filterSchema, viewer.Viewer{Role: role}).cost(); got != cost {
				t.Errorf("%s: %s: %d, want %d", role, query, got, cost)
			}
		}
	}
}
