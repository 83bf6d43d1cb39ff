package rules

import (
	"slices"
	"strings"
	"time"
)

// SettlementState is where the settlement of a cohort stands: its closing after a deadline. Before there is a
// preview the cohort is open, or closing and waiting for evidence; neither is stored, see [Closing].
type SettlementState string

// The states, in the order in which they come about.
const (
	// SettlementPreviewed: a list is frozen. Nobody has changed by it.
	SettlementPreviewed SettlementState = "PREVIEWED"
	// SettlementApproved: another person than the one who prepared the list has approved it, by its hash.
	SettlementApproved SettlementState = "APPROVED"
	// SettlementExecuted: everybody on the list has been looked at again, and revoked or passed over.
	SettlementExecuted SettlementState = "EXECUTED"
	// SettlementClosed: the time for late evidence is over, and the places are released.
	SettlementClosed SettlementState = "CLOSED"
	// SettlementReversed: everybody whom it revoked has the state from before.
	SettlementReversed SettlementState = "REVERSED"
	// SettlementDiscarded: given up before anybody was revoked.
	SettlementDiscarded SettlementState = "DISCARDED"
)

// Values lists the states, for the schema.
func (SettlementState) Values() []string {
	return []string{
		string(SettlementPreviewed), string(SettlementApproved), string(SettlementExecuted), string(SettlementClosed),
		string(SettlementReversed), string(SettlementDiscarded),
	}
}

// SettlementStep is what takes a settlement from one state to the next.
type SettlementStep string

// The steps.
const (
	StepApprove SettlementStep = "APPROVE"
	StepExecute SettlementStep = "EXECUTE" // the last of its chunks
	StepClose   SettlementStep = "CLOSE"
	StepReverse SettlementStep = "REVERSE"
	StepDiscard SettlementStep = "DISCARD"
)

// After returns the state that the step leads to, and false where the step is not possible. An approved settlement
// may be reversed as well: its execution may have been stopped half-way.
func (s SettlementState) After(step SettlementStep) (SettlementState, bool) {
	switch {
	case step == StepApprove && s == SettlementPreviewed:
		return SettlementApproved, true
	case step == StepExecute && s == SettlementApproved:
		return SettlementExecuted, true
	case step == StepClose && s == SettlementExecuted:
		return SettlementClosed, true
	case step == StepReverse && (s == SettlementApproved || s == SettlementExecuted || s == SettlementClosed):
		return SettlementReversed, true
	case step == StepDiscard && s == SettlementPreviewed:
		return SettlementDiscarded, true
	default:
		return s, false
	}
}

// Closing is the evidence that there is, or is not, when a list is to be made of those who let their deadline pass.
type Closing struct {
	// Through is the latest deadline of those on the list (exclusive): everything bought before it must be known.
	Through time.Time
	// Platforms are those that take part in the programme.
	Platforms []PlatformWord
	// Quarantined is how many deliveries in quarantine name a card of somebody on the list.
	Quarantined int
}

// PlatformWord is what a platform has stated, and whether it can report at all.
type PlatformWord struct {
	Platform string // code
	// StatedThrough is the instant before which it has stated to have sent every purchase (exclusive); zero for no
	// statement.
	StatedThrough time.Time
	// Outage says that it was declared unable to report, and that this has not ended.
	Outage bool
}

// WaitCode is what a closing waits for.
type WaitCode string

// What a closing waits for.
const (
	// WaitDeadline: the deadline has not come.
	WaitDeadline WaitCode = "DEADLINE"
	// WaitStatement: an active platform has not stated that everything until the deadline is sent. The lag limit ends
	// the wait.
	WaitStatement WaitCode = "STATEMENT"
	// WaitQuarantine: deliveries in quarantine name cards of those on the list, and somebody has to decide about them.
	WaitQuarantine WaitCode = "QUARANTINE"
	// WaitOutage: a platform is declared unable to report. Nothing but the end of the outage ends the wait.
	WaitOutage WaitCode = "OUTAGE"
)

