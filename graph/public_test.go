package graph_test

import (
	"net/http"
	"strings"
	"testing"

	"gelombang/graph"
	"gelombang/graph/trusted"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

const catalogueQuery = "{ offerings(first: 2) { nodes { title price } } platforms { code } }"

// TestWhatCachesMayKeep is the table of it: every other answer says no-store and has no ETag.
func TestWhatCachesMayKeep(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serveWith(t, w.Registry, func(cfg *graph.Config) {
		cfg.Trusted = manifest(t, map[string]string{"catalogue": catalogueQuery})
	})
	type request = map[string]any
	tests := []struct {
		name    string
		asking  viewer.Viewer
		method  string
		request request
		status  int
		public  bool
	}{
		{"the catalogue", anonymous, "GET", request{"query": catalogueQuery}, 200, true},
		{"its headers", anonymous, "HEAD", request{"query": catalogueQuery}, 200, true},
		{"one platform", anonymous, "GET", request{"query": `{ platform(code: "tokopedia") { name } }`}, 200, true},
		{"the provinces", anonymous, "GET", request{"query": "{ provinces { code name } }"}, 200, true},
		{"by alias and fragment", anonymous, "GET", request{"query": "{ ...F } fragment F on Query { p: platforms { code } __typename }"}, 200, true},
		{"with something else left out", anonymous, "GET", request{"query": "query ($x: Boolean!) { platforms { code } programme @include(if: $x) { now } }", "variables": request{"x": false}}, 200, true},
		{"a trusted document", anonymous, "GET", request{"documentId": "catalogue"}, 200, true},
		{"by its hash", anonymous, "GET", request{"extensions": persisted(trusted.Hash(catalogueQuery))}, 200, true},

		{"with something else", anonymous, "GET", request{"query": "query ($x: Boolean!) { platforms { code } programme @include(if: $x) { now } }", "variables": request{"x": true}}, 200, false},
		{"something else under its name", anonymous, "GET", request{"query": "{ platforms: programme { now } }"}, 200, false},
		{"something else in a fragment", anonymous, "GET", request{"query": "{ platforms { code } ...F } fragment F on Query { viewer { role } }"}, 200, false},
		{"the clock", anonymous, "GET", request{"query": "{ programme { now } }"}, 200, false},
		{"a node", anonymous, "GET", request{"query": `{ node(id: "x") { id } }`}, 200, false},
		{"by POST", anonymous, "POST", request{"query": catalogueQuery}, 200, false},
		{"with a token", officer, "GET", request{"query": catalogueQuery}, 200, false},
		{"with a participant's token", recipient(w.cards13[0]), "GET", request{"query": catalogueQuery}, 200, false},
		{"with errors", anonymous, "GET", request{"query": "{ offerings(first: -1) { totalCount } }"}, 200, false},
		{"not valid", anonymous, "GET", request{"query": "{ offerings { nothing } }"}, 200, false},
		{"too dear", anonymous, "GET", request{"query": "{ offerings(first: 100) { nodes { platform { offerings(first: 100) { nodes { platform { offerings(first: 100) { totalCount nodes { title } } } } } } } } }"}, 200, false},
		{"a hash that is not known", anonymous, "GET", request{"extensions": persisted(trusted.Hash("x"))}, 200, false},
		{"an id that there is not", anonymous, "GET", request{"documentId": "x"}, 400, false},
		{"a mutation", anonymous, "GET", request{"query": `mutation { createPlatformKey(input: { platform: "tokopedia" }) { key { id } } }`}, 405, false},
		{"a mutation by HEAD", anonymous, "HEAD", request{"query": `mutation { createPlatformKey(input: { platform: "tokopedia" }) { key { id } } }`}, 405, false},
		{"no query", anonymous, "GET", request{}, 400, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			query, body := inURL(t, tt.request), ""
			if tt.method == http.MethodPost {
				query, body = "", asJSON(t, tt.request)
			}
			a := c.exchange(tt.asking, tt.method, query, body, map[string]string{"If-None-Match": `"other"`})
			if a.status != tt.status {
				t.Fatalf("%d %s", a.status, a.text)
			}
			want := map[string]string{"Cache-Control": "no-store", "Vary": ""}
			if tt.public {
				want = map[string]string{"Cache-Control": "public, max-age=60", "Vary": "Accept, Authorization"}
			}
			for name, value := range want {
				if got := a.header.Get(name); got != value {
					t.Errorf("%s: %q, want %q", name, got, value)
				}
			}
			tag := a.header.Get("ETag")
			if (tag != "") != tt.public || strings.HasPrefix(tag, "W/") {
				t.Errorf("ETag %q", tag)
			}
			if !tt.public {
				if again := c.exchange(tt.asking, tt.method, query, body, map[string]string{"If-None-Match": "*"}); again.status != tt.status {
					t.Errorf("If-None-Match: *: %d", again.status)
				}
			}
			if tt.method == http.MethodHead && (a.text != "" || a.length <= 0) {
				t.Errorf("HEAD: %d bytes announced, body %q", a.length, a.text)
			}
		})
	}
}

func TestACopyThatIsStillGoodIsNotSentAgain(t *testing.T) {
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(*graph.Config) {})
	query := inURL(t, map[string]any{"query": catalogueQuery})
	get := func(header map[string]string) reply {
		t.Helper()
		return c.exchange(anonymous, http.MethodGet, query, "", header)
	}
	first := get(nil)
	tag := first.header.Get("ETag")
	if again := get(nil).header.Get("ETag"); again != tag {
		t.Errorf("the same answer has the tags %s and %s", tag, again)
	}
	if other := get(map[string]string{"Accept": mediaResponse}).header.Get("ETag"); other == tag {
		t.Error("two media types have one strong tag")
	}
	if other := c.exchange(anonymous, http.MethodGet, inURL(t, map[string]any{"query": "{ platforms { code } }"}), "", nil); other.header.Get("ETag") == tag {
		t.Error("two answers have one tag")
	}
	for value, want := range map[string]int{
		tag: 304, "W/" + tag: 304, "*": 304, " * ": 304, `"a", ` + tag: 304, tag + `,"b"`: 304, `W/"a",W/` + tag: 304, `"a,b",` + tag: 304, `,, ` + tag: 304,
		"": 200, `"other"`: 200, strings.Trim(tag, `"`): 200, `"x` + tag: 200, `"a" "*"`: 200, `"a", *`: 200, `w/` + tag: 200, `"` + strings.Trim(tag, `"`) + `x"`: 200,
	} {
		a := get(map[string]string{"If-None-Match": value})
		if a.status != want {
			t.Errorf("If-None-Match: %s: %d, want %d", value, a.status, want)
		}
		for _, name := range []string{"ETag", "Cache-Control", "Vary"} { // RFC 9110, section 15.4.5
			if got := a.header.Get(name); got != first.header.Get(name) {
				t.Errorf("If-None-Match: %s: %s is %q, want %q", value, name, got, first.header.Get(name))
			}
		}
	}
}
