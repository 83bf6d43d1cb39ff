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
// may be reversed as well: its execution may have been stopped half-way. It may be discarded only while it has revoked
// nobody, which the state does not tell.
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
	case step == StepDiscard && (s == SettlementPreviewed || s == SettlementApproved):
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
	// Quarantined is how many deliveries in quarantine name a card of somebody of the cohort.
	Quarantined int
	// Raises is how many later deadlines are being given to participants of the cohort.
	Raises int
}

// PlatformWord is what a platform has stated, and whether it can report at all.
type PlatformWord struct {
	Platform string `json:"platform"` // code
	Name     string `json:"name"`     // as people know it
	// StatedThrough is the instant before which it has stated to have sent every purchase (exclusive); zero for no
	// statement.
	StatedThrough time.Time `json:"statedThrough,omitzero"`
	// Outage says that it was declared unable to report, and that this has not ended.
	Outage bool `json:"outage"`
	// OutageUntil is when the outage ends (exclusive), if that is known.
	OutageUntil time.Time `json:"outageUntil,omitzero"`
	// OutageEnded is when its latest outage that is over ended; zero for none. Its lag limit counts from there, if that is
	// after the deadline: it needs the time to send what it could not.
	OutageEnded time.Time `json:"outageEnded,omitzero"`
}

// WithOutage returns the word of a platform for which an outage was declared that has begun: it ends, or ended, at the
// instant (exclusive; zero while nobody knows). Of several, that which lasts longest counts.
func (p PlatformWord) WithOutage(ends, now time.Time) PlatformWord {
	switch {
	case ends.IsZero():
		p.Outage, p.OutageUntil = true, time.Time{}
	case !now.Before(ends):
		if ends.After(p.OutageEnded) {
			p.OutageEnded = ends
		}
	case !p.Outage:
		p.Outage, p.OutageUntil = true, ends
	case !p.OutageUntil.IsZero() && ends.After(p.OutageUntil):
		p.OutageUntil = ends
	}
	return p
}

// limit is when the wait for the platform's statement ends.
func (p PlatformWord) limit(through time.Time, lag time.Duration) time.Time {
	if p.OutageEnded.After(through) {
		through = p.OutageEnded
	}
	return through.Add(lag)
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
	// WaitExtension: a later deadline is being given to participants of the cohort, and has not reached all of them.
	WaitExtension WaitCode = "EXTENSION"
	// WaitQuarantine: deliveries in quarantine name cards of the cohort, and somebody has to decide about them.
	WaitQuarantine WaitCode = "QUARANTINE"
	// WaitOutage: a platform is declared unable to report. Nothing but the end of the outage ends the wait.
	WaitOutage WaitCode = "OUTAGE"
)

// Values lists the codes, for the schema.
func (WaitCode) Values() []string {
	return []string{string(WaitDeadline), string(WaitStatement), string(WaitOutage), string(WaitExtension), string(WaitQuarantine)}
}

// Wait is one thing that a closing waits for.
type Wait struct {
	Code     WaitCode
	Platform string    // code, for WaitStatement and WaitOutage
	Name     string    // of the platform
	Count    int       // deliveries, for WaitQuarantine
	Until    time.Time // when it ends by itself; zero when it does not, or when nobody knows
}

// Awaits lists what has to come before a list may be made of those who let their deadline pass; nothing when it may.
// First the deadline, then platforms by code, then extensions, then the quarantine.
func (c Closing) Awaits(now time.Time, settings Settings) []Wait {
	if now.Before(c.Through) {
		return []Wait{{Code: WaitDeadline, Until: c.Through}}
	}
	var waits []Wait
	for _, p := range c.Platforms {
		limit := p.limit(c.Through, settings.LagLimit)
		switch {
		case p.Outage:
			waits = append(waits, Wait{Code: WaitOutage, Platform: p.Platform, Name: p.Name, Until: p.OutageUntil})
		case p.StatedThrough.Before(c.Through) && now.Before(limit):
			waits = append(waits, Wait{Code: WaitStatement, Platform: p.Platform, Name: p.Name, Until: limit})
		}
	}
	slices.SortFunc(waits, func(a, b Wait) int { return strings.Compare(a.Platform, b.Platform) })
	if c.Raises > 0 {
		waits = append(waits, Wait{Code: WaitExtension})
	}
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
