package reads

import (
	"gelombang/graph/generated"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// participantFilter is the condition of a filter of participants among [participantTables].
func (r *Reader) participantFilter(f *generated.ParticipantFilter) (where, error) {
	return r.participantFilterOf(purchaseNames{}, f)
}

// participantFilterOf is the condition of a filter of the participants pa within a filter of purchases.
func (r *Reader) participantFilterOf(n purchaseNames, f *generated.ParticipantFilter) (where, error) {
	own := func(f *generated.ParticipantFilter) (where, error) { return r.participantFields(n, f) }
	return filtered(f, own, func(f *generated.ParticipantFilter) junction[generated.ParticipantFilter] {
		return junction[generated.ParticipantFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

var participantNulls = map[string]string{
	"FIRST_PURCHASE": "pa.first_purchase_id IS NULL",
	"REVOKED_AT":     "pa.revoked_at IS NULL",
	"PROVINCE":       "pa.province IS NULL",
	"REGENCY":        "pa.regency IS NULL",
	"GENDER":         "pa.gender IS NULL",
	"AGE_BAND":       "pa.age_band IS NULL",
	"EDUCATION":      "pa.education IS NULL",
}

func (r *Reader) participantFields(n purchaseNames, f *generated.ParticipantFilter) (where, error) {
	first, err := r.hasPurchase(n, ".id = pa.first_purchase_id", f.FirstPurchase)
	if err != nil {
		return nil, err
	}
	some, err := r.hasPurchase(n, ".participant_id = pa.id", f.Purchases)
	if err != nil {
		return nil, err
	}
	var c conditions
	c.add(
		allNull(f.IsNull, participantNulls),
		oneOfInts(r.Dialect, "pa.cohort_id", f.Cohort),
		r.oneOfStatuses(f.Status),
		either(f.ReviewOpen, literal("pa.review_open"), literal("NOT pa.review_open")),
		oneOf(r.Dialect, "pa.gender", f.Gender),
		oneOf(r.Dialect, "pa.age_band", f.AgeBand),
		oneOf(r.Dialect, "pa.education", f.Education),
		first, some,
	)
	c.try(span("deadline", "pa.deadline", f.Deadline))
	c.try(oneOfCodes(r.Dialect, "province", "pa.province", provinceCodes, f.Province))
	c.try(oneOfCodes(r.Dialect, "regency", "pa.regency", regencyCodes, f.Regency))
	c.try(amount("balance", "pa.balance", f.Balance))
	c.try(span("revokedAt", "pa.revoked_at", f.RevokedAt))
	return c.all()
}

// hasPurchase is a condition that the participant pa has a purchase, joined by its condition, that the filter lets
// through.
func (r *Reader) hasPurchase(n purchaseNames, joined string, f *generated.PurchaseFilter) (where, error) {
	if f == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	inner := n.below()
	chosen, err := r.purchaseFilterOf(inner, f)
	if err != nil {
		return nil, err
	}
	var known where // what was on record at the reader's instant: a delivery may have waited in quarantine
	if r.past {
		known = compare("(SELECT settled_at FROM deliveries WHERE id = "+inner.purchase+".delivery_id)", "<=", db.Instant(r.Now))
	}
	return exists(inner.tables(), and(literal(inner.purchase+joined), known, chosen)), nil
}

// oneOfStatuses says each status in terms of the facts, as [rules.Facts.StatusAt] does.
func (r *Reader) oneOfStatuses(statuses []rules.Status) where {
	if statuses == nil {
		return nil
	}
	kept := literal("pa.revoked_at IS NULL")
	settled := and(kept, literal("NOT pa.review_open"))
	unbought := and(settled, literal("pa.first_purchase_id IS NULL"))
	conditions := map[rules.Status]where{
		rules.StatusRevoked:     literal("pa.revoked_at IS NOT NULL"),
		rules.StatusUnderReview: and(kept, literal("pa.review_open")),
		rules.StatusPurchased:   and(settled, literal("pa.first_purchase_id IS NOT NULL")),
		rules.StatusOverdue:     and(unbought, compare("pa.deadline", "<=", db.Instant(r.Now))),
		rules.StatusAwaiting:    and(unbought, compare("pa.deadline", ">", db.Instant(r.Now))),
	}
	var wanted []where
	for _, s := range distinct(statuses) {
		wanted = append(wanted, conditions[s])
	}
	return or(wanted)
}
