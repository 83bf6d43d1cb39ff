package reads

import (
	"context"
	"database/sql"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

type extensionRow struct {
	object         model.Extension
	cohort         int
	province       sql.NullString
	until, created db.Time
	applied        db.Time
	createdBy      string
	reason         string
}

func (r *Reader) extensions() entity[extensionRow, model.Extension] {
	return entity[extensionRow, model.Extension]{
		types:   []string{"Extension", "Node"},
		from:    "extensions x",
		columns: []string{"x.id", "x.cohort_id", "x.scope", "x.province", "x.until", "x.reference", "x.reason", "x.participants", "x.applied_at", "x.created_at", "x.created_by"},
		into: func(row *extensionRow) []any {
			o := &row.object
			return []any{&o.Row, &row.cohort, &o.Scope, &row.province, &row.until, &o.Reference, &row.reason, &o.Participants, &row.applied, &row.created, &row.createdBy}
		},
		fill:   r.completeExtensions,
		object: func(row *extensionRow) *model.Extension { return &row.object },
	}
}

func (r *Reader) completeExtensions(ctx context.Context, sel selection.Selection, rows []*extensionRow) error {
	for _, row := range rows {
		row.object.Until, row.object.CreatedAt, row.object.AppliedAt = row.until.Time, row.created.Time, row.applied.Pointer()
		if r.Viewer.SeesActors() {
			row.object.CreatedBy = model.Text(row.createdBy)
		}
		if r.Viewer.SeesReasons() {
			row.object.Reason = model.Text(row.reason)
		}
	}
	cohort := edge[extensionRow, model.Cohort]{
		"cohort", cohortTypes, func(row *extensionRow) int { return row.cohort }, r.cohortsByNumber,
		func(row *extensionRow, behind *model.Cohort) { row.object.Cohort = behind },
	}
	if err := cohort.fill(ctx, sel, rows); err != nil {
		return err
	}
	if sel.Has("province") {
		provinces, err := r.provinces(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.object.Province = province(provinces, row.province.String)
		}
	}
	return nil
}

func (r *Reader) fillExtensions(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	rows, err := all(ctx, r, r.extensions(), sel, anyInt(r.Dialect, "x.cohort_id", numbers), "x.created_at, x.id")
	if err != nil {
		return err
	}
	for _, c := range byNumber {
		c.Extensions = []*model.Extension{}
	}
	for _, row := range rows {
		c := byNumber[row.cohort]
		c.Extensions = append(c.Extensions, &row.object)
	}
	return nil
}

// Extension returns the extension; nil when there is none that the viewer may see.
func (r *Reader) Extension(ctx context.Context, sel selection.Selection, id int) (*model.Extension, error) {
	return one(ctx, r, r.extensions(), sel, and(equals("x.id", id), r.cohortScope()))
}
