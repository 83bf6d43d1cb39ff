package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/export"
	"gelombang/graph/generated"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/viewer"
)

// neverExported are the fields that no file holds, for no role.
var neverExported = map[string]bool{"Participant.contact": true, "Delivery.body": true, "Review.note": true,
	"Settlement.reason": true, "Settlement.reversalReason": true, "Cohort.reminderPreview": true}

// selectable writes a selection of every field of the type that can be exported, and of the objects behind it to
// the depth, and lists the columns.
func selectable(schema *ast.Schema, typeName, path string, depth int, columns *[]string) string {
	var out strings.Builder
	for _, f := range schema.Types[typeName].Fields {
		place := typeName + "." + f.Name
		def := schema.Types[f.Type.Name()]
		if strings.HasPrefix(f.Name, "__") || f.Type.Elem != nil || strings.HasSuffix(def.Name, "Connection") || neverExported[place] {
			continue
		}
		args := map[string]string{"Participant.explanation": "(language: EN)", "Cohort.purchaseCurve": "(by: DAY)"}[place]
		if !def.IsCompositeType() {
			out.WriteString(" " + f.Name + args)
			*columns = append(*columns, path+f.Name)
		} else if depth > 0 {
			before := len(*columns)
			inner := selectable(schema, def.Name, path+f.Name+".", depth-1, columns)
			if len(*columns) > before {
				out.WriteString(" " + f.Name + args + " {" + inner + " }")
			}
		}
	}
	return out.String()
}

// cellAt finds a cell in an object of the answer.
func cellAt(object map[string]any, column string) string {
	var v any = object
	for _, step := range strings.Split(column, ".") {
		in, is := v.(map[string]any)
		if !is {
			return nullCell
		}
		v = in[step]
	}
	return asText(v)
}

// paged walks a list by pages of two and returns the columns of its nodes.
func (c *client) paged(v viewer.Viewer, list, selected string, columns []string) cells {
	c.t.Helper()
	rows := cells{columns}
	query := `query ($after: String) { ` + list + `(first: 2, after: $after) { nodes {` + selected + ` } pageInfo { hasNextPage endCursor } } }`
	var after any
	for {
		body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"after": after}})
		if err != nil {
			c.t.Fatal(err)
		}
		_, text := c.post(v, body, nil)
		var a struct {
			Data map[string]struct {
				Nodes    []map[string]any
				PageInfo struct {
					HasNextPage bool
					EndCursor   any
				}
			}
			Errors []any
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&a); err != nil || len(a.Errors) > 0 {
			c.t.Fatalf("%v %s\n%s", err, text, query)
		}
		for _, node := range a.Data[list].Nodes {
			row := make([]string, len(columns))
			for i, column := range columns {
				row[i] = cellAt(node, column)
			}
			rows = append(rows, row)
		}
		if !a.Data[list].PageInfo.HasNextPage {
			return rows
		}
		after = a.Data[list].PageInfo.EndCursor
	}
}

// exportedLists are the lists that can be exported, by the types of their rows, with how many rows an officer sees at least.
var exportedLists = []struct {
	name, row string
	least     int
}{
	{"cohorts", "Cohort", 2}, {"participants", "Participant", 9}, {"offerings", "Offering", 4}, {"purchases", "Purchase", 5},
	{"deliveries", "Delivery", 8}, {"reviews", "Review", 5},
}

// TestEveryFieldOfEveryListIsExportedAsGraphQLAnswersIt, in every format and for every role that may export.
func TestEveryFieldOfEveryListIsExportedAsGraphQLAnswersIt(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.Send(w.Message("tokopedia", registrytest.Bought("FRACTION", w.cards13[2], wib(1, 9, 0).Add(123_456*time.Microsecond))))
		w.pastReviews()
		c := serve(t, w.Registry)
		for _, l := range exportedLists {
			var columns []string
			selected := selectable(schema, l.row, "", 2, &columns)
			for _, v := range []viewer.Viewer{officer, analyst, tokopedia} {
				if v == tokopedia && l.name != "offerings" && l.name != "purchases" && l.name != "deliveries" {
					continue
				}
				if v == analyst && (l.name == "deliveries" || l.name == "reviews") {
					continue
				}
				answered := c.paged(v, l.name, selected, columns)
				if v == officer && len(answered)-1 < l.least {
					t.Errorf("there are %d %s only", len(answered)-1, l.name)
				}
				for _, f := range export.Formats() {
					file := c.whole(v, f, `{ `+l.name+` { nodes {`+selected+` } } }`, nil)
					want := answered.want(f)
					if f == export.NDJSON && len(want) == 1 {
						want = nil // no row, no names
					}
					if diff := cmp.Diff(want, parseFile(t, f, file)); diff != "" {
						t.Errorf("%s of %s as %s: %s", l.name, v.Role, f, diff)
					}
					for _, secret := range []string{secretName, secretEmail, secretPhone, secretNIK} {
						if bytes.Contains(file, []byte(secret)) {
							t.Errorf("%s of %s as %s holds personal data", l.name, v.Role, f)
						}
					}
				}
			}
		}
	})
}

