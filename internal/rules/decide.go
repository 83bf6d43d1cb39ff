package rules

import "time"

// Reason says, as a code, why a delivery is in quarantine.
type Reason string

// The reasons for quarantine.
const (
	ReasonMalformed            Reason = "MALFORMED"             // not what the contract says
	ReasonUnsupportedType      Reason = "UNSUPPORTED_TYPE"      // a type that this version does not apply
	ReasonMessageIDReused      Reason = "MESSAGE_ID_REUSED"     // same message id, other bytes
	ReasonUnknownCard          Reason = "UNKNOWN_CARD"          // retried when the card is imported
	ReasonUnknownInvoice       Reason = "UNKNOWN_INVOICE"       // a void before its purchase; retried when that comes
	ReasonFromFuture           Reason = "FROM_FUTURE"           // retried when its time has come
	ReasonBeforeAnnouncement   Reason = "BEFORE_ANNOUNCEMENT"   // earlier than 00:00 WIB of day 1
	ReasonContradictsPurchase  Reason = "CONTRADICTS_PURCHASE"  // same invoice, other facts
	ReasonContradictsVoid      Reason = "CONTRADICTS_VOID"      // same invoice, another time of void
	ReasonVoidBeforePurchase   Reason = "VOID_BEFORE_PURCHASE"  // voided before it was bought
	ReasonUnknownOffering      Reason = "UNKNOWN_OFFERING"      // a withdrawal of an offering never seen; retried when it comes
	ReasonContradictsStatement Reason = "CONTRADICTS_STATEMENT" // a second, different statement for one instant
	ReasonRejectedByDatabase   Reason = "REJECTED_BY_DATABASE"  // a fault of ours: the database refused it
)

// Values lists the reasons, for the schema.
func (Reason) Values() []string {
	return []string{
		string(ReasonMalformed), string(ReasonUnsupportedType), string(ReasonMessageIDReused), string(ReasonUnknownCard),
		string(ReasonUnknownInvoice), string(ReasonFromFuture), string(ReasonBeforeAnnouncement), string(ReasonContradictsPurchase),
		string(ReasonContradictsVoid), string(ReasonVoidBeforePurchase), string(ReasonUnknownOffering),
		string(ReasonContradictsStatement), string(ReasonRejectedByDatabase),
	}
}

// Heals reports whether a delivery in quarantine for this reason is retried by itself, because
// what it waits for may still come.
func (r Reason) Heals() bool {
	switch r {
	case ReasonUnknownCard, ReasonUnknownInvoice, ReasonUnknownOffering, ReasonFromFuture:
		return true
	default:
		return false
	}
}

// Verdict is what a delivery means for the purchase it names.
type Verdict struct {
	// Quarantine is the reason why the delivery cannot be applied; empty when it can.
	Quarantine Reason
	// Changed reports whether applying it changes the purchase: false for a repetition of what
	// is known.
	Changed bool
	// Purchase is the purchase after the delivery; meaningful when Quarantine is empty.
	Purchase Purchase
}

func quarantine(r Reason) Verdict { return Verdict{Quarantine: r} }

// Membership is what the rules need of a participant besides the purchases.
type Membership struct {
	Announced time.Time // 00:00 WIB of day 1, inclusive
	Facts     Facts
}

// FromFuture reports whether an event time is too far ahead of now to be believed. Like every event
// time it is held against the clock at [Resolution].
func FromFuture(event, now time.Time, settings Settings) bool {
	return event.Truncate(Resolution).After(now.Add(settings.MaxFuture))
}

// BelievedFrom returns the first instant at which no time that the event is judged by is
// [FromFuture] any more, at [Resolution].
func BelievedFrom(e Event, settings Settings) time.Time {
	latest := e.EventTime()
	inner := latest
	switch e := e.(type) {
	case PurchaseCompleted:
		inner = e.PurchasedAt
	case PurchaseVoided:
		inner = e.VoidedAt
	case CompleteThrough:
		inner = e.Through
	}
	if inner.After(latest) {
		latest = inner
	}
	return latest.Truncate(Resolution).Add(-settings.MaxFuture)
}

