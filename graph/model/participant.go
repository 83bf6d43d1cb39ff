package model

import (
	"context"
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
)

// Participant is a recipient.
type Participant struct {
	Row             int
	CardNumber      string // masked unless the viewer may see it
	Cohort          *Cohort
	Status          rules.Status
	Deadline        time.Time // exclusive
	TimeLeft        int       // seconds
	FirstPurchase   *Purchase
	Balance         int64
	RevokedAt       *time.Time
	ReviewOpen      bool
	Province        *Province
	Regency         *string
	Gender          *rules.Gender
	AgeBand         *rules.AgeBand
	Education       *rules.Education
	Contact         *Contact // never loaded unless the viewer may see it
	ContactErasedAt *time.Time
	Reviews         []*Review
	Settlement      *Settlement // nil unless the viewer may see it
	Reminders       []*Reminder // nil unless the viewer may see them

	PurchasePages PerField[*Connection[*Purchase]]
	HistoryPages  PerField[*Connection[*HistoryEntry]]
	Explanations  PerField[*Explanation]
}

// IsNode marks a [Node].
func (*Participant) IsNode() {}

// ID returns the global id.
func (p *Participant) ID() string { return globalid.Encode("Participant", p.Row) }

// Purchases returns the page that the query asks for at this place.
func (p *Participant) Purchases(ctx context.Context) (*Connection[*Purchase], error) {
	return p.PurchasePages.here(ctx)
}

// History returns the page that the query asks for at this place.
func (p *Participant) History(ctx context.Context) (*Connection[*HistoryEntry], error) {
	return p.HistoryPages.here(ctx)
}

// Explanation returns the explanation in the language that the query asks for at this place.
func (p *Participant) Explanation(ctx context.Context) (*Explanation, error) {
	return p.Explanations.here(ctx)
}

// Contact is personal data.
type Contact struct {
	Name      *string
	Email     *string
	Phone     *string
	BirthDate *time.Time // 00:00 WIB of the day
}

// HistoryEntry is one change of a participant's facts.
type HistoryEntry struct {
	Row         int
	Kind        rules.HistoryKind
	RecordedAt  time.Time
	EffectiveAt time.Time
	Cause       rules.Cause
	Settlement  *Settlement // nil unless the viewer may see it
	Actor       *string
	Reason      *string // nil unless the viewer may see it
	From        *ParticipantFacts
	To          *ParticipantFacts
}

// IsNode marks a [Node].
func (*HistoryEntry) IsNode() {}

// ID returns the global id.
func (h *HistoryEntry) ID() string { return globalid.Encode("HistoryEntry", h.Row) }

// ParticipantFacts are the facts at one side of a change.
type ParticipantFacts struct {
	Deadline      time.Time // exclusive
	FirstPurchase *Purchase
	RevokedAt     *time.Time
	ReviewOpen    bool
}

// Review is a question that only a person may decide.
type Review struct {
	Row         int
	Kind        rules.ReviewKind
	State       rules.ReviewState
	Participant *Participant
	Purchase    *Purchase
	OpenedAt    time.Time
	ClosedAt    *time.Time
	Decision    *rules.ReviewDecision
	DecidedBy   *string
	Note        *string
}

// IsNode marks a [Node].
func (*Review) IsNode() {}

// ID returns the global id.
func (r *Review) ID() string { return globalid.Encode("Review", r.Row) }

// Explanation says in words why a status is what it is.
type Explanation struct {
	Summary  string
	Deadline []string
	Evidence []*EvidenceNote
	Awaited  []string
}

// EvidenceNote says what one purchase proves.
type EvidenceNote struct {
	Platform    string
	InvoiceCode string
	Counts      bool
	Code        rules.EvidenceCode
	Text        string
}
