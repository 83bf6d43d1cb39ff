package reads

import (
	"context"
	"fmt"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

func rowIDs(rows []*participantRow) []int {
	ids := make([]int, len(rows))
	for i, row := range rows {
		ids[i] = row.object.Row
	}
	return ids
}

func (r *Reader) fillFirstPurchases(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	if !sel.Has("firstPurchase") {
		return nil
	}
	var ids []int
	for _, row := range rows {
		if row.first.Valid {
			ids = append(ids, int(row.first.Int64))
		}
	}
	purchases, err := r.purchasesByID(ctx, sel.Sub("firstPurchase", purchaseTypes...), ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.first.Valid {
			row.object.FirstPurchase = purchases[int(row.first.Int64)]
		}
	}
	return nil
}

func (r *Reader) fillPurchasePages(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	places := childrenOf(rows, func(row *participantRow) (int, placeOf[model.Purchase]) {
		return row.object.Row, &row.object.PurchasePages
	})
	return r.purchaseListing().below(ctx, r, sel, "purchases", "p.participant_id", places)
}

func (r *Reader) fillHistoryPages(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	places := childrenOf(rows, func(row *participantRow) (int, placeOf[model.HistoryEntry]) {
		return row.object.Row, &row.object.HistoryPages
	})
	places.visible = r.historyVisible(rows)
	return r.historyListing().below(ctx, r, sel, "history", "h.participant_id", places)
}

// historyVisible returns the ids of the participants whose history the viewer may read.
func (r *Reader) historyVisible(rows []*participantRow) []int {
	var ids []int
	for _, row := range rows {
		if r.Viewer.SeesHistory(row.card) {
			ids = append(ids, row.object.Row)
		}
	}
	return ids
}

func (r *Reader) fillReviews(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	if !sel.Has("reviews") {
		return nil
	}
	found, err := all(ctx, r, r.reviews(), sel.Sub("reviews", reviewTypes...),
		anyInt(r.Dialect, "rv.participant_id", r.historyVisible(rows)), "rv.opened_at, rv.id")
	if err != nil {
		return err
	}
	byParticipant := map[int][]*model.Review{}
	for _, row := range found {
		byParticipant[row.participant] = append(byParticipant[row.participant], &row.object)
	}
	for _, row := range rows {
		row.object.Reviews = byParticipant[row.object.Row]
		if row.object.Reviews == nil {
			row.object.Reviews = []*model.Review{}
		}
	}
	return nil
}

func (r *Reader) fillExplanations(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	for _, f := range sel.Fields("explanation") {
		language, err := f.Text("language")
		if err != nil {
			return at(f, err)
		}
		if language == nil {
			return at(f, &registry.Error{Code: registry.Invalid, Field: "language", Message: "a language is needed"})
		}
		explanations, err := r.Explain(ctx, rowIDs(rows), rules.Language(*language))
		if err != nil {
			return fmt.Errorf("explain: %w", err)
		}
		for _, row := range rows {
			row.object.Explanations.Put(f.Node, explanation(explanations[row.object.Row]))
		}
	}
	return nil
}

func explanation(e rules.Explanation) *model.Explanation {
	out := &model.Explanation{Summary: e.Summary, Deadline: e.Deadline, Awaited: e.Awaited, Evidence: make([]*model.EvidenceNote, len(e.Evidence))}
	for i, n := range e.Evidence {
		out.Evidence[i] = &model.EvidenceNote{Platform: n.Purchase.Platform, InvoiceCode: n.Purchase.Invoice, Counts: n.Counts, Code: n.Code, Text: n.Text}
	}
	return out
}
