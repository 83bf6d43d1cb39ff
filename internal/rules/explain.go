package rules

import (
	"slices"
	"time"
)

// Language is a language in which a status is explained.
type Language string

// The languages.
const (
	EN Language = "EN" // English
	ID Language = "ID" // Indonesian
)

// Values lists the languages, for the schema.
func (Language) Values() []string { return []string{string(EN), string(ID)} }

// ExtensionNote is an extension that covers the participant.
type ExtensionNote struct {
	Scope     ExtensionScope
	Until     time.Time // exclusive
	Reference string    // the legal reference; may be empty
	Reason    string    // may be empty
}

// ReviewNote is a question that was put to a person about one of the participant's purchases. A
// review that became moot is left out.
type ReviewNote struct {
	ReviewNeed
	OpenedAt  time.Time
	DecidedAt time.Time // zero while the question is open
}

// SettlementNote is the settlement that ended the membership. It does not name the persons.
type SettlementNote struct {
	Number     int       // zero for none, as for a revocation from before there were settlements
	PreparedAt time.Time // by one person
	ApprovedAt time.Time // by another
}

// ExplainInput is what an explanation is made of. It holds nothing that identifies a person; the
// free texts in it (references, reasons) are repeated as they are, in the language they are in.
type ExplainInput struct {
	Cohort         int
	AnnouncedAt    time.Time     // as published, with its hour
	CohortDeadline time.Time     // exclusive; the participant's own is in Facts
	Basis          DeadlineBasis // of CohortDeadline
	Reference      string        // of a decreed or extended CohortDeadline; may be empty
	Extensions     []ExtensionNote
	// Raises are the later deadlines, exclusive, that are being given to participants and have not reached this one.
	Raises []time.Time

	Facts     Facts
	Purchases []Purchase // all that are recorded, in any order
	Reviews   []ReviewNote
	// PlatformName returns the display name of a platform; nil, or an empty name, stands for the code.
	PlatformName func(code string) string
	// RevokedReason is the reason given with the revocation in force; may be empty.
	RevokedReason string
	// Settlement is the one that the revocation in force comes from.
	Settlement SettlementNote
	// Waits are what has to come before a list may be made of those who let this participant's deadline pass.
	Waits []Wait
	// ReinstatedAt is when the last revocation ended; zero when there was none or it is in force.
	ReinstatedAt time.Time
	// WaitingDeliveries is the number of deliveries in quarantine that name the participant's card.
	WaitingDeliveries int

	Settings Settings
	Now      time.Time
}

// EvidenceCode says in a word how a purchase bears on the obligation.
type EvidenceCode string

// The codes. Where several apply, the earlier in this list is given.
const (
	CodeBeforeAnnouncement  EvidenceCode = "BEFORE_ANNOUNCEMENT"   // made before 00:00 WIB of day 1
	CodeLate                EvidenceCode = "LATE"                  // made at or after the deadline
	CodeUpheld              EvidenceCode = "UPHELD"                // counts by a person's decision
	CodeRejected            EvidenceCode = "REJECTED"              // does not count, by a person's decision
	CodeVoided              EvidenceCode = "VOIDED"                // voided before the deadline
	CodePending             EvidenceCode = "PENDING"               // a person has to decide
	CodeVoidedAfterDeadline EvidenceCode = "VOIDED_AFTER_DEADLINE" // voided at or after the deadline
	CodeFirstPurchase       EvidenceCode = "FIRST_PURCHASE"        // meets the obligation
	CodeCountsLater         EvidenceCode = "COUNTS_LATER"          // would meet it, but another was earlier
)

// Values lists the codes, for the schema.
func (EvidenceCode) Values() []string {
	return []string{
		string(CodeBeforeAnnouncement), string(CodeLate), string(CodeUpheld), string(CodeRejected), string(CodeVoided),
		string(CodePending), string(CodeVoidedAfterDeadline), string(CodeFirstPurchase), string(CodeCountsLater),
	}
}

// EvidenceNote says what one purchase proves.
type EvidenceNote struct {
	Purchase PurchaseKey
	Counts   bool
	Code     EvidenceCode
	Text     string
}

