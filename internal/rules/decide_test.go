package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

func TestJudgePurchase(t *testing.T) {
	const (
		inTime  = "2021-04-08 20:00"
		revoked = "2021-04-09 12:00"
	)
	tests := []struct {
		name            string
		revokedAt       string
		purchasedAt     string
		receivedAt      string
		now             string // receivedAt when empty
		completeThrough string
		wantQuarantine  rules.Reason
		wantEvidence    rules.Evidence
	}{
		{"in time", "", inTime, "2021-04-08 20:01", "", "", "", rules.EvidenceAccepted},
		{"in the first instant", "", "2021-03-10", "2021-03-10 00:01", "", "", "", rules.EvidenceAccepted},
		{"a microsecond before the announcement", "", "2021-03-09 23:59:59.999999", "2021-03-10 00:01", "", "", rules.ReasonBeforeAnnouncement, ""},
		{"at 16:59:59 UTC of the last day", "", "2021-04-08T16:59:59Z", "2021-04-09 00:01", "", "", "", rules.EvidenceAccepted},
		{"late, recorded all the same", "", "2021-04-08T17:00:00Z", "2021-04-09 00:01", "", "", "", rules.EvidenceAccepted},
		{"five minutes ahead of our clock", "", "2021-03-20 10:05", "2021-03-20 10:00", "", "", "", rules.EvidenceAccepted},
		{"more than five minutes ahead", "", "2021-03-20 10:05:00.000001", "2021-03-20 10:00", "", "", rules.ReasonFromFuture, ""},
		{"from the future, retried when its time has come", "", "2021-03-20 10:30", "2021-03-20 10:00", "2021-03-20 10:25", "", "", rules.EvidenceAccepted},
		{"arrived long after, nobody revoked", "", inTime, "2021-06-01", "", "", "", rules.EvidenceAccepted},
		{"against the platform's statement, nobody revoked", "", inTime, "2021-04-10", "", "2021-04-09", "", rules.EvidenceAccepted},

		{"revoked, arrived within the lag limit", revoked, inTime, "2021-04-09 13:00", "", "", "", rules.EvidenceAccepted},
		{"revoked, arrived at the end of the lag limit", revoked, inTime, "2021-04-12", "", "", "", rules.EvidenceAccepted},
		{"revoked, arrived after the lag limit", revoked, inTime, "2021-04-12 00:00:00.000001", "", "", "", rules.EvidencePending},
		{"revoked, arrived in time and retried after the lag limit", revoked, inTime, "2021-04-09 13:00", "2021-05-01", "", "", rules.EvidenceAccepted},
		{"revoked, the statement covers it", revoked, inTime, "2021-04-09 13:00", "", "2021-04-08 20:00:00.000001", "", rules.EvidencePending},
		{"revoked, the statement ends just before it", revoked, inTime, "2021-04-09 13:00", "", inTime, "", rules.EvidenceAccepted},
		{"revoked, late as well as doubtful", revoked, "2021-04-09 10:00", "2021-05-01", "", "2021-04-30", "", rules.EvidenceAccepted},
		{"revoked, before the announcement", revoked, "2021-03-09", "2021-05-01", "", "", rules.ReasonBeforeAnnouncement, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := tt.now
			if now == "" {
				now = tt.receivedAt
			}
			var completeThrough time.Time
			if tt.completeThrough != "" {
				completeThrough = at(tt.completeThrough)
			}
			report := bought("tokopedia", "A", tt.purchasedAt, received(tt.receivedAt), standing(""))
			want := rules.Verdict{Quarantine: tt.wantQuarantine}
			if tt.wantQuarantine == "" {
				want.Changed, want.Purchase = true, report
				want.Purchase.Evidence = tt.wantEvidence
			}
			got := rules.JudgePurchase(membership13(tt.revokedAt), nil, false, report, at(now), completeThrough, settings)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudgePurchaseOfARecordedInvoice(t *testing.T) {
	recorded := bought("tokopedia", "A", "2021-03-20 10:00")
	tests := []struct {
		name     string
		known    rules.Purchase
		sameCard bool
		change   func(*rules.Purchase)
		want     rules.Reason // empty: a repetition that changes nothing
	}{
		{"repeated", recorded, true, func(*rules.Purchase) {}, ""},
		{"repeated later", recorded, true, received("2021-03-25"), ""},
		{"repeated with a finer clock", recorded, true, func(p *rules.Purchase) { p.PurchasedAt = p.PurchasedAt.Add(999) }, ""},
		{"repeated in another zone", recorded, true, func(p *rules.Purchase) { p.PurchasedAt = p.PurchasedAt.UTC() }, ""},
		{"repeated after its void", bought("tokopedia", "A", "2021-03-20 10:00", voided("2021-03-21")), true, func(*rules.Purchase) {}, ""},
		{"repeated after a decision", bought("tokopedia", "A", "2021-03-20 10:00", standing(rules.EvidenceRejected)), true, func(*rules.Purchase) {}, ""},
		{"for another card", recorded, false, func(*rules.Purchase) {}, rules.ReasonContradictsPurchase},
		{"for another course", recorded, true, func(p *rules.Purchase) { p.Course = "C-2" }, rules.ReasonContradictsPurchase},
		{"for another amount", recorded, true, func(p *rules.Purchase) { p.Amount++ }, rules.ReasonContradictsPurchase},
		{"at another time", recorded, true, func(p *rules.Purchase) { p.PurchasedAt = p.PurchasedAt.Add(time.Microsecond) }, rules.ReasonContradictsPurchase},
		{"contradicting from the future", recorded, true, func(p *rules.Purchase) { p.PurchasedAt = at("2022-01-01") }, rules.ReasonContradictsPurchase},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := bought("tokopedia", "A", "2021-03-20 10:00", standing(""), tt.change)
			want := rules.Verdict{Quarantine: tt.want}
			if tt.want == "" {
				want.Purchase = tt.known
			}
			got := rules.JudgePurchase(membership13(""), &tt.known, tt.sameCard, report, at("2021-03-26"), time.Time{}, settings)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventTimesAreCutToMicroseconds(t *testing.T) {
	finer := bought("tokopedia", "A", "2021-04-08 23:59:59.999999999")
	got := rules.JudgePurchase(membership13(""), nil, false, finer, at("2021-04-09"), time.Time{}, settings).Purchase
	if want := at("2021-04-08 23:59:59.999999"); !got.PurchasedAt.Equal(want) || got.Late(deadline13) {
		t.Errorf("purchased at %v, late: %v; want %v, in time", got.PurchasedAt, got.Late(deadline13), want)
	}
	got = rules.JudgeVoid(&got, at("2021-04-08 23:59:59.999999999"), at("2021-04-09"), settings).Purchase
	if want := at("2021-04-08 23:59:59.999999"); !got.VoidedAt.Equal(want) || !got.VoidedInTime(deadline13) {
		t.Errorf("voided at %v, in time: %v; want %v, in time", got.VoidedAt, got.VoidedInTime(deadline13), want)
	}
}

func TestJudgeVoid(t *testing.T) {
	recorded := bought("tokopedia", "A", "2021-03-20 10:00")
	already := bought("tokopedia", "A", "2021-03-20 10:00", voided("2021-03-25"))
	upheld := bought("tokopedia", "A", "2021-03-20 10:00", standing(rules.EvidenceUpheld))
	tests := []struct {
		name        string
		known       *rules.Purchase
		voidedAt    string
		now         string
		want        rules.Reason
		wantChanged bool
	}{
		{"of a recorded purchase", &recorded, "2021-03-21", "2021-03-21", "", true},
		{"after the deadline", &recorded, "2021-04-20", "2021-04-20", "", true},
		{"at the instant of the purchase", &recorded, "2021-03-20 10:00", "2021-03-21", "", true},
		{"of an upheld purchase, recorded as well", &upheld, "2021-03-21", "2021-03-21", "", true},
		{"before its purchase came", nil, "2021-03-21", "2021-03-21", rules.ReasonUnknownInvoice, false},
		{"earlier than the purchase", &recorded, "2021-03-20 09:59:59.999999", "2021-03-21", rules.ReasonVoidBeforePurchase, false},
		{"repeated", &already, "2021-03-25", "2021-03-26", "", false},
		{"repeated with a finer clock", &already, "2021-03-25 00:00:00.000000999", "2021-03-26", "", false},
		{"at another time than the one known", &already, "2021-03-25 00:00:00.000001", "2021-03-26", rules.ReasonContradictsVoid, false},
		{"five minutes ahead of our clock", &recorded, "2021-03-21 00:05", "2021-03-21", "", true},
		{"more than five minutes ahead", &recorded, "2021-03-21 00:05:00.000001", "2021-03-21", rules.ReasonFromFuture, false},
		{"ahead, and before its purchase came", nil, "2021-03-22", "2021-03-21", rules.ReasonFromFuture, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := rules.Verdict{Quarantine: tt.want, Changed: tt.wantChanged}
			if tt.want == "" {
				want.Purchase = *tt.known
				want.Purchase.VoidedAt = at(tt.voidedAt).Truncate(time.Microsecond)
			}
			got := rules.JudgeVoid(tt.known, at(tt.voidedAt), at(tt.now), settings)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
	if recorded.Voided() || !already.VoidedAt.Equal(at("2021-03-25")) {
		t.Error("a verdict changed the recorded purchase itself")
	}
}

func TestReasonsThatHealByThemselves(t *testing.T) {
	tests := map[rules.Reason]bool{
		rules.ReasonUnknownCard:          true,
		rules.ReasonUnknownInvoice:       true,
		rules.ReasonUnknownOffering:      true,
		rules.ReasonFromFuture:           true,
		rules.ReasonMalformed:            false,
		rules.ReasonUnsupportedType:      false,
		rules.ReasonMessageIDReused:      false,
		rules.ReasonBeforeAnnouncement:   false,
		rules.ReasonContradictsPurchase:  false,
		rules.ReasonContradictsVoid:      false,
		rules.ReasonVoidBeforePurchase:   false,
		rules.ReasonContradictsStatement: false,
		rules.ReasonRejectedByDatabase:   false,
	}
	for _, value := range rules.Reason("").Values() {
		want, listed := tests[rules.Reason(value)]
		if !listed {
			t.Errorf("no line for reason %s", value)
		}
		if got := rules.Reason(value).Heals(); got != want {
			t.Errorf("%s heals: %v, want %v", value, got, want)
		}
	}
	if got := len(rules.Reason("").Values()); got != len(tests) {
		t.Errorf("%d reasons are listed, want %d", got, len(tests))
	}
}

func TestDecisionBecomesEvidence(t *testing.T) {
	if got := rules.DecisionUphold.Evidence(); got != rules.EvidenceUpheld {
		t.Errorf("uphold makes %s, want %s", got, rules.EvidenceUpheld)
	}
	if got := rules.DecisionReject.Evidence(); got != rules.EvidenceRejected {
		t.Errorf("reject makes %s, want %s", got, rules.EvidenceRejected)
	}
}
