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
	upheld, rejected := standing(rules.EvidenceUpheld), standing(rules.EvidenceRejected)
	unheard := received("2021-05-01") // reported after the lag limit
	stands := func(e rules.Evidence, invoices ...string) (all []rules.Standing) {
		for _, invoice := range invoices {
			all = append(all, rules.Standing{Purchase: *key("tokopedia", invoice), Evidence: e})
		}
		return all
	}
	pends := func(invoices ...string) []rules.Standing { return stands(rules.EvidencePending, invoices...) }
	accepts := func(invoices ...string) []rules.Standing { return stands(rules.EvidenceAccepted, invoices...) }
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
		changed     []rules.Standing
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
		{name: "revoked, voided in time, as the settlement knew", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voidSettled("2021-04-01"))}, stayRevoked: true},
		{name: "revoked, voided in time, as the settlement knew, and reported too late", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voidSettled("2021-04-01"), unheard)}, stayRevoked: true},
		{name: "revoked, voided in time, reported since: a revocation does not come back", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-01"))}},
		{name: "revoked, voided after the deadline: it did stand then", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, reviews: []rules.ReviewNeed{voidAfter("A")}},
		{name: "revoked, the void after the deadline accepted by a person", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, voided("2021-04-10"), rejected)}, stayRevoked: true},

		{name: "revoked, doubtful evidence needs a person", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, doubtful)}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("A")}},
		{name: "revoked, evidence just reported is doubtful", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, unheard)}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("A")}, changed: pends("A")},
		{name: "revoked, evidence against a statement is doubtful", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, statedThrough(later))}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("A")}, changed: pends("A")},
		{name: "revoked, all of the doubtful are named in order", revokedAt: revoked, purchases: set{bought("tokopedia", "B", inTime, unheard), bought("tokopedia", "A", later, unheard)}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("B"), lateEvidence("A")}, changed: pends("A", "B")},
		{name: "not revoked, nothing is doubtful", purchases: set{bought("tokopedia", "A", inTime, unheard, statedThrough(later))}, first: "A"},
		{name: "revoked, pending without a reason any more", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, standing(rules.EvidencePending))}, first: "A", changed: accepts("A")},
		{name: "revoked, doubtful and too late asks nothing", revokedAt: revoked, purchases: set{bought("tokopedia", "A", tooLate, unheard)}, stayRevoked: true},
		{name: "revoked, pending and too late is as reported", revokedAt: revoked, purchases: set{bought("tokopedia", "A", tooLate, doubtful)}, stayRevoked: true, changed: accepts("A")},
		{name: "revoked, doubtful and voided in time asks nothing", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, doubtful, voided("2021-04-01"))}, stayRevoked: true},
		{name: "revoked, doubtful and voided after the deadline needs a person", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, doubtful, voided("2021-04-10"))}, stayRevoked: true, reviews: []rules.ReviewNeed{lateEvidence("A")}},
		{name: "revoked, doubtful evidence upheld", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, upheld)}, first: "A"},
		{name: "revoked, doubtful evidence rejected", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, rejected)}, stayRevoked: true},
		{name: "the doubt ends with the revocation", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, doubtful), bought("tokopedia", "B", later)}, first: "A", changed: accepts("A")},
		{name: "a rejection does not end with the revocation", revokedAt: revoked, purchases: set{bought("tokopedia", "A", inTime, rejected), bought("tokopedia", "B", later)}, first: "B"},
		{name: "the doubt ends when the revocation was reversed", purchases: set{bought("tokopedia", "A", inTime, doubtful)}, first: "A", changed: accepts("A")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := membership13(tt.revokedAt)
			want := rules.Outcome{
				Facts:      rules.Facts{Deadline: deadline13, ReviewOpen: len(tt.reviews) > 0},
				Reviews:    tt.reviews,
				Reinstated: tt.revokedAt != "" && !tt.stayRevoked,
				Changed:    tt.changed,
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
				if diff := cmp.Diff(want, rules.Reconsider(m, purchases, settings)); diff != "" {
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
		{"a late purchase against a statement needs a person", "2021-04-09 12:00", bought("tokopedia", "A", "2021-04-10", statedThrough("2021-04-11")), rules.StatusRevoked, rules.StatusRevoked},
		{"a report within the lag limit of the longer deadline reinstates", "2021-04-09 12:00", bought("tokopedia", "A", "2021-03-20", received("2021-04-19")), rules.StatusPurchased, rules.StatusRevoked},
		{"a late purchase voided in time, as the settlement knew", "2021-04-09 12:00", bought("tokopedia", "A", "2021-04-10", voidSettled("2021-04-11")), rules.StatusRevoked, rules.StatusRevoked},
		{"a late purchase voided in time since", "2021-04-09 12:00", bought("tokopedia", "A", "2021-04-10", voided("2021-04-11")), rules.StatusAwaiting, rules.StatusRevoked},
		{"a void after the deadline comes before the new one", "", bought("tokopedia", "A", "2021-03-20", voided("2021-04-10")), rules.StatusAwaiting, rules.StatusUnderReview},
		{"a void upheld stays upheld", "", bought("tokopedia", "A", "2021-03-20", voided("2021-04-10"), standing(rules.EvidenceUpheld)), rules.StatusPurchased, rules.StatusPurchased},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, now := membership13(tt.revokedAt), at("2021-04-12")
			if got := rules.Reconsider(m, []rules.Purchase{tt.purchase}, settings).Facts.StatusAt(now); got != tt.wantBefore {
				t.Errorf("before the extension: %s, want %s", got, tt.wantBefore)
			}
			m.Facts.Deadline = rules.Extend(m.Facts.Deadline, extended)
			if got := rules.Reconsider(m, []rules.Purchase{tt.purchase}, settings).Facts.StatusAt(now); got != tt.want {
				t.Errorf("after the extension: %s, want %s", got, tt.want)
			}
		})
	}
}

