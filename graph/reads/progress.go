package reads

import (
	"context"
	"database/sql"
	"fmt"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// progressColumns count by the facts, in the order of precedence of [rules.Status]. Each row is so many participants.
func progressColumns(now, each string) string {
	sum := func(condition string) string {
		return ", CAST(COALESCE(SUM(CASE WHEN " + condition + " THEN " + each + " ELSE 0 END), 0) AS BIGINT)"
	}
	return "CAST(SUM(" + each + ") AS BIGINT)" +
		sum("pa.revoked_at IS NOT NULL") +
		sum("pa.revoked_at IS NULL AND pa.review_open") +
		sum("pa.revoked_at IS NULL AND NOT pa.review_open AND pa.first_purchase_id IS NOT NULL") +
		sum("pa.revoked_at IS NULL AND NOT pa.review_open AND pa.first_purchase_id IS NULL AND pa.deadline <= "+now)
}

// fillProgress counts the participants of the cohorts, once for each place in the query where that is asked for.
func (r *Reader) fillProgress(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	for _, f := range sel.Fields("progress") {
		asOf, err := f.Instant("asOf")
		if err != nil {
			return at(f, err)
		}
		then, err := r.asOf(asOf)
		if err != nil {
			return at(f, err)
		}
		counted, err := then.progress(ctx, numbers)
		if err != nil {
			return fmt.Errorf("count progress: %w", err)
		}
		for number, c := range byNumber {
			if counted[number] == nil {
				counted[number] = &model.CohortProgress{}
			}
			c.ProgressAt.Put(f.Node, counted[number])
		}
	}
	return nil
}

func (r *Reader) progress(ctx context.Context, numbers []int) (map[int]*model.CohortProgress, error) {
	counted := map[int]*model.CohortProgress{}
	var args keyset.Args
	now := args.Add(db.Instant(r.Now))
	from, cohort, columns := r.participantSource(&args), "pa.cohort_id", progressColumns(now, "1")
	conditions := anyInt(r.Dialect, cohort, numbers)(&args)
	if cube, said := covering(r.Dialect, r.cubes(participantCubes), append([]string{cohort, progressColumns(now, "k.n")}, conditions...), args); cube != nil {
		from, cohort, columns, conditions = cube.tables(), said[0], said[1], said[2:]
		ctx = db.Short(ctx)
	}
	query := "SELECT " + cohort + ", " + columns + " FROM " + from + clause(conditions) + " GROUP BY " + cohort
	err := db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		var number int
		p := &model.CohortProgress{}
		if err := rows.Scan(&number, &p.Recipients, &p.Revoked, &p.UnderReview, &p.Purchased, &p.Overdue); err != nil {
			return err
		}
		p.Awaiting = p.Recipients - p.Revoked - p.UnderReview - p.Purchased - p.Overdue
		counted[number] = p
		return nil
	}, query, args...)
	return counted, err
}
