package graph_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

const mediaResponse = "application/graphql-response+json"

// TestRequestsThatAreNotGraphQL is the table of what is answered to which request.
func TestRequestsThatAreNotGraphQL(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	ok := `{"query":"{ programme { now } }"}`
	tests := []struct {
		name, method, target, body, contentType, accept string
		status                                          int
		code                                            string
	}{
		{"well formed", "POST", "", ok, "application/json", "", 200, ""},
		{"with a charset", "POST", "", ok, "application/json; charset=UTF-8", "", 200, ""},
		{"null for what is optional", "POST", "", `{"query":"{ programme { now } }","variables":null,"operationName":null,"extensions":null}`, "application/json", "", 200, ""},
		{"by GET", "GET", "?query=" + url.QueryEscape("{ programme { now } }"), "", "", "", 200, ""},
		{"by GET with variables", "GET", "?query=" + url.QueryEscape("query ($n: Int!) { cohort(number: $n) { number } }") + "&variables=" + url.QueryEscape(`{"n":13}`), "", "", "", 200, ""},
		{"by GET with variables that are not an object", "GET", "?query=%7B__typename%7D&variables=7", "", "", "", 400, "BAD_REQUEST"},
		{"by GET without a query", "GET", "", "", "", "", 400, "BAD_REQUEST"},
		{"by GET with a broken query string", "GET", "?query=%zz", "", "", "", 400, "BAD_REQUEST"},
		{"by PUT", "PUT", "", ok, "application/json", "", 405, "BAD_REQUEST"},
		{"by DELETE", "DELETE", "", "", "", "", 405, "BAD_REQUEST"},
		{"no content type", "POST", "", ok, "", "", 415, "BAD_REQUEST"},
		{"a form", "POST", "", "query=%7B__typename%7D", "application/x-www-form-urlencoded", "", 415, "BAD_REQUEST"},
		{"text, as a form of another site would send it", "POST", "", ok, "text/plain", "", 415, "BAD_REQUEST"},
		{"multipart", "POST", "", "--x--", "multipart/form-data; boundary=x", "", 415, "BAD_REQUEST"},
		{"another charset", "POST", "", ok, "application/json; charset=latin1", "", 415, "BAD_REQUEST"},
		{"no body", "POST", "", "", "application/json", "", 400, "BAD_REQUEST"},
		{"not JSON", "POST", "", `{"query":`, "application/json", "", 400, "BAD_REQUEST"},
		{"two values", "POST", "", ok + ok, "application/json", "", 400, "BAD_REQUEST"},
		{"a batch", "POST", "", "[" + ok + "]", "application/json", "", 400, "BAD_REQUEST"},
		{"an empty batch", "POST", "", " []", "application/json", "", 400, "BAD_REQUEST"},
		{"null", "POST", "", "null", "application/json", "", 400, "BAD_REQUEST"},
		{"a number", "POST", "", "7", "application/json", "", 400, "BAD_REQUEST"},
		{"no query", "POST", "", `{"variables":{}}`, "application/json", "", 400, "BAD_REQUEST"},
		{"an empty query", "POST", "", `{"query":""}`, "application/json", "", 400, "BAD_REQUEST"},
		{"a query that is no text", "POST", "", `{"query":{"a":1}}`, "application/json", "", 400, "BAD_REQUEST"},
		{"variables that are text", "POST", "", `{"query":"{ __typename }","variables":"{}"}`, "application/json", "", 400, "BAD_REQUEST"},
		{"an operation name that is a number", "POST", "", `{"query":"{ __typename }","operationName":7}`, "application/json", "", 400, "BAD_REQUEST"},
		{"extensions that are text", "POST", "", `{"query":"{ __typename }","extensions":""}`, "application/json", "", 400, "BAD_REQUEST"},
		{"invalid UTF-8", "POST", "", "{\"query\":\"{ __typename } #\xff\"}", "application/json", "", 400, "BAD_REQUEST"},
		{"too large", "POST", "", `{"query":"{ __typename }","x":"` + strings.Repeat("x", 256<<10) + `"}`, "application/json", "", 413, "TOO_LARGE"},
		{"a syntax error", "POST", "", `{"query":"{ programme { now }"}`, "application/json", "application/json", 200, "GRAPHQL_PARSE_FAILED"},
		{"a syntax error, newer media type", "POST", "", `{"query":"{ programme { now }"}`, "application/json", mediaResponse, 400, "GRAPHQL_PARSE_FAILED"},
		{"an unknown field", "POST", "", `{"query":"{ nothing }"}`, "application/json", mediaResponse, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"an unknown field, older media type", "POST", "", `{"query":"{ nothing }"}`, "application/json", "*/*", 200, "GRAPHQL_VALIDATION_FAILED"},
		{"a missing variable", "POST", "", `{"query":"query ($n: Int!) { cohort(number: $n) { number } }"}`, "application/json", mediaResponse, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"a subscription", "POST", "", `{"query":"subscription { nothing }"}`, "application/json", mediaResponse, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"two operations and no name", "POST", "", `{"query":"query A { __typename } query B { __typename }"}`, "application/json", mediaResponse, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"only a fragment", "POST", "", `{"query":"fragment F on Query { __typename }"}`, "application/json", mediaResponse, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"an answer that we do not have", "POST", "", ok, "application/json", "text/html", 406, "BAD_REQUEST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, c.server.URL+tt.target, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.contentType != "" {
				req.Header.Set("Content-Type", tt.contentType)
			}
			if tt.accept != "" {
				req.Header.Set("Accept", tt.accept)
			}
			status, text := c.do(admin, req)
			a := c.parse(text)
			if status != tt.status || a.code() != tt.code {
				t.Errorf("status %d %s, want %d %s: %s", status, a.code(), tt.status, tt.code, text)
			}
			if tt.code != "" && strings.Contains(text, `"data"`) {
				t.Errorf("there is data: %s", text)
			}
			if strings.Contains(text, "xxxx") {
				t.Error("the body is echoed")
			}
		})
	}
}

