package rules_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

func TestReconsider(t *testing.T) {
	const (
		inTime  = "2021-03-20 10:00"
		later   = "2021-03-25 10:00"
		tooLate = "2021-04-09"
		revoked = "2021-04-09 12:00"
	)
	pending, upheld, rejected := standing(rules.EvidencePending), standing(rules.EvidenceUpheld), standing(rules.EvidenceRejected)
	lateEvidence := func(invoice string) rules.ReviewNeed {
		return rules.ReviewNeed{Kind: rules.ReviewLateEvidence, Purchase: *key("tokopedia", invoice)}
	}
	voidAfter := func(invoice string) rules.ReviewNeed {
		return rules.ReviewNeed{Kind: rules.ReviewVoidAfterDeadline, Purchase: *key("tokopedia", invoice)}
	}
	type set = []rules.Purchase
	tests := []struct {
		name        string
		revokedAt   string
		purchases   set
		first       string
		stayRevoked bool
		reviews     []rules.ReviewNeed
		accepted    []rules.PurchaseKey
	}{
		{name: "nothing bought"},
		{name: "bought in time", purchases: set{bought("tokopedia", "A", inTime)}, first: "A"},
		{name: "bought too late", purchases: set{bought("tokopedia", "A", tooLate)}},
		{name: "a void before the deadline reopens the obligation", purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-08 23:59:59.999999"))}},
		{name: "a void before the deadline hands over to the next", purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-01")), bought("tokopedia", "B", later)}, first: "B"},
		{name: "a void at the deadline needs a person", purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-09"))}, reviews: []rules.ReviewNeed{voidAfter("A")}},
		{name: "a void after the deadline needs nobody while another counts", purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10")), bought("tokopedia", "B", later)}, first: "B"},
		{name: "two voids after the deadline, two questions, earliest first", purchases: set{bought("tokopedia", "B", later, voided("2021-04-10")), bought("tokopedia", "A", inTime, voided("2021-04-11"))}, reviews: []rules.ReviewNeed{voidAfter("A"), voidAfter("B")}},
		{name: "the void of a late purchase asks nothing", purchases: set{bought("tokopedia", "A", tooLate, voided("2021-04-10"))}},
		{name: "a void upheld by a person counts", purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10"), upheld)}, first: "A"},
		{name: "a void accepted by a person leaves nothing", purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10"), rejected)}},

		{name: "revoked, nothing bought", revokedAt: revoked, stayRevoked: true},
		{name: "revoked, bought in time", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime)}, first: "A"},
		{name: "revoked, bought too late", revokedAt: revoked, purchases: set{bought("tokopedia", "A", tooLate)}, stayRevoked: true},
		{name: "revoked, voided in time", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-01"))}, stayRevoked: true},
		{name: "revoked, voided after the deadline: it did stand then", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, reviews: []rules.ReviewNeed{voidAfter("A")}},
		{name: "revoked, the void after the deadline accepted by a person", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10"), rejected)}, stayRevoked: true},

		{name: "revoked, doubtful evidence needs a person", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, pending)}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("A")}},
		{name: "revoked, doubtful and too late asks nothing", revokedAt: revoked, purchases: set{bought("tokopedia", "A", tooLate, pending)}, stayRevoked: true},
		{name: "revoked, doubtful and voided in time asks nothing", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, pending, voided("2021-04-01"))}, stayRevoked: true},
		{name: "revoked, doubtful and voided after the deadline needs a person", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, pending, voided("2021-04-10"))}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("A")}},
		{name: "revoked, doubtful evidence upheld", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, upheld)}, first: "A"},
		{name: "revoked, doubtful evidence rejected", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, rejected)}, stayRevoked: true},
		{name: "the doubt ends with the revocation", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, pending), bought("tokopedia", "B", later)}, first: "A", accepted: []rules.PurchaseKey{*key("tokopedia", "A")}},
		{name: "a rejection does not end with the revocation", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, rejected), bought("tokopedia", "B", later)}, first: "B"},
		{name: "the doubt ends when the revocation was reversed", purchases: set{bought("tokopedia", "A", inTime, pending)}, first: "A", accepted: []rules.PurchaseKey{*key("tokopedia", "A")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := membership13(tt.revokedAt)
			want := rules.Outcome{
				Facts:      rules.Facts{Deadline: deadline13, ReviewOpen: len(tt.reviews) > 0},
				Reviews:    tt.reviews,
				Reinstated: tt.revokedAt != "" && !tt.stayRevoked,
				Accepted:   tt.accepted,
			}
			if tt.first != "" {
				want.Facts.FirstPurchase = key("tokopedia", tt.first)
			}
			if tt.stayRevoked {
				want.Facts.RevokedAt = at(tt.revokedAt)
			}
			backwards := slices.Clone(tt.purchases)
			slices.Reverse(backwards)
			for _, purchases := range []set{tt.purchases, backwards} {
				if diff := cmp.Diff(want, rules.Reconsider(m, purchases)); diff != "" {
					t.Errorf("outcome (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestReconsiderTurnsAnExtensionInFavourOfTheParticipant(t *testing.T) {
	extended := at("2021-04-16")
	tests := []struct {
		name       string
		revokedAt  string
		purchase   rules.Purchase
		want       rules.Status // on 12 April
		wantBefore rules.Status // without the extension
	}{
		{"a late purchase becomes timely", "", bought("tokopedia", "A", "2021-04-10"), rules.StatusPurchased, rules.StatusOverdue},
		{"a late purchase reinstates", "2021-04-09 12:00", bought("tokopedia", "A", "2021-04-10"), rules.StatusPurchased, rules.StatusRevoked},
		{"a void after the deadline comes before the new one", "", bought("tokopedia", "A", "2021-03-20", voided("2021-04-10")), rules.StatusAwaiting, rules.StatusUnderReview},
		{"a void upheld stays upheld", "", bought("tokopedia", "A", "2021-03-20", voided("2021-04-10"), standing(rules.EvidenceUpheld)), rules.StatusPurchased, rules.StatusPurchased},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, now := membership13(tt.revokedAt), at("2021-04-12")
			if got := rules.Reconsider(m, []rules.Purchase{tt.purchase}).Facts.StatusAt(now); got != tt.wantBefore {
				t.Errorf("before the extension: %s, want %s", got, tt.wantBefore)
			}
			m.Facts.Deadline = rules.Extend(m.Facts.Deadline, extended)
			if got := rules.Reconsider(m, []rules.Purchase{tt.purchase}).Facts.StatusAt(now); got != tt.want {
				t.Errorf("after the extension: %s, want %s", got, tt.want)
			}
		})
	}
}
