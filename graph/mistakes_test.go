package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// TestValuesOfAnotherFormAreRefused gives filters what cannot let anything through, at a root, below one and in a having.
func TestValuesOfAnotherFormAreRefused(t *testing.T) {
	tests := []struct {
		filter string // of purchases
		says   string // empty when it is well formed
	}{
		{`participant: { province: "Jawa Barat" }`, "`province`: a province's BPS code has two digits, such as `32`"},
		{`participant: { province: ["32", ""] }`, "`provinces { code name }`"},
		{`participant: { province: ["3"] }`, "two digits"},
		{`participant: { province: "00" }`, ""},
		{`participant: { regency: "32" }`, "four digits"},
		{`participant: { regency: "3273" }`, ""},
		{`platform: "Tokopedia"`, "`platform`: a platform's code has 1 to 32 lower-case letters and digits"},
		{`platform: ["tokopedia", "toko pedia"]`, "`platforms { code }` lists them"},
		{`offering: { platform: "" }`, "`platform`"},
		{`platform: "nowhere"`, ""},
		{`purchasedAt: { from: "2021-04-02T00:00:00+07:00", before: "2021-04-01T00:00:00+07:00" }`, "`purchasedAt`: the span is empty: "},
		{`purchasedAt: { from: "2021-04-02T00:00:00+07:00", before: "2021-04-01T17:00:00Z" }`, "the span is empty: "},
		{`purchasedAt: { from: "2021-04-02T00:00:00+07:00", before: "2021-04-02T00:00:00.000001+07:00" }`, ""},
		{`or: [{ not: { amount: { min: 2, max: 1 } } }]`, "`amount`: the span is empty: "},
		{`amount: { min: 2, max: 2 }`, ""},
		{`untilDeadline: { min: 1, max: 0 }`, "`untilDeadline`: the span is empty: "},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := serve(t, newWorld(t, d, 3).Registry)
		for _, tt := range tests {
			for _, place := range []string{"{ purchases(filter: { $f }) { nodes { id } } }", "{ cohorts { nodes { purchases(filter: { $f }) { nodes { id } } } } }", "{ purchaseAggregate(filter: { $f }) { rows { count } } }"} {
				a := c.ask(officer, strings.ReplaceAll(place, "$f", tt.filter), nil)
				if tt.says == "" && len(a.Errors) > 0 || tt.says != "" && (a.code() != "BAD_INPUT" || !strings.Contains(a.Errors[0].Message, tt.says)) {
					t.Errorf("%s: %s", tt.filter, a.text)
				}
			}
		}
		for _, limit := range []string{"count: { min: 2, max: 1 }", "amountSum: { min: 2, max: 1 }", "untilDeadlineP90: { min: 2, max: 1 }"} {
			a := c.ask(officer, "{ purchaseAggregate(having: { "+limit+" }) { rows { count } } }", nil)
			if name, _, _ := strings.Cut(limit, ":"); a.code() != "BAD_INPUT" || !strings.Contains(a.Errors[0].Message, "`"+name+"`: the span is empty") {
				t.Errorf("%s: %s", limit, a.text)
			}
		}
		if a := c.ask(analyst, "{ participantAggregate(having: { purchasedShare: { min: 0.2, max: 0.1 } }) { rows { count } } }", nil); a.code() != "BAD_INPUT" {
			t.Error(a.text)
		}
	})
}

// TestAFilterTakesTheCodesThatAPlatformMayHave holds the form of the filter against that of the registry.
func TestAFilterTakesTheCodesThatAPlatformMayHave(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	for _, code := range []string{"a", "0", "sekolahmu", strings.Repeat("a", 32), strings.Repeat("a", 33), "", "A", "a-b", "a_b", "a b", "é", "a\n"} {
		_, err := w.PutPlatform(t.Context(), registrytest.Admin, registry.Platform{Code: code, Name: "x"})
		a := c.ask(officer, "query ($c: [String!]) { purchases(filter: { platform: $c }) { totalCount } }", map[string]any{"c": code})
		if (err == nil) != (a.code() == "") {
			t.Errorf("%q: the registry says %v, the filter %s", code, err, a.text)
		}
	}
}