func TestTheMediaTypeOfTheAnswer(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	tests := []struct{ accept, want string }{
		{"", "application/json"},
		{"*/*", "application/json"},
		{"application/*", "application/json"},
		{"application/json", "application/json"},
		{mediaResponse, mediaResponse},
		{mediaResponse + "; charset=utf-8", mediaResponse},
		{mediaResponse + ", application/json;q=0.9", mediaResponse},
		{"application/json;q=0.9, " + mediaResponse, mediaResponse},
		{mediaResponse + ";q=0.1, application/json", "application/json"},
		{mediaResponse + ";q=0, */*", "application/json"},
		{"text/html, " + mediaResponse + ";q=0.5", mediaResponse},
		{"*/*, " + mediaResponse, mediaResponse},
	}
	for _, tt := range tests {
		req := httptest.NewRequest(http.MethodPost, c.server.URL, strings.NewReader(`{"query":"{ __typename }"}`))
		req.RequestURI = ""
		req.Header.Set("Content-Type", "application/json")
		if tt.accept != "" {
			req.Header.Set("Accept", tt.accept)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Content-Type"); got != tt.want+"; charset=utf-8" {
			t.Errorf("Accept %q: %q", tt.accept, got)
		}
	}
}

// TestLimits asks for a little too much of everything, and for as much as is allowed.
func TestLimits(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	nested := func(depth int) string {
		open, end := "{ purchases(first: 1) { nodes ", " }"
		for i := 2; i+2 < depth; i += 2 {
			open += "{ participant { firstPurchase "
			end += "} }"
		}
		if depth%2 == 1 {
			return open + "{ invoiceCode } " + end + "}"
		}
		return open + "{ platform { code } } " + end + "}"
	}
	aliases := func(n int) string {
		text := "{"
		for i := range n {
			text += fmt.Sprintf(" a%d: __typename", i)
		}
		return text + " }"
	}
	tests := []struct {
		name, query, code string
	}{
		{"depth 14", nested(14), ""},
		{"depth 15", nested(15), ""},
		{"depth 16", nested(16), "TOO_DEEP"},
		{"deep by fragments", "{ ...A } fragment A on Query { cohort(number: 13) { ...B } } fragment B on Cohort { extensions { cohort { extensions { cohort { extensions { cohort { ...C } } } } } } } fragment C on Cohort { extensions { cohort { extensions { cohort { extensions { cohort { extensions { cohort { number } } } } } } } } }", "TOO_DEEP"},
		{"30 aliases", aliases(30), ""},
		{"31 aliases", aliases(31), "TOO_MANY"},
		{"aliases by fragments", "{ programme { ...A } } fragment A on Programme { ...B ...C } fragment B on Programme { b1: now b2: now b3: now b4: now b5: now b6: now b7: now b8: now } fragment C on Programme { ...D ...B } fragment D on Programme { ...B ...E } fragment E on Programme { ...B }", "TOO_MANY"},
		{"50 directives", "{ programme { now" + strings.Repeat(" @include(if: true)", 1) + strings.Repeat(" now @include(if: true)", 49) + " } }", ""},
		{"51 directives", "{ programme {" + strings.Repeat(" now @include(if: true)", 51) + " } }", "TOO_MANY"},
		{"1,500 tokens", "{" + strings.Repeat(" __typename", 1498) + "}", ""},
		{"1,501 tokens", "{" + strings.Repeat(" __typename", 1499) + "}", "TOO_LARGE"},
		{"14,000 fields", "{" + strings.Repeat(" __typename", 14000) + "}", "TOO_LARGE"},
		{"a fragment in a circle", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"},
		{"a page of 100", "{ offerings(first: 100) { totalCount } }", ""},
		{"a page of 101", "{ offerings(first: 101) { totalCount } }", "PAGE_TOO_LARGE"},
		{"a page of 101 from the end", "{ offerings(last: 101) { totalCount } }", "PAGE_TOO_LARGE"},
		{"a page of 101 below a root", "{ cohorts { nodes { participants(first: 101) { totalCount } } } }", "PAGE_TOO_LARGE"},
		{"a negative page", "{ offerings(first: -1) { totalCount } }", "BAD_INPUT"},
		{"a page of more than any number", "{ offerings(first: 99999999999999999999) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"},
		{"a price of more than any number", "{ offerings(filter: { price: { min: 99999999999999999999 } }) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"},
		{"first and last", "{ offerings(first: 1, last: 1) { totalCount } }", "BAD_INPUT"},
		{"a cursor of another order", `{ offerings(after: "WyJvZmZlcmluZ3MvUFJJQ0UvQVNDIiwxLDFd") { totalCount } }`, "BAD_CURSOR"},
		{"a cursor that is none, below a root", `{ cohorts { nodes { participants(after: "x") { totalCount } } } }`, "BAD_CURSOR"},
		{"nine words", `{ offerings(filter: { text: "a b c d e f g h i" }) { totalCount } }`, "BAD_INPUT"},
		{"U+0000", `{ offerings(filter: { text: "\u0000" }) { totalCount } }`, "BAD_INPUT"},
		{"U+0000 below a root", `{ cohorts { nodes { participants(filter: { province: ["\u0000"] }) { totalCount } } } }`, "BAD_INPUT"},
		{"a card number of 15 digits", `{ participant(cardNumber: "311300000000001") { id } }`, "BAD_INPUT"},
		{"an instant that is none", `{ purchases(filter: { purchasedAt: { from: "yesterday" } }) { totalCount } }`, "BAD_INPUT"},
		{"a fraction of a rupiah", `{ offerings(filter: { price: { min: 1.5 } }) { totalCount } }`, "BAD_INPUT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			started := time.Now()
			a := c.ask(officer, tt.query, nil)
			if a.code() != tt.code {
				t.Errorf("code %q, want %q: %.300s", a.code(), tt.code, a.text)
			}
			if took := time.Since(started); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	if a := c.get(analyst, "{ offerings(first: 1000) { totalCount } }", nil); a.at("offerings.totalCount") == nil {
		t.Error("an analyst's page of 1,000 is refused")
	}
	many := make([]string, 101)
	if a := c.ask(officer, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", map[string]any{"ids": many}); a.code() != "PAGE_TOO_LARGE" {
		t.Errorf("101 nodes: %s", a.text)
	}
}

// TestAtMostTwentyErrors makes more mistakes than are told.
func TestAtMostTwentyErrors(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	query := "{"
	for i := range 30 {
		query += fmt.Sprintf(" f%d", i)
	}
	if a := c.ask(officer, query+" }", nil); len(a.Errors) != 20 {
		t.Errorf("%d errors", len(a.Errors))
	}
}

// broken fails in the way it is told to.
type broken struct {
	db.Execer
	fail func() error
}

func (b broken) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, b.fail()
}

// TestFaultsOfOursAreToldByAnIDOnly breaks the database under a query.
func TestFaultsOfOursAreToldByAnIDOnly(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	tests := []struct {
		name string
		fail func() error
		code string
	}{
		{"an error that nobody knows", func() error { return errors.New("secret " + secretName) }, "INTERNAL"},
		{"a panic", func() error { panic("secret " + secretName) }, "INTERNAL"},
		{"the time is over", func() error { return context.DeadlineExceeded }, "TIMEOUT"},
		{"the database is away", func() error { return fmt.Errorf("read: %w", sql.ErrConnDone) }, "UNAVAILABLE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log strings.Builder
			h, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.NewTextHandler(&log, nil)), Read: broken{fail: tt.fail}})
			if err != nil {
				t.Fatal(err)
			}
			req := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ platform(code: \"tokopedia\") { name } }"}`))
			req.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req.WithContext(viewer.With(req.Context(), officer)))
			var a answer
			if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
				t.Fatal(err)
			}
			if rec.Code != http.StatusOK || a.code() != tt.code || a.Errors[0].Path[0] != "platform" {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
			if strings.Contains(rec.Body.String(), "ecret") {
				t.Errorf("the fault is told: %s", rec.Body)
			}
			if id, found := strings.CutPrefix(a.Errors[0].Message, "internal error "); found && !strings.Contains(log.String(), id) {
				t.Errorf("id %s is not in the log: %s", id, log.String())
			}
			if strings.HasPrefix(tt.name, "a panic") && strings.Contains(log.String(), secretName) {
				t.Errorf("the value of the panic is in the log: %s", log.String())
			}
		})
	}
}

// TestNothingPersonalIsLogged runs every query and mutation that touches personal data and reads the log.
func TestNothingPersonalIsLogged(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	for _, v := range roles(w.cards13[0]) {
		c.ask(v, everything, map[string]any{"card": w.cards13[0]})
		for _, m := range mutations {
			c.ask(v, "mutation { "+strings.ReplaceAll(m.text, "0000000000000000", w.cards13[0])+" }", nil)
		}
		c.ask(v, `{ participant(cardNumber: "`+secretPhone+`") { id } }`, nil)
	}
	for _, secret := range []string{secretName, secretEmail, secretPhone, secretNIK, w.cards13[0]} {
		if strings.Contains(c.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, c.log)
		}
	}
}
