package graph_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// BenchmarkAggregates groups some hundred purchases and participants: what an aggregate costs besides the rows.
func BenchmarkAggregates(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		w := newWorld(b, dbtest.New(b, dialect), 150)
		w.plenty()
		h, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		for name, query := range map[string]string{
			"count":       `{ purchaseAggregate { rows { count } } }`,
			"by platform": `{ purchaseAggregate(groupBy: [PLATFORM, DAY]) { rows { key { platform { code } day } count amount { sum avg } } totalGroups } }`,
			"percentiles": `{ purchaseAggregate(groupBy: PLATFORM) { rows { amount { median p90 } lag { median p90 } } } }`,
			"by status":   `{ participantAggregate(groupBy: [COHORT, STATUS]) { rows { key { cohort status } count purchasedShare } } }`,
		} {
			body, err := json.Marshal(map[string]any{"query": query})
			if err != nil {
				b.Fatal(err)
			}
			b.Run(string(dialect)+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					req := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
					req.Header.Set("Content-Type", "application/json")
					rec := httptest.NewRecorder()
					h.ServeHTTP(rec, req.WithContext(viewer.With(req.Context(), officer)))
					if rec.Code != http.StatusOK || bytes.Contains(rec.Body.Bytes(), []byte("errors")) {
						b.Fatal(rec.Body)
					}
				}
			})
		}
	}
}
