package reads

import (
	"context"
	"encoding/json"
	"fmt"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

type settlementRow struct {
	object                                             model.Settlement
	cohort                                             int
	through, prepared, approved, ordered, stopped      db.Time
	executed, closes, closed, reversalOrdered          db.Time
	reversed, finished                                 db.Time
	approvedBy, orderedBy, stoppedBy, reversedBy       string
	reversalReason, discardedBy, evidence, composition string
}

var settlementTypes = []string{"Settlement", "Node"}

func (r *Reader) settlements() entity[settlementRow, model.Settlement] {
	return entity[settlementRow, model.Settlement]{
		types: settlementTypes,
		from:  "settlements s",
		columns: []string{
			"s.id", "s.cohort_id", "s.state", "s.listed", "s.list_sha256", "s.through", "s.reserve", "s.reason", "s.prepared_at", "s.prepared_by",
			"s.approved_at", "s.approved_by", "s.ordered_at", "s.ordered_by", "s.stopped_at", "s.stopped_by", "s.executed_at", "s.closes_at", "s.closed_at",
			"s.reversal_ordered_at", "s.reversed_by", "s.reversal_reason", "s.reversed_at", "s.discarded_by", "s.finished_at", "s.evidence", "s.summary",
		},
		into: func(row *settlementRow) []any {
			o := &row.object
			return []any{
				&o.Row, &row.cohort, &o.State, &o.Listed, &o.ListHash, &row.through, &o.Reserve, &o.Reason, &row.prepared, &o.PreparedBy,
				&row.approved, &row.approvedBy, &row.ordered, &row.orderedBy, &row.stopped, &row.stoppedBy, &row.executed, &row.closes, &row.closed,
				&row.reversalOrdered, &row.reversedBy, &row.reversalReason, &row.reversed, &row.discardedBy, &row.finished, &row.evidence, &row.composition,
			}
		},
		fill:   r.fillSettlements,
		object: func(row *settlementRow) *model.Settlement { return &row.object },
	}
}

// settlementScope is the settlements that the viewer may see: all or none.
func (r *Reader) settlementScope() where {
	if r.Viewer.SeesSettlements() {
		return nil
	}
	return nothing
}

func (row *settlementRow) complete() {
	o := &row.object
	o.Through, o.PreparedAt = row.through.Time, row.prepared.Time
	o.ApprovedAt, o.ApprovedBy = row.approved.Pointer(), model.Text(row.approvedBy)
	o.OrderedAt, o.OrderedBy = row.ordered.Pointer(), model.Text(row.orderedBy)
	o.StoppedAt, o.StoppedBy = row.stopped.Pointer(), model.Text(row.stoppedBy)
	o.ExecutedAt, o.ClosesAt, o.ClosedAt = row.executed.Pointer(), row.closes.Pointer(), row.closed.Pointer()
	o.ReversalOrderedAt, o.ReversedBy, o.ReversalReason = row.reversalOrdered.Pointer(), model.Text(row.reversedBy), model.Text(row.reversalReason)
	o.ReversedAt, o.DiscardedBy = row.reversed.Pointer(), model.Text(row.discardedBy)
	if o.State == rules.SettlementDiscarded {
		o.DiscardedAt = row.finished.Pointer()
	}
}

func (r *Reader) fillSettlements(ctx context.Context, sel selection.Selection, rows []*settlementRow) error {
	for _, row := range rows {
		row.complete()
	}
	cohort := edge[settlementRow, model.Cohort]{
		"cohort", cohortTypes, func(row *settlementRow) int { return row.cohort }, r.cohortsByNumber,
		func(row *settlementRow, behind *model.Cohort) { row.object.Cohort = behind },
	}
	return fillAll(ctx, sel, rows, cohort.fill, r.fillEvidence, r.fillComposition, r.fillSettlementCounts, r.fillSettlementPlaces, r.fillEntryPages)
}

// fillEvidence shows what was known when the lists were made.
func (r *Reader) fillEvidence(_ context.Context, sel selection.Selection, rows []*settlementRow) error {
	if !sel.Has("evidence") {
		return nil
	}
	for _, row := range rows {
		var known registry.SettlementEvidence
		if err := json.Unmarshal([]byte(row.evidence), &known); err != nil {
			return fmt.Errorf("the evidence of settlement %d: %w", row.object.Row, err)
		}
		row.object.Evidence = &model.SettlementEvidence{
			At: known.At, Platforms: platformEvidence(known.Platforms), LagLimit: model.Seconds(known.LagLimit), Unreadable: known.Unreadable, Outstanding: known.Outstanding,
		}
	}
	return nil
}

// fillComposition shows how the lists are made up.
func (r *Reader) fillComposition(ctx context.Context, sel selection.Selection, rows []*settlementRow) error {
	if !sel.Has("provinces") && !sel.Has("platformHistory") {
		return nil
	}
	provinces, err := r.provinces(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		var made registry.SettlementSummary
		if err := json.Unmarshal([]byte(row.composition), &made); err != nil {
			return fmt.Errorf("the summary of settlement %d: %w", row.object.Row, err)
		}
		row.object.Provinces, row.object.PlatformHistory = []*model.SettlementProvince{}, []*model.SettlementPlatform{}
		for _, p := range made.Provinces {
			row.object.Provinces = append(row.object.Provinces, &model.SettlementProvince{Province: province(provinces, p.Province), Count: p.Count})
		}
		for _, p := range made.Platforms {
			row.object.PlatformHistory = append(row.object.PlatformHistory, &model.SettlementPlatform{Platform: model.Text(p.Platform), Count: p.Count})
		}
	}
	return nil
}

// settlementTerms are what settlements can be ordered by.
var settlementTerms = map[string]keyset.Term{
	"PREPARED_AT": {Column: "s.prepared_at", Kind: keyset.Instant},
	"EXECUTED_AT": {Column: "s.executed_at", Kind: keyset.Instant, Nullable: true},
	"LISTED":      {Column: "s.listed", Kind: keyset.Integer},
}

// SettlementArgs are the arguments of a list of settlements.
type SettlementArgs = Args[generated.SettlementFilter]

func (r *Reader) settlementListing() listing[generated.SettlementFilter, settlementRow, model.Settlement] {
	return listing[generated.SettlementFilter, settlementRow, model.Settlement]{
		name: "settlements", input: "Settlement", types: settlementTypes,
		entity: func(selection.Selection) entity[settlementRow, model.Settlement] { return r.settlements() },
		scope:  r.settlementScope(),
		filter: r.settlementFilter,
		terms:  settlementTerms, usual: model.Order{Field: "PREPARED_AT", Direction: model.Descending}, id: "s.id",
	}
}

func (r *Reader) settlementFilter(f *generated.SettlementFilter) (where, error) {
	own := func(f *generated.SettlementFilter) (where, error) {
		var c conditions
		c.add(
			oneOfInts(r.Dialect, "s.cohort_id", f.Cohort),
			oneOf(r.Dialect, "s.state", f.State),
		)
		c.try(span("preparedAt", "s.prepared_at", f.PreparedAt))
		c.try(span("executedAt", "s.executed_at", f.ExecutedAt))
		return c.all()
	}
	return filtered(f, own, func(f *generated.SettlementFilter) junction[generated.SettlementFilter] {
		return junction[generated.SettlementFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

// Settlements returns a page of the settlements: of all for PMO staff, of none for anybody else.
func (r *Reader) Settlements(ctx context.Context, sel selection.Selection, args SettlementArgs) (*model.SettlementConnection, error) {
	return r.settlementListing().atRoot(ctx, r, sel, args)
}

// Settlement returns the settlement with the row id; nil when there is none that the viewer may see.
func (r *Reader) Settlement(ctx context.Context, sel selection.Selection, id int) (*model.Settlement, error) {
	return one(ctx, r, r.settlements(), sel, and(equals("s.id", id), r.settlementScope()))
}

// settlementsByID returns the settlements behind an edge that the viewer may see.
func (r *Reader) settlementsByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Settlement, error) {
	if !r.Viewer.SeesSettlements() {
		return map[int]*model.Settlement{}, nil
	}
	rows, err := all(ctx, r, r.settlements(), sel, anyInt(r.Dialect, "s.id", distinct(ids)), "s.id")
	found := make(map[int]*model.Settlement, len(rows))
	for _, row := range rows {
		found[row.object.Row] = &row.object
	}
	return found, err
}

// fillEnding reads which settlement ended the memberships.
func (r *Reader) fillEnding(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	ending := edge[participantRow, model.Settlement]{
		"settlement", settlementTypes, func(row *participantRow) int { return int(row.settlement.Int64) }, r.settlementsByID, // 0 is none
		func(row *participantRow, behind *model.Settlement) { row.object.Settlement = behind },
	}
	return ending.fill(ctx, sel, rows)
}
