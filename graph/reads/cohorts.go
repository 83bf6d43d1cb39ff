package reads

import (
	"context"

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

var cohortTypes = []string{"Cohort", "Node"}

func (r *Reader) cohorts() entity[cohortRow, model.Cohort] {
	return entity[cohortRow, model.Cohort]{
		types:   cohortTypes,
		from:    "cohorts c",
		columns: []string{"c.id", "c.quota", "c.announced_at", "c.deadline", "c.basis", referenceInForce},
		into: func(row *cohortRow) []any {
			o := &row.object
			return []any{&o.Number, &o.Quota, &row.announced, &row.deadline, &o.PurchaseDeadlineBasis, &row.reference}
		},
		fill:   r.fillCohorts,
		object: func(row *cohortRow) *model.Cohort { return &row.object },
	}
}

// referenceInForce is the legal reference of a cohort's deadline: of the extension in force, which is the latest of the
// whole cohort, for extensions never shorten; else of the decree.
const referenceInForce = "CASE WHEN c.basis = 'EXTENDED' THEN COALESCE((SELECT x.reference FROM extensions x WHERE x.cohort_id = c.id AND x.scope = 'COHORT'" +
	" ORDER BY x.until DESC, x.id DESC LIMIT 1), '') ELSE c.reference END"

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
	if sel.Has("extensions") {
		if err := r.fillExtensions(ctx, sel.Sub("extensions", r.extensions().types...), byNumber, numbers); err != nil {
			return err
		}
	}
	participants := childrenOf(rows, func(row *cohortRow) (int, placeOf[model.Participant]) {
		return row.object.Number, &row.object.ParticipantPages
	})
	if err := r.participantListing().below(ctx, r, sel, "participants", "pa.cohort_id", participants); err != nil {
		return err
	}
	purchases := childrenOf(rows, func(row *cohortRow) (int, placeOf[model.Purchase]) {
		return row.object.Number, &row.object.PurchasePages
	})
	if err := r.purchaseListing().below(ctx, r, sel, "purchases", "pa.cohort_id", purchases); err != nil {
		return err
	}
	settlements := childrenOf(rows, func(row *cohortRow) (int, placeOf[model.Settlement]) {
		return row.object.Number, &row.object.SettlementPages
	})
	if err := r.settlementListing().below(ctx, r, sel, "settlements", "s.cohort_id", settlements); err != nil {
		return err
	}
	if err := r.fillClosings(ctx, sel, byNumber, numbers); err != nil {
		return err
	}
	if err := r.fillReminderPlans(ctx, sel, byNumber, numbers); err != nil {
		return err
	}
	if err := r.fillReminderPreviews(ctx, sel, byNumber, numbers); err != nil {
		return err
	}
	if err := r.fillCohortPlaces(ctx, sel, byNumber, numbers); err != nil {
		return err
	}
	if err := r.fillProgress(ctx, sel, byNumber, numbers); err != nil {
		return err
	}
	return r.fillCurves(ctx, sel, byNumber, numbers)
}

// Cohort returns the cohort with the number; nil when there is none that the viewer may see.
func (r *Reader) Cohort(ctx context.Context, sel selection.Selection, number int) (*model.Cohort, error) {
	return one(ctx, r, r.cohorts(), sel, and(equals("c.id", number), r.cohortScope()))
}

// cohortsByNumber returns the cohorts behind an edge, one object for each number.
func (r *Reader) cohortsByNumber(ctx context.Context, sel selection.Selection, numbers []int) (map[int]*model.Cohort, error) {
	return behind(ctx, r, r.cohorts(), sel, numbers, func(h *held) map[int]*cohortRow { return h.cohorts },
		func(numbers []int) where { return anyInt(r.Dialect, "c.id", numbers) }, "c.id", func(row *cohortRow) int { return row.object.Number })
}

// cohortTerms are what cohorts can be ordered by.
var cohortTerms = map[string]keyset.Term{
	"NUMBER":            {Column: "c.id", Kind: keyset.Integer},
	"ANNOUNCED_AT":      {Column: "c.announced_at", Kind: keyset.Instant},
	"PURCHASE_DEADLINE": {Column: "c.deadline", Kind: keyset.Instant},
	"QUOTA":             {Column: "c.quota", Kind: keyset.Integer},
}

// CohortArgs are the arguments of a list of cohorts.
type CohortArgs = Args[generated.CohortFilter]

func (r *Reader) cohortListing() listing[generated.CohortFilter, cohortRow, model.Cohort] {
	return listing[generated.CohortFilter, cohortRow, model.Cohort]{
		name: "cohorts", input: "Cohort", types: cohortTypes,
		entity: func(selection.Selection) entity[cohortRow, model.Cohort] { return r.cohorts() },
		scope:  r.cohortScope(),
		filter: r.cohortFilter,
		terms:  cohortTerms, usual: model.Order{Field: "NUMBER"}, id: "c.id",
	}
}

// Cohorts returns a page of the cohorts that the viewer may see.
func (r *Reader) Cohorts(ctx context.Context, sel selection.Selection, args CohortArgs) (*model.CohortConnection, error) {
	return r.cohortListing().atRoot(ctx, r, sel, args)
}

func (r *Reader) cohortFilter(f *generated.CohortFilter) (where, error) {
	own := func(f *generated.CohortFilter) (where, error) {
		now := db.Instant(r.Now)
		var c conditions
		c.add(
			oneOfInts(r.Dialect, "c.id", f.Number),
			either(f.Open, compare("c.deadline", ">", now), compare("c.deadline", "<=", now)),
			oneOf(r.Dialect, "c.basis", f.Basis),
		)
		c.try(span("purchaseDeadline", "c.deadline", f.PurchaseDeadline))
		c.try(number("quota", "c.quota", f.Quota))
		c.try(span("announcedAt", "c.announced_at", f.AnnouncedAt))
		return c.all()
	}
	return filtered(f, own, func(f *generated.CohortFilter) junction[generated.CohortFilter] {
		return junction[generated.CohortFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}
