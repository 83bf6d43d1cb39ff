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

// purchaseTables are the purchases p, their participants pa, cohorts c and offerings o.
const purchaseTables = "purchases p LEFT JOIN participants pa ON pa.id = p.participant_id LEFT JOIN cohorts c ON c.id = pa.cohort_id" +
	" LEFT JOIN offerings o ON o.id = p.offering_id"

func (r *Reader) purchases() entity[purchaseRow, model.Purchase] {
	return entity[purchaseRow, model.Purchase]{
		types: purchaseTypes,
		from:  purchaseTables,
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
	o.ScheduleCode = model.Text(row.schedule)
	if r.Viewer.SeesVoidReason(r.Viewer.OwnPlatform(), row.card) { // a platform reads none but its own purchases
		o.VoidReason = model.Text(row.voidReason)
	}
	o.PurchasedAt, o.ReceivedAt, o.VoidedAt = row.purchased.Time, row.received.Time, row.voided.Pointer()
	p := rules.Purchase{PurchasedAt: row.purchased.Time, VoidedAt: row.voided.Time, Evidence: o.Evidence}
	if r.knowsBuyers() {
		left := model.Seconds(row.deadline.Sub(row.purchased.Time))
		o.UntilDeadline = &left
	}
	o.Late = p.Late(row.deadline.Time)
	o.Counts = p.Counts(rules.AnnouncedFrom(row.announced.Time), row.deadline.Time)
}

func (r *Reader) fillPurchases(ctx context.Context, sel selection.Selection, rows []*purchaseRow) error {
	for _, row := range rows {
		row.complete(r)
	}
	platform := edge[purchaseRow, model.Platform]{
		"platform", platformTypes, func(row *purchaseRow) int { return row.platform }, r.platformsByID,
		func(row *purchaseRow, behind *model.Platform) { row.object.Platform = behind },
	}
	offering := edge[purchaseRow, model.Offering]{
		"offering", offeringTypes, func(row *purchaseRow) int { return row.offering }, r.offeringsByID,
		func(row *purchaseRow, behind *model.Offering) { row.object.Offering = behind },
	}
	participant := edge[purchaseRow, model.Participant]{
		"participant", participantTypes, func(row *purchaseRow) int { return row.participant }, r.participantsByID,
		func(row *purchaseRow, behind *model.Participant) { row.object.Participant = behind },
	}
	return fillAll(ctx, sel, rows, platform.fill, offering.fill, participant.fill)
}

// untilDeadline is what orders purchases, and begins the names of the measures, by the time until the deadline.
const untilDeadline = "UNTIL_DEADLINE"

// refusedOrder refuses a viewer who may not ask about the buyers to order by what is known of them.
func (r *Reader) refusedOrder(field string) error {
	if field == untilDeadline {
		return r.refusedAttributes()
	}
	return nil
}

// purchaseTerms are what purchases can be ordered by.
var purchaseTerms = perDialect(func(d db.Dialect) map[string]keyset.Term {
	return map[string]keyset.Term{
		"PURCHASED_AT": {Column: "p.purchased_at", Kind: keyset.Instant},
		untilDeadline:  {Column: d.Seconds("pa.deadline", "p.purchased_at"), Kind: keyset.Integer},
		"RECORDED":     {Column: "p.id", Kind: keyset.Integer},
		"RECEIVED_AT":  {Column: "p.received_at", Kind: keyset.Instant},
		"AMOUNT":       {Column: "p.amount", Kind: keyset.Integer},
		"LAG":          {Column: d.Seconds("p.received_at", "p.purchased_at"), Kind: keyset.Integer},
		"VOIDED_AT":    {Column: "p.voided_at", Kind: keyset.Instant, Nullable: true},
		"INVOICE_CODE": {Column: "p.invoice_code", Kind: keyset.Text},
	}
})

// PurchaseArgs are the arguments of a list of purchases.
type PurchaseArgs = Args[generated.PurchaseFilter]

func (r *Reader) purchaseListing() listing[generated.PurchaseFilter, purchaseRow, model.Purchase] {
	return listing[generated.PurchaseFilter, purchaseRow, model.Purchase]{
		name: "purchases", input: "Purchase", types: purchaseTypes,
		entity: func(selection.Selection) entity[purchaseRow, model.Purchase] { return r.purchases() },
		scope:  r.purchaseScope(),
		filter: r.purchaseFilter,
		terms:  purchaseTerms[r.Dialect], usual: model.Order{Field: "PURCHASED_AT", Direction: model.Descending}, id: "p.id",
		cubes: purchaseCubes, refused: r.refusedOrder,
	}
}

// Purchases returns a page of the purchases that the viewer may see.
func (r *Reader) Purchases(ctx context.Context, sel selection.Selection, args PurchaseArgs) (*model.PurchaseConnection, error) {
	return r.purchaseListing().atRoot(ctx, r, sel, args)
}

// oneOfPlatforms is a condition that the column is the row id of a platform with one of the codes.
func (r *Reader) oneOfPlatforms(column string, codes []string) (where, error) {
	if codes == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	if err := platformCodes.check("platform", codes); err != nil {
		return nil, err
	}
	inner := anyText(r.Dialect, "code", codes)
	return func(args *keyset.Args) []string {
		return []string{column + " IN (SELECT id FROM platforms WHERE " + inner(args)[0] + ")"}
	}, nil
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