func TestAnExportGoesFromAfterAndHasFirstRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		all := parseFile(t, export.CSV, c.whole(officer, export.CSV, `{ participants(orderBy: {field: PROVINCE, direction: DESC}) { edges { node { cardNumber } } } }`, nil))
		if len(all) != 10 {
			t.Fatal(all)
		}
		page := c.get(officer, `{ participants(first: 3, orderBy: {field: PROVINCE, direction: DESC}) { pageInfo { endCursor } } }`, nil)
		after := page.at("participants.pageInfo.endCursor")
		for first, want := range map[any]int{nil: 6, 0: 0, 4: 4, 2_000_000_000: 6} {
			query := `query ($first: Int, $after: String) { participants(first: $first, after: $after, orderBy: {field: PROVINCE, direction: DESC}) { nodes { cardNumber } } }`
			got := parseFile(t, export.CSV, c.whole(officer, export.CSV, query, map[string]any{"first": first, "after": after}))
			if diff := cmp.Diff(append(cells{{"cardNumber"}}, all[4:4+want]...), got); diff != "" {
				t.Errorf("first %v: %s", first, diff)
			}
		}
		filtered := parseFile(t, export.CSV, c.whole(officer, export.CSV, `{ participants(filter: {cohort: [13], province: ["32"]}) { nodes { cardNumber } } }`, nil))
		if diff := cmp.Diff(cells{{"cardNumber"}, {w.cards13[1]}, {w.cards13[4]}}, filtered); diff != "" {
			t.Error(diff)
		}
	})
}

func TestColumnsFollowTheSelection(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 5)
	c := serve(t, w.Registry)
	query := `query ($skip: Boolean!) {
		__typename
		sold: purchases(first: 1, filter: {invoiceCode: ["FIRST"]}) { __typename nodes { paid: amount ...more at: platform { __typename code } amount } }
	}
	fragment more on Purchase { late @skip(if: $skip) buyer: participant { home: province { code } } ... on Node { id } }`
	got := string(c.whole(analyst, export.CSV, query, map[string]any{"skip": true}))
	id := c.get(analyst, `{ purchases(first: 1, filter: {invoiceCode: ["FIRST"]}) { nodes { id } } }`, nil).at("purchases.nodes.0.id")
	if want := fmt.Sprintf("paid,buyer.home.code,id,at.code,amount\n250000,31,%s,tokopedia,250000\n", id); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	edges := `{ purchases(first: 1, filter: {invoiceCode: ["FIRST"]}) { edges { __typename ... on PurchaseEdge { node { platform { code } } } } } }`
	if got := string(c.whole(analyst, export.CSV, edges, nil)); got != "platform.code\ntokopedia\n" {
		t.Errorf("in a fragment on the edge: %q", got)
	}
}

func TestCellsThatLookLikeFormulasAreNeutralised(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		titles := []string{`=HYPERLINK("http://evil.example")`, "+1", "-1", "@SUM(A1)", "a=b"}
		for i, title := range titles {
			in := registry.Offering{CourseCode: fmt.Sprintf("F-%d", i), Title: title, Price: 1}
			if _, err := w.PutOfferings(t.Context(), registrytest.Admin, "pintaria", []registry.Offering{in}); err != nil {
				t.Fatal(err)
			}
		}
		c := serve(t, w.Registry)
		query := `{ offerings(filter: {platform: ["pintaria"], price: {max: 1}}, orderBy: {field: COURSE_CODE}) { nodes { title price } } }`
		got := parseFile(t, export.CSV, c.whole(analyst, export.CSV, query, nil))
		want := cells{{"title", "price"}, {"'" + titles[0], "1"}, {"'+1", "1"}, {"'-1", "1"}, {"'@SUM(A1)", "1"}, {"a=b", "1"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for _, f := range []export.Format{export.NDJSON, export.Parquet} {
			if got := parseFile(t, f, c.whole(analyst, f, query, nil)); got[1][0] != titles[0] {
				t.Errorf("%s: %q", f, got[1][0])
			}
		}
	})
}

