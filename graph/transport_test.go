package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gelombang/graph"
	"gelombang/graph/trusted"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// serveWith starts the endpoint with settings of the test's.
func serveWith(t testing.TB, r *registry.Registry, change func(*graph.Config)) *client {
	t.Helper()
	c := &client{t: t, log: &bytes.Buffer{}}
	cfg := graph.Config{Registry: r, Log: slog.New(slog.NewTextHandler(c.log, nil)), Version: "test"}
	change(&cfg)
	h, err := graph.NewHandler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var v viewer.Viewer
		if err := json.Unmarshal([]byte(req.Header.Get("Test-Viewer")), &v); err != nil {
			v = viewer.Viewer{}
		}
		h.ServeHTTP(w, req.WithContext(viewer.With(req.Context(), v)))
	}))
	t.Cleanup(c.server.Close)
	return c
}

// reply is an answer with what HTTP says of it.
type reply struct {
	answer
	status int
	header http.Header
	length int64 // as announced; -1 when it is not
}

// exchange sends a request: a POST of the body, or by another method with the query string.
func (c *client) exchange(v viewer.Viewer, method, query, body string, header map[string]string) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+query, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	who, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Test-Viewer", string(who))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		c.t.Fatal(err)
	}
	got := reply{status: resp.StatusCode, header: resp.Header, length: resp.ContentLength}
	if len(text) > 0 {
		got.answer = c.parse(string(text))
	}
	return got
}

// asJSON is the value as a request has it.
func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inURL is the same request as a query string.
func inURL(t testing.TB, request map[string]any) string {
	t.Helper()
	values := url.Values{}
	for name, v := range request {
		if text, ok := v.(string); ok {
			values.Set(name, text)
			continue
		}
		values.Set(name, asJSON(t, v))
	}
	return "?" + values.Encode()
}

func manifest(t testing.TB, documents map[string]string) *trusted.Documents {
	t.Helper()
	d, err := trusted.Parse([]byte(asJSON(t, documents)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
