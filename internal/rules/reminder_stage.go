package rules

import (
	"slices"
	"time"
)

// DefaultReminderStages are the stages, in hours before the deadline, of a plan that names none: 14, 7, 3 and 1 days,
// and 6 hours.
func DefaultReminderStages() []int { return []int{14 * 24, 7 * 24, 3 * 24, 24, 6} }

// ReminderWindow is the time of one stage for one deadline. A plan that is made late begins with the stage whose
// window has begun, and does not catch up on those before it.
type ReminderWindow struct {
	Stage  int       // hours before the deadline
	Begins time.Time // inclusive
	Ends   time.Time // exclusive: when the next smaller stage begins, or the deadline
}

// ReminderWindows returns the windows of the stages for a deadline, in the order of time. The stages are in hours, in
// any order.
func ReminderWindows(stages []int, deadline time.Time) []ReminderWindow {
	windows := make([]ReminderWindow, len(stages))
	for i, stage := range slices.Backward(slices.Sorted(slices.Values(stages))) {
		windows[len(stages)-1-i] = ReminderWindow{Stage: stage, Begins: before(deadline, stage), Ends: deadline}
	}
	for i := range len(windows) - 1 {
		windows[i].Ends = windows[i+1].Begins
	}
	return windows
}

// ReminderWindowAt returns the window in which now falls, if there is one.
func ReminderWindowAt(stages []int, deadline, now time.Time) (ReminderWindow, bool) {
	for _, w := range ReminderWindows(stages, deadline) {
		if !now.Before(w.Begins) && now.Before(w.Ends) {
			return w, true
		}
	}
	return ReminderWindow{}, false
}

// ReminderWindowOf returns the window of a stage, if it is one of the stages.
func ReminderWindowOf(stages []int, stage int, deadline time.Time) (ReminderWindow, bool) {
	for _, w := range ReminderWindows(stages, deadline) {
		if w.Stage == stage {
			return w, true
		}
	}
	return ReminderWindow{}, false
}

// before is so many hours before a deadline. There is no summer time in Indonesia: a day is 24 hours.
func before(deadline time.Time, hours int) time.Time {
	return deadline.Add(-time.Duration(hours) * time.Hour)
}