// JudgePurchase decides what a report of a purchase means. known is the recorded purchase with
// the same platform and invoice, nil when there is none, and sameCard says whether that one was
// recorded for the card that the report names.
//
// It does not decide whether the purchase counts: a new one is recorded as accepted, and
// [Reconsider] says how it stands, from the deadline that holds then.
//
// The event time is kept at [Resolution], so that a repetition compares equal to what was stored.
func JudgePurchase(m Membership, known *Purchase, sameCard bool, report Purchase, now time.Time, settings Settings) Verdict {
	report.PurchasedAt = report.PurchasedAt.Truncate(Resolution)
	if known != nil {
		if sameCard && known.Course == report.Course && known.Amount == report.Amount && known.PurchasedAt.Equal(report.PurchasedAt) {
			return Verdict{Purchase: *known}
		}
		return quarantine(ReasonContradictsPurchase)
	}
	if FromFuture(report.PurchasedAt, now, settings) {
		return quarantine(ReasonFromFuture)
	}
	if report.PurchasedAt.Before(m.Announced) {
		return quarantine(ReasonBeforeAnnouncement)
	}
	report.Evidence = EvidenceAccepted
	return Verdict{Changed: true, Purchase: report}
}

// TrustedLateEvidence reports whether a purchase made in time may reinstate a revoked participant
// without a person's decision: it arrived within the lag limit (inclusive) after the deadline,
// and the platform had not stated before that everything up to its time had been sent. The deadline
// is the one that holds now: an extension gives the platforms more time as well.
func TrustedLateEvidence(deadline time.Time, p Purchase, settings Settings) bool {
	withinLag := !p.ReceivedAt.After(deadline.Add(settings.LagLimit))
	contradicted := p.PurchasedAt.Before(p.StatedThrough)
	return withinLag && !contradicted
}

// JudgeVoid decides what a void means for the recorded purchase with its platform and invoice,
// nil when there is none yet. Like a purchase's, its event time is kept at [Resolution].
func JudgeVoid(known *Purchase, voidedAt, now time.Time, settings Settings) Verdict {
	voidedAt = voidedAt.Truncate(Resolution)
	switch {
	case FromFuture(voidedAt, now, settings):
		return quarantine(ReasonFromFuture)
	case known == nil:
		return quarantine(ReasonUnknownInvoice)
	case known.Voided() && known.VoidedAt.Equal(voidedAt):
		return Verdict{Purchase: *known}
	case known.Voided():
		return quarantine(ReasonContradictsVoid)
	case voidedAt.Before(known.PurchasedAt):
		return quarantine(ReasonVoidBeforePurchase)
	}
	voided := *known
	voided.VoidedAt = voidedAt
	return Verdict{Changed: true, Purchase: voided}
}

// ReviewKind says what a person is asked to decide.
type ReviewKind string

// The kinds of review.
const (
	// ReviewVoidAfterDeadline: the only purchase that counted was voided at or after the deadline.
	ReviewVoidAfterDeadline ReviewKind = "VOID_AFTER_DEADLINE"
	// ReviewLateEvidence: a purchase made in time arrived for a revoked participant after the lag
	// limit, or against the platform's own statement.
	ReviewLateEvidence ReviewKind = "LATE_EVIDENCE"
)

// Values lists the kinds, for the schema.
func (ReviewKind) Values() []string {
	return []string{string(ReviewVoidAfterDeadline), string(ReviewLateEvidence)}
}

// ReviewNeed is a question for a person: one kind, about one purchase.
type ReviewNeed struct {
	Kind     ReviewKind
	Purchase PurchaseKey
}

// ReviewDecision is what a person decided about the purchase in question.
type ReviewDecision string

// The decisions.
const (
	// DecisionUphold: the purchase counts; the membership is kept, or reinstated.
	DecisionUphold ReviewDecision = "UPHOLD"
	// DecisionReject: the purchase does not count.
	DecisionReject ReviewDecision = "REJECT"
)

// Values lists the decisions, for the schema.
func (ReviewDecision) Values() []string {
	return []string{string(DecisionUphold), string(DecisionReject)}
}

// Evidence returns how the purchase stands after the decision.
func (d ReviewDecision) Evidence() Evidence {
	if d == DecisionUphold {
		return EvidenceUpheld
	}
	return EvidenceRejected
}
