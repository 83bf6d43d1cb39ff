package rules

import (
	"slices"
	"time"
)

// Outcome is what follows for a participant from the set of its purchases.
type Outcome struct {
	Facts Facts
	// Reviews are all the questions that are open, given these purchases, in the order of
	// [Purchase.Compare]. A review that is open and not among them is moot.
	Reviews []ReviewNeed
	// Reinstated reports that the facts end a revocation.
	Reinstated bool
	// Accepted are the pending purchases that stand as accepted from now on, because no revocation
	// is in force that they could be doubted for. They must be stored so.
	Accepted []PurchaseKey
}

// Reconsider derives a participant's facts from the whole set of purchases, in whatever order they
// are given.
//
// A revocation ends when a purchase is known that stood at the deadline: its only ground was that
// there was none. Where no purchase counts, each that stood at the deadline and was voided since
// needs a person: the recipient did buy in time, and may not have wanted the void. For a
// participant who stays revoked, so does each pending purchase that stood at the deadline.
//
// A revocation, once ended, does not come back when a void follows: to revoke is for a settlement.
// So that deliveries may arrive in any order, reconsider after each of them: after a purchase, and
// again after the void that had been waiting for it.
func Reconsider(m Membership, purchases []Purchase) Outcome {
	out := Outcome{Facts: Facts{Deadline: m.Facts.Deadline, RevokedAt: m.Facts.RevokedAt}}
	if m.Facts.Revoked() && stoodAtDeadline(m, purchases) {
		out.Facts.RevokedAt = time.Time{}
		out.Reinstated = true
	}
	if !out.Facts.Revoked() {
		purchases, out.Accepted = acceptPending(purchases)
	}
	if first, ok := FirstPurchase(m.Announced, m.Facts.Deadline, purchases); ok {
		key := first.PurchaseKey
		out.Facts.FirstPurchase = &key
		return out
	}
	out.Reviews = reviewsNeeded(m, purchases)
	out.Facts.ReviewOpen = len(out.Reviews) > 0
	return out
}

// stoodAtDeadline reports whether some purchase, neither pending nor rejected, was made in time and
// had not been voided when the deadline came.
func stoodAtDeadline(m Membership, purchases []Purchase) bool {
	return slices.ContainsFunc(purchases, func(p Purchase) bool {
		return p.Counts(m.Announced, m.Facts.Deadline) || voidedSince(m, p)
	})
}

// voidedSince reports whether an accepted purchase was made in time, stood at the deadline, and was
// voided then or later.
func voidedSince(m Membership, p Purchase) bool {
	return p.Evidence == EvidenceAccepted && p.InTime(m.Announced, m.Facts.Deadline) &&
		p.Voided() && !p.VoidedInTime(m.Facts.Deadline)
}

// acceptPending returns the purchases with every pending one accepted, and the keys of those. The
// slice given is not changed.
func acceptPending(purchases []Purchase) ([]Purchase, []PurchaseKey) {
	var keys []PurchaseKey
	for i, p := range purchases {
		if p.Evidence != EvidencePending {
			continue
		}
		if keys == nil {
			purchases = slices.Clone(purchases)
		}
		purchases[i].Evidence = EvidenceAccepted
		keys = append(keys, p.PurchaseKey)
	}
	slices.SortFunc(keys, PurchaseKey.Compare)
	return purchases, keys
}

// reviewsNeeded lists the questions that a person must decide when no purchase counts.
func reviewsNeeded(m Membership, purchases []Purchase) []ReviewNeed {
	var doubtful []Purchase
	for _, p := range purchases {
		pending := p.Evidence == EvidencePending && p.InTime(m.Announced, m.Facts.Deadline) && !p.VoidedInTime(m.Facts.Deadline)
		if pending || voidedSince(m, p) {
			doubtful = append(doubtful, p)
		}
	}
	slices.SortFunc(doubtful, Purchase.Compare)
	var reviews []ReviewNeed
	for _, p := range doubtful {
		kind := ReviewVoidAfterDeadline
		if p.Evidence == EvidencePending {
			kind = ReviewLateEvidence
		}
		reviews = append(reviews, ReviewNeed{Kind: kind, Purchase: p.PurchaseKey})
	}
	return reviews
}
