package graph_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// hostile is a request made to take long, to take much, to be told much, or to be let through.
type hostile struct {
	name    string
	request func(address string) (*http.Request, error)
	// codes are what it may be answered with; the empty code is an answer without errors, as a small one.
	codes []string
}

// sent is a hostile request with the document, and variables in JSON.
func sent(name, query, variables string, codes ...string) hostile {
	text, err := json.Marshal(query)
	if err != nil {
		return hostile{name: name, request: func(string) (*http.Request, error) { return nil, err }}
	}
	if variables == "" {
		variables = "{}"
	}
	return raw(name, http.MethodPost, "", "application/json", `{"query":`+string(text)+`,"variables":`+variables+`}`, codes...)
}

func raw(name, method, target, contentType, body string, codes ...string) hostile {
	return hostile{name: name, codes: codes, request: func(address string) (*http.Request, error) {
		req, err := http.NewRequest(method, address+target, strings.NewReader(body))
		if err == nil && contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		return req, err
	}}
}

// the codes of what is refused by one of the limits, whichever is asked first.
const (
	none     = ""
	invalid  = "GRAPHQL_VALIDATION_FAILED"
	unparsed = "GRAPHQL_PARSE_FAILED"
	badInput = "BAD_INPUT"
	badHTTP  = "BAD_REQUEST"
	large    = "TOO_LARGE"
	many     = "TOO_MANY"
	deep     = "TOO_DEEP"
	dear     = "COST_LIMIT"
	closed   = "INTROSPECTION_DISABLED"
)

