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
	// Changed are the purchases that stand otherwise than they were given, by key. They must be stored
	// so.
	Changed []Standing
}

// Standing is how one purchase stands.
type Standing struct {
	Purchase PurchaseKey
	Evidence Evidence
}

// Reconsider derives a participant's facts from the whole set of purchases and the deadline that
// holds now. It does not matter in which order the purchases are given, nor in which order they, their
// voids and an extension were recorded.
//
// A revocation ends when a purchase made in time is known that is believed or upheld: its only ground
// was that there was none. What is neither is pending while the revocation stands, and a person decides
// about each that stood at the deadline. Once no revocation stands, nothing is pending.
//
// Where no purchase counts, each that stood at the deadline and was voided since needs a person: the
// recipient did buy in time, and may not have wanted the void.
//
// A revocation, once ended, does not come back when a void follows: to revoke is for a settlement. So
// a purchase ends it even if it was voided in time, unless the settlement knew of the void.
func Reconsider(m Membership, purchases []Purchase, settings Settings) Outcome {
	out := Outcome{Facts: Facts{Deadline: m.Facts.Deadline, RevokedAt: m.Facts.RevokedAt}}
	if m.Facts.Revoked() && slices.ContainsFunc(purchases, func(p Purchase) bool { return endsRevocation(m, p, settings) }) {
		out.Facts.RevokedAt = time.Time{}
		out.Reinstated = true
	}
	purchases, out.Changed = stand(m, out.Facts.Revoked(), purchases)
	if first, ok := FirstPurchase(m.Announced, m.Facts.Deadline, purchases); ok {
		key := first.PurchaseKey
		out.Facts.FirstPurchase = &key
		return out
	}
	out.Reviews = reviewsNeeded(m, purchases)
	out.Facts.ReviewOpen = len(out.Reviews) > 0
	return out
}

// ExtensionHarms reports whether a participant would be worse off with a later deadline: the time to buy
// is over all the same, and a question that a person might have answered in the participant's favour is
// gone without a purchase that counts. before and after are the outcomes with the deadline as it is and
// with the later one.
func ExtensionHarms(before, after Outcome, now time.Time) bool {
	if after.Facts.FirstPurchase != nil || now.Before(after.Facts.Deadline) {
		return false
	}
	return slices.ContainsFunc(before.Reviews, func(asked ReviewNeed) bool {
		return !slices.ContainsFunc(after.Reviews, func(r ReviewNeed) bool { return r.Purchase == asked.Purchase })
	})
}

// endsRevocation reports whether the revocation in force cannot stand beside the purchase.
func endsRevocation(m Membership, p Purchase, settings Settings) bool {
	if p.Evidence == EvidenceUpheld {
		return p.InTime(m.Announced, m.Facts.Deadline)
	}
	return bearsOnRevocation(m, p) && TrustedLateEvidence(m.Facts.Deadline, p, settings)
}

// bearsOnRevocation reports whether the purchase, about which nobody has decided, would have to end the
// revocation if it were believed: it was made in time, and the revocation has not taken into account
// that it was voided in time.
func bearsOnRevocation(m Membership, p Purchase) bool {
	knownVoid := p.VoidSettled && p.VoidedInTime(m.Facts.Deadline)
	return p.undecided() && p.InTime(m.Announced, m.Facts.Deadline) && !knownVoid
}

// stand returns the purchases as they stand, and those of them that stand otherwise than given. The slice
// given is not changed. Of those that bear on a revocation in force none is believed, or it would have
// ended.
func stand(m Membership, revoked bool, purchases []Purchase) ([]Purchase, []Standing) {
	var changed []Standing
	for i, p := range purchases {
		if !p.undecided() {
			continue
		}
		evidence := EvidenceAccepted
		if revoked && bearsOnRevocation(m, p) {
			evidence = EvidencePending
		}
		if p.Evidence == evidence {
			continue
		}
		if changed == nil {
			purchases = slices.Clone(purchases)
		}
		purchases[i].Evidence = evidence
		changed = append(changed, Standing{p.PurchaseKey, evidence})
	}
	slices.SortFunc(changed, func(a, b Standing) int { return a.Purchase.Compare(b.Purchase) })
	return purchases, changed
}

// voidedSince reports whether an accepted purchase was made in time, stood at the deadline, and was
// voided then or later.
func voidedSince(m Membership, p Purchase) bool {
	return p.Evidence == EvidenceAccepted && p.InTime(m.Announced, m.Facts.Deadline) &&
		p.Voided() && !p.VoidedInTime(m.Facts.Deadline)
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