// Values lists the codes, for the schema.
func (WaitCode) Values() []string {
	return []string{string(WaitDeadline), string(WaitStatement), string(WaitQuarantine), string(WaitOutage)}
}

// Wait is one thing that a closing waits for.
type Wait struct {
	Code     WaitCode
	Platform string    // for WaitStatement and WaitOutage
	Count    int       // deliveries, for WaitQuarantine
	Until    time.Time // when it ends by itself; zero when it does not
}

// Awaits lists what has to come before a list may be made of those who let their deadline pass; nothing when it may.
// First the deadline, then platforms by code, then the quarantine.
func (c Closing) Awaits(now time.Time, settings Settings) []Wait {
	if now.Before(c.Through) {
		return []Wait{{Code: WaitDeadline, Until: c.Through}}
	}
	limit := c.Through.Add(settings.LagLimit)
	var waits []Wait
	for _, p := range c.Platforms {
		switch {
		case p.Outage:
			waits = append(waits, Wait{Code: WaitOutage, Platform: p.Platform})
		case p.StatedThrough.Before(c.Through) && now.Before(limit):
			waits = append(waits, Wait{Code: WaitStatement, Platform: p.Platform, Until: limit})
		}
	}
	slices.SortFunc(waits, func(a, b Wait) int { return strings.Compare(a.Platform, b.Platform) })
	if c.Quarantined > 0 {
		waits = append(waits, Wait{Code: WaitQuarantine, Count: c.Quarantined})
	}
	return waits
}

// PassedOver is why somebody on a list is not revoked.
type PassedOver string

// Why somebody is passed over. Where several apply, the earlier in this list is given.
const (
	// PassedRevoked: the membership has ended already.
	PassedRevoked PassedOver = "REVOKED"
	// PassedReview: a case that only a person may decide is open.
	PassedReview PassedOver = "UNDER_REVIEW"
	// PassedPurchased: there is a first purchase.
	PassedPurchased PassedOver = "PURCHASED"
	// PassedExtended: the deadline is later than it was on the list.
	PassedExtended PassedOver = "EXTENDED"
	// PassedEvidence: a purchase was recorded since the list was made, whatever it proves.
	PassedEvidence PassedOver = "NEW_EVIDENCE"
	// PassedQuarantine: a delivery in quarantine names the card.
	PassedQuarantine PassedOver = "QUARANTINED"
)

// Values lists the grounds, for the schema.
func (PassedOver) Values() []string {
	return []string{
		string(PassedRevoked), string(PassedReview), string(PassedPurchased), string(PassedExtended), string(PassedEvidence), string(PassedQuarantine),
	}
}

// Listed is somebody on a list, at the moment of the execution.
type Listed struct {
	Facts       Facts
	Deadline    time.Time // as it was on the list
	Known       int       // how many purchases, of any standing, were recorded when the list was made
	Purchases   int       // how many are now
	Quarantined bool      // a delivery in quarantine names the card
}

// MustStay returns why the membership is kept all the same, and false when it ends. Everything that could speak for
// the participant and was not known to those who prepared and approved the list keeps it: the next list has it in.
func (l Listed) MustStay(now time.Time) (PassedOver, bool) {
	switch l.Facts.StatusAt(now) {
	case StatusRevoked:
		return PassedRevoked, true
	case StatusUnderReview:
		return PassedReview, true
	case StatusPurchased:
		return PassedPurchased, true
	case StatusAwaiting:
		return PassedExtended, true
	case StatusOverdue:
	}
	switch {
	case l.Facts.Deadline.After(l.Deadline):
		return PassedExtended, true
	case l.Purchases > l.Known:
		return PassedEvidence, true
	case l.Quarantined:
		return PassedQuarantine, true
	default:
		return "", false
	}
}