func TestExtensionHarms(t *testing.T) {
	const inTime, granted = "2021-03-20", "2021-04-16" // granted is when the extension is given
	tests := []struct {
		name      string
		revokedAt string
		extended  string
		purchases []rules.Purchase
		want      bool
	}{
		{"the void of the only purchase becomes timely", "", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, true},
		{"the same, until the present", "", granted, []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, true},
		{"the same, with a microsecond left to buy", "", "2021-04-16 00:00:00.000001", []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, false},
		{"the void stays after the deadline", "", "2021-04-10", []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10"))}, false},
		{"a late purchase counts instead", "", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10")), bought("tokopedia", "B", "2021-04-11")}, false},
		{"one of two questions is lost", "", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10")), bought("tokopedia", "B", inTime, voided("2021-04-13"))}, true},
		{"nothing bought", "", "2021-04-12", nil, false},
		{"nothing asked, for another purchase counts", "", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, voided("2021-04-10")), bought("tokopedia", "B", inTime)}, false},
		{"revoked, the question is lost", "2021-04-09 12:00", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, doubtful, voided("2021-04-10"))}, true},
		{"revoked, the question becomes another about the same purchase", "2021-04-09 12:00", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, received("2021-04-14"), voided("2021-04-13"))}, false},
		{"revoked, reinstated", "2021-04-09 12:00", "2021-04-12", []rules.Purchase{bought("tokopedia", "A", inTime, received("2021-04-14"))}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := membership13(tt.revokedAt)
			before := rules.Reconsider(m, tt.purchases, settings)
			m.Facts.Deadline = rules.Extend(m.Facts.Deadline, at(tt.extended))
			after := rules.Reconsider(m, tt.purchases, settings)
			if got := rules.ExtensionHarms(before, after, at(granted)); got != tt.want {
				t.Errorf("harms: %v, want %v: from %s to %s", got, tt.want, before.Facts.StatusAt(at(granted)), after.Facts.StatusAt(at(granted)))
			}
		})
	}
}
