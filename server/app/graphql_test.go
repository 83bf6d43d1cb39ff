package app_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
	"gelombang/server/app"
	"gelombang/server/auth"
	"gelombang/server/config"
)

func bearer(t *testing.T, v viewer.Viewer) string {
	t.Helper()
	token, err := auth.Mint([]byte(jwtSecret), auth.Grant{Issuer: "gelombang", Audience: "gelombang", Viewer: v, IssuedAt: evening, ExpiresAt: evening.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

// graphQL sends a GET with the query string and the headers.
func (r running) graphQL(t *testing.T, values url.Values, header map[string]string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/graphql?"+values.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	return do(t, request)
}

// TestOnlyPublicAnswersMayBeCached asks the whole program.
func TestOnlyPublicAnswersMayBeCached(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	officer := bearer(t, viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"})
	for _, tt := range []struct {
		name, query, token string
		status             int
		cached             string
	}{
		{"the catalogue", "{ platforms { code } }", "", http.StatusOK, "public, max-age=60"},
		{"the catalogue with a token", "{ platforms { code } }", officer, http.StatusOK, "no-store"},
		{"the catalogue with a token that is not valid", "{ platforms { code } }", officer + "x", http.StatusUnauthorized, "no-store"},
		{"something else", "{ programme { now } }", "", http.StatusOK, "no-store"},
	} {
		header := map[string]string{}
		if tt.token != "" {
			header["Authorization"] = tt.token
		}
		status, got, body := r.graphQL(t, url.Values{"query": {tt.query}}, header)
		if status != tt.status || got.Get("Cache-Control") != tt.cached {
			t.Errorf("%s: %d %q %s, want %d %q", tt.name, status, got.Get("Cache-Control"), body, tt.status, tt.cached)
		}
		header["If-None-Match"] = got.Get("ETag")
		if status, _, body = r.graphQL(t, url.Values{"query": {tt.query}}, header); (status == http.StatusNotModified) != (tt.cached != "no-store") {
			t.Errorf("%s, again: %d %s", tt.name, status, body)
		}
	}
	r.finish(t)
}

// TestSmallGroupsAreHiddenAsConfigured is about the setting: GELOMBANG_SMALLEST_GROUP reaches the aggregates and their
// files.
func TestSmallGroupsAreHiddenAsConfigured(t *testing.T) {
	const query = "{ participantAggregate { suppressedGroups rows { count } } }"
	const file = "{ participantAggregate { rows { count } } }"
	analyst := bearer(t, viewer.Viewer{Role: viewer.Analyst, Subject: "analyst-1"})
	officer := bearer(t, viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"})
	const shown, hidden = `{"suppressedGroups":0,"rows":[{"count":1}]}`, `{"suppressedGroups":1,"rows":[]}`
	for _, tt := range []struct {
		smallest        int
		token, has, csv string
	}{
		{0, analyst, shown, "count\n1\n"},
		{2, analyst, hidden, "count\n"},
		{2, officer, shown, "count\n1\n"},
	} {
		r := startWith(t, dbtest.Config(t, db.SQLite), func(h *config.HTTP) { h.SmallestGroup = tt.smallest })
		if status, _, body := r.graphQL(t, url.Values{"query": {query}}, map[string]string{"Authorization": tt.token}); status != http.StatusOK || !strings.Contains(body, tt.has) {
			t.Errorf("%d: %d %s, want %s", tt.smallest, status, body, tt.has)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/graphql", strings.NewReader(`{"query":"`+file+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Authorization": tt.token, "Accept": "text/csv", "Content-Type": "application/json"} {
			request.Header.Set(name, value)
		}
		if status, _, body := do(t, request); status != http.StatusOK || body != tt.csv {
			t.Errorf("%d, as a file: %d %q, want %q", tt.smallest, status, body, tt.csv)
		}
		r.finish(t)
	}
}

// TestALimitIsForEachAddressBehindTheProxy sends as a proxy on this machine would.
func TestALimitIsForEachAddressBehindTheProxy(t *testing.T) {
	r := startWith(t, dbtest.Config(t, db.SQLite), func(h *config.HTTP) {
		h.RateLimits, h.TrustedProxies = "anonymous=0.01/1,officer=0.01/1", "127.0.0.0/8"
	})
	token := bearer(t, viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"})
	for i, step := range []struct {
		from, token string
		status      int
	}{
		{"192.0.2.1", "", http.StatusOK},
		{"192.0.2.2", "", http.StatusOK},
		{"203.0.113.9, 192.0.2.1", "", http.StatusTooManyRequests},
		{"192.0.2.1", token, http.StatusOK},
		{"192.0.2.3", token, http.StatusTooManyRequests},
		{"192.0.2.1", token + "x", http.StatusUnauthorized}, // an invalid token is that before anything else
		{"192.0.2.1", token + "x", http.StatusUnauthorized},
	} {
		header := map[string]string{"X-Forwarded-For": step.from}
		if step.token != "" {
			header["Authorization"] = step.token
		}
		status, got, body := r.graphQL(t, url.Values{"query": {"{ __typename }"}}, header)
		if status != step.status {
			t.Errorf("step %d: %d %s, want %d", i, status, body, step.status)
		}
		if (got.Get("Retry-After") == "100" || got.Get("Retry-After") == "99") != (step.status == http.StatusTooManyRequests) {
			t.Errorf("step %d: Retry-After %q", i, got.Get("Retry-After"))
		}
	}
	_, _, metrics := r.get(t, "/metrics")
	if want := `gelombang_graphql_requests_total{outcome="rate_limited",role="anonymous"} 1`; !strings.Contains(metrics, want) {
		t.Errorf("the metrics have no %s", want)
	}
	r.finish(t)
}

// TestAProxyThatIsNotTrustedIsTold is about the log: behind it everybody shares a limit.
func TestAProxyThatIsNotTrustedIsTold(t *testing.T) {
	for _, proxies := range []string{"", "127.0.0.1"} {
		r := startWith(t, dbtest.Config(t, db.SQLite), func(h *config.HTTP) { h.TrustedProxies = proxies })
		for range 2 {
			if status, _, body := r.graphQL(t, url.Values{"query": {"{ __typename }"}}, map[string]string{"X-Forwarded-For": "192.0.2.1"}); status != http.StatusOK {
				t.Fatalf("%d %s", status, body)
			}
		}
		want := 1
		if proxies != "" {
			want = 0
		}
		if got := strings.Count(r.log.String(), "GELOMBANG_TRUSTED_PROXIES"); got != want {
			t.Errorf("proxies %q: told %d times, want %d", proxies, got, want)
		}
		if strings.Contains(r.log.String(), "192.0.2.1") {
			t.Error("the address is logged")
		}
		r.finish(t)
	}
}

func TestTrustedDocumentsAreReadFromTheirFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "documents.json")
	write := func(manifest string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"now":"{ programme { now } }"}`)
	r := startWith(t, dbtest.Config(t, db.SQLite), func(h *config.HTTP) { h.TrustedDocuments, h.TrustedOnly = file, "anonymous" })
	officer := bearer(t, viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"})
	for _, tt := range []struct {
		values url.Values
		token  string
		status int
		has    string
	}{
		{url.Values{"documentId": {"now"}}, "", http.StatusOK, `"now"`},
		{url.Values{"documentId": {"then"}}, "", http.StatusBadRequest, "DOCUMENT_NOT_FOUND"},
		{url.Values{"query": {"{ __typename }"}}, "", http.StatusForbidden, "DOCUMENT_NOT_TRUSTED"},
		{url.Values{"query": {"{ __typename }"}}, officer, http.StatusOK, `"data"`},
		{url.Values{"query": {"{ __typename }"}}, officer + "x", http.StatusUnauthorized, "UNAUTHENTICATED"},
	} {
		header := map[string]string{}
		if tt.token != "" {
			header["Authorization"] = tt.token
		}
		if status, _, body := r.graphQL(t, tt.values, header); status != tt.status || !strings.Contains(body, tt.has) {
			t.Errorf("%v: %d %s, want %d %s", tt.values, status, body, tt.status, tt.has)
		}
	}
	r.finish(t)

	for manifest, says := range map[string]string{
		`{`:                           "GELOMBANG_TRUSTED_DOCUMENTS: not a manifest",
		`{"the_one":"{ nothing }"}`:   `GELOMBANG_TRUSTED_DOCUMENTS: trusted documents: document "the_one": `,
		`{"the_one":"{ platforms"}`:   `document "the_one": `,
		`{"the one":"{ platforms }"}`: `GELOMBANG_TRUSTED_DOCUMENTS: document "the one": `,
	} {
		write(manifest)
		cfg := testConfig(t, dbtest.Config(t, db.SQLite), &logbook{awaited: map[string]chan struct{}{}})
		cfg.HTTP.TrustedDocuments = file
		if _, err := app.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %s", manifest, err, says)
		}
	}
	cfg := testConfig(t, dbtest.Config(t, db.SQLite), &logbook{awaited: map[string]chan struct{}{}})
	cfg.HTTP.TrustedDocuments = file + ".no"
	if _, err := app.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "GELOMBANG_TRUSTED_DOCUMENTS") {
		t.Errorf("a file that there is not: %v", err)
	}
}
