package rules

import "time"

// ReminderOutcome is what came of one attempt to send a reminder.
type ReminderOutcome string

// The outcomes.
const (
	ReminderTaken    ReminderOutcome = "TAKEN"    // the server has it
	ReminderRefused  ReminderOutcome = "REFUSED"  // the server refuses this address for good
	ReminderRejected ReminderOutcome = "REJECTED" // the message is refused for good, or could not be written; the address may be good
	ReminderDeferred ReminderOutcome = "DEFERRED" // the server refuses it for now
	ReminderUnsent   ReminderOutcome = "UNSENT"   // surely not sent, for a reason that has nothing to do with it
	ReminderUnclear  ReminderOutcome = "UNCLEAR"  // cut off: it may have been sent
)

// maxReminderAttempts is how often a reminder is tried that is refused for now.
const maxReminderAttempts = 3

// Servers that refuse for now, to see whether we come back, want a quarter of an hour at most (greylisting).
const (
	secondAttemptAfter = 20 * time.Minute
	thirdAttemptAfter  = time.Hour
)

// ReminderNext is what becomes of a reminder after an attempt.
type ReminderNext struct {
	State ReminderState
	DueAt time.Time // when it is tried again, for the state PLANNED; zero for as soon as it can be
}

// AfterReminderAttempt decides what becomes of a reminder after the attempt with that number, from 1. It is not sent again
// when it may have arrived, and not after its window.
func AfterReminderAttempt(outcome ReminderOutcome, attempt int, w ReminderWindow, now time.Time) ReminderNext {
	switch outcome {
	case ReminderTaken:
		return ReminderNext{State: ReminderSent}
	case ReminderRefused:
		return ReminderNext{State: ReminderBounced}
	case ReminderRejected:
		return ReminderNext{State: ReminderFailed}
	case ReminderUnsent:
		return ReminderNext{State: ReminderPlanned}
	case ReminderDeferred:
		wait := secondAttemptAfter
		if attempt > 1 {
			wait = thirdAttemptAfter
		}
		again := RemindsNext(w.Stage, now.Add(wait))
		if attempt >= maxReminderAttempts || !again.Before(w.Ends) {
			return ReminderNext{State: ReminderFailed}
		}
		return ReminderNext{State: ReminderPlanned, DueAt: again}
	default: // ReminderUnclear
		return ReminderNext{State: ReminderDoubt}
	}
}