func hostileDocuments() []hostile {
	var operations, variables, fans, unknown strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&operations, " query Q%d { __typename }", i)
	}
	for i := range 10_000 {
		fmt.Fprintf(&variables, " $v%d: Int", i)
	}
	for i := range 60 {
		fmt.Fprintf(&fans, " query Q%d { ...A }", i)
	}
	for i := range 1400 {
		fmt.Fprintf(&unknown, " n%s%d", strings.Repeat("a", 70), i)
	}
	nested := func(open string, n int, inner, end string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	million, body, text := strings.Repeat("x", 1_000_000), strings.Repeat("x", 250_000), strings.Repeat("x", 75_000)
	return []hostile{
		sent("14,000 fields", "{"+strings.Repeat(" __typename", 14_000)+" }", "", large),
		sent("1,490 fields", "{"+strings.Repeat(" __typename", 1490)+" }", "", none),
		sent("500 aliases", "{"+aliased(500, "__typename")+" }", "", many, large),
		sent("490 aliases of one name", "{"+strings.Repeat(" x: __typename", 490)+" }", "", many),
		sent("5,000 directives", "{ __typename"+strings.Repeat(" @include(if: true)", 5000)+" }", "", large),
		sent("200 directives", "{ __typename"+strings.Repeat(" @include(if: true)", 200)+" }", "", many),
		sent("200 unknown directives", "{ __typename"+strings.Repeat(" @nothing", 700)+" }", "", many),
		sent("one field in 167 inline fragments", "{"+nested(" ... {", 167, strings.Repeat(" __typename", 990), " }")+" }", "", none),
		sent("conflicts in 150 inline fragments", "{ programme {"+nested(" ... {", 150, strings.Repeat(" now: today now", 250), " }")+" } }", "", invalid, many),
		sent("inline fragments on a node", "{ node(id: \"a\") {"+nested(" ... on Node {", 200, strings.Repeat(" id", 400), " }")+" } }", "", none),
		sent("operations that spread much", fans.String()+" fragment A on Query { programme {"+strings.Repeat(" now", 1000)+" } }", "", many),
		sent("operations that spread what is unknown", fans.String()+" fragment A on Query {"+strings.Repeat(" participantz", 1000)+" }", "", many),
		sent("fragments that reach what is unknown", "{ ...A0 }"+ladder(35, "Query", func(next int) string {
			return strings.Repeat(" n"+strings.Repeat("a", 75), 30) + fmt.Sprintf(" ...A%d", next)
		}, " __typename"), "", many),
		sent("conflicting arguments", "{"+strings.Repeat(" cohort(number: 1) { id } cohort(number: 2) { id }", 80)+" }", "", invalid),
		sent("a fragment bomb", "{ ...A0 }"+ladder(28, "Query", func(next int) string { return fmt.Sprintf(" ...A%d ...A%d", next, next) }, " __typename"), "", many),
		sent("a fragment cycle", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "", invalid),
		sent("a cycle through fields", `{ cohort(number: 13) { ...A } } fragment A on Cohort { participants { nodes { cohort { ...A } } } }`, "", invalid),
		sent("a fragment that spreads itself 700 times", "{ ...A } fragment A on Query {"+strings.Repeat(" ...A", 700)+" }", "", many),
		sent("pages of 100 on pages of 100", `{ cohorts(first: 100) { nodes { participants(first: 100) { nodes { purchases(first: 100) { nodes { participant { purchases(first: 100) { nodes { id } } } } } } } } } }`, "", dear),
		sent("5,000 operations", operations.String(), "", large),
		sent("490 operations", strings.Repeat("{__typename}", 490), "", invalid),
		sent("10,000 variables", "query ("+variables.String()+") { __typename }", "", large),
		sent("300 variables", "query ("+strings.Join(strings.SplitAfter(variables.String(), "Int")[:300], "")+") { __typename }", "", invalid),
		sent("a million characters of text", `{ offerings(filter: { text: "`+million+`" }) { totalCount } }`, "", large),
		sent("a million characters of name", "{ "+million+" }", "", large),
		sent("250,000 characters of name", "{ "+body+" }", "", large),
		sent("250,000 characters of alias", "{ "+body+": __typename }", "", large),
		sent("250,000 characters of operation name", "query "+body+" { __typename }", "", large),
		sent("250,000 characters of type", "{ ... on "+body+" { __typename } }", "", large),
		sent("250,000 characters of enum", "{ participants(filter: { status: "+body+" }) { totalCount } }", "", large),
		sent("75,000 characters of text", `{ offerings(filter: { text: "`+text+`" }) { totalCount } }`, "", badInput),
		sent("75,000 characters of card number", `{ participant(cardNumber: "`+text+`") { id } }`, "", badInput),
		sent("75,000 characters of text for a number", `{ cohort(number: "`+text+`") { id } }`, "", invalid),
		sent("75,000 characters of text for an enum", `{ participants(filter: { status: "`+text+`" }) { totalCount } }`, "", invalid),
		sent("75,000 characters of text for an instant", `{ purchases(filter: { purchasedAt: { from: "`+text+`" } }) { totalCount } }`, "", badInput),
		sent("75,000 characters of id", `{ node(id: "`+text+`") { id } }`, "", none, badInput),
		sent("250,000 characters of text", `{ offerings(filter: { text: "`+body+`" }) { totalCount } }`, "", many),
		sent("250,000 characters of text for an enum", `{ purchases(orderBy: { field: "`+body+`" }) { totalCount } }`, "", many),
		sent("75,000 characters of text for another enum", `{ purchaseAggregate(orderBy: { field: "`+text+`" }) { totalGroups } }`, "", invalid),
		sent("a long text for an enum in many operations", fans.String()+` fragment A on Query { purchaseAggregate(orderBy: { field: "`+text+`" }) { totalGroups } }`, "", many),
		sent("a long default of many variables", "query ("+strings.Repeat(` $v: PurchaseGroup = "`+strings.Repeat("x", 2000)+`"`, 120)+") { __typename }", "", many),
		sent("250,000 characters of comment", "{ __typename } #"+body, "", none),
		sent("75,000 digits", "{ cohort(number: "+strings.Repeat("9", 75_000)+") { id } }", "", invalid),
		sent("75,000 digits of a fraction", "{ offerings(filter: { price: { min: 0."+strings.Repeat("9", 75_000)+" } }) { totalCount } }", "", badInput),
		sent("75,000 digits of an amount", "{ offerings(filter: { price: { min: "+strings.Repeat("9", 75_000)+" } }) { totalCount } }", "", invalid),
		sent("a power of ten", "{ offerings(filter: { price: { min: 1e999999999 } }) { totalCount } }", "", invalid, badInput),
		sent("a power of ten for a number", "{ cohort(number: 1e999999999) { id } }", "", invalid, badInput),
		sent("a power of ten for an id", "{ node(id: 1e999999999) { id } }", "", invalid),
		sent("block strings", `{ offerings(filter: { text: """`+strings.Repeat("\n  a", 30_000)+`""" }) { totalCount } }`, "", badInput),
		sent("escapes", `{ offerings(filter: { text: "`+strings.Repeat(`\u0041`, 30_000)+`" }) { totalCount } }`, "", badInput),
		sent("escapes of control characters", `{ participant(cardNumber: "`+strings.Repeat(`\u0001`, 20_000)+`") { id } }`, "", badInput),
		sent("half a surrogate pair", `{ offerings(filter: { text: "\uD800" }) { totalCount } }`, "", none, badInput, unparsed),
		sent("escapes that are none", `{ offerings(filter: { text: "\u{110000}\q" }) { totalCount } }`, "", unparsed),
		sent("text without an end", `{ offerings(filter: { text: "`+body, "", unparsed),
		sent("a list 700 deep", "{ nodes(ids: "+nested("[", 700, "", "]")+") { id } }", "", invalid),
		sent("a list 700 deep for a scalar of ours", "{ participant(cardNumber: "+nested("[", 700, "", "]")+") { id } }", "", invalid, badInput),
		sent("an object 350 deep", "{ offerings(filter: "+nested("{a: ", 350, "1", "}")+") { totalCount } }", "", invalid),
		sent("an object 300 deep for a scalar of ours", "{ purchases(filter: { purchasedAt: { from: "+nested("{a: ", 300, "1", "}")+" } }) { totalCount } }", "", invalid, badInput),
		sent("selections 700 deep", nested("{ a ", 490, "{ b }", "}"), "", unparsed, deep),
		sent("selections without an end", strings.Repeat("{ a", 700), "", unparsed),
		sent("1,400 unknown fields of 75 letters", "{"+unknown.String()+" }", "", invalid),
		sent("1,400 unknown values of 75 letters", "{ participants(filter: { status: ["+unknown.String()+"] }) { totalCount } }", "", many),
		sent("290 unknown types", "{"+strings.Repeat(" ... on Participantz { id }", 200)+" }", "", invalid),
		sent("one field of an input 400 times", "{ participants(filter: {"+strings.Repeat(" reviewOpen: true", 400)+" }) { totalCount } }", "", invalid),
		sent("one argument 400 times", "{ participants("+strings.Repeat(" first: 1", 400)+") { totalCount } }", "", invalid),
		sent("an introspection bomb", "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }", "", invalid),
		sent("introspection by many fields", "{ __schema {"+strings.Repeat(" types { fields { type { name } } }", 140)+" } }", "", dear, closed, none),
		sent("nothing", " ", "", invalid, unparsed),
		sent("a mark of the byte order and no more", "\ufeff", "", invalid, unparsed),
		sent("U+0000", "{ \u0000 }", "", unparsed),
	}
}

