package model

import (
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
)

// ReminderPlan is an order that those of a cohort who have not bought be reminded.
type ReminderPlan struct {
	Row       int
	Cohort    *Cohort
	Stages    []int // hours before the deadline
	Channels  []rules.ReminderChannel
	Language  rules.Language
	CreatedAt time.Time
	CreatedBy string
	StoppedAt *time.Time
	StoppedBy *string
	Counts    []*ReminderCount
}

// IsNode marks a [Node].
func (*ReminderPlan) IsNode() {}

// ID returns the global id.
func (p *ReminderPlan) ID() string { return globalid.Encode("ReminderPlan", p.Row) }

// ReminderCount is how many reminders of a plan stand where.
type ReminderCount struct {
	Stage   int // hours before the deadline
	Channel rules.ReminderChannel
	State   rules.ReminderState
	Skipped *rules.ReminderSkip
	Count   int
}

// ReminderPreview is who would get which reminder.
type ReminderPreview struct {
	Stages []*ReminderStagePreview
	Exact  bool // whether those who cannot be reached are counted, not projected
	Sample []*ReminderSample
}

// ReminderStagePreview is one stage of a plan, through one channel.
type ReminderStagePreview struct {
	Stage       int // hours before the deadline
	Channel     rules.ReminderChannel
	BeginsAt    time.Time
	Sent        bool
	Recipients  int
	Unreachable int
	Capped      int
}

// ReminderSample is one of those who would be reminded.
type ReminderSample struct {
	CardNumber string // masked
	Deadline   time.Time
	DueAt      *time.Time
}

// Reminder is a reminder to a participant.
type Reminder struct {
	Stage     int // hours before the deadline
	Channel   rules.ReminderChannel
	Deadline  time.Time // exclusive
	DueAt     time.Time
	State     rules.ReminderState
	Skipped   *rules.ReminderSkip
	SettledAt *time.Time
}
