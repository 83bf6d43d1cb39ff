package rules

import "time"

// Too many messages are not read any more, and the one that mattered goes with them.
const (
	// remindersADay is the most that a participant gets through a channel in a WIB day.
	remindersADay = 1
	// remindersOnTheLastDay is more: a deadline is at midnight, so that the stage of a day and those of hours before it fall
	// on one day, and it is the last on which anything can be done.
	remindersOnTheLastDay = 2
	// RemindersInAll is the most that a participant gets through a channel about one deadline: the stages of a usual
	// plan, and one. Who plans again with other stages does not begin to count anew; a deadline that was extended does.
	RemindersInAll = 6
)

// RemindersADay returns the most that a participant gets through one channel in the WIB day of now.
func RemindersADay(deadline, now time.Time) int {
	if StartOfDay(now).Equal(LastDay(deadline)) {
		return remindersOnTheLastDay
	}
	return remindersADay
}

// ReminderCase is what has to be known to remind somebody, at the moment of sending.
type ReminderCase struct {
	Stopped   bool // the plan was stopped
	Facts     Facts
	Deadline  time.Time // that the reminder is about, exclusive
	Window    ReminderWindow
	Now       time.Time
	Reachable bool // there is an address for the channel
	Bounced   bool // it was refused for good before
	SentToday int  // through the channel, in the WIB day of Now; what is in doubt counts
	SentInAll int  // through the channel, about the deadline; what is in doubt counts
}

// MayRemind decides whether the participant is reminded. If not, it says why: the first of the reasons, in their order,
// that applies.
func MayRemind(c ReminderCase) (ReminderSkip, bool) {
	switch {
	case c.Stopped:
		return SkipStopped, false
	case c.Facts.FirstPurchase != nil:
		return SkipPurchased, false
	case c.Facts.Revoked():
		return SkipRevoked, false
	case c.Facts.ReviewOpen:
		return SkipReview, false
	case !c.Facts.Deadline.Equal(c.Deadline):
		return SkipExtended, false
	case !c.Now.Before(c.Window.Ends), !c.Now.Before(c.Deadline):
		return SkipLate, false
	case !c.Reachable:
		return SkipUnreachable, false
	case c.Bounced:
		return SkipBounced, false
	case c.SentToday >= RemindersADay(c.Deadline, c.Now), c.SentInAll >= RemindersInAll:
		return SkipCapped, false
	}
	return "", true
}