func hostileFilters() []hostile {
	purchases := "query ($f: PurchaseFilter) { purchases(filter: $f) { totalCount } }"
	below := "query ($f: PurchaseFilter) { cohorts(first: 1) { nodes { purchases(filter: $f) { totalCount } } } }"
	nest := func(n int, key, inner string) string {
		return strings.Repeat("{"+key, n) + inner + strings.Repeat("}", n)
	}
	list := func(n int, each string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(each+",", n), ",") + "]"
	}
	return []hostile{
		sent("a filter 200 deep", "{ purchases(filter: "+nest(200, "not: ", "{late: true}")+") { totalCount } }", "", deep),
		sent("a filter 9 deep", "{ purchases(filter: "+nest(8, "not: ", "{late: true}")+") { totalCount } }", "", deep),
		sent("a filter 8 deep", "{ purchases(filter: "+nest(7, "not: ", "{late: true}")+") { totalCount } }", "", none),
		sent("a filter 200 deep, by a variable", purchases, `{"f":`+nest(200, `"not":`, `{"late":true}`)+`}`, deep),
		sent("a filter 5,000 deep, by a variable", purchases, `{"f":`+nest(5000, `"not":`, `{"late":true}`)+`}`, deep),
		sent("a filter 5,000 deep, by a variable below a root", below, `{"f":`+nest(5000, `"not":`, `{"late":true}`)+`}`, deep),
		sent("a filter 5,000 deep in lists", purchases, `{"f":`+strings.Repeat(`{"and":[`, 4900)+`{"late":true}`+strings.Repeat("]}", 4900)+`}`, deep),
		sent("a filter 5,000 wide", "{ purchases(filter: {or: ["+strings.Repeat("{late: true}", 5000)+"]}) { totalCount } }", "", large),
		sent("a filter 280 wide", "{ purchases(filter: {or: ["+strings.Repeat("{late: true}", 280)+"]}) { totalCount } }", "", many),
		sent("a filter 200 wide", "{ purchases(filter: {or: ["+strings.Repeat("{late: true}", 200)+"]}) { totalCount } }", "", none),
		sent("a filter 5,000 wide, by a variable", purchases, `{"f":{"or":`+list(5000, `{"late":true}`)+`}}`, many),
		sent("a filter 5,000 wide of nothing", purchases, `{"f":{"or":`+list(5000, `{}`)+`}}`, many),
		sent("a filter 5,000 wide, below a root", below, `{"f":{"or":`+list(5000, `{"late":true}`)+`}}`, many),
		sent("50,000 values", purchases, `{"f":{"platform":`+list(50_000, `"a"`)+`}}`, many),
		sent("50,000 values that are none", purchases, `{"f":{"platform":`+list(50_000, `1`)+`}}`, invalid, many, badInput),
		sent("1,400 values", "{ purchases(filter: {platform: ["+strings.Repeat(" \"a\"", 1400)+"]}) { totalCount } }", "", many),
		sent("50,000 unknown fields", purchases, `{"f":{"x":1`+strings.Repeat(`,"x":1`, 40_000)+`}}`, invalid),
		sent("an unknown field of 250,000 letters", purchases, `{"f":{"`+strings.Repeat("x", 250_000)+`":1}}`, invalid),
		sent("an unknown field of control characters", purchases, `{"f":{"`+strings.Repeat(`\u0001`, 40_000)+`":1}}`, invalid),
		sent("an enum of 250,000 letters", "query ($s: [ParticipantStatus!]) { participants(filter: { status: $s }) { totalCount } }", `{"s":["`+strings.Repeat("<", 250_000)+`"]}`, invalid),
		sent("variables 5,000 deep that nobody declared", "{ __typename }", `{"f":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, none),
		sent("variables 100,000 deep", "{ __typename }", `{"f":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}`, badHTTP),
		sent("a scalar of ours 5,000 deep", "query ($c: CardNumber!) { participant(cardNumber: $c) { id } }", `{"c":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, invalid, badInput),
		sent("a number of 250,000 digits", "query ($n: Int!) { cohort(number: $n) { id } }", `{"n":`+strings.Repeat("9", 250_000)+`}`, invalid),
		sent("a power of ten, by a variable", "query ($n: Rupiah) { offerings(filter: { price: { min: $n } }) { totalCount } }", `{"n":1e999999999}`, badInput, invalid),
		sent("100 keys to group by", "{ purchaseAggregate(groupBy: ["+strings.Repeat(" PLATFORM", 100)+"]) { totalGroups } }", "", many),
		sent("100 terms to order by", "{ purchases(orderBy: ["+strings.Repeat(" { field: PURCHASED_AT }", 100)+"]) { totalCount } }", "", many),
		sent("aggregates of aggregates", "{"+aliased(30, "purchaseAggregate(first: 10000) { rows { count key { platform { code } } amount { sum } lag { avg } } }")+" }", "", dear),
		sent("a page of 2^31", "{ purchases(first: 2147483648) { totalCount } }", "", "PAGE_TOO_LARGE", badInput, invalid),
		sent("a page of 2^31-1", "{ purchases(first: 2147483647) { nodes { id } } }", "", "PAGE_TOO_LARGE", dear),
		sent("a page of -2^31", "{ purchases(last: -2147483648) { nodes { id } } }", "", badInput),
		sent("a page of 2^31, by a variable", "query ($n: Int) { purchases(first: $n) { totalCount } }", `{"n":2147483648}`, "PAGE_TOO_LARGE", badInput, invalid),
		sent("100,000 nodes", "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", `{"ids":`+list(50_000, `"a"`)+`}`, "PAGE_TOO_LARGE"),
	}
}

