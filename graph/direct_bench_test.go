package graph_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/rules"
)

// inMemory are resolvers that answer from memory, for one query.
type inMemory struct {
	made

	page *model.ParticipantConnection
}

func (m *inMemory) Query() generated.QueryResolver { return m }

func (m *inMemory) Participant(ctx context.Context, _ string) (*model.Participant, error) {
	return m.load(selection.Of(ctx, "Participant", "Node"), 1).Nodes[0], nil
}

func (m *inMemory) Participants(ctx context.Context, _ *generated.ParticipantFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.ParticipantConnection, error) {
	return m.load(selection.Of(ctx, "ParticipantConnection").Sub("nodes", "Participant", "Node"), 50), nil
}

// load makes so many participants, each with two purchases, for the one place where the query asks for these.
func (m *inMemory) load(sel selection.Selection, n int) *model.ParticipantConnection {
	if m.page != nil {
		return m.page
	}
	place := sel.Fields("purchases")[0].Node
	platform := &model.Platform{Row: 1, Code: "tokopedia", Name: "Tokopedia"}
	offering := &model.Offering{Row: 2, Platform: platform, CourseCode: "C-1", Title: "Membuat Roti untuk Pemula"}
	cohort := &model.Cohort{Number: 13, PurchaseDeadline: wib(9, 0, 0)}
	province := &model.Province{Code: "31", Name: "DKI Jakarta"}
	m.page = &model.ParticipantConnection{PageInfo: &model.PageInfo{HasNextPage: true, EndCursor: model.Text("eyJrIjpbIjIwMjEtMDQtMDkiXX0")}}
	for i := range n {
		p := &model.Participant{Row: i, CardNumber: fmt.Sprintf("3113%012d", i), Cohort: cohort, Status: rules.StatusAwaiting, Deadline: wib(9, 0, 0), TimeLeft: 108_900, Balance: 750_000, Province: province}
		var purchases []*model.Purchase
		for j := range 2 {
			purchases = append(purchases, &model.Purchase{Row: 2*i + j, Platform: platform, Offering: offering, InvoiceCode: fmt.Sprintf("INV/2021/%d", 2*i+j), Amount: 250_000, PurchasedAt: wib(1, 9, 0).Add(time.Duration(i) * time.Millisecond)})
		}
		p.FirstPurchase = purchases[0]
		p.PurchasePages.Put(place, &model.PurchaseConnection{Nodes: purchases, PageInfo: &model.PageInfo{}})
		m.page.Nodes = append(m.page.Nodes, p)
	}
	return m.page
}

// BenchmarkAnswers answers from memory what the applications ask most, with the direct writer and by gqlgen alone.
// Parsing and validation are from the cache.
func BenchmarkAnswers(b *testing.B) {
	const purchases = `purchases { nodes { invoiceCode amount purchasedAt offering { title platform { code name } } } }`
	for _, q := range []struct{ name, text string }{
		{"participant", `{ participant(cardNumber: "3113000000000000") { cardNumber status deadline timeLeft cohort { number purchaseDeadline } firstPurchase { purchasedAt platform { code } } ` + purchases + ` } }`},
		{"page", `{ participants(first: 50) { nodes { id cardNumber status deadline province { name } ` + purchases + ` } pageInfo { hasNextPage endCursor } } }`},
	} {
		for name, directly := range map[string]bool{"direct": true, "gqlgen": false} {
			b.Run(q.name+"/"+name, func(b *testing.B) {
				e := newEngine(&inMemory{}, directly)
				want, errs := newEngine(&inMemory{}, false).execute(b.Context(), request{Query: q.text})
				if errs != "" {
					b.Fatal(errs)
				}
				b.ReportAllocs()
				used := cpuTime(b, func() {
					for b.Loop() {
						if data, _ := e.execute(b.Context(), request{Query: q.text}); len(data) != len(want) {
							b.Fatal(data)
						}
					}
				})
				b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/op")
			})
		}
	}
}
