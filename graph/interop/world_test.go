package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// world is a registry in which each list has three entries or more.
type world struct {
	*registrytest.Fixture
	card string // of a participant with three purchases
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Fixture: registrytest.New(t, dbtest.New(t, db.SQLite))}
	var offerings []registry.Offering
	for i := range 3 {
		offerings = append(offerings, registry.Offering{CourseCode: fmt.Sprintf("C-%d", i+1), Title: fmt.Sprintf("Kursus %d", i+1), Price: 250_000})
	}
	if _, err := w.PutOfferings(t.Context(), registrytest.Admin, "tokopedia", offerings); err != nil {
		t.Fatal(err)
	}
	announced := func(day int) time.Time { return time.Date(2021, 3, day, 12, 0, 0, 0, rules.WIB) }
	w.Clock.Set(announced(11))
	overdue := w.Cohort(11, announced(1), 3)
	closed := w.Cohort(12, announced(3), 3)
	w.card = w.Cohort(13, announced(10), 3)[0]
	w.Clock.Set(registrytest.Evening)
	for i, card := range closed { // voided after the deadline: for a person to decide
		invoice := fmt.Sprintf("REVIEW-%d", i)
		w.Send(w.Message("tokopedia", registrytest.Bought(invoice, card, announced(20))))
		w.Send(w.Message("tokopedia", registrytest.Voided(invoice, registrytest.Evening.Add(-time.Hour))))
	}
	for i := range 3 { // each earlier than the one before, so that each changes the facts
		w.Send(w.Message("tokopedia", registrytest.Bought(fmt.Sprintf("FIRST-%d", i), w.card, announced(20-i))))
	}
	for i, card := range overdue { // too late to count
		w.Send(w.Message("tokopedia", registrytest.Bought(fmt.Sprintf("LATE-%d", i), card, registrytest.Evening.Add(-time.Hour))))
	}
	w.lists(11)
	return w
}

// lists makes three lists of those of the cohort who are overdue, of which two are given up, and tells an endpoint of it.
func (w *world) lists(cohort int) {
	w.T.Helper()
	ctx := w.T.Context()
	endpoint := registry.CreateEndpoint{Name: "office", URL: "https://office.example/hook", Events: []rules.OutboundEvent{rules.EventSettlement}}
	if _, _, err := w.CreateEndpoint(ctx, registrytest.Admin, endpoint); err != nil {
		w.T.Fatal(err)
	}
	for i := range 3 {
		s, err := w.PrepareSettlement(ctx, registrytest.Officer, registry.PrepareSettlement{Cohort: cohort, Reason: "no purchase in time"})
		if err == nil && i < 2 {
			_, err = w.DiscardSettlement(ctx, registrytest.Officer, s.ID)
		}
		if err != nil {
			w.T.Fatal(err)
		}
	}
}

// serve starts the endpoint for one viewer, who may introspect.
func (w *world) serve(who viewer.Viewer) *httptest.Server {
	w.T.Helper()
	h, err := graph.NewHandler(graph.Config{
		Registry: w.Registry, Log: slog.New(slog.DiscardHandler), Version: "test", Introspection: func(viewer.Viewer) bool { return true },
	})
	if err != nil {
		w.T.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(rw, r.WithContext(viewer.With(r.Context(), who)))
	}))
	w.T.Cleanup(server.Close)
	return server
}

// ask posts a query, which must be answered without errors, and decodes the data.
func ask(t *testing.T, server *httptest.Server, query string, variables map[string]any, data any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer := struct {
		Data   any             `json:"data"`
		Errors json.RawMessage `json:"errors"`
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if len(answer.Errors) > 0 {
		t.Fatalf("%s\n%s", query, answer.Errors)
	}
}
