package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestTheOldestReviewComesFirst walks through the inbox as an officer does, and then asks for what is open.
func TestTheOldestReviewComesFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.pastReviews()
		c := serve(t, w.Registry)
		var invoices []any
		var after any
		for range 3 {
			a := c.get(officer, `query ($after: String) { reviews(first: 2, after: $after) { nodes { purchase { invoiceCode } } pageInfo { endCursor } } }`,
				map[string]any{"after": after})
			invoices = append(invoices, a.at("reviews.nodes.0.purchase.invoiceCode"), a.at("reviews.nodes.1.purchase.invoiceCode"))
			after = a.at("reviews.pageInfo.endCursor")
		}
		// Opened when the purchases were made; FIRST and VOIDED at the same time. The open one is the latest.
		if diff := cmp.Diff([]any{"ONLY", "FIRST", "VOIDED", "SECOND", "LATE", "ONLY"}, invoices); diff != "" {
			t.Errorf("the oldest first: %s", diff)
		}
		a := c.get(officer, `{ reviews(filter: { state: OPEN }) { totalCount nodes { state openedAt closedAt participant { cardNumber cohort { number } } } } }`, nil)
		want := map[string]any{
			"reviews.totalCount": 1.0, "reviews.nodes.0.state": "OPEN", "reviews.nodes.0.openedAt": "2021-04-06T17:45:00+07:00",
			"reviews.nodes.0.closedAt": nil, "reviews.nodes.0.participant.cardNumber": w.cards12[1], "reviews.nodes.0.participant.cohort.number": 12.0,
		}
		for path, value := range want {
			if diff := cmp.Diff(value, a.at(path)); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	})
}
