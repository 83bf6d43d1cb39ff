package reads

import (
	"context"
	"database/sql"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// factsRow is one side of a change.
type factsRow struct {
	object            model.ParticipantFacts
	deadline, revoked db.Time
	first             sql.NullInt64
}

type historyRow struct {
	object              model.HistoryEntry
	recorded, effective db.Time
	actor, reason       string
	card                string // in full
	settlement          sql.NullInt64
	from, to            factsRow
}

var historyTypes = []string{"HistoryEntry", "Node"}

func (r *Reader) history() entity[historyRow, model.HistoryEntry] {
	return entity[historyRow, model.HistoryEntry]{
		types: historyTypes,
		from:  "history h LEFT JOIN participants pa ON pa.id = h.participant_id",
		columns: []string{
			"h.id", "h.kind", "h.recorded_at", "h.effective_at", "h.cause", "h.actor", "h.reason", "pa.card_number", "h.settlement_id",
			"h.from_deadline", "h.from_first_purchase_id", "h.from_revoked_at", "h.from_review_open",
			"h.to_deadline", "h.to_first_purchase_id", "h.to_revoked_at", "h.to_review_open",
		},
		into: func(row *historyRow) []any {
			o := &row.object
			return []any{
				&o.Row, &o.Kind, &row.recorded, &row.effective, &o.Cause, &row.actor, &row.reason, &row.card, &row.settlement,
				&row.from.deadline, &row.from.first, &row.from.revoked, &row.from.object.ReviewOpen,
				&row.to.deadline, &row.to.first, &row.to.revoked, &row.to.object.ReviewOpen,
			}
		},
		fill:   r.fillHistory,
		object: func(row *historyRow) *model.HistoryEntry { return &row.object },
	}
}

func (r *Reader) fillHistory(ctx context.Context, sel selection.Selection, rows []*historyRow) error {
	var sides []*factsRow
	for _, row := range rows {
		o := &row.object
		o.RecordedAt, o.EffectiveAt = row.recorded.Time, row.effective.Time
		if r.Viewer.SeesActors() {
			o.Actor = model.Text(row.actor)
		}
		if r.Viewer.SeesReason(row.card) {
			o.Reason = model.Text(row.reason)
		}
		o.From, o.To = &row.from.object, &row.to.object
		sides = append(sides, &row.from, &row.to)
	}
	settlement := edge[historyRow, model.Settlement]{
		"settlement", settlementTypes, func(row *historyRow) int { return int(row.settlement.Int64) }, r.settlementsByID, // 0 is none
		func(row *historyRow, behind *model.Settlement) { row.object.Settlement = behind },
	}
	if err := settlement.fill(ctx, sel, rows); err != nil {
		return err
	}
	facts := sel.Sub("from", "ParticipantFacts").And(sel.Sub("to", "ParticipantFacts"))
	var ids []int
	for _, side := range sides {
		side.object.Deadline, side.object.RevokedAt = side.deadline.Time, side.revoked.Pointer()
		if side.first.Valid {
			ids = append(ids, int(side.first.Int64))
		}
	}
	if !facts.Has("firstPurchase") {
		return nil
	}
	purchases, err := r.purchasesByID(ctx, facts.Sub("firstPurchase", purchaseTypes...), ids)
	if err != nil {
		return err
	}
	for _, side := range sides {
		if side.first.Valid {
			side.object.FirstPurchase = purchases[int(side.first.Int64)]
		}
	}
	return nil
}

// historyTerms are what a history can be ordered by.
var historyTerms = map[string]keyset.Term{
	"RECORDED_AT":  {Column: "h.recorded_at", Kind: keyset.Instant},
	"EFFECTIVE_AT": {Column: "h.effective_at", Kind: keyset.Instant},
}

// historyListing lists the histories of participants, whose visibility whoever asks must see to.
func (r *Reader) historyListing() listing[generated.HistoryFilter, historyRow, model.HistoryEntry] {
	return listing[generated.HistoryFilter, historyRow, model.HistoryEntry]{
		name: "history", input: "History", types: historyTypes,
		entity: func(selection.Selection) entity[historyRow, model.HistoryEntry] { return r.history() },
		filter: r.historyFilter,
		terms:  historyTerms, usual: model.Order{Field: "RECORDED_AT"}, id: "h.id",
	}
}

func (r *Reader) historyFilter(f *generated.HistoryFilter) (where, error) {
	own := func(f *generated.HistoryFilter) (where, error) {
		var c conditions
		c.add(
			oneOf(r.Dialect, "h.kind", f.Kind),
			oneOf(r.Dialect, "h.cause", f.Cause),
		)
		c.try(span("recordedAt", "h.recorded_at", f.RecordedAt))
		c.try(span("effectiveAt", "h.effective_at", f.EffectiveAt))
		return c.all()
	}
	return filtered(f, own, func(f *generated.HistoryFilter) junction[generated.HistoryFilter] {
		return junction[generated.HistoryFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

// historyScope is the participants whose history and reviews the viewer may read.
func (r *Reader) historyScope() where {
	if r.Viewer.SeesHistory("") {
		return nil
	}
	if card, ok := r.Viewer.OwnCard(); ok && r.Viewer.SeesHistory(card) {
		return equals("pa.card_number", card)
	}
	return nothing
}
