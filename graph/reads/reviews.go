package reads

import (
	"context"
	"database/sql"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type reviewRow struct {
	object                model.Review
	participant, purchase int
	opened, closed        db.Time
	decision              sql.NullString
	decidedBy, note       string
}

var reviewTypes = []string{"Review", "Node"}

// reviewTables are the reviews rv, their participants pa with their cohorts c, and their purchases p with their
// offerings o.
const reviewTables = "reviews rv LEFT JOIN participants pa ON pa.id = rv.participant_id LEFT JOIN cohorts c ON c.id = pa.cohort_id" +
	" LEFT JOIN purchases p ON p.id = rv.purchase_id LEFT JOIN offerings o ON o.id = p.offering_id"

func (r *Reader) reviews() entity[reviewRow, model.Review] {
	return entity[reviewRow, model.Review]{
		types: reviewTypes,
		from:  reviewTables,
		columns: []string{
			"rv.id", "rv.participant_id", "rv.purchase_id", "rv.kind", "rv.state", "rv.opened_at", "rv.closed_at", "rv.decision", "rv.decided_by", "rv.note",
		},
		into: func(row *reviewRow) []any {
			o := &row.object
			return []any{&o.Row, &row.participant, &row.purchase, &o.Kind, &o.State, &row.opened, &row.closed, &row.decision, &row.decidedBy, &row.note}
		},
		fill:   r.completeReviews,
		object: func(row *reviewRow) *model.Review { return &row.object },
	}
}

func (r *Reader) completeReviews(ctx context.Context, sel selection.Selection, rows []*reviewRow) error {
	for _, row := range rows {
		o := &row.object
		o.OpenedAt, o.ClosedAt, o.Decision = row.opened.Time, row.closed.Pointer(), nullable[rules.ReviewDecision](row.decision)
		if r.Viewer.SeesActors() {
			o.DecidedBy, o.Note = model.Text(row.decidedBy), model.Text(row.note)
		}
	}
	participant := edge[reviewRow, model.Participant]{
		"participant", participantTypes, func(row *reviewRow) int { return row.participant }, r.participantsByID,
		func(row *reviewRow, behind *model.Participant) { row.object.Participant = behind },
	}
	purchase := edge[reviewRow, model.Purchase]{
		"purchase", purchaseTypes, func(row *reviewRow) int { return row.purchase }, r.purchasesByID,
		func(row *reviewRow, behind *model.Purchase) { row.object.Purchase = behind },
	}
	return fillAll(ctx, sel, rows, participant.fill, purchase.fill)
}

// reviewTerms are what reviews can be ordered by.
var reviewTerms = map[string]keyset.Term{
	"OPENED_AT": {Column: "rv.opened_at", Kind: keyset.Instant},
	"CLOSED_AT": {Column: "rv.closed_at", Kind: keyset.Instant, Nullable: true},
}

// ReviewArgs are the arguments of a list of reviews.
type ReviewArgs = Args[generated.ReviewFilter]

func (r *Reader) reviewListing() listing[generated.ReviewFilter, reviewRow, model.Review] {
	return listing[generated.ReviewFilter, reviewRow, model.Review]{
		name: "reviews", input: "Review", types: reviewTypes,
		entity: func(selection.Selection) entity[reviewRow, model.Review] { return r.reviews() },
		scope:  r.inboxScope(),
		filter: r.reviewFilter,
		terms:  reviewTerms, usual: model.Order{Field: "OPENED_AT"}, id: "rv.id",
	}
}

// Reviews returns a page of the reviews: all of them for who may decide them, none for anybody else.
func (r *Reader) Reviews(ctx context.Context, sel selection.Selection, args ReviewArgs) (*model.ReviewConnection, error) {
	return r.reviewListing().atRoot(ctx, r, sel, args)
}

// inboxScope is the reviews that the viewer may list. It is narrower than [Reader.historyScope]: who only reads
// them finds them with their participants.
func (r *Reader) inboxScope() where {
	if r.Viewer.ManagesCohorts() {
		return nil
	}
	return nothing
}

func (r *Reader) reviewFilter(f *generated.ReviewFilter) (where, error) {
	return filtered(f, r.reviewFields, func(f *generated.ReviewFilter) junction[generated.ReviewFilter] {
		return junction[generated.ReviewFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

func (r *Reader) reviewFields(f *generated.ReviewFilter) (where, error) {
	participant, err := r.participantFilter(f.Participant)
	if err != nil {
		return nil, err
	}
	purchase, err := r.purchaseFilter(f.Purchase)
	if err != nil {
		return nil, err
	}
	var c conditions
	c.add(
		allNull(f.IsNull, map[string]string{"CLOSED_AT": "rv.closed_at IS NULL", "DECISION": "rv.decision IS NULL"}),
		oneOf(r.Dialect, "rv.state", f.State),
		oneOf(r.Dialect, "rv.kind", f.Kind),
		oneOf(r.Dialect, "rv.decision", f.Decision),
		oneOfInts(r.Dialect, "pa.cohort_id", f.Cohort),
		participant, purchase,
	)
	c.try(span("openedAt", "rv.opened_at", f.OpenedAt))
	c.try(span("closedAt", "rv.closed_at", f.ClosedAt))
	return c.all()
}

// Review returns the review with the row id; nil when there is none that the viewer may see.
func (r *Reader) Review(ctx context.Context, sel selection.Selection, id int) (*model.Review, error) {
	return one(ctx, r, r.reviews(), sel, and(equals("rv.id", id), r.historyScope()))
}
