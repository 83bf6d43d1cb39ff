package model

import (
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
)

// Outage is a time in which a platform cannot report what it sells.
type Outage struct {
	Row        int
	Platform   *Platform
	BeginsAt   time.Time  // inclusive
	EndsAt     *time.Time // exclusive
	Reason     *string    // nil unless the viewer may see it
	DeclaredBy *string
	DeclaredAt time.Time
	EndedBy    *string
}

// IsNode marks a [Node].
func (*Outage) IsNode() {}

// ID returns the global id.
func (o *Outage) ID() string { return globalid.Encode("Outage", o.Row) }

// PlatformWatch is how a platform reports at present.
type PlatformWatch struct {
	LastDelivery *time.Time
	LastHour     int
	Usual        float64
	LagP50       *int // seconds, as the others
	LagP90       *int
	LagP99       *int
	Quarantined  int
	Statement    *StatementCheck
}

// StatementCheck is a statement of completeness, held against what is on record.
type StatementCheck struct {
	Through    time.Time // exclusive
	Count      int
	Amount     int64 // rupiah
	HeldCount  int
	HeldAmount int64 // rupiah
	Agrees     bool
	ReceivedAt time.Time
}

// Alert is something about a platform that wants, or wanted, attention.
type Alert struct {
	Row       int
	Platform  *Platform
	Kind      rules.AlertKind
	RaisedAt  time.Time
	ClearedAt *time.Time
}

// IsNode marks a [Node].
func (*Alert) IsNode() {}

// ID returns the global id.
func (a *Alert) ID() string { return globalid.Encode("Alert", a.Row) }
