package reads

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type cohortRow struct {
	object              model.Cohort
	announced, deadline db.Time
	reference           string
}

func (r *Reader) cohorts() entity[cohortRow, model.Cohort] {
	return entity[cohortRow, model.Cohort]{
		types:   []string{"Cohort", "Node"},
		from:    "cohorts c",
		columns: []string{"c.id", "c.quota", "c.announced_at", "c.deadline", "c.basis", "c.reference"},
		into: func(row *cohortRow) []any {
			o := &row.object
			return []any{&o.Number, &o.Quota, &row.announced, &row.deadline, &o.PurchaseDeadlineBasis, &row.reference}
		},
		fill:   r.fillCohorts,
		object: func(row *cohortRow) *model.Cohort { return &row.object },
	}
}

// cohortScope is the cohorts that the viewer may see.
func (r *Reader) cohortScope() where {
	if r.Viewer.SeesProgress() {
		return nil
	}
	return nothing
}

func (r *Reader) fillCohorts(ctx context.Context, sel selection.Selection, rows []*cohortRow) error {
	byNumber := make(map[int]*model.Cohort, len(rows))
	numbers := make([]int, 0, len(rows))
	for _, row := range rows {
		o := &row.object
		o.AnnouncedAt, o.PurchaseDeadline, o.Reference = row.announced.Time, row.deadline.Time, model.Text(row.reference)
		o.TimeLeft = model.Seconds(rules.TimeLeft(o.PurchaseDeadline, r.Now))
		byNumber[o.Number] = o
		numbers = append(numbers, o.Number)
	}
	if sel.Has("progress") {
		if err := r.fillProgress(ctx, byNumber, numbers); err != nil {
			return err
		}
	}
	if sel.Has("extensions") {
		if err := r.fillExtensions(ctx, sel.Sub("extensions", r.extensions().types...), byNumber, numbers); err != nil {
			return err
		}
	}
	for _, f := range sel.Fields("participants") {
		l, err := r.participantsAt(ctx, f)
		if err != nil {
			return at(f, err)
		}
		l.parent, l.parents = "pa.cohort_id", numbers
		found, err := pages(ctx, r, l, f.Selection())
		if err != nil {
			return err
		}
		for number, page := range found {
			byNumber[number].ParticipantPages.Put(f.Node, page)
		}
	}
	return nil
}

// progressQuery counts by the facts, in the order of precedence of [rules.Status]. $1 is the present.
const progressQuery = `SELECT cohort_id, COUNT(*),
 COALESCE(SUM(CASE WHEN revoked_at IS NOT NULL THEN 1 ELSE 0 END), 0),
 COALESCE(SUM(CASE WHEN revoked_at IS NULL AND review_open THEN 1 ELSE 0 END), 0),
 COALESCE(SUM(CASE WHEN revoked_at IS NULL AND NOT review_open AND first_purchase_id IS NOT NULL THEN 1 ELSE 0 END), 0),
 COALESCE(SUM(CASE WHEN revoked_at IS NULL AND NOT review_open AND first_purchase_id IS NULL AND deadline <= $1 THEN 1 ELSE 0 END), 0)
 FROM participants WHERE `

func (r *Reader) fillProgress(ctx context.Context, byNumber map[int]*model.Cohort, numbers []int) error {
	for _, c := range byNumber {
		c.Progress = &model.CohortProgress{}
	}
	err := db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		var number int
		p := &model.CohortProgress{}
		if err := rows.Scan(&number, &p.Recipients, &p.Revoked, &p.UnderReview, &p.Purchased, &p.Overdue); err != nil {
			return err
		}
		p.Awaiting = p.Recipients - p.Revoked - p.UnderReview - p.Purchased - p.Overdue
		byNumber[number].Progress = p
		return nil
	}, progressQuery+r.Dialect.Any("cohort_id", 2)+" GROUP BY cohort_id", db.Instant(r.Now), r.Dialect.Ints(numbers))
	if err != nil {
		return fmt.Errorf("count progress: %w", err)
	}
	return nil
}

// Cohort returns the cohort with the number; nil when there is none that the viewer may see.
func (r *Reader) Cohort(ctx context.Context, sel selection.Selection, number int) (*model.Cohort, error) {
	return one(ctx, r, r.cohorts(), sel, and(equals("c.id", number), r.cohortScope()))
}

// cohortsByNumber returns the cohorts behind an edge, one object for each number.
func (r *Reader) cohortsByNumber(ctx context.Context, sel selection.Selection, numbers []int) (map[int]*model.Cohort, error) {
	rows, err := all(ctx, r, r.cohorts(), sel, anyInt(r.Dialect, "c.id", distinct(numbers)), "c.id")
	found := make(map[int]*model.Cohort, len(rows))
	for _, row := range rows {
		found[row.object.Number] = &row.object
	}
	return found, err
}

var cohortTerms = map[generated.CohortOrderField]keyset.Term{
	generated.CohortOrderFieldNumber:           {Column: "c.id", Kind: keyset.Integer},
	generated.CohortOrderFieldAnnouncedAt:      {Column: "c.announced_at", Kind: keyset.Instant},
	generated.CohortOrderFieldPurchaseDeadline: {Column: "c.deadline", Kind: keyset.Instant},
}

// CohortArgs are the arguments of a list of cohorts.
type CohortArgs = Args[generated.CohortFilter, generated.CohortOrder]

// Cohorts returns a page of the cohorts that the viewer may see.
func (r *Reader) Cohorts(ctx context.Context, sel selection.Selection, args CohortArgs) (*model.CohortConnection, error) {
	by := generated.CohortOrder{Field: generated.CohortOrderFieldNumber, Direction: generated.OrderDirectionAsc}
	if args.OrderBy != nil {
		by = *args.OrderBy
	}
	page, err := keyset.NewPage(order("cohorts", cohortTerms, by.Field, by.Direction, "c.id"), args.Page, r.Sizes)
	if err != nil {
		return nil, err
	}
	l := list[cohortRow, model.Cohort]{entity: r.cohorts(), where: and(r.cohortScope(), r.cohortFilter(args.Filter)), page: page}
	return atRoot(ctx, r, l, sel)
}

func (r *Reader) cohortFilter(f *generated.CohortFilter) where {
	if f == nil {
		return nil
	}
	now := db.Instant(r.Now)
	return and(
		oneOfInts(r.Dialect, "c.id", f.Number),
		span("c.deadline", f.PurchaseDeadline),
		either(f.Open, compare("c.deadline", ">", now), compare("c.deadline", "<=", now)),
	)
}
