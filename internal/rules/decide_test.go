package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

func TestJudgePurchase(t *testing.T) {
	const inTime = "2021-04-08 20:00"
	tests := []struct {
		name        string
		purchasedAt string
		now         string
		want        rules.Reason // empty: recorded
	}{
		{"in time", inTime, "2021-04-08 20:01", ""},
		{"in the first instant", "2021-03-10", "2021-03-10 00:01", ""},
		{"a microsecond before the announcement", "2021-03-09 23:59:59.999999", "2021-03-10 00:01", rules.ReasonBeforeAnnouncement},
		{"at 16:59:59 UTC of the last day", "2021-04-08T16:59:59Z", "2021-04-09 00:01", ""},
		{"late, recorded all the same", "2021-04-08T17:00:00Z", "2021-04-09 00:01", ""},
		{"five minutes ahead of our clock", "2021-03-20 10:05", "2021-03-20 10:00", ""},
		{"five minutes and less than a microsecond ahead", "2021-03-20 10:05:00.000000999", "2021-03-20 10:00", ""},
		{"more than five minutes ahead", "2021-03-20 10:05:00.000001", "2021-03-20 10:00", rules.ReasonFromFuture},
		{"from the future, retried when its time has come", "2021-03-20 10:30", "2021-03-20 10:25", ""},
	}
	for _, revokedAt := range []string{"", "2021-04-09 12:00"} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				report := bought("tokopedia", "A", tt.purchasedAt, received("2021-06-01"), statedThrough("2021-05-01"), standing(""))
				want := rules.Verdict{Quarantine: tt.want}
				if tt.want == "" {
					want.Changed, want.Purchase = true, report
					want.Purchase.PurchasedAt = report.PurchasedAt.Truncate(time.Microsecond)
					want.Purchase.Evidence = rules.EvidenceAccepted // how it stands is for Reconsider
				}
				got := rules.JudgePurchase(membership13(revokedAt), nil, false, report, at(tt.now), settings)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("verdict (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestTrustedLateEvidence(t *testing.T) {
	const inTime, soon = "2021-04-08 20:00", "2021-04-09 13:00"
	tests := []struct {
		name     string
		purchase rules.Purchase
		extended string // the deadline; that of cohort 13 when empty
		want     bool
	}{
		{"arrived within the lag limit", bought("tokopedia", "A", inTime, received(soon)), "", true},
		{"arrived at the end of the lag limit", bought("tokopedia", "A", inTime, received("2021-04-12")), "", true},
		{"arrived after the lag limit", bought("tokopedia", "A", inTime, received("2021-04-12 00:00:00.000001")), "", false},
		{"arrived within the lag limit of a longer deadline", bought("tokopedia", "A", inTime, received("2021-04-19")), "2021-04-16", true},
		{"arrived after the lag limit of a longer deadline", bought("tokopedia", "A", inTime, received("2021-04-19 00:00:00.000001")), "2021-04-16", false},
		{"the statement covers it", bought("tokopedia", "A", inTime, received(soon), statedThrough("2021-04-08 20:00:00.000001")), "", false},
		{"the statement ends just before it", bought("tokopedia", "A", inTime, received(soon), statedThrough(inTime)), "", true},
		{"the statement covers it, whatever the deadline", bought("tokopedia", "A", inTime, received(soon), statedThrough("2021-04-09")), "2021-04-16", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			deadline := deadline13
			if tt.extended != "" {
				deadline = at(tt.extended)
			}
			if got := rules.TrustedLateEvidence(deadline, tt.purchase, settings); got != tt.want {
				t.Errorf("trusted: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAnEventIsBelievedFromTheInstantAtWhichNothingInItIsAhead(t *testing.T) {
	dated, inner := at("2021-03-20 10:00"), at("2021-03-20 11:00:00.000000999")
	tests := []struct {
		name  string
		event rules.Event
		want  string
	}{
		{"a purchase made later than its message is dated", rules.PurchaseCompleted{Timestamp: dated, PurchasedAt: inner}, "2021-03-20 10:55"},
		{"a purchase whose message is dated later", rules.PurchaseCompleted{Timestamp: inner, PurchasedAt: dated}, "2021-03-20 10:55"},
		{"a void", rules.PurchaseVoided{Timestamp: dated, VoidedAt: inner}, "2021-03-20 10:55"},
		{"a statement", rules.CompleteThrough{Timestamp: dated, Through: inner}, "2021-03-20 10:55"},
		{"an offering", rules.OfferingUpserted{Timestamp: dated}, "2021-03-20 09:55"},
		{"what is not judged by the time in it", rules.AlumniStageReached{Timestamp: dated, ReachedAt: inner}, "2021-03-20 09:55"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rules.BelievedFrom(tt.event, settings)
			if !got.Equal(at(tt.want)) {
				t.Errorf("believed from %v, want %s", got, tt.want)
			}
			latest := got.Add(settings.MaxFuture)
			if rules.FromFuture(latest, got, settings) || !rules.FromFuture(latest, got.Add(-time.Microsecond), settings) {
				t.Errorf("%v is not the first instant at which it is believed", got)
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
			got := rules.JudgePurchase(membership13(""), &tt.known, tt.sameCard, report, at("2021-03-26"), settings)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventTimesAreCutToMicroseconds(t *testing.T) {
	finer := bought("tokopedia", "A", "2021-04-08 23:59:59.999999999")
	got := rules.JudgePurchase(membership13(""), nil, false, finer, at("2021-04-09"), settings).Purchase
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