// Explanation says in words why a status is what it is. Its texts hold no personal data. Its
// instants are in WIB, its money in rupiah.
type Explanation struct {
	Summary  string
	Deadline []string       // the arithmetic, one step a line; the last line is what holds
	Evidence []EvidenceNote // every recorded purchase, earliest first
	Awaited  []string       // what may still change the status; empty when nothing is expected
}

// Explain says why the participant's status at in.Now is what it is. A language that is not one of
// the constants stands for English.
func Explain(in ExplainInput, lang Language) Explanation {
	e := explainer{ExplainInput: in, words: english{}}
	if lang == ID {
		e.words = indonesian{}
	}
	return Explanation{Summary: e.summary(), Deadline: e.deadline(), Evidence: e.evidence(), Awaited: e.awaited()}
}

// explainer chooses what is said; its words choose how.
type explainer struct {
	ExplainInput
	words words
}

func (e explainer) platform(code string) string {
	if e.PlatformName != nil {
		if name := e.PlatformName(code); name != "" {
			return name
		}
	}
	return code
}

func (e explainer) purchase(key PurchaseKey) (Purchase, bool) {
	i := slices.IndexFunc(e.Purchases, func(p Purchase) bool { return p.PurchaseKey == key })
	if i < 0 {
		return Purchase{}, false
	}
	return e.Purchases[i], true
}

func (e explainer) summary() string {
	var s string
	switch e.Facts.StatusAt(e.Now) {
	case StatusRevoked:
		s = e.words.revoked(e.Cohort, e.Facts.RevokedAt, e.Facts.Deadline, e.RevokedReason)
		if e.Settlement.Number != 0 {
			s += " " + e.words.settled(e.Settlement)
		}
	case StatusUnderReview:
		s = e.words.underReview(e.Cohort)
	case StatusPurchased:
		key := *e.Facts.FirstPurchase
		if p, ok := e.purchase(key); ok {
			s = e.words.purchased(e.Cohort, key.Invoice, e.platform(key.Platform), p.PurchasedAt)
		} else {
			s = e.words.purchasedUnseen(e.Cohort, key.Invoice, e.platform(key.Platform))
		}
	case StatusOverdue:
		s = e.words.overdue(e.Cohort, e.Facts.Deadline)
	case StatusAwaiting:
		s = e.words.awaiting(e.Cohort, e.Facts.Deadline, TimeLeft(e.Facts.Deadline, e.Now))
	}
	if !e.ReinstatedAt.IsZero() && !e.Facts.Revoked() {
		s += " " + e.words.reinstated(e.ReinstatedAt)
	}
	return s
}

func (e explainer) deadline() []string {
	w := e.words
	computed := Deadline(e.AnnouncedAt, e.Settings.WindowDays)
	reached := e.CohortDeadline // what the steps so far arrive at
	lines := []string{w.announced(e.AnnouncedAt)}
	switch e.Basis {
	case BasisComputed:
		lines = append(lines, e.counting(e.CohortDeadline))
	case BasisDecreed:
		lines = append(lines, e.counting(computed), w.decreed(e.CohortDeadline, e.Reference))
	case BasisExtended:
		lines = append(lines, e.counting(computed))
		if e.noted(e.CohortDeadline) {
			reached = computed
		} else {
			lines = append(lines, w.extended(ExtensionNote{Scope: ExtendCohort, Until: e.CohortDeadline, Reference: e.Reference}))
		}
	}
	for _, x := range slices.SortedStableFunc(slices.Values(e.Extensions), func(a, b ExtensionNote) int { return a.Until.Compare(b.Until) }) {
		if Extend(reached, x.Until).Equal(reached) {
			lines = append(lines, w.extendedInVain(x))
			continue
		}
		lines = append(lines, w.extended(x))
		reached = x.Until
	}
	switch {
	case !e.Facts.Deadline.Before(reached):
	case slices.ContainsFunc(e.Raises, func(until time.Time) bool { return !until.Before(reached) }):
		lines = append(lines, w.raising())
	default:
		lines = append(lines, w.spared())
	}
	return append(lines, w.lastMoment(e.Facts.Deadline))
}

// counting says how the days from the announcement to a deadline are counted.
func (e explainer) counting(deadline time.Time) string {
	first, last := AnnouncedFrom(e.AnnouncedAt), LastDay(deadline)
	return e.words.counting(first, last, int(last.Sub(first)/(24*time.Hour))+1)
}

