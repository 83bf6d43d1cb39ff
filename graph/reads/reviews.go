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

func (r *Reader) reviews() entity[reviewRow, model.Review] {
	return entity[reviewRow, model.Review]{
		types: reviewTypes,
		from:  "reviews rv LEFT JOIN participants pa ON pa.id = rv.participant_id",
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
	participantIDs, purchaseIDs := make([]int, len(rows)), make([]int, len(rows))
	for i, row := range rows {
		o := &row.object
		o.OpenedAt, o.ClosedAt, o.Decision = row.opened.Time, row.closed.Pointer(), nullable[rules.ReviewDecision](row.decision)
		if r.Viewer.SeesActors() {
			o.DecidedBy, o.Note = model.Text(row.decidedBy), model.Text(row.note)
		}
		participantIDs[i], purchaseIDs[i] = row.participant, row.purchase
	}
	if sel.Has("participant") {
		participants, err := r.participantsByID(ctx, sel.Sub("participant", participantTypes...), participantIDs)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.object.Participant = participants[row.participant]
		}
	}
	if sel.Has("purchase") {
		purchases, err := r.purchasesByID(ctx, sel.Sub("purchase", purchaseTypes...), purchaseIDs)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.object.Purchase = purchases[row.purchase]
		}
	}
	return nil
}

var reviewTerms = map[generated.ReviewOrderField]keyset.Term{
	generated.ReviewOrderFieldOpenedAt: {Column: "rv.opened_at", Kind: keyset.Instant},
}

// ReviewArgs are the arguments of a list of reviews.
type ReviewArgs = Args[generated.ReviewFilter, generated.ReviewOrder]

// Reviews returns a page of the reviews: all of them for who may decide them, none for anybody else.
func (r *Reader) Reviews(ctx context.Context, sel selection.Selection, args ReviewArgs) (*model.ReviewConnection, error) {
	by := generated.ReviewOrder{Field: generated.ReviewOrderFieldOpenedAt, Direction: generated.OrderDirectionAsc}
	if args.OrderBy != nil {
		by = *args.OrderBy
	}
	page, err := keyset.NewPage(order("reviews", reviewTerms, by.Field, by.Direction, "rv.id"), args.Page, r.Sizes)
	if err != nil {
		return nil, err
	}
	l := list[reviewRow, model.Review]{entity: r.reviews(), where: and(r.inboxScope(), r.reviewFilter(args.Filter)), page: page}
	return atRoot(ctx, r, l, sel)
}

// inboxScope is the reviews that the viewer may list. It is narrower than [Reader.historyScope]: who only reads
// them finds them with their participants.
func (r *Reader) inboxScope() where {
	if r.Viewer.ManagesCohorts() {
		return nil
	}
	return nothing
}

func (r *Reader) reviewFilter(f *generated.ReviewFilter) where {
	if f == nil {
		return nil
	}
	return and(
		oneOf(r.Dialect, "rv.state", f.State),
		oneOf(r.Dialect, "rv.kind", f.Kind),
		oneOfInts(r.Dialect, "pa.cohort_id", f.Cohort),
		span("rv.opened_at", f.OpenedAt),
	)
}

// Review returns the review with the row id; nil when there is none that the viewer may see.
func (r *Reader) Review(ctx context.Context, sel selection.Selection, id int) (*model.Review, error) {
	return one(ctx, r, r.reviews(), sel, and(equals("rv.id", id), r.historyScope()))
}
