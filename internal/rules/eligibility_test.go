package rules_test

import (
	"testing"
	"time"

	"gelombang/internal/rules"
)

func TestMayBuy(t *testing.T) {
	deadline := time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)
	before, revoked := deadline.Add(-time.Microsecond), deadline.Add(-24*time.Hour)
	bought := &rules.PurchaseKey{Platform: "tokopedia", Invoice: "A"}
	tests := []struct {
		name    string
		facts   rules.Facts
		balance int64
		now     time.Time
		want    rules.Ineligible
	}{
		{"awaiting, in the last microsecond", rules.Facts{Deadline: deadline}, 1, before, ""},
		{"overdue, at the deadline", rules.Facts{Deadline: deadline}, 1, deadline, rules.IneligibleOverdue},
		{"bought, in time", rules.Facts{Deadline: deadline, FirstPurchase: bought}, 1, before, ""},
		{"bought, afterwards: further trainings", rules.Facts{Deadline: deadline, FirstPurchase: bought}, 1, deadline, ""},
		{"under review, in time", rules.Facts{Deadline: deadline, ReviewOpen: true}, 1, before, ""},
		{"under review, afterwards", rules.Facts{Deadline: deadline, ReviewOpen: true}, 1, deadline, rules.IneligibleUnderReview},
		{"revoked, and extended since", rules.Facts{Deadline: deadline, RevokedAt: revoked}, 1, before, ""},
		{"revoked, afterwards", rules.Facts{Deadline: deadline, RevokedAt: revoked}, 1, deadline, rules.IneligibleRevoked},
		{"nothing left", rules.Facts{Deadline: deadline}, 0, before, rules.IneligibleBalanceSpent},
		{"less than nothing left, bought", rules.Facts{Deadline: deadline, FirstPurchase: bought}, -1, deadline, rules.IneligibleBalanceSpent},
		{"overdue, nothing left", rules.Facts{Deadline: deadline}, 0, deadline, rules.IneligibleOverdue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules.MayBuy(tt.facts, tt.balance, tt.now); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
