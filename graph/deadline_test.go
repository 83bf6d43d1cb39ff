package graph_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// endless runs, in place of every statement, one that takes hours, and tells when it has begun and how it ended.
type endless struct {
	db.Execer
	text  string
	begun chan struct{}
	ended chan error
}

// The statements that take hours.
var endlessText = map[db.Dialect]string{
	db.SQLite:   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n",
	db.Postgres: "SELECT pg_sleep(10000)",
}

func (e endless) QueryContext(ctx context.Context, _ string, _ ...any) (*sql.Rows, error) {
	close(e.begun)
	err := db.Query(ctx, e.Execer, func(*sql.Rows) error { return nil }, e.text)
	e.ended <- err
	return nil, err
}

// slow starts the endpoint on a database that takes hours, and returns it with what it runs.
func slow(t *testing.T, d *db.DB, allowed time.Duration) (http.Handler, endless) {
	t.Helper()
	e := endless{Execer: d.Read, text: endlessText[d.Dialect], begun: make(chan struct{}), ended: make(chan error, 1)}
	h, err := graph.NewHandler(graph.Config{
		Registry: newWorld(t, d, 3).Registry, Log: slog.New(slog.DiscardHandler), Read: e,
		Budget: func(viewer.Viewer) graph.Budget { return graph.Budget{Cost: 1000, Time: allowed} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, e
}

func posted(ctx context.Context, query string) (*httptest.ResponseRecorder, *http.Request) {
	return as(ctx, officer, query)
}

// as is a request of the viewer, and where its answer goes.
func as(ctx context.Context, v viewer.Viewer, query string) (*httptest.ResponseRecorder, *http.Request) {
	body, _ := json.Marshal(map[string]any{"query": query}) // text always has a JSON form
	req := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", mediaResponse)
	return httptest.NewRecorder(), req.WithContext(viewer.With(ctx, v))
}

// patience is how long a test waits for what must happen at once.
const patience = 30 * time.Second

func TestWhatTakesTooLongIsCancelledInTheDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, e := slow(t, d, 50*time.Millisecond)
		started := time.Now()
		rec, req := posted(t.Context(), `{ programme { windowDays } participants { nodes { id } } }`)
		h.ServeHTTP(rec, req)
		if took := time.Since(started); took > patience {
			t.Errorf("took %v", took)
		}
		var a answer
		if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		// It was executed, so the status is 200 for either media type.
		if rec.Code != http.StatusOK || a.code() != "TIMEOUT" || len(a.Errors) != 1 || a.Errors[0].Path[0] != "participants" {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		if err := <-e.ended; db.Classify(err) != db.ClassCanceled {
			t.Errorf("the statement ended with %v", err)
		}
	})
}

func TestWhatNobodyWaitsForIsCancelledInTheDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, e := slow(t, d, time.Hour)
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(posted(ctx, `{ participants { nodes { id } } }`))
		}()
		<-e.begun
		leave()
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatal("the request goes on")
		}
		if err := <-e.ended; db.Classify(err) != db.ClassCanceled {
			t.Errorf("the statement ended with %v", err)
		}
	})
}

// TestTheTimeIsOverBeforeItBegins: nothing was executed, so the status is that of a refusal.
func TestTheTimeIsOverBeforeItBegins(t *testing.T) {
	h, _ := slow(t, dbtest.New(t, db.SQLite), -time.Second)
	rec, req := posted(t.Context(), `{ participants { totalCount } }`)
	h.ServeHTTP(rec, req)
	if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "TIMEOUT") || strings.Contains(rec.Body.String(), `"data"`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
