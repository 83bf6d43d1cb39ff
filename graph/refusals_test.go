package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestWhatRefusesIsShort sends what makes errors long: names, values and paths of the request are in them.
func TestWhatRefusesIsShort(t *testing.T) {
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(*graph.Config) {})
	long := strings.Repeat("x", 80_000)
	fields := func(n int, name func(int) string) string {
		text := "{"
		for i := range n {
			text += " " + name(i)
		}
		return text + " }"
	}
	type request = map[string]any
	tests := []struct {
		name    string
		request request
	}{
		{"an unknown field with a long name", request{"query": "{ " + long + " }"}},
		{"many unknown fields with long names", request{"query": fields(30, func(i int) string { return fmt.Sprintf("f%d%s", i, long[:5000]) })}},
		{"a long value of another type", request{"query": `{ cohort(number: "` + long + `") { number } }`}},
		{"a long value of characters that JSON escapes", request{"query": `{ cohort(number: "` + strings.Repeat(`\u0001`, 20_000) + `") { number } }`}},
		{"many of them", request{"query": fields(25, func(i int) string {
			return fmt.Sprintf(`f%d: cohort(number: "%s") { number }`, i, strings.Repeat(`\u0001<`, 500))
		})}},
		{"a variable with a long name", request{"query": "query ($" + long + ": Int!) { cohort(number: $" + long + ") { number } }"}},
		{"a variable of another type", request{"query": "query ($n: Int!) { cohort(number: $n) { number } }", "variables": request{"n": long}}},
		{"an unknown part of a variable with a long name", request{"query": "query ($f: OfferingFilter) { offerings(filter: $f) { totalCount } }", "variables": request{"f": request{long: 1}}}},
		{"an operation with a long name that there is not", request{"query": "{ __typename }", "operationName": long}},
		{"a long enum value", request{"query": "query ($f: OfferingFilter) { offerings(filter: $f) { totalCount } }", "variables": request{"f": request{"mode": []string{long}}}}},
		{"a long card number", request{"query": `{ participant(cardNumber: "` + long + `") { id } }`}},
		{"a long fragment in a circle", request{"query": "{ ..." + long + " } fragment " + long + " on Query { ..." + long + " }"}},
		{"a long document id", request{"documentId": long}},
		{"a long syntax error", request{"query": `{ "` + long + `" }`}},
		{"a conflict of many fields", request{"query": "{" + strings.Repeat(` p: platform(code: "a") { code } p: platform(code: "b") { code }`, 15) + "}"}},
	}
	for _, tt := range tests {
		for _, accept := range []string{mediaResponse, "application/json"} {
			t.Run(tt.name+" as "+accept, func(t *testing.T) {
				a := c.exchange(officer, http.MethodPost, "", asJSON(t, tt.request), map[string]string{"Accept": accept})
				checkRefusal(t, a)
				if accept == mediaResponse && a.Data == nil && a.status != http.StatusBadRequest {
					t.Errorf("status %d", a.status)
				}
			})
		}
	}
}

type failing interface {
	Helper()
	Errorf(format string, args ...any)
}

func checkRefusal(t failing, a reply) {
	t.Helper()
	switch {
	case len(a.text) > 32<<10:
		t.Errorf("%d bytes: %.300s", len(a.text), a.text)
	case len(a.Errors) < 1 || len(a.Errors) > 20:
		t.Errorf("%d errors", len(a.Errors))
	case a.status >= 500 || strings.Contains(a.text, "internal error"):
		t.Errorf("%d %.300s", a.status, a.text)
	}
	for _, e := range a.Errors {
		if e.Extensions.Code == "" || e.Message == "" {
			t.Errorf("an error without code or message: %.300s", a.text)
		}
	}
}

// TestAnyRefusalIsShort puts together requests that are wrong in one way or another.
func TestAnyRefusalIsShort(t *testing.T) {
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(*graph.Config) {})
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(
			rapid.SampledFrom([]string{"{", "}", "(", ")", "query", "fragment F on Query", "...F", "$x", ":", "[", "]", "!", "@include(if: true)", "platforms", "code", `"""`, "__schema"}),
			rapid.StringMatching(`[a-z]{1,20}`),
			rapid.Map(rapid.String(), func(s string) string { return fmt.Sprintf("%q", s) }),
			rapid.Map(rapid.IntRange(1, 3000), func(n int) string { return strings.Repeat("<", n) }),
			rapid.Map(rapid.IntRange(1, 3000), func(n int) string { return strings.Repeat("nama", n) }),
		)
		query := "{ nothing " + strings.Join(rapid.SliceOfN(part, 0, 60).Draw(t, "query"), " ")
		request := map[string]any{"query": query, "variables": rapid.MapOf(rapid.String(), rapid.Int()).Draw(t, "variables")}
		a := c.exchange(officer, http.MethodPost, "", asJSON(c.t, request), map[string]string{"Accept": rapid.SampledFrom([]string{"", mediaResponse}).Draw(t, "accept")})
		checkRefusal(t, a)
	})
}
