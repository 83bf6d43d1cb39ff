package graph_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gelombang/graph"
	"gelombang/graph/trusted"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

func persisted(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

// TestHowADocumentIsNamed is the table of what names a document, for roles that may send their own and for
// participants, who may not. Every request is sent by POST and by GET.
func TestHowADocumentIsNamed(t *testing.T) {
	const (
		now    = "query Now { programme { now } }"
		change = `mutation { createPlatformKey(input: { platform: "tokopedia" }) { key { id } } }`
		other  = "{ platforms { code } }"
		syntax = "{ platforms {"
	)
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	documents := manifest(t, map[string]string{trusted.Hash(now): now, "now_1": now, "number": "query ($n: Int!) { cohort(number: $n) { number } }", "two": "query A { __typename } query B { b: __typename }"})
	only := recipient(w.cards13[0])
	type request = map[string]any
	tests := []struct {
		name    string
		request request
		status  int
		code    string
		// What participants are answered, where it differs.
		onlyStatus int
		onlyCode   string
	}{
		{"by its id", request{"documentId": "now_1"}, 200, "", 0, ""},
		{"by its SHA-256", request{"documentId": "sha256:" + trusted.Hash(now)}, 200, "", 0, ""},
		{"by its SHA-256 alone", request{"documentId": trusted.Hash(now)}, 200, "", 0, ""},
		{"with variables", request{"documentId": "number", "variables": request{"n": 13}}, 200, "", 0, ""},
		{"with an operation's name", request{"documentId": "two", "operationName": "B"}, 200, "", 0, ""},
		{"by Apollo's hash", request{"extensions": persisted(trusted.Hash(now))}, 200, "", 0, ""},
		{"by Apollo's hash, which is an id of the manifest", request{"extensions": persisted("now_1")}, 200, "", 0, ""},
		{"by Apollo's hash and itself", request{"query": now, "extensions": persisted(trusted.Hash(now))}, 200, "", 0, ""},
		{"with an empty query", request{"query": "", "documentId": "now_1"}, 200, "", 0, ""},

		{"by an id that there is not", request{"documentId": "now_2"}, 400, "DOCUMENT_NOT_FOUND", 0, ""},
		{"by an empty id", request{"documentId": ""}, 400, "DOCUMENT_NOT_FOUND", 0, ""},
		{"by another SHA-256", request{"documentId": "sha256:" + trusted.Hash(other)}, 400, "DOCUMENT_NOT_FOUND", 0, ""},
		{"by id and query", request{"query": now, "documentId": "now_1"}, 400, "BAD_REQUEST", 0, ""},
		{"by id and hash", request{"documentId": "now_1", "extensions": persisted(trusted.Hash(now))}, 400, "BAD_REQUEST", 0, ""},
		{"by a hash of another version", request{"extensions": request{"persistedQuery": request{"version": 2, "sha256Hash": trusted.Hash(now)}}}, 400, "BAD_REQUEST", 0, ""},
		{"by a hash without version", request{"extensions": request{"persistedQuery": request{"sha256Hash": trusted.Hash(now)}}}, 400, "BAD_REQUEST", 0, ""},
		{"by no hash", request{"extensions": request{"persistedQuery": request{"version": 1}}}, 400, "BAD_REQUEST", 0, ""},
		{"by a hash that is a number", request{"extensions": request{"persistedQuery": request{"version": 1, "sha256Hash": 7}}}, 400, "BAD_REQUEST", 0, ""},
		{"by a hash that is no object", request{"extensions": request{"persistedQuery": "now_1"}}, 400, "BAD_REQUEST", 0, ""},
		{"by the hash of another", request{"query": now, "extensions": persisted(trusted.Hash(other))}, 400, "BAD_REQUEST", 0, ""},

		{"the text itself", request{"query": now}, 200, "", 403, "DOCUMENT_NOT_TRUSTED"},
		{"another text", request{"query": other}, 200, "", 403, "DOCUMENT_NOT_TRUSTED"},
		{"a text that cannot be parsed", request{"query": syntax}, 200, "GRAPHQL_PARSE_FAILED", 403, "DOCUMENT_NOT_TRUSTED"},
		{"by a hash that is not known", request{"extensions": persisted(trusted.Hash("unknown"))}, 200, "PERSISTED_QUERY_NOT_FOUND", 400, "DOCUMENT_NOT_FOUND"},
		{"another text with its hash", request{"query": other, "extensions": persisted(trusted.Hash(other))}, 200, "", 403, "DOCUMENT_NOT_TRUSTED"},
		{"that text by its hash", request{"extensions": persisted(trusted.Hash(other))}, 200, "", 400, "DOCUMENT_NOT_FOUND"},
		{"that text by its hash in capitals", request{"extensions": persisted(strings.ToUpper(trusted.Hash(other)))}, 200, "", 400, "DOCUMENT_NOT_FOUND"},
		{"that text by its hash as an id", request{"documentId": trusted.Hash(other)}, 400, "DOCUMENT_NOT_FOUND", 0, ""},
		{"nothing", request{}, 400, "BAD_REQUEST", 0, ""},
		{"null", request{"query": nil, "documentId": nil, "extensions": request{"persistedQuery": nil}}, 400, "BAD_REQUEST", 0, ""},
	}
	c := serveWith(t, w.Registry, func(cfg *graph.Config) {
		cfg.Trusted, cfg.TrustedOnly = documents, func(v viewer.Viewer) bool { return v.Role == viewer.Participant }
	})
	for _, tt := range tests {
		if tt.onlyStatus == 0 {
			tt.onlyStatus, tt.onlyCode = tt.status, tt.code
		}
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			t.Run(tt.name+" by "+method, func(t *testing.T) {
				query, body := "", asJSON(t, tt.request)
				if method == http.MethodGet {
					if _, hasNull := tt.request["documentId"]; hasNull && tt.request["documentId"] == nil {
						return // there is no null in a URL
					}
					query, body = inURL(t, tt.request), ""
				}
				for _, who := range []struct {
					asking viewer.Viewer
					status int
					code   string
				}{{officer, tt.status, tt.code}, {only, tt.onlyStatus, tt.onlyCode}} {
					a := c.exchange(who.asking, method, query, body, nil)
					if a.status != who.status || a.code() != who.code {
						t.Errorf("%s: %d %s, want %d %s", who.asking.Role, a.status, a.text, who.status, who.code)
					}
					if (a.Data == nil) != (who.code != "") {
						t.Errorf("%s: %s", who.asking.Role, a.text)
					}
				}
			})
		}
	}
	if a := c.exchange(officer, http.MethodPost, "", asJSON(t, request{"extensions": persisted(trusted.Hash("unknown"))}), nil); a.Errors[0].Message != "PersistedQueryNotFound" {
		t.Errorf("Apollo's clients do not know that they must send the query: %s", a.text)
	}
	if a := c.exchange(admin, http.MethodGet, inURL(t, request{"query": change, "extensions": persisted(trusted.Hash(change))}), "", nil); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "POST" {
		t.Errorf("a mutation by GET with its hash: %d %s", a.status, a.text)
	}
}

