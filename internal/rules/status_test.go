package rules_test

import (
	"testing"

	"gelombang/internal/rules"
)

func TestStatusAt(t *testing.T) {
	before, atDeadline, later := "2021-04-08 23:59:59.999999", "2021-04-09", "2021-05-01"
	first := key("tokopedia", "A")
	tests := []struct {
		name  string
		facts rules.Facts
		now   string
		want  rules.Status
	}{
		{"nothing yet", rules.Facts{}, before, rules.StatusAwaiting},
		{"nothing at the deadline", rules.Facts{}, atDeadline, rules.StatusOverdue},
		{"nothing long after", rules.Facts{}, later, rules.StatusOverdue},
		{"bought, before the deadline", rules.Facts{FirstPurchase: first}, before, rules.StatusPurchased},
		{"bought, after the deadline", rules.Facts{FirstPurchase: first}, later, rules.StatusPurchased},
		{"under review outweighs overdue", rules.Facts{ReviewOpen: true}, later, rules.StatusUnderReview},
		{"under review outweighs awaiting", rules.Facts{ReviewOpen: true}, before, rules.StatusUnderReview},
		{"under review outweighs purchased", rules.Facts{FirstPurchase: first, ReviewOpen: true}, later, rules.StatusUnderReview},
		{"revoked outweighs overdue", rules.Facts{RevokedAt: at(later)}, later, rules.StatusRevoked},
		{"revoked outweighs under review", rules.Facts{RevokedAt: at(later), ReviewOpen: true}, later, rules.StatusRevoked},
		{"revoked outweighs purchased", rules.Facts{RevokedAt: at(later), FirstPurchase: first}, later, rules.StatusRevoked},
		{"revoked although an extension reopened the window", rules.Facts{RevokedAt: at("2021-04-01")}, before, rules.StatusRevoked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.facts.Deadline = deadline13
			if got := tt.facts.StatusAt(at(tt.now)); got != tt.want {
				t.Errorf("StatusAt(%s) = %s, want %s", tt.now, got, tt.want)
			}
		})
	}
}

func TestFactsEqual(t *testing.T) {
	whole := rules.Facts{Deadline: deadline13, FirstPurchase: key("tokopedia", "A"), RevokedAt: at("2021-04-10"), ReviewOpen: true}
	with := func(change func(*rules.Facts)) rules.Facts {
		f := whole
		change(&f)
		return f
	}
	tests := []struct {
		name  string
		other rules.Facts
		want  bool
	}{
		{"itself", whole, true},
		{"the same instants in another zone", with(func(f *rules.Facts) { f.Deadline, f.RevokedAt = f.Deadline.UTC(), f.RevokedAt.UTC() }), true},
		{"the same purchase behind another pointer", with(func(f *rules.Facts) { f.FirstPurchase = key("tokopedia", "A") }), true},
		{"another purchase", with(func(f *rules.Facts) { f.FirstPurchase = key("tokopedia", "B") }), false},
		{"no purchase", with(func(f *rules.Facts) { f.FirstPurchase = nil }), false},
		{"another deadline", with(func(f *rules.Facts) { f.Deadline = at("2021-04-10") }), false},
		{"not revoked", with(func(f *rules.Facts) { f.RevokedAt = rules.Facts{}.RevokedAt }), false},
		{"no review", with(func(f *rules.Facts) { f.ReviewOpen = false }), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := whole.Equal(tt.other); got != tt.want {
				t.Errorf("Equal = %v, want %v", got, tt.want)
			}
			if got := tt.other.Equal(whole); got != tt.want {
				t.Errorf("Equal the other way round = %v, want %v", got, tt.want)
			}
		})
	}
}
