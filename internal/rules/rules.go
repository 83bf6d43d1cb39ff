// Package rules decides. It holds the rules of the programme as pure functions: when a
// deadline falls, which purchase is the first that counts, what a delivery means for a
// participant, and which status follows from the facts.
//
// It does no I/O and reads no clock: the present is always a parameter named now. It imports
// the standard library only. Storing what was decided is the work of package registry.
package rules

import "time"

// WIB is Western Indonesian Time (Asia/Jakarta): UTC+7, without daylight saving. Every
// calendar day in this programme is a WIB day.
var WIB = time.FixedZone("WIB", 7*60*60)

// Resolution is the precision to which event times are kept: microseconds, as the databases keep
// them. What is finer is cut off, never rounded up, so that no purchase slips past a deadline.
const Resolution = time.Microsecond

// Settings are the parameters of the rules. The zero value is not useful; start from
// [DefaultSettings].
type Settings struct {
	// WindowDays is the number of calendar days, the announcement day included, in which the
	// first training must be bought.
	WindowDays int
	// LagLimit is how long after the deadline a purchase made in time may still arrive and
	// reinstate a revoked participant without a person's decision.
	LagLimit time.Duration
	// MaxFuture is how far ahead of our clock an event time may be before it is not believed.
	MaxFuture time.Duration
	// TrainingBalance is the amount each participant may spend on trainings, in rupiah.
	TrainingBalance int64
	// ReservePercent is how many of a hundred places that a settlement frees are kept for reinstatements until it
	// closes, rounded up.
	ReservePercent int
}

// DefaultSettings returns the parameters of the 2021 programme: 30 days to buy the first
// training (Permenko Perekonomian 11/2020, article 15), Rp 1,000,000 to spend, and our own
// limits for late and early evidence: 72 hours and 5 minutes.
func DefaultSettings() Settings {
	return Settings{
		WindowDays:      30,
		LagLimit:        72 * time.Hour,
		MaxFuture:       5 * time.Minute,
		TrainingBalance: 1_000_000,
		ReservePercent:  5,
	}
}
