package model

import (
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// Purchase is one invoice of one participant at one platform.
type Purchase struct {
	Row          int
	Platform     *Platform
	Offering     *Offering
	Participant  *Participant // nil when the viewer may not see it
	CardNumber   string       // masked unless the viewer may see it
	InvoiceCode  string
	ScheduleCode *string
	Amount       int64
	PurchasedAt  time.Time
	ReceivedAt   time.Time
	// UntilDeadline is how many seconds before the participant's deadline it was made; nil when the viewer may not know.
	UntilDeadline *int
	Late          bool
	Evidence      rules.Evidence
	Counts        bool
	VoidedAt      *time.Time
	VoidReason    *string // nil unless the viewer may see it
}

// IsNode marks a [Node].
func (*Purchase) IsNode() {}

// ID returns the global id.
func (p *Purchase) ID() string { return globalid.Encode("Purchase", p.Row) }

// Lag returns how many seconds after the purchase its report arrived.
func (p *Purchase) Lag() int { return Seconds(p.ReceivedAt.Sub(p.PurchasedAt)) }

// Delivery is one webhook message as it was received.
type Delivery struct {
	Row              int
	Platform         *Platform
	MessageID        string
	Scheme           signature.Scheme
	KeyFingerprint   string
	EventType        *string
	EventTime        *time.Time
	SignedAt         time.Time
	ReceivedAt       time.Time
	CardNumber       *string // masked unless the viewer may see it
	InvoiceCode      *string
	CourseCode       *string
	Outcome          rules.DeliveryOutcome
	QuarantineReason *rules.Reason
	Problem          *string
	Attempts         int
	SettledAt        *time.Time
	SettledBy        *string
	Body             *string // base64; never loaded unless the viewer may see it
	BodySha256       string  // hexadecimal
}

// IsNode marks a [Node].
func (*Delivery) IsNode() {}

// ID returns the global id.
func (d *Delivery) ID() string { return globalid.Encode("Delivery", d.Row) }
