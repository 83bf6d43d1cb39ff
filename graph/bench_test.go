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

// BenchmarkQueries answers the two questions that the applications ask most: one participant with its
// purchases, and fifty of them.
func BenchmarkQueries(b *testing.B) {
	w := newWorld(b, dbtest.New(b, db.SQLite), 150)
	w.plenty()
	h, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	const purchases = `cardNumber status deadline purchases { nodes { invoiceCode amount purchasedAt platform { code } offering { title } } }`
	for name, query := range map[string]string{
		"one participant":    `query ($card: CardNumber!) { participant(cardNumber: $card) { ` + purchases + ` } }`,
		"fifty participants": `query { participants(first: 50, filter: { cohort: 13 }) { nodes { ` + purchases + ` } } }`,
	} {
		body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"card": w.cards13[5]}})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
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
