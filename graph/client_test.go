package graph_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// The viewers of the tests.
var (
	anonymous  = viewer.Viewer{Role: viewer.Anonymous}
	analyst    = viewer.Viewer{Role: viewer.Analyst, Subject: "analyst-1"}
	officer    = viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"}
	supervisor = viewer.Viewer{Role: viewer.Supervisor, Subject: "supervisor-1"}
	admin      = viewer.Viewer{Role: viewer.Admin, Subject: "admin-1"}
	tokopedia  = viewer.Viewer{Role: viewer.Platform, Subject: "tokopedia", Platform: "tokopedia"}
)

func recipient(card string) viewer.Viewer {
	return viewer.Viewer{Role: viewer.Participant, Subject: card}
}

// counting counts the statements that are run.
type counting struct {
	db.Execer
	statements atomic.Int64
	texts      func(query string) // is told of each, when it is set
}

func (c *counting) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.statements.Add(1)
	if c.texts != nil {
		c.texts(query)
	}
	return c.Execer.QueryContext(ctx, query, args...)
}

// client talks to the endpoint over HTTP as one viewer or another.
type client struct {
	t      testing.TB
	server *httptest.Server
	reads  *counting
	log    *bytes.Buffer
}

// serve starts the endpoint. Who asks is in a header, where the real server has a token.
func serve(t testing.TB, r *registry.Registry) *client {
	t.Helper()
	c := &client{t: t, reads: &counting{Execer: r.DB().Read}, log: &bytes.Buffer{}}
	h, err := graph.NewHandler(graph.Config{Registry: r, Log: slog.New(slog.NewTextHandler(c.log, nil)), Version: "test", Read: c.reads})
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

// answer is the body of an answer.
type answer struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Locations  []any
		Extensions struct {
			Code        string
			Cost, Limit int
		}
	}
	Extensions struct{ Cost *int } // nil when the query was not accepted
	text       string
}

// code is the code of the first error, empty without one.
func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// at returns what is at the path of names and indices, such as "cohort.progress.awaiting" or "nodes.0.id"; nil
// when anything on the way is null.
func (a answer) at(path string) any {
	var v any = a.Data
	for _, step := range strings.Split(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i := 0
			for _, digit := range step {
				i = i*10 + int(digit-'0')
			}
			if i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// ask posts a query and returns the answer, which must be a 200.
func (c *client) ask(v viewer.Viewer, query string, variables map[string]any) answer {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		c.t.Fatal(err)
	}
	status, text := c.post(v, body, nil)
	if status != http.StatusOK {
		c.t.Fatalf("%s: status %d: %s", query, status, text)
	}
	return c.parse(text)
}

// get asks and fails the test if there are errors.
func (c *client) get(v viewer.Viewer, query string, variables map[string]any) answer {
	c.t.Helper()
	a := c.ask(v, query, variables)
	if len(a.Errors) > 0 {
		c.t.Fatalf("%s\n%s\n%s", query, a.text, c.log)
	}
	return a
}

func (c *client) parse(text string) answer {
	c.t.Helper()
	a := answer{text: text}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return a
}

func (c *client) post(v viewer.Viewer, body []byte, header http.Header) (int, string) {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.server.URL, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		req.Header[name] = values
	}
	return c.do(v, req)
}

func (c *client) do(v viewer.Viewer, req *http.Request) (int, string) {
	c.t.Helper()
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
	return resp.StatusCode, string(text)
}