func hostileRequests() []hostile {
	query := `{"query":"{ __typename }"}`
	change := url.QueryEscape(`mutation { retryDelivery(input: { delivery: "a" }) { userErrors { code } } }`)
	form := "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + query + "\r\n--x--\r\n"
	return []hostile{
		raw("a batch", http.MethodPost, "", "application/json", "["+query+"]", badHTTP),
		raw("a batch of 5,000", http.MethodPost, "", "application/json", "["+strings.TrimSuffix(strings.Repeat(query+",", 5000), ",")+"]", badHTTP),
		raw("3 MB of spaces", http.MethodPost, "", "application/json", strings.Repeat(" ", 3<<20)+query, large),
		raw("3 MB of text", http.MethodPost, "", "application/json", `{"query":"`+strings.Repeat("x", 3<<20)+`"}`, large),
		raw("3 MB in the address", http.MethodGet, "?query="+strings.Repeat("x", 600_000), "", "", large),
		raw("a form of another site", http.MethodPost, "", "application/x-www-form-urlencoded", "query="+change, badHTTP),
		raw("text of another site", http.MethodPost, "", "text/plain", query, badHTTP),
		raw("a multipart form of another site", http.MethodPost, "", "multipart/form-data; boundary=x", form, badHTTP),
		raw("no type, of another site", http.MethodPost, "", "", query, badHTTP),
		raw("a mutation by GET", http.MethodGet, "?query="+change, "", "", badHTTP),
		raw("JSON 100,000 deep", http.MethodPost, "", "application/json", `{"query":`+strings.Repeat("[", 100_000), badHTTP),
		raw("extensions 5,000 deep", http.MethodPost, "", "application/json", `{"query":"{ __typename }","extensions":{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}}`, none),
		raw("an operation name of 250,000 letters", http.MethodPost, "", "application/json", `{"query":"{ __typename }","operationName":"`+strings.Repeat("<", 250_000)+`"}`, invalid),
		raw("a name twice", http.MethodPost, "", "application/json", `{"query":"{ nothing }","query":"{ __typename }"}`, none, badHTTP, invalid),
	}
}

