package rules

import "time"

// When reminders are sent. Those of a day and more before the deadline come by day; what is hours before it cannot wait
// for the morning.
const (
	dayBegins = 8 * time.Hour  // after 00:00 WIB
	dayEnds   = 20 * time.Hour // exclusive
	// dayStage is the smallest stage, in hours, that keeps to the day.
	dayStage = 24
	// longestSpread keeps a whole stage within one working day, and its questions with it.
	longestSpread = 10 * time.Hour
	// shortSpread is that of the stages of hours, whose readers need the hours.
	shortSpread = time.Hour
	// spreadShare of the time that is left in a window is the most that a spread takes.
	spreadShare = 3
)

// The places in a spread. The ids of a cohort follow each other, and multiples of a number near 65,536 divided by the
// golden ratio fall evenly between those before them, however many there are.
const (
	SpreadPlaces     = 1 << 16
	SpreadMultiplier = 40503
)

// RemindsAt reports whether reminders of a stage may be sent at an instant: for stages of a day and more, from 08:00 to
// 20:00 WIB; else at any hour.
func RemindsAt(stage int, now time.Time) bool {
	day := StartOfDay(now)
	return stage < dayStage || !now.Before(day.Add(dayBegins)) && now.Before(day.Add(dayEnds))
}

// RemindsNext returns the first instant, not before now, at which reminders of a stage may be sent.
func RemindsNext(stage int, now time.Time) time.Time {
	day := StartOfDay(now)
	switch {
	case RemindsAt(stage, now):
		return now
	case now.Before(day.Add(dayBegins)):
		return day.Add(dayBegins)
	default:
		return day.AddDate(0, 0, 1).Add(dayBegins)
	}
}

// RemindsUntil returns the end (exclusive) of the time in which a reminder that is sent at now may still arrive: the
// window's, or that evening's.
func RemindsUntil(w ReminderWindow, now time.Time) time.Time {
	evening := StartOfDay(now).Add(dayEnds)
	if w.Stage >= dayStage && evening.Before(w.Ends) {
		return evening
	}
	return w.Ends
}

// ReminderSpan is a stretch of time.
type ReminderSpan struct {
	Begins time.Time // inclusive
	Length time.Duration
}

// ReminderSpread is when the reminders of a stage are due, evenly: in one stretch of time, or in two with a night
// between them.
type ReminderSpread struct {
	First, Second ReminderSpan // the second has no length when there is one
}

// SpreadReminders spreads the reminders of a window from its beginning, or from now if that is later. They take at most
// 10 hours, one hour for stages of less than a day, and a third of the time that is left in the window. It
// returns false when nothing can be sent any more in the window.
func SpreadReminders(w ReminderWindow, now time.Time) (ReminderSpread, bool) {
	from := w.Begins
	if now.After(from) {
		from = now
	}
	longest := min(longestSpread, w.Ends.Sub(from)/spreadShare)
	if w.Stage < dayStage {
		longest = min(shortSpread, longest)
	}
	from = RemindsNext(w.Stage, from)
	var s ReminderSpread
	s.First = spanOf(w, from, longest)
	if s.First.Length <= 0 {
		return ReminderSpread{}, false
	}
	if rest := longest - s.First.Length; rest > 0 && w.Stage >= dayStage {
		if second := spanOf(w, StartOfDay(from).AddDate(0, 0, 1).Add(dayBegins), rest); second.Length > 0 {
			s.Second = second
		}
	}
	return s, true
}

// spanOf is the time from an instant to that evening or to the end of the window, but no longer than the longest. Its
// length is in whole microseconds, as it is stored.
func spanOf(w ReminderWindow, from time.Time, longest time.Duration) ReminderSpan {
	length := min(longest, RemindsUntil(w, from).Sub(from)).Truncate(time.Microsecond)
	return ReminderSpan{Begins: from, Length: max(0, length)}
}

// DueAt returns when the participant's reminder is due. It is the same whenever it is asked.
func (s ReminderSpread) DueAt(participant int) time.Time {
	place := int64(participant * SpreadMultiplier % SpreadPlaces)
	offset := time.Duration((s.First.Length+s.Second.Length).Microseconds()*place/SpreadPlaces) * time.Microsecond
	if offset < s.First.Length {
		return s.First.Begins.Add(offset)
	}
	return s.Second.Begins.Add(offset - s.First.Length)
}

// NextReminder returns when the participant's next reminder by a plan with the stages would be due, and of which stage,
// if the plan were made now. It returns false when none is left.
func NextReminder(stages []int, deadline, now time.Time, participant int) (dueAt time.Time, stage int, ok bool) {
	for _, w := range ReminderWindows(stages, deadline) {
		if !now.Before(w.Ends) {
			continue
		}
		if s, ok := SpreadReminders(w, now); ok {
			return s.DueAt(participant), w.Stage, true
		}
	}
	return time.Time{}, 0, false
}
