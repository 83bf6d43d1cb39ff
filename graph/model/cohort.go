package model

import (
	"context"
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
)

// Cohort is a gelombang. Its row id is its number.
type Cohort struct {
	Number                int
	Quota                 int
	AnnouncedAt           time.Time
	PurchaseDeadline      time.Time // exclusive
	PurchaseDeadlineBasis rules.DeadlineBasis
	Reference             *string
	TimeLeft              int // seconds
	Extensions            []*Extension
	Closing               *Closing // nil unless the viewer may see it, like what follows
	Places                *Places
	Reminders             *ReminderPlan

	ProgressAt       PerField[*CohortProgress]
	Curves           PerField[*PurchaseCurve]
	ParticipantPages PerField[*Connection[*Participant]]
	PurchasePages    PerField[*Connection[*Purchase]]
	SettlementPages  PerField[*Connection[*Settlement]]
	Previews         PerField[*ReminderPreview]
}

// IsNode marks a [Node].
func (*Cohort) IsNode() {}

// ID returns the global id.
func (c *Cohort) ID() string { return globalid.Encode("Cohort", c.Number) }

// Participants returns the page that the query asks for at this place.
func (c *Cohort) Participants(ctx context.Context) (*Connection[*Participant], error) {
	return c.ParticipantPages.here(ctx)
}

// Purchases returns the page that the query asks for at this place.
func (c *Cohort) Purchases(ctx context.Context) (*Connection[*Purchase], error) {
	return c.PurchasePages.here(ctx)
}

// Settlements returns the page that the query asks for at this place.
func (c *Cohort) Settlements(ctx context.Context) (*Connection[*Settlement], error) {
	return c.SettlementPages.here(ctx)
}

// ReminderPreview returns the preview of the plan that the query asks for at this place.
func (c *Cohort) ReminderPreview(ctx context.Context) (*ReminderPreview, error) {
	return c.Previews.here(ctx)
}

// Progress returns the progress at the instant that the query asks for at this place.
func (c *Cohort) Progress(ctx context.Context) (*CohortProgress, error) {
	return c.ProgressAt.here(ctx)
}

// PurchaseCurve returns the curve with the steps that the query asks for at this place.
func (c *Cohort) PurchaseCurve(ctx context.Context) (*PurchaseCurve, error) {
	return c.Curves.here(ctx)
}

// PurchaseDeadlineText returns the last moment that counts, as people read it: the minute before an
// exclusive deadline that falls on a whole minute, else the second before it.
func (c *Cohort) PurchaseDeadlineText() string { return lastMoment(c.PurchaseDeadline) }

func lastMoment(deadline time.Time) string {
	layout := "2 January 2006, 15:04 WIB"
	if !deadline.Equal(deadline.Truncate(time.Minute)) {
		layout = "2 January 2006, 15:04:05 WIB"
	}
	return deadline.Add(-time.Nanosecond).In(rules.WIB).Format(layout)
}

// CohortProgress counts the participants of a cohort by status.
type CohortProgress struct {
	Recipients  int
	Awaiting    int
	Purchased   int
	Overdue     int
	UnderReview int
	Revoked     int
}

// PurchasedShare returns the share of the recipients who have purchased, from 0 to 1.
func (p *CohortProgress) PurchasedShare() float64 { return share(p.Purchased, p.Recipients) }

// share is the part of the whole; 0 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Extension is a later deadline granted after the announcement.
type Extension struct {
	Row          int
	Cohort       *Cohort
	Scope        rules.ExtensionScope
	Province     *Province
	Until        time.Time // exclusive
	Reference    string
	Reason       *string // nil unless the viewer may see it
	Participants int
	AppliedAt    *time.Time
	CreatedAt    time.Time
	CreatedBy    *string
}

// IsNode marks a [Node].
func (*Extension) IsNode() {}

// ID returns the global id.
func (e *Extension) ID() string { return globalid.Encode("Extension", e.Row) }

// LastDay returns the last day on which a purchase counts.
func (e *Extension) LastDay() time.Time { return rules.LastDay(e.Until) }

// Province is a province by BPS code.
type Province struct {
	Code string
	Name string
}