// noted reports whether an extension of the cohort until this instant is among the notes.
func (e explainer) noted(until time.Time) bool {
	return slices.ContainsFunc(e.Extensions, func(x ExtensionNote) bool {
		return x.Scope == ExtendCohort && x.Until.Equal(until)
	})
}

func (e explainer) evidence() []EvidenceNote {
	announced := AnnouncedFrom(e.AnnouncedAt)
	notes := make([]EvidenceNote, 0, len(e.Purchases))
	for _, p := range slices.SortedFunc(slices.Values(e.Purchases), Purchase.Compare) {
		code := e.code(p, announced)
		text := e.words.invoice(p.Invoice, e.platform(p.Platform), p.Amount, p.PurchasedAt)
		if !p.ReceivedAt.Before(e.Facts.Deadline) {
			text += e.words.reported(p.ReceivedAt)
		}
		notes = append(notes, EvidenceNote{
			Purchase: p.PurchaseKey,
			Counts:   p.Counts(announced, e.Facts.Deadline),
			Code:     code,
			Text:     text + ": " + e.words.verdict(code, p.VoidedAt, e.decidedAt(p.PurchaseKey)) + ".",
		})
	}
	return notes
}

func (e explainer) code(p Purchase, announced time.Time) EvidenceCode {
	switch {
	case p.PurchasedAt.Before(announced):
		return CodeBeforeAnnouncement
	case p.Late(e.Facts.Deadline):
		return CodeLate
	case p.Evidence == EvidenceUpheld:
		return CodeUpheld
	case p.Evidence == EvidenceRejected:
		return CodeRejected
	case p.VoidedInTime(e.Facts.Deadline):
		return CodeVoided
	case p.Evidence == EvidencePending:
		return CodePending
	case p.Voided():
		return CodeVoidedAfterDeadline
	case e.Facts.FirstPurchase != nil && *e.Facts.FirstPurchase == p.PurchaseKey:
		return CodeFirstPurchase
	default:
		return CodeCountsLater
	}
}

// decidedAt returns when a person last decided about a purchase, zero when nobody has.
func (e explainer) decidedAt(key PurchaseKey) time.Time {
	var at time.Time
	for _, r := range e.Reviews {
		if r.Purchase == key && r.DecidedAt.After(at) {
			at = r.DecidedAt
		}
	}
	return at
}

func (e explainer) awaited() []string {
	var lines []string
	if e.Facts.FirstPurchase == nil {
		lines = e.awaitedPurchase()
	}
	if e.Facts.ReviewOpen {
		lines = append(lines, e.awaitedDecisions()...)
	}
	if e.Facts.StatusAt(e.Now) == StatusOverdue {
		lines = append(lines, e.words.awaitSettlement())
		for _, w := range e.Waits {
			lines = append(lines, e.words.wait(w))
		}
	}
	if e.WaitingDeliveries > 0 {
		lines = append(lines, e.words.awaitDeliveries(e.WaitingDeliveries))
	}
	return lines
}

// awaitedPurchase says which purchase, or which report of one, would still count.
func (e explainer) awaitedPurchase() []string {
	var lines []string
	if e.Now.Before(e.Facts.Deadline) {
		lines = append(lines, e.words.awaitPurchase(e.Facts.Deadline))
	}
	trustedUntil := e.Facts.Deadline.Add(e.Settings.LagLimit)
	switch {
	case e.Facts.Revoked() && !e.Now.After(trustedUntil):
		lines = append(lines, e.words.awaitLateReport(trustedUntil))
	case e.Facts.Revoked():
		lines = append(lines, e.words.awaitDoubtedReport())
	case !e.Now.Before(e.Facts.Deadline):
		lines = append(lines, e.words.awaitReport())
	}
	return lines
}

// awaitedDecisions says what a person has still to decide.
func (e explainer) awaitedDecisions() []string {
	var lines []string
	for _, r := range e.Reviews {
		if r.DecidedAt.IsZero() {
			lines = append(lines, e.words.awaitDecision(r.Kind, r.Purchase.Invoice, e.platform(r.Purchase.Platform), r.OpenedAt))
		}
	}
	if lines == nil {
		lines = []string{e.words.awaitAnyDecision()}
	}
	return lines
}