// badCursors asks every list, and every aggregate, with cursors that are none.
func badCursors() []hostile {
	encoded := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	cursors := map[string]string{
		"text":        "x",
		"no base64":   "!!!",
		"nested":      encoded(strings.Repeat("[", 9000)),
		"an object":   encoded(`{"a":1}`),
		"an empty":    encoded(`[]`),
		"huge":        encoded(`["purchases/PURCHASED_AT/DESC",` + strings.Repeat("9", 10_000) + `,1]`),
		"of controls": encoded(strings.Repeat("\x00", 9000)),
		"long":        strings.Repeat("A", 200_000),
	}
	lists := []string{
		"cohorts(after: $c) { nodes { id } }", "participants(after: $c) { nodes { id } }", "offerings(after: $c) { nodes { id } }",
		"purchases(after: $c) { nodes { id } }", "deliveries(after: $c) { nodes { id } }", "reviews(after: $c) { nodes { id } }",
		"cohorts(before: $c) { nodes { id } }", "participants(before: $c) { nodes { id } }", "offerings(before: $c) { nodes { id } }",
		"purchases(before: $c) { nodes { id } }", "deliveries(before: $c) { nodes { id } }", "reviews(before: $c) { nodes { id } }",
		"cohort(number: 13) { participants(after: $c) { nodes { id } } }", "cohort(number: 13) { purchases(after: $c) { nodes { id } } }",
		"participants { nodes { purchases(after: $c) { nodes { id } } } }", "participants { nodes { history(after: $c) { nodes { id } } } }",
		"purchaseAggregate(groupBy: [PLATFORM], after: $c) { rows { count } }", "participantAggregate(groupBy: [GENDER], after: $c) { rows { count } }",
	}
	var attacks []hostile
	for _, list := range lists {
		for what, cursor := range cursors {
			attacks = append(attacks, sent("a cursor, "+what+": "+list, "query ($c: String) { "+list+" }", `{"c":"`+cursor+`"}`, "BAD_CURSOR"))
		}
	}
	return attacks
}