// TestWhatCannotBeExported says what to leave out.
func TestWhatCannotBeExported(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	who := recipient(w.cards13[0])
	tests := []struct {
		name   string
		v      viewer.Viewer
		query  string
		status int
		code   string
		says   string
	}{
		{"a total", officer, `{ purchases { totalCount nodes { id } } }`, 400, "BAD_INPUT", "leave out `totalCount`"},
		{"page information", officer, `{ purchases { nodes { id } here: pageInfo { endCursor } } }`, 400, "BAD_INPUT", "leave out `here`"},
		{"no rows", officer, `{ purchases { totalCount } }`, 400, "BAD_INPUT", "leave out `totalCount`"},
		{"a type only", officer, `{ purchases { __typename } }`, 400, "BAD_INPUT", "nodes { … }"},
		{"nodes and edges", officer, `{ purchases { edges { node { id } } nodes { id } } }`, 400, "BAD_INPUT", "leave out `nodes`"},
		{"a cursor", officer, `{ purchases { edges { cursor node { id } } } }`, 400, "BAD_INPUT", "leave out `cursor`"},
		{"a cursor only", officer, `{ purchases { edges { cursor } } }`, 400, "BAD_INPUT", "leave out `cursor`"},
		{"two lists", officer, `{ purchases { nodes { id } } cohorts { nodes { id } } }`, 400, "BAD_INPUT", "leave out `cohorts`"},
		{"a list twice", officer, `{ a: purchases { nodes { id } } b: purchases { nodes { id } } }`, 400, "BAD_INPUT", "leave out `b`"},
		{"something beside", officer, `{ programme { now } purchases { nodes { id } } }`, 400, "BAD_INPUT", "leave out `programme`"},
		{"an object", officer, `{ cohort(number: 13) { number } }`, 400, "BAD_INPUT", "`cohort` cannot be exported"},
		{"all platforms", officer, `{ platforms { code } }`, 400, "BAD_INPUT", "`platforms` cannot be exported"},
		{"the schema", officer, `{ __schema { types { name } } }`, 400, "BAD_INPUT", "`__schema` cannot be exported"},
		{"no columns", officer, `{ purchases { nodes { __typename platform { __typename } } } }`, 400, "BAD_INPUT", "ask for a field of Purchase"},
		{"a connection", officer, `{ participants { nodes { id bought: purchases { totalCount } } } }`, 400, "BAD_INPUT", "`bought` is a list"},
		{"a list within", officer, `{ purchases { nodes { participant { reviews { id } } } } }`, 400, "BAD_INPUT", "`participant.reviews` is a list"},
		{"a list of texts", officer, `{ participants { nodes { explanation(language: EN) { summary awaited } } } }`, 400, "BAD_INPUT", "`explanation.awaited` is a list"},
		{"a contact", officer, `{ participants { nodes { contact { birthDate } } } }`, 400, "BAD_INPUT", "`contact` is personal data"},
		{"a contact behind", admin, `{ purchases { edges { node { participant { who: contact { name } } } } } }`, 400, "BAD_INPUT", "`participant.who` is personal data"},
		{"a body", admin, `{ deliveries { nodes { body } } }`, 400, "BAD_INPUT", "`body` may hold personal data"},
		{"a note", admin, `{ reviews { nodes { note } } }`, 400, "BAD_INPUT", "`note` is a text of a person's"},
		{"why a list was made", officer, `{ participants { nodes { settlement { number reason } } } }`, 400, "BAD_INPUT", "`settlement.reason` is a text of a person's"},
		{"why it was reversed", officer, `{ cohorts { nodes { closing { settlement { reversalReason } } } } }`, 400, "BAD_INPUT", "`closing.settlement.reversalReason` is a text of a person's"},
		{"a preview of reminders", officer, `{ cohorts { nodes { reminderPreview { exact } } } }`, 400, "BAD_INPUT", "`reminderPreview` is a question about one cohort"},
		{"settlements", officer, `{ settlements { nodes { id } } }`, 400, "BAD_INPUT", "`settlements` cannot be exported: ask for one of `cohorts`"},
		{"endpoints", admin, `{ endpoints { name } }`, 400, "BAD_INPUT", "`endpoints` cannot be exported"},
		{"backwards", officer, `{ purchases(last: 3) { nodes { id } } }`, 400, "BAD_INPUT", "leave out `last`"},
		{"before", officer, `{ purchases(before: "x") { nodes { id } } }`, 400, "BAD_INPUT", "leave out `before`"},
		{"below zero", officer, `{ purchases(first: -1) { nodes { id } } }`, 400, "BAD_INPUT", "must not be negative"},
		{"a bad cursor", officer, `{ purchases(after: "x") { nodes { id } } }`, 400, "BAD_CURSOR", "cursor"},
		{"a mutation", officer, `mutation { retryDelivery(input: {delivery: "x"}) { userErrors { code } } }`, 400, "BAD_INPUT", "an export is a query"},
		{"not GraphQL", officer, `{`, 400, "GRAPHQL_PARSE_FAILED", ""},
		{"not in the schema", officer, `{ purchases { nodes { nobody } } }`, 400, "GRAPHQL_VALIDATION_FAILED", ""},
		{"too deep", officer, `{ purchases(filter: {not: {not: {not: {not: {not: {not: {not: {not: {late: true}}}}}}}}}) { nodes { id } } }`, 400, "TOO_DEEP", ""},
		{"anonymous", anonymous, `{ offerings { nodes { title } } }`, 403, "FORBIDDEN", "your role may not export"},
		{"a recipient", who, `{ purchases { nodes { id } } }`, 403, "FORBIDDEN", "your role may not export"},
		{"nobody", viewer.Viewer{}, `{ purchases { nodes { id } } }`, 403, "FORBIDDEN", "your role may not export"},
		{"a platform's participants", tokopedia, `{ participants { nodes { id } } }`, 403, "FORBIDDEN", "`participants`"},
		{"a platform's cohorts", tokopedia, `{ cohorts { nodes { id } } }`, 403, "FORBIDDEN", "`cohorts`"},
		{"an analyst's deliveries", analyst, `{ deliveries { nodes { id } } }`, 403, "FORBIDDEN", "`deliveries`"},
		{"an analyst's reviews", analyst, `{ reviews { nodes { id } } }`, 403, "FORBIDDEN", "`reviews`"},
		{"a platform's reviews", tokopedia, `{ reviews { nodes { id } } }`, 403, "FORBIDDEN", "`reviews`"},
		{"a platform's recipients", tokopedia, `{ participantAggregate { rows { count } } }`, 403, "FORBIDDEN", "`participantAggregate`"},
		{"an aggregate's total", officer, `{ purchaseAggregate { totalGroups rows { count } } }`, 400, "BAD_INPUT", "leave out `totalGroups`"},
	}
	for _, tt := range tests {
		for _, f := range export.Formats() {
			d := c.file(tt.v, f, tt.query, nil)
			a := c.parse(string(d.text))
			if d.status != tt.status || a.code() != tt.code || !strings.Contains(a.Errors[0].Message, tt.says) {
				t.Errorf("%s as %s: %d %s", tt.name, f, d.status, d.text)
			}
			if got := d.header.Get("Content-Type"); got != "application/json; charset=utf-8" || d.header.Get("Content-Disposition") != "" {
				t.Errorf("%s as %s: content type %q", tt.name, f, got)
			}
		}
	}
}