// TestMistakesSayWhereTheyAre is the table of what people mistype, and of what they are told.
func TestMistakesSayWhereTheyAre(t *testing.T) {
	const list = "query ($f: PurchaseFilter) { purchases(filter: $f) { totalCount } }"
	const two = "query B { __typename } query A { __typename }"
	tests := []struct {
		query, variables, operation string
		says                        string
		also                        string // to those who may introspect, and to nobody else
	}{
		{list, `{"f":{"evidenc":1}}`, "", "variable `f`, field `evidenc`: unknown field", "Did you mean \"evidence\"?"},
		{list, `{"f":{"or":[{"evidence":["X"]}]}}`, "", "variable `f`, field `or[0].evidence[0]`: the enum `Evidence` has no value `X`", "its values are `ACCEPTED`, `PENDING`"},
		{list, `{"f":{"evidence":"accepted"}}`, "", "variable `f`, field `evidence[0]`: the enum `Evidence` has no value `accepted`", "`ACCEPTED`"},
		{list, `{"f":[]}`, "", "variable `f`: must be a PurchaseFilter", ""},
		{"query ($o: [PurchaseAggregateOrder!]) { purchaseAggregate(orderBy: $o) { totalGroups } }", `{"o":[{"field":"COUNTZ"}]}`, "",
			"variable `o`, element `[0].field`: the enum `PurchaseAggregateOrderField` has no value `COUNTZ`", "Did you mean"},
		{"query ($n: Int!) { cohort(number: $n) { number } }", `{}`, "", "variable `n`: must be defined", ""},
		{"query ($n: Int) { purchases(first: $n) { totalCount } }", `{"n":"a"}`, "", "variable `n`: cannot use string as Int", ""},
		{list, `{"f":{"or":[{"purchasedAt":{"from":"2021-04-04"}}]}}`, "", "argument `filter`, field `or[0].purchasedAt.from`: must be an instant", ""},
		{`{ purchases(filter: { amount: { min: "x" } }) { totalCount } }`, ``, "", "argument `filter`, field `amount.min`: must be a whole number of rupiah", ""},
		{`{ participant(cardNumber: "12") { status } }`, ``, "", "argument `cardNumber`: must be the 16 digits", ""},
		{`{ participantAggregate(asOf: "2021-04-04") { totalGroups } }`, ``, "", "for the beginning of a day write 2021-04-08T00:00:00+07:00", ""},
		{two, ``, "", "the document has several operations: say in `operationName` which one to run", "it has `A`, `B`"},
		{two, ``, "C", "the document has no operation `C`", "it has `A`, `B`"},
		{`{ participants(filter: { status: "AWAITING" }) { totalCount } }`, ``, "", "\"AWAITING\" is text, and no value of the enum `ParticipantStatus`", "write it without quotes"},
		{`{ participants(filter: { status: [PURCHASED, "BOUGHT"] }) { totalCount } }`, ``, "", "", "has no value `BOUGHT`: its values are `AWAITING`, `PURCHASED`"},
		{`{ participants(filter: { status: AWAITINGG }) { totalCount } }`, ``, "", "the enum `ParticipantStatus` has no value `AWAITINGG`", "`UNDER_REVIEW`"},
		{`{ purchases(after: "x") { totalCount } }`, ``, "", "begin again without `after` and `before`, and keep `orderBy` the same", ""},
	}
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	for _, tt := range tests {
		request := map[string]any{"query": tt.query, "operationName": tt.operation}
		if tt.operation == "" {
			delete(request, "operationName")
		}
		if tt.variables != "" {
			request["variables"] = json.RawMessage(tt.variables)
		}
		for name, v := range roles(w.cards13[0]) {
			may := name != "nobody" && name != "anonymous" && name != "participant"
			_, text := c.post(v, []byte(asJSON(t, request)), http.Header{})
			a := c.parse(text)
			if len(a.Errors) != 1 || a.code() == "INTERNAL" {
				t.Fatalf("%s %s as %s: %s", tt.query, tt.variables, name, text)
			}
			said := a.Errors[0].Message
			if !strings.Contains(said, tt.says) || tt.also != "" && strings.Contains(said, tt.also) != may {
				t.Errorf("%s %s as %s: %s", tt.query, tt.variables, name, said)
			}
		}
	}
}

// TestTheOperationsThatAreListedAreFew has more of them than a message names.
func TestTheOperationsThatAreListedAreFew(t *testing.T) {
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(*graph.Config) {})
	var query strings.Builder
	for i := range 7 {
		fmt.Fprintf(&query, "query Q%d { __typename } ", i)
	}
	if a := c.ask(officer, query.String(), nil); !strings.HasSuffix(a.Errors[0].Message, "it has `Q0`, `Q1`, `Q2`, `Q3`, `Q4`, …") {
		t.Error(a.text)
	}
}
