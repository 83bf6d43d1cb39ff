package reads

import (
	"context"
	"fmt"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
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
	for _, f := range sel.Fields("purchases") {
		args, err := argsOf[generated.PurchaseFilter, generated.PurchaseOrder](ctx, f, "PurchaseFilter", "PurchaseOrder")
		if err != nil {
			return at(f, err)
		}
		l, err := r.purchaseList(args)
		if err != nil {
			return at(f, err)
		}
		l.parent, l.parents = "p.participant_id", rowIDs(rows)
		found, err := pages(ctx, r, l, f.Selection())
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.object.PurchasePages.Put(f.Node, found[row.object.Row])
		}
	}
	return nil
}

func (r *Reader) fillHistoryPages(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	for _, f := range sel.Fields("history") {
		args, err := argsOf[struct{}, generated.HistoryOrder](ctx, f, "", "HistoryOrder")
		if err != nil {
			return at(f, err)
		}
		by := generated.HistoryOrder{Field: generated.HistoryOrderFieldRecordedAt, Direction: generated.OrderDirectionAsc}
		if args.OrderBy != nil {
			by = *args.OrderBy
		}
		page, err := keyset.NewPage(order("history", historyTerms, by.Field, by.Direction, "h.id"), args.Page, r.Sizes)
		if err != nil {
			return at(f, err)
		}
		l := list[historyRow, model.HistoryEntry]{entity: r.history(), page: page, parent: "h.participant_id", parents: r.historyVisible(rows)}
		found, err := pages(ctx, r, l, f.Selection())
		if err != nil {
			return err
		}
		for _, row := range rows {
			c, visible := found[row.object.Row]
			if !visible {
				c = &model.HistoryConnection{Edges: []*model.HistoryEdge{}, Nodes: []*model.HistoryEntry{}, PageInfo: &model.PageInfo{}}
			}
			row.object.HistoryPages.Put(f.Node, c)
		}
	}
	return nil
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
