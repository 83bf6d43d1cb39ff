package rules

import "time"

// Status is what a participant's facts mean at an instant. It is derived, never stored.
type Status string

// The statuses. Where several could apply, the later in this list wins.
const (
	// StatusAwaiting: no first purchase, the deadline has not come, not revoked.
	StatusAwaiting Status = "AWAITING"
	// StatusPurchased: a first purchase exists, not revoked.
	StatusPurchased Status = "PURCHASED"
	// StatusOverdue: no first purchase, the deadline has passed, not revoked.
	StatusOverdue Status = "OVERDUE"
	// StatusUnderReview: a case that only a person may decide is open, not revoked.
	StatusUnderReview Status = "UNDER_REVIEW"
	// StatusRevoked: the membership was ended and not reinstated.
	StatusRevoked Status = "REVOKED"
)

// Statuses lists every status, in order of precedence, lowest first.
func Statuses() []Status {
	return []Status{StatusAwaiting, StatusPurchased, StatusOverdue, StatusUnderReview, StatusRevoked}
}

// Facts are what is stored of a participant and what a status is derived from.
type Facts struct {
	Deadline      time.Time    // exclusive
	FirstPurchase *PurchaseKey // the earliest purchase that counts; nil when there is none
	RevokedAt     time.Time    // effective time of the revocation in force; zero when none
	ReviewOpen    bool         // at least one review is open
}

// Revoked reports whether a revocation is in force.
func (f Facts) Revoked() bool { return !f.RevokedAt.IsZero() }

// Equal reports whether two sets of facts are the same.
func (f Facts) Equal(g Facts) bool {
	sameFirst := (f.FirstPurchase == nil) == (g.FirstPurchase == nil) &&
		(f.FirstPurchase == nil || *f.FirstPurchase == *g.FirstPurchase)
	return sameFirst && f.Deadline.Equal(g.Deadline) && f.RevokedAt.Equal(g.RevokedAt) && f.ReviewOpen == g.ReviewOpen
}

// StatusAt derives the status from the facts and now.
func (f Facts) StatusAt(now time.Time) Status {
	switch {
	case f.Revoked():
		return StatusRevoked
	case f.ReviewOpen:
		return StatusUnderReview
	case f.FirstPurchase != nil:
		return StatusPurchased
	case !now.Before(f.Deadline):
		return StatusOverdue
	default:
		return StatusAwaiting
	}
}
