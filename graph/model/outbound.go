package model

import (
	"context"
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// Endpoint is where webhooks of ours go. The secret is never loaded.
type Endpoint struct {
	Row        int
	Name       string
	URL        string
	Events     []rules.OutboundEvent
	Scheme     signature.Scheme
	PublicKey  *string
	CreatedAt  time.Time
	CreatedBy  string
	DisabledAt *time.Time
	DisabledBy *string

	MessagePages PerField[*Connection[*OutboundMessage]]
}

// IsNode marks a [Node].
func (*Endpoint) IsNode() {}

// ID returns the global id.
func (e *Endpoint) ID() string { return globalid.Encode("Endpoint", e.Row) }

// Messages returns the page that the query asks for at this place.
func (e *Endpoint) Messages(ctx context.Context) (*Connection[*OutboundMessage], error) {
	return e.MessagePages.here(ctx)
}

// OutboundMessage is a webhook of ours to one endpoint. The body is never loaded.
type OutboundMessage struct {
	Row       int
	Endpoint  *Endpoint
	Event     rules.OutboundEvent
	MessageID string
	State     rules.OutboundState
	CreatedAt time.Time
	NextAt    *time.Time
	SettledAt *time.Time
	Attempts  []*OutboundAttempt
}

// IsNode marks a [Node].
func (*OutboundMessage) IsNode() {}

// ID returns the global id.
func (m *OutboundMessage) ID() string { return globalid.Encode("OutboundMessage", m.Row) }

// OutboundAttempt is one attempt to deliver a webhook of ours.
type OutboundAttempt struct {
	At      time.Time
	Took    int // milliseconds
	Status  *int
	Outcome rules.AttemptOutcome
	Problem *string
}
