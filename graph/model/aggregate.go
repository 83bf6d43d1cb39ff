package model

import (
	"time"

	"gelombang/internal/rules"
)

// Aggregate is one page of groups.
type Aggregate[T any] struct {
	Rows             []*T
	TotalGroups      int
	Truncated        bool
	EndCursor        *string
	SuppressedGroups int
}

// PurchaseAggregate is one page of groups of purchases.
type PurchaseAggregate = Aggregate[PurchaseAggregateRow]

// ParticipantAggregate is one page of groups of participants.
type ParticipantAggregate = Aggregate[ParticipantAggregateRow]

// PurchaseAggregateRow is a group of purchases.
type PurchaseAggregateRow struct {
	Key          *GroupKey
	Count        int
	Participants int
	Amount       *RupiahMeasures
	Lag          *SecondsMeasures
	// UntilDeadline is from the purchases to the participants' deadlines.
	UntilDeadline *SecondsMeasures
}

// ParticipantAggregateRow is a group of participants.
type ParticipantAggregateRow struct {
	Key             *GroupKey
	Count           int
	Purchased       int
	HoursToPurchase *HoursMeasures
	Balance         *RupiahMeasures
}

// PurchasedShare is the share of the group that has a first purchase; 0 for an empty group.
func (r *ParticipantAggregateRow) PurchasedShare() float64 { return share(r.Purchased, r.Count) }

// RupiahMeasures are measures of amounts, in rupiah; nil for none.
type RupiahMeasures struct {
	Sum    int64
	Avg    *float64
	Min    *int64
	Max    *int64
	Median *int64
	P90    *int64
}

// SecondsMeasures are measures of lengths of time, in seconds; nil for none.
type SecondsMeasures struct {
	Avg    *float64
	Min    *int
	Max    *int
	Median *int
	P90    *int
}

// HoursMeasures are measures of lengths of time, in hours; nil for none.
type HoursMeasures struct {
	Avg    *float64
	Min    *float64
	Max    *float64
	Median *float64
	P90    *float64
}

// GroupKey is what the members of a group have in common; nil for what they are not grouped by, or have not.
type GroupKey struct {
	Cohort              *int
	Platform            *Platform
	Offering            *Offering
	Provider            *string
	Category            *string
	Mode                *rules.Mode
	Province            *Province
	Regency             *string
	Gender              *rules.Gender
	AgeBand             *rules.AgeBand
	Education           *rules.Education
	Status              *rules.Status
	Hour                *time.Time // the beginning
	Day                 *time.Time // 00:00 WIB
	Week                *time.Time // 00:00 WIB of the Monday
	Month               *time.Time // 00:00 WIB of the first
	HoursBeforeDeadline *HoursSpan
	Late                *bool
	Voided              *bool
	Counts              *bool
	Evidence            *rules.Evidence
}

// HoursSpan is a span of time before the deadline, in hours; after the deadline Over is nil and UpTo 0.
type HoursSpan struct {
	Over *int // exclusive
	UpTo *int // inclusive; nil for no end
}

// PurchaseCurve is how the participants of a cohort came to their first purchases.
type PurchaseCurve struct {
	Recipients int
	Points     []*CurvePoint
}

// CurvePoint is a step of a curve.
type CurvePoint struct {
	Day        int       // of the announcement, from 1
	Hours      int       // since 00:00 WIB of the announcement day
	At         time.Time // exclusive
	Purchased  int
	Cumulative int
	Share      float64
}
