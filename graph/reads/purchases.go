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

type purchaseRow struct {
	object                          model.Purchase
	platform, participant, offering int
	schedule, voidReason            string
	purchased, received, voided     db.Time
	card                            string // in full
	deadline, announced             db.Time
}

var purchaseTypes = []string{"Purchase", "Node"}

func (r *Reader) purchases() entity[purchaseRow, model.Purchase] {
	return entity[purchaseRow, model.Purchase]{
		types: purchaseTypes,
		from:  "purchases p LEFT JOIN participants pa ON pa.id = p.participant_id LEFT JOIN cohorts c ON c.id = pa.cohort_id",
		columns: []string{
			"p.id", "p.platform_id", "p.participant_id", "p.offering_id", "p.invoice_code", "p.schedule_code", "p.amount", "p.purchased_at", "p.received_at",
			"p.evidence", "p.voided_at", "p.void_reason", "pa.card_number", "pa.deadline", "c.announced_at",
		},
		into: func(row *purchaseRow) []any {
			o := &row.object
			return []any{
				&o.Row, &row.platform, &row.participant, &row.offering, &o.InvoiceCode, &row.schedule, &o.Amount, &row.purchased, &row.received,
				&o.Evidence, &row.voided, &row.voidReason, &row.card, &row.deadline, &row.announced,
			}
		},
		fill:   r.fillPurchases,
		object: func(row *purchaseRow) *model.Purchase { return &row.object },
	}
}

// purchaseScope is the purchases that the viewer may see.
func (r *Reader) purchaseScope() where {
	if r.Viewer.SeesAllPurchases() {
		return nil
	}
	if code := r.Viewer.OwnPlatform(); code != "" {
		return ofPlatform("p.platform_id", code)
	}
	if card, ok := r.Viewer.OwnCard(); ok {
		return equals("pa.card_number", card)
	}
	return nothing
}

// ofPlatform is a condition that the column is the row id of the platform with the code.
func ofPlatform(column, code string) where {
	return func(args *keyset.Args) []string {
		return []string{column + " = (SELECT id FROM platforms WHERE code = " + args.Add(code) + ")"}
	}
}

func (row *purchaseRow) complete(r *Reader) {
	o := &row.object
	o.CardNumber = r.card(row.card)
	o.ScheduleCode, o.VoidReason = model.Text(row.schedule), model.Text(row.voidReason)
	o.PurchasedAt, o.ReceivedAt, o.VoidedAt = row.purchased.Time, row.received.Time, row.voided.Pointer()
	p := rules.Purchase{PurchasedAt: row.purchased.Time, VoidedAt: row.voided.Time, Evidence: o.Evidence}
	o.Late = p.Late(row.deadline.Time)
	o.Counts = p.Counts(rules.AnnouncedFrom(row.announced.Time), row.deadline.Time)
}

func (r *Reader) fillPurchases(ctx context.Context, sel selection.Selection, rows []*purchaseRow) error {
	platformIDs, offeringIDs, participantIDs := make([]int, len(rows)), make([]int, len(rows)), make([]int, len(rows))
	for i, row := range rows {
		row.complete(r)
		platformIDs[i], offeringIDs[i], participantIDs[i] = row.platform, row.offering, row.participant
	}
	if sel.Has("platform") {
		platforms, err := r.platformsByID(ctx, sel.Sub("platform", platformTypes...), platformIDs)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.object.Platform = platforms[row.platform]
		}
	}
	if sel.Has("offering") {
		offerings, err := r.offeringsByID(ctx, sel.Sub("offering", offeringTypes...), offeringIDs)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.object.Offering = offerings[row.offering]
		}
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
	return nil
}

var purchaseTerms = map[generated.PurchaseOrderField]keyset.Term{
	generated.PurchaseOrderFieldPurchasedAt: {Column: "p.purchased_at", Kind: keyset.Instant},
	generated.PurchaseOrderFieldRecorded:    {Column: "p.id", Kind: keyset.Integer},
}

// PurchaseArgs are the arguments of a list of purchases.
type PurchaseArgs = Args[generated.PurchaseFilter, generated.PurchaseOrder]

// Purchases returns a page of the purchases that the viewer may see.
func (r *Reader) Purchases(ctx context.Context, sel selection.Selection, args PurchaseArgs) (*model.PurchaseConnection, error) {
	l, err := r.purchaseList(args)
	if err != nil {
		return nil, err
	}
	return atRoot(ctx, r, l, sel)
}

func (r *Reader) purchaseList(args PurchaseArgs) (list[purchaseRow, model.Purchase], error) {
	by := generated.PurchaseOrder{Field: generated.PurchaseOrderFieldPurchasedAt, Direction: generated.OrderDirectionDesc}
	if args.OrderBy != nil {
		by = *args.OrderBy
	}
	page, err := keyset.NewPage(order("purchases", purchaseTerms, by.Field, by.Direction, "p.id"), args.Page, r.Sizes)
	return list[purchaseRow, model.Purchase]{entity: r.purchases(), where: and(r.purchaseScope(), r.purchaseFilter(args.Filter)), page: page}, err
}

func (r *Reader) purchaseFilter(f *generated.PurchaseFilter) where {
	if f == nil {
		return nil
	}
	return and(
		r.oneOfPlatforms("p.platform_id", f.Platform),
		oneOfInts(r.Dialect, "pa.cohort_id", f.Cohort),
		oneOf(r.Dialect, "p.invoice_code", f.InvoiceCode),
		span("p.purchased_at", f.PurchasedAt),
		span("p.received_at", f.ReceivedAt),
		either(f.Late, literal("p.purchased_at >= pa.deadline"), literal("p.purchased_at < pa.deadline")),
		either(f.Voided, literal("p.voided_at IS NOT NULL"), literal("p.voided_at IS NULL")),
		oneOf(r.Dialect, "p.evidence", f.Evidence),
	)
}

// oneOfPlatforms is a condition that the column is the row id of a platform with one of the codes.
func (r *Reader) oneOfPlatforms(column string, codes []string) where {
	if codes == nil {
		return nil
	}
	inner := anyText(r.Dialect, "code", codes)
	return func(args *keyset.Args) []string {
		return []string{column + " IN (SELECT id FROM platforms WHERE " + inner(args)[0] + ")"}
	}
}

// purchasesByID returns the purchases behind an edge that the viewer may see.
func (r *Reader) purchasesByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Purchase, error) {
	rows, err := all(ctx, r, r.purchases(), sel, and(anyInt(r.Dialect, "p.id", distinct(ids)), r.purchaseScope()), "p.id")
	found := make(map[int]*model.Purchase, len(rows))
	for _, row := range rows {
		found[row.object.Row] = &row.object
	}
	return found, err
}
