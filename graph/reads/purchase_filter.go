package reads

import (
	"strconv"

	"gelombang/graph/generated"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// purchaseNames are the names of the tables that a filter of purchases speaks of. The participant is always pa, and
// its cohort c: a purchase that is looked for below a participant is that participant's.
type purchaseNames struct {
	purchase, offering string
	depth              int // of the filter within others
}

var listedPurchases = purchaseNames{purchase: "p", offering: "o"}

// below names the tables of a filter one step deeper.
func (n purchaseNames) below() purchaseNames {
	depth := strconv.Itoa(n.depth + 1)
	return purchaseNames{purchase: "p" + depth, offering: "o" + depth, depth: n.depth + 1}
}

// tables are the purchases and their offerings under these names.
func (n purchaseNames) tables() string {
	return "purchases " + n.purchase + " LEFT JOIN offerings " + n.offering + " ON " + n.offering + ".id = " + n.purchase + ".offering_id"
}

// purchaseFilter is the condition of a filter of purchases among [purchaseTables].
func (r *Reader) purchaseFilter(f *generated.PurchaseFilter) (where, error) {
	return r.purchaseFilterOf(listedPurchases, f)
}

func (r *Reader) purchaseFilterOf(n purchaseNames, f *generated.PurchaseFilter) (where, error) {
	own := func(f *generated.PurchaseFilter) (where, error) { return r.purchaseFields(n, f) }
	return filtered(f, own, func(f *generated.PurchaseFilter) junction[generated.PurchaseFilter] {
		return junction[generated.PurchaseFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

func (r *Reader) purchaseFields(n purchaseNames, f *generated.PurchaseFilter) (where, error) {
	p := n.purchase + "."
	if f.First != nil || f.UntilDeadline != nil { // they tell of other purchases, and of the buyer's own deadline
		if err := r.refusedAttributes(); err != nil {
			return nil, err
		}
	}
	buyer, err := r.buyer(n, f.Participant)
	if err != nil {
		return nil, err
	}
	offering, err := r.offeringFilterOf(n.offering, f.Offering)
	if err != nil {
		return nil, err
	}
	d := r.Dialect
	late := p + "purchased_at >= pa.deadline"
	first := literal(p + "id = pa.first_purchase_id")
	counts := literal(countsCondition(d, n.purchase))
	var c conditions
	c.add(
		allNull(f.IsNull, map[string]string{"SCHEDULE_CODE": p + "schedule_code = ''", "VOIDED_AT": p + "voided_at IS NULL"}),
		oneOfInts(d, "pa.cohort_id", f.Cohort),
		oneOf(d, p+"invoice_code", f.InvoiceCode),
		either(f.Late, literal(late), not(literal(late))),
		either(f.Voided, literal(p+"voided_at IS NOT NULL"), literal(p+"voided_at IS NULL")),
		oneOf(d, p+"evidence", f.Evidence),
		either(f.Counts, counts, not(counts)),
		either(f.First, first, not(first)),
		buyer, offering,
	)
	c.try(r.oneOfPlatforms(p+"platform_id", f.Platform))
	c.try(span("purchasedAt", p+"purchased_at", f.PurchasedAt))
	c.try(span("receivedAt", p+"received_at", f.ReceivedAt))
	c.try(amount("amount", p+"amount", f.Amount))
	c.try(span("voidedAt", p+"voided_at", f.VoidedAt))
	c.try(number("lag", d.Seconds(p+"received_at", p+"purchased_at"), f.Lag))
	c.try(number("untilDeadline", d.Seconds("pa.deadline", p+"purchased_at"), f.UntilDeadline))
	return c.all()
}

// buyer is the condition of a filter of the participants who bought.
func (r *Reader) buyer(n purchaseNames, f *generated.ParticipantFilter) (where, error) {
	if f == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	if err := r.refusedAttributes(); err != nil {
		return nil, err
	}
	return r.participantFilterOf(n, f)
}

// countsCondition says of the purchases of that name what [rules.Purchase.Counts] says.
func countsCondition(d db.Dialect, name string) string {
	p := name + "."
	return "(" + p + "purchased_at >= " + d.StartOf(db.Day, "c.announced_at") + " AND " + p + "purchased_at < pa.deadline AND (" +
		p + "evidence = '" + string(rules.EvidenceUpheld) + "' OR (" + p + "evidence = '" + string(rules.EvidenceAccepted) + "' AND " + p + "voided_at IS NULL)))"
}
