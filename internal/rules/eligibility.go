package rules

import "time"

// Ineligible says why a card may not be used to buy; empty when it may.
type Ineligible string

// The grounds.
const (
	IneligibleRevoked      Ineligible = "REVOKED"
	IneligibleUnderReview  Ineligible = "UNDER_REVIEW"
	IneligibleOverdue      Ineligible = "OVERDUE"
	IneligibleBalanceSpent Ineligible = "BALANCE_SPENT"
)

// MayBuy says why a participant may not buy at the instant now, with the balance left in rupiah. As long
// as there is time, a purchase would count, also for somebody who was revoked before the deadline was
// extended; so it does not tell who has bought from who has not.
func MayBuy(f Facts, balance int64, now time.Time) Ineligible {
	if !now.Before(f.Deadline) {
		switch f.StatusAt(now) {
		case StatusRevoked:
			return IneligibleRevoked
		case StatusUnderReview:
			return IneligibleUnderReview
		case StatusOverdue:
			return IneligibleOverdue
		case StatusAwaiting, StatusPurchased:
		}
	}
	if balance <= 0 {
		return IneligibleBalanceSpent
	}
	return ""
}
