package reads

import (
	"context"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
)

// AggregateArgs are the arguments of an aggregate: F is its filter, and H what its groups must meet.
type AggregateArgs[F, H any] struct {
	Filter  *F
	Having  *H
	GroupBy []string
	OrderBy []*model.Order
	First   *int
	After   *string
}

// PurchaseAggregateArgs are the arguments of an aggregate of purchases.
type PurchaseAggregateArgs = AggregateArgs[generated.PurchaseFilter, generated.PurchaseHaving]

// ParticipantAggregateArgs are the arguments of an aggregate of participants.
type ParticipantAggregateArgs = AggregateArgs[generated.ParticipantFilter, generated.ParticipantHaving]

// PurchaseAggregate groups the purchases that the viewer may see.
func (r *Reader) PurchaseAggregate(ctx context.Context, sel selection.Selection, args PurchaseAggregateArgs) (*model.PurchaseAggregate, error) {
	planned, err := r.purchaseGroups(sel.Sub("rows"), args)
	if err != nil {
		return nil, err
	}
	return planned.page(ctx, r, sel, args.First, args.After)
}

// ParticipantAggregate groups the participants, as they were known at an instant or nil for the present. Whoever may
// not list them gets the groups of nobody.
func (r *Reader) ParticipantAggregate(ctx context.Context, sel selection.Selection, args ParticipantAggregateArgs, asOf *time.Time) (*model.ParticipantAggregate, error) {
	planned, err := r.participantGroups(sel.Sub("rows"), args, asOf)
	if err != nil {
		return nil, err
	}
	return planned.page(ctx, r, sel, args.First, args.After)
}

// purchaseGroups plans an aggregate of the purchases that the viewer may see. What is asked of its rows is the
// selection.
func (r *Reader) purchaseGroups(rows selection.Selection, args PurchaseAggregateArgs) (groups[model.PurchaseAggregateRow], error) {
	if err := r.refusedKeys(args.GroupBy); err != nil {
		return groups[model.PurchaseAggregateRow]{}, err
	}
	a := aggregation[generated.PurchaseFilter, generated.PurchaseHaving, model.PurchaseAggregateRow]{
		name:     "purchaseAggregate",
		source:   func(*keyset.Args) string { return purchaseTables },
		cubes:    r.cubes(purchaseCubes),
		scope:    r.purchaseScope(),
		filter:   r.purchaseFilter,
		keys:     r.purchaseKeys(),
		measures: purchaseMeasures[r.Dialect],
		people:   "PARTICIPANTS",
		having:   purchaseLimits,
		refused:  r.refusedMeasures,
		object:   purchaseGroup,
	}
	return a.plan(r, rows, args)
}

// participantGroups plans an aggregate of the participants.
func (r *Reader) participantGroups(rows selection.Selection, args ParticipantAggregateArgs, asOf *time.Time) (groups[model.ParticipantAggregateRow], error) {
	then, err := r.asOf(asOf)
	if err != nil {
		return groups[model.ParticipantAggregateRow]{}, err
	}
	a := aggregation[generated.ParticipantFilter, generated.ParticipantHaving, model.ParticipantAggregateRow]{
		name:     "participantAggregate",
		source:   func(args *keyset.Args) string { return then.participantSource(args) + firstOfferings },
		cubes:    then.cubes(participantCubes),
		scope:    then.allParticipants(),
		filter:   then.participantFilter,
		keys:     then.participantKeys(),
		measures: participantMeasures[r.Dialect],
		people:   "COUNT",
		having:   participantLimits,
		object:   participantGroup,
	}
	return a.plan(r, rows, args)
}

// firstOfferings joins the offerings fo of the first purchases fp.
const firstOfferings = " LEFT JOIN offerings fo ON fo.id = fp.offering_id"

func purchaseGroup(row *groupRow) *model.PurchaseAggregateRow {
	return &model.PurchaseAggregateRow{
		Key: &row.key, Count: row.count("COUNT"), Participants: row.count("PARTICIPANTS"), Amount: row.rupiah("AMOUNT"),
		Lag: row.secondsMeasures("LAG"), UntilDeadline: row.secondsMeasures(untilDeadline),
	}
}

func participantGroup(row *groupRow) *model.ParticipantAggregateRow {
	return &model.ParticipantAggregateRow{
		Key: &row.key, Count: row.count("COUNT"), Purchased: row.count("PURCHASED"), Balance: row.rupiah("BALANCE"),
		HoursToPurchase: &model.HoursMeasures{
			Avg: row.float("HOURS_TO_PURCHASE_AVG"), Min: row.float("HOURS_TO_PURCHASE_MIN"), Max: row.float("HOURS_TO_PURCHASE_MAX"),
			Median: row.float("HOURS_TO_PURCHASE_MEDIAN"), P90: row.float("HOURS_TO_PURCHASE_P90"),
		},
	}
}

func purchaseLimits(h *generated.PurchaseHaving) []limit {
	return []limit{
		limited("COUNT", number, h.Count), limited("PARTICIPANTS", number, h.Participants),
		limited("AMOUNT_SUM", amount, h.AmountSum), limited("AMOUNT_AVG", amount, h.AmountAvg), limited("AMOUNT_MIN", amount, h.AmountMin),
		limited("AMOUNT_MAX", amount, h.AmountMax), limited("AMOUNT_MEDIAN", amount, h.AmountMedian), limited("AMOUNT_P90", amount, h.AmountP90),
		limited("LAG_AVG", number, h.LagAvg), limited("LAG_MIN", number, h.LagMin), limited("LAG_MAX", number, h.LagMax),
		limited("LAG_MEDIAN", number, h.LagMedian), limited("LAG_P90", number, h.LagP90),
		limited("UNTIL_DEADLINE_AVG", number, h.UntilDeadlineAvg), limited("UNTIL_DEADLINE_MIN", number, h.UntilDeadlineMin),
		limited("UNTIL_DEADLINE_MAX", number, h.UntilDeadlineMax), limited("UNTIL_DEADLINE_MEDIAN", number, h.UntilDeadlineMedian),
		limited("UNTIL_DEADLINE_P90", number, h.UntilDeadlineP90),
	}
}

func participantLimits(h *generated.ParticipantHaving) []limit {
	return []limit{
		limited("COUNT", number, h.Count), limited("PURCHASED", number, h.Purchased), limited("PURCHASED_SHARE", fraction, h.PurchasedShare),
		limited("HOURS_TO_PURCHASE_AVG", fraction, h.HoursToPurchaseAvg), limited("HOURS_TO_PURCHASE_MIN", fraction, h.HoursToPurchaseMin),
		limited("HOURS_TO_PURCHASE_MAX", fraction, h.HoursToPurchaseMax), limited("HOURS_TO_PURCHASE_MEDIAN", fraction, h.HoursToPurchaseMedian),
		limited("HOURS_TO_PURCHASE_P90", fraction, h.HoursToPurchaseP90),
		limited("BALANCE_SUM", amount, h.BalanceSum), limited("BALANCE_AVG", amount, h.BalanceAvg), limited("BALANCE_MIN", amount, h.BalanceMin),
		limited("BALANCE_MAX", amount, h.BalanceMax), limited("BALANCE_MEDIAN", amount, h.BalanceMedian), limited("BALANCE_P90", amount, h.BalanceP90),
	}
}