// TestADocumentThatNobodyCouldRunIsToldAtTheStart is the table of what is wrong with trusted documents.
func TestADocumentThatNobodyCouldRunIsToldAtTheStart(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	tests := []struct{ name, text, says string }{
		{"a query", "{ programme { now } }", ""},
		{"a mutation", `mutation { createPlatformKey(input: { platform: "tokopedia" }) { key { id } } }`, ""},
		{"introspection, which only some may", "{ __schema { types { name } } }", ""},
		{"two operations", "query A { __typename } query B { __typename }", ""},
		{"a syntax error", "{ programme {", "Expected"},
		{"an unknown field", "{ nothing }", "nothing"},
		{"no operation", "fragment F on Query { __typename }", "no operation"},
		{"too many tokens", "{" + strings.Repeat(" __typename", 1499) + "}", "tokens"},
		{"too many aliases", "{" + strings.Repeat(" a: __typename", 31) + "}", "aliases"},
		{"an unused fragment", "{ __typename } fragment F on Query { __typename }", `"F"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler), Trusted: manifest(t, map[string]string{"fine": "{ __typename }", "the_one": tt.text})})
			var wrong *trusted.DocumentError
			switch {
			case tt.says == "" && err != nil:
				t.Error(err)
			case tt.says == "":
			case !errors.As(err, &wrong) || wrong.ID != "the_one" || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "fine"):
				t.Errorf("error %v, want one that names the document and says %q", err, tt.says)
			}
		})
	}
	_, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler), TrustedOnly: func(viewer.Viewer) bool { return true }})
	if err == nil {
		t.Error("roles may run trusted documents only, and there are none")
	}
}

// TestWhatClientsSendWithAHashDoesNotFillTheMemory sends more than is kept, and longer.
func TestWhatClientsSendWithAHashDoesNotFillTheMemory(t *testing.T) {
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(*graph.Config) {})
	send := func(query string) {
		t.Helper()
		if a := c.exchange(anonymous, http.MethodPost, "", asJSON(t, map[string]any{"query": query, "extensions": persisted(trusted.Hash(query))}), nil); a.code() != "" {
			t.Fatal(a.text)
		}
	}
	known := func(query string) bool {
		t.Helper()
		a := c.exchange(anonymous, http.MethodPost, "", asJSON(t, map[string]any{"extensions": persisted(trusted.Hash(query))}), nil)
		if a.code() != "" && a.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Fatal(a.text)
		}
		return a.code() == ""
	}
	long := "{ __typename } #" + strings.Repeat("x", 16<<10)
	send(long)
	if known(long) {
		t.Error("a query of more than 16 KB is kept")
	}
	var sent []string
	for i := range 1001 {
		sent = append(sent, fmt.Sprintf("{ __typename } # %d", i))
		send(sent[i])
	}
	if !slices.ContainsFunc(sent[1:], known) || !known(sent[1000]) {
		t.Error("the last are not kept")
	}
	if known(sent[0]) {
		t.Error("the first of 1,001 is still kept")
	}
}