// The bounds of an answer to a hostile request.
const (
	hostileAnswer = 32 << 10 // bytes
	hostileErrors = 20
)

// TestHostileRequests sends them all, as those who may introspect and as those who may not, whom another executor
// answers. Each is refused, or answered, at once and in few words, and none is a fault of ours.
func TestHostileRequests(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	attacks := slices.Concat(hostileDocuments(), hostileFilters(), hostileRequests(), badCursors())
	viewers := map[string]viewer.Viewer{"anonymous": anonymous, "participant": recipient(w.cards13[0]), "analyst": analyst, "officer": officer}
	for name, v := range viewers {
		c := serve(t, w.Registry) // which remembers no query of another
		for _, attack := range attacks {
			c.hostile(t, name, v, attack)
		}
		if bytes.Contains(c.log.Bytes(), []byte("internal error")) || bytes.Contains(c.log.Bytes(), []byte("panic")) {
			t.Errorf("%s: the log: %.2000s", name, c.log)
		}
	}
}

func (c *client) hostile(t *testing.T, name string, v viewer.Viewer, attack hostile) {
	t.Helper()
	var status int
	var text string
	took := cpuTime(t, func() {
		req, err := attack.request(c.server.URL)
		if err != nil {
			t.Fatal(err)
		}
		status, text = c.do(v, req)
	})
	a := c.parse(text)
	where := name + ": " + attack.name
	if testing.Verbose() {
		t.Logf("%8.1f ms %s", float64(took.Microseconds())/1000, where)
	}
	if limit := hostileTime(t); took > limit {
		t.Errorf("%s: %v of the CPU, %v is the most", where, took, limit)
	}
	allowed := slices.Contains(attack.codes, a.code())
	if mayNotSee := v.Role == viewer.Anonymous || v.Role == viewer.Participant; mayNotSee && a.code() == "" && slices.Contains(attack.codes, "BAD_CURSOR") {
		allowed = true // of a list in which the viewer sees nothing, no cursor is read
	}
	if !allowed || status >= http.StatusInternalServerError || strings.Contains(text, "internal error") {
		t.Errorf("%s: status %d, code %q, want one of %q: %.300s", where, status, a.code(), attack.codes, text)
	}
	if len(text) > hostileAnswer || len(a.Errors) > hostileErrors {
		t.Errorf("%s: %d bytes, %d errors", where, len(text), len(a.Errors))
	}
}
