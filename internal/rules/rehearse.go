package rules

import "time"

// Change is a change of the rules for one cohort, to be tried out on what is known before anybody decides it. The
// zero value changes nothing. A window and a last day exclude each other; with both, the last day holds.
type Change struct {
	// WindowDays is another window, in calendar days, the announcement day included; zero for the present one.
	WindowDays int
	// LastDay is another decreed last day: any instant of that WIB day; zero for the present one.
	LastDay time.Time
	// LagLimit is another limit for late evidence, after the deadline; nil for the present one.
	LagLimit *time.Duration
}

// MovesDeadline reports whether the change sets the cohort's deadline, be it to what it is already.
func (c Change) MovesDeadline() bool { return c.WindowDays != 0 || !c.LastDay.IsZero() }

// Deadline returns the deadline (exclusive) that a cohort has with the change: present, where that does not set one.
func (c Change) Deadline(announcedAt, present time.Time) time.Time {
	switch {
	case !c.LastDay.IsZero():
		return DeadlineAfterLastDay(c.LastDay)
	case c.WindowDays != 0:
		return Deadline(announcedAt, c.WindowDays)
	default:
		return present
	}
}

// Settings returns the present parameters with those of the change.
func (c Change) Settings(present Settings) Settings {
	if c.LagLimit != nil {
		present.LagLimit = *c.LagLimit
	}
	return present
}

// Rehearsal is a change that is made now, and looked at then or later.
type Rehearsal struct {
	Change         Change
	Settings       Settings  // in force
	AnnouncedAt    time.Time // of the cohort
	CohortDeadline time.Time // in force, exclusive
	Now            time.Time // when the change is made
	At             time.Time // for which the statuses are, not before Now; nobody is taken to do anything in between
}

// Rehearsing is a participant on whom a change is tried out.
type Rehearsing struct {
	Membership
	Purchases []Purchase
	// EndedRevocation is when the latest revocation took effect, if it has been ended by the rules alone: by what a
	// platform reported, or by a later deadline. Zero for one that a person ended, one in force, and for none.
	EndedRevocation time.Time
}

// Rehearsed is what the change means for the participant.
type Rehearsed struct {
	Before, After Facts
	From, To      Status
	// Spared says that a later deadline would do harm, by [ExtensionHarms], and that it is not moved.
	Spared bool
	// Why says what the other status comes from; empty when it is the same.
	Why Ground
	// About is the purchase that it comes from; nil when it comes from none.
	About *Purchase
}

// Deadline returns the cohort's deadline with the change, exclusive.
func (r Rehearsal) Deadline() time.Time { return r.Change.Deadline(r.AnnouncedAt, r.CohortDeadline) }

// Of says what the change means for a participant, by the functions that decide about real ones. A later deadline is
// granted as an extension is: it spares those whom it would harm, and reinstates nobody without evidence. An
// earlier one is what no decree can bring about, and takes from everybody whose deadline is the cohort's; who has a
// later one of its own keeps that.
//
// Under a shorter lag limit or an earlier deadline, a revocation that the rules have ended since is looked at
// again, as if it were still in force. One that was never pronounced is not imagined.
func (r Rehearsal) Of(p Rehearsing) Rehearsed {
	settings := r.Change.Settings(r.Settings)
	out := Rehearsed{Before: p.Facts, After: p.Facts, From: p.Facts.StatusAt(r.At)}
	deadline := r.deadlineOf(p.Facts.Deadline)
	earlier := deadline.Before(p.Facts.Deadline)
	m := p.Membership
	if !m.Facts.Revoked() && (earlier || settings.LagLimit < r.Settings.LagLimit) {
		m.Facts.RevokedAt = p.EndedRevocation
	}
	asItIs := Reconsider(m, p.Purchases, settings)
	if settings != r.Settings && !earlier {
		// First the limit, then the longer deadline: each takes effect on what the one before has left.
		m.Facts, out.After = asItIs.Facts, asItIs.Facts
	}
	if !deadline.Equal(m.Facts.Deadline) {
		m.Facts.Deadline = deadline
		moved := Reconsider(m, p.Purchases, settings)
		if out.Spared = !earlier && ExtensionHarms(asItIs, moved, r.Now); !out.Spared {
			out.After = moved.Facts
		}
	}
	out.To = out.After.StatusAt(r.At)
	if out.From != out.To {
		out.Why, out.About = out.ground(p, r.Settings, settings)
	}
	return out
}

// deadlineOf returns the deadline of somebody who has this one now.
func (r Rehearsal) deadlineOf(own time.Time) time.Time {
	switch {
	case !r.Change.MovesDeadline():
		return own
	case own.After(r.CohortDeadline):
		return Extend(r.Deadline(), own)
	default:
		return r.Deadline()
	}
}
