package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"gelombang/server/web"
)

func handler(t *testing.T) http.Handler {
	t.Helper()
	home, err := web.HomePage(func() web.Home {
		return web.Home{WindowDays: 30, Now: "Tuesday", Note: "<script>", Version: "1"}
	})
	if err != nil {
		t.Fatal(err)
	}
	explorer, err := web.ExplorerPage()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", home)
	mux.Handle("GET /graphiql", explorer)
	mux.Handle("GET /graphiql/{file}", web.Assets())
	mux.Handle("GET /assets/{file}", web.Assets())
	return mux
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer
}

// What a page loads is on this server, so that it works without a network.
func TestPagesLoadWhatThisServerHasAndNothingElse(t *testing.T) {
	loads := regexp.MustCompile(`<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"`)
	h := handler(t)
	for page, least := range map[string]int{"/": 1, "/graphiql": 6} {
		answer := get(t, h, page)
		found := loads.FindAllStringSubmatch(answer.Body.String(), -1)
		if answer.Code != http.StatusOK || len(found) < least {
			t.Fatalf("%s: status %d with %d things to load", page, answer.Code, len(found))
		}
		for _, load := range found {
			if !strings.HasPrefix(load[1], "/") || strings.HasPrefix(load[1], "//") {
				t.Errorf("%s loads %s from elsewhere", page, load[1])
			}
			asset := get(t, h, load[1])
			if asset.Code != http.StatusOK || asset.Body.Len() == 0 {
				t.Errorf("%s loads %s: status %d", page, load[1], asset.Code)
			}
		}
		policy := answer.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "http") || strings.Contains(policy, "unsafe-eval") {
			t.Errorf("%s: policy %q", page, policy)
		}
		if strings.Contains(answer.Body.String(), "<script>") {
			t.Errorf("%s has a script in the page, which its policy forbids", page)
		}
	}
}

func TestAssetsAreFilesAndNotFolders(t *testing.T) {
	h := handler(t)
	for path, want := range map[string]int{
		"/graphiql/graphiql.min.js": http.StatusOK, "/assets/home.css": http.StatusOK,
		"/graphiql/README.md": http.StatusNotFound, "/graphiql/LICENSE.react": http.StatusNotFound,
		"/assets/nothing.js": http.StatusNotFound, "/assets/..%2fhome.html": http.StatusNotFound,
	} {
		if got := get(t, h, path).Code; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
