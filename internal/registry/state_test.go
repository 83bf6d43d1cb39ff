package registry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/ent"
	"gelombang/ent/history"
	"gelombang/ent/participant"
	"gelombang/ent/review"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

func wib(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02T15:04:05", text, rules.WIB)
	if err != nil {
		panic(err)
	}
	return at
}

// state is what is stored of a participant, in a form that compares: purchases by invoice, not by id.
type state struct {
	Status    rules.Status
	First     string
	Balance   int64
	Revoked   bool
	Purchases []string
	Open      []string // open reviews
}

func stateOf(t testing.TB, d *db.DB, card string, now time.Time) state {
	t.Helper()
	p := load(t, d, card)
	s := state{Balance: p.Balance, Revoked: p.RevokedAt != nil}
	facts := rules.Facts{Deadline: p.Deadline, ReviewOpen: p.ReviewOpen}
	if p.RevokedAt != nil {
		facts.RevokedAt = *p.RevokedAt
	}
	for _, q := range p.Edges.Purchases {
		name := q.Edges.Platform.Code + "/" + q.InvoiceCode
		if p.FirstPurchaseID != nil && *p.FirstPurchaseID == q.ID {
			s.First = name
			facts.FirstPurchase = &rules.PurchaseKey{Platform: q.Edges.Platform.Code, Invoice: q.InvoiceCode}
		}
		line := fmt.Sprintf("%s %s %d %s", name, q.PurchasedAt.Format(time.RFC3339Nano), q.Amount, q.Evidence)
		if q.VoidedAt != nil {
			line += " void " + q.VoidedAt.Format(time.RFC3339Nano)
		}
		s.Purchases = append(s.Purchases, line)
	}
	for _, rv := range p.Edges.Reviews {
		if rv.State == rules.ReviewOpen {
			s.Open = append(s.Open, string(rv.Kind))
		}
	}
	slices.Sort(s.Purchases)
	slices.Sort(s.Open)
	s.Status = facts.StatusAt(now)
	return s
}

func load(t testing.TB, d *db.DB, card string) *ent.Participant {
	t.Helper()
	p, err := d.Client().Participant.Query().Where(participant.CardNumber(card)).
		WithPurchases(func(q *ent.PurchaseQuery) { q.WithPlatform() }).
		WithReviews(func(q *ent.ReviewQuery) { q.Order(review.ByID()) }).
		WithHistory(func(q *ent.HistoryQuery) { q.Order(history.ByID()) }).Only(context.Background())
	if err != nil {
		t.Fatalf("load a participant: %v", err)
	}
	return p
}

// historyOf tells the history in words.
func historyOf(t testing.TB, d *db.DB, card string) []string {
	t.Helper()
	var lines []string
	for _, h := range load(t, d, card).Edges.History {
		var what []string
		switch {
		case h.FromFirstPurchaseID == nil && h.ToFirstPurchaseID != nil:
			what = append(what, "bought")
		case h.FromFirstPurchaseID != nil && h.ToFirstPurchaseID == nil:
			what = append(what, "reopened")
		case h.FromFirstPurchaseID != nil && *h.FromFirstPurchaseID != *h.ToFirstPurchaseID:
			what = append(what, "other first")
		}
		if !h.FromDeadline.Equal(h.ToDeadline) {
			what = append(what, "extended")
		}
		switch {
		case h.FromRevokedAt == nil && h.ToRevokedAt != nil:
			what = append(what, "revoked")
		case h.FromRevokedAt != nil && h.ToRevokedAt == nil:
			what = append(what, "reinstated")
		}
		switch {
		case !h.FromReviewOpen && h.ToReviewOpen:
			what = append(what, "review opened")
		case h.FromReviewOpen && !h.ToReviewOpen:
			what = append(what, "review closed")
		}
		if h.Kind != rules.HistoryFacts {
			what = append(what, string(h.Kind))
		}
		lines = append(lines, string(h.Cause)+": "+strings.Join(what, ", "))
	}
	return lines
}