func TestAFileIsAskedForByName(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	for accept, want := range map[string]string{
		"text/csv":                                "text/csv; charset=utf-8; header=present",
		"Text/CSV;header=absent":                  "text/csv; charset=utf-8; header=present",
		"application/json;q=0.5, text/csv":        "text/csv; charset=utf-8; header=present",
		"application/x-ndjson, text/csv":          "application/x-ndjson",
		"application/vnd.apache.parquet, */*;q=1": "application/vnd.apache.parquet",
		"*/*":                            "application/json; charset=utf-8",
		"application/*, text/csv;q=0.1":  "application/json; charset=utf-8",
		"text/csv;q=0, application/json": "application/json; charset=utf-8",
	} {
		body := []byte(`{"query":"{ cohorts { nodes { number } } }"}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", accept)
		req.Header.Set("Test-Viewer", `{"Role":"OFFICER","Subject":"officer-1"}`)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %s", accept, got)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil { // to its end, when its place is free again
			t.Fatal(err)
		}
		disposition := resp.Header.Get("Content-Disposition")
		if file := !strings.HasPrefix(want, "application/json"); file != strings.HasPrefix(disposition, `attachment; filename="cohorts.`) {
			t.Errorf("%s: %s", accept, disposition)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.server.URL+"?query=%7Bcohorts%7Bnodes%7Bnumber%7D%7D%7D", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/csv")
	if status, text := c.do(officer, req); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d %s", status, text)
	}
}
