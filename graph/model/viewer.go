package model

import (
	"time"

	"gelombang/internal/viewer"
)

// Viewer is who is asking.
type Viewer struct {
	Role        viewer.Role
	Subject     string
	Platform    *Platform
	Participant *Participant
}

// Programme is the programme's parameters and clock.
type Programme struct {
	Now             time.Time
	TimeZone        string
	WindowDays      int
	LagLimit        int // seconds
	MaxFuture       int // seconds
	TrainingBalance int64
	ReservePercent  int
	Places          *Places // nil unless the viewer may see it
	Version         string
}

// Today returns the present, of which the schema shows the WIB day.
func (p *Programme) Today() time.Time { return p.Now }
