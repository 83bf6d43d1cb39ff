package rules

import (
	"cmp"
	"time"
)

// Evidence says how a recorded purchase stands as proof that the obligation was met.
type Evidence string

// How a purchase stands.
const (
	// EvidenceAccepted is a purchase as the platform reported it: it counts when it is in
	// time and not voided.
	EvidenceAccepted Evidence = "ACCEPTED"
	// EvidencePending arrived too late, or too much against the platform's own statement, to end the
	// revocation in force by itself. It does not count until a person upholds it, until the revocation
	// ends in another way, or until an extension makes it timely enough.
	EvidencePending Evidence = "PENDING"
	// EvidenceUpheld counts by a person's decision, in spite of a void or of its lateness
	// in arriving; it must still lie between announcement and deadline.
	EvidenceUpheld Evidence = "UPHELD"
	// EvidenceRejected does not count, by a person's decision.
	EvidenceRejected Evidence = "REJECTED"
)

// Values lists the ways in which a purchase may stand, for the schema.
func (Evidence) Values() []string {
	return []string{string(EvidenceAccepted), string(EvidencePending), string(EvidenceUpheld), string(EvidenceRejected)}
}

// PurchaseKey identifies a purchase: one invoice at one platform.
type PurchaseKey struct {
	Platform string // platform code
	Invoice  string // the platform's invoice code
}

// Compare orders keys by platform code, invoice code.
func (k PurchaseKey) Compare(l PurchaseKey) int {
	return cmp.Or(cmp.Compare(k.Platform, l.Platform), cmp.Compare(k.Invoice, l.Invoice))
}

// Purchase is a recorded purchase as the rules see it.
type Purchase struct {
	PurchaseKey
	Course      string    // the platform's course code
	Amount      int64     // whole rupiah
	PurchasedAt time.Time // event time, by the platform's clock
	ReceivedAt  time.Time // when we first received the delivery that reported it
	// StatedThrough is the instant before which the platform had stated, when the report arrived, that
	// every purchase was sent (exclusive); zero when it had stated nothing that covers this one.
	StatedThrough time.Time
	VoidedAt      time.Time // event time of the void; zero when not voided
	// VoidSettled says that the void was known when the membership was last revoked, so that the
	// revocation has taken it into account.
	VoidSettled bool
	Evidence    Evidence
}

// Voided reports whether the platform has cancelled the invoice.
func (p Purchase) Voided() bool { return !p.VoidedAt.IsZero() }

// InTime reports whether the purchase lies in announced ≤ purchased_at < deadline.
func (p Purchase) InTime(announced, deadline time.Time) bool {
	return !p.PurchasedAt.Before(announced) && p.PurchasedAt.Before(deadline)
}

// Late reports whether the purchase was made at or after the deadline. It is recorded, and never
// counts.
func (p Purchase) Late(deadline time.Time) bool { return !p.PurchasedAt.Before(deadline) }

// VoidedInTime reports whether the purchase was voided before the deadline. Only such a void takes
// effect by itself; a later one needs a person, unless another purchase counts.
func (p Purchase) VoidedInTime(deadline time.Time) bool {
	return p.Voided() && p.VoidedAt.Before(deadline)
}

// undecided reports whether no person has decided about the purchase. Whether it is accepted or pending
// then follows from the other facts.
func (p Purchase) undecided() bool {
	return p.Evidence == EvidenceAccepted || p.Evidence == EvidencePending
}

// Counts reports whether the purchase meets the obligation of a participant who may buy in
// announced ≤ t < deadline.
func (p Purchase) Counts(announced, deadline time.Time) bool {
	if !p.InTime(announced, deadline) {
		return false
	}
	switch p.Evidence {
	case EvidenceUpheld:
		return true
	case EvidenceAccepted:
		return !p.Voided()
	default:
		return false
	}
}

// Compare orders purchases by purchased_at, platform code, invoice code.
func (p Purchase) Compare(q Purchase) int {
	return cmp.Or(p.PurchasedAt.Compare(q.PurchasedAt), p.PurchaseKey.Compare(q.PurchaseKey))
}

// FirstPurchase returns the earliest purchase that counts, by (purchased_at, platform,
// invoice), and whether there is one. It is a function of the set: the order of the slice
// does not matter.
func FirstPurchase(announced, deadline time.Time, purchases []Purchase) (Purchase, bool) {
	var first Purchase
	found := false
	for _, p := range purchases {
		if p.Counts(announced, deadline) && (!found || p.Compare(first) < 0) {
			first, found = p, true
		}
	}
	return first, found
}

// Balance returns what is left of a participant's training balance, in rupiah: the balance
// less every purchase that is not voided, whether it counts for the deadline or not. It may be
// negative: the platform's sale happened, and the anomaly is shown, not refused.
func Balance(settings Settings, purchases []Purchase) int64 {
	left := settings.TrainingBalance
	for _, p := range purchases {
		if !p.Voided() {
			left -= p.Amount
		}
	}
	return left
}
