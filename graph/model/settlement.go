package model

import (
	"context"
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
)

// Closing is what stands between a cohort and the settlement of those who let their deadline pass.
type Closing struct {
	State       rules.ClosingState
	Overdue     int
	Outstanding int
	Through     *time.Time // exclusive
	Waits       []*Wait
	Platforms   []*PlatformEvidence
	Quarantined int
	Unreadable  int
	Settlement  *Settlement
}

// Wait is one thing that is awaited.
type Wait struct {
	Code     rules.WaitCode
	Platform *string
	Count    *int
	Until    *time.Time
	Words    func(rules.Language) string // the same in words
}

// Text returns the wait in words.
func (w *Wait) Text(language rules.Language) string { return w.Words(language) }

// PlatformEvidence is what a platform had stated.
type PlatformEvidence struct {
	Platform      string
	StatedThrough *time.Time // exclusive
	Outage        bool
}

// Settlement is a list of those of a cohort who let their deadline pass, and what became of it.
type Settlement struct {
	Row               int
	Cohort            *Cohort
	State             rules.SettlementState
	Listed            int
	ListHash          string
	Through           time.Time // exclusive
	Reserve           int
	Reason            string
	PreparedAt        time.Time
	PreparedBy        string
	ApprovedAt        *time.Time
	ApprovedBy        *string
	OrderedAt         *time.Time
	OrderedBy         *string
	StoppedAt         *time.Time
	StoppedBy         *string
	ExecutedAt        *time.Time
	ClosesAt          *time.Time
	ClosedAt          *time.Time
	ReversalOrderedAt *time.Time
	ReversedBy        *string
	ReversalReason    *string
	ReversedAt        *time.Time
	DiscardedAt       *time.Time
	DiscardedBy       *string
	Evidence          *SettlementEvidence
	Counts            *SettlementCounts
	Provinces         []*SettlementProvince
	PlatformHistory   []*SettlementPlatform
	Places            *Places

	EntryPages PerField[*Connection[*SettlementEntry]]
}

// IsNode marks a [Node].
func (*Settlement) IsNode() {}

// ID returns the global id.
func (s *Settlement) ID() string { return globalid.Encode("Settlement", s.Row) }

// Number returns the number as commands take it.
func (s *Settlement) Number() int { return s.Row }

// Entries returns the page that the query asks for at this place.
func (s *Settlement) Entries(ctx context.Context) (*Connection[*SettlementEntry], error) {
	return s.EntryPages.here(ctx)
}

// SettlementEvidence is what was known when a list was made.
type SettlementEvidence struct {
	At          time.Time
	Platforms   []*PlatformEvidence
	LagLimit    int // seconds
	Unreadable  int
	Outstanding int
}

// SettlementCounts count a list by what became of its participants.
type SettlementCounts struct {
	Listed     int
	Revoked    int
	PassedOver int
	Reinstated int
	Reversed   int
}

// SettlementProvince is how many of a list live in a province.
type SettlementProvince struct {
	Province *Province
	Count    int
}

// SettlementPlatform is how many of a list have bought at a platform.
type SettlementPlatform struct {
	Platform *string
	Count    int
}

// SettlementEntry is one participant on a list.
type SettlementEntry struct {
	Row         int
	Settlement  *Settlement
	Participant *Participant
	Deadline    time.Time // exclusive
	Purchases   int
	Outcome     rules.EntryOutcome
	PassedOver  *rules.PassedOver
	DecidedAt   *time.Time
}

// IsNode marks a [Node].
func (*SettlementEntry) IsNode() {}

// ID returns the global id.
func (e *SettlementEntry) ID() string { return globalid.Encode("SettlementEntry", e.Row) }

// Places are the sums of a quota ledger.
type Places struct {
	Freed     int
	Retaken   int
	Released  int
	Reserved  int
	Overdrawn int
}
