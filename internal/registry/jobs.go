package registry

import "time"

// Job is work that follows from what a transaction wrote. It is enqueued in the same transaction, so that it is never
// lost and never done for what was rolled back.
type Job struct {
	Kind  string // one of the Job… constants
	ID    int    // of the row that it is about
	After time.Duration
}

// The kinds of work that the registry orders.
const (
	JobExecute  = "settlement_execute" // the id of a settlement whose execution was ordered
	JobReverse  = "settlement_reverse" // the id of a settlement whose reversal was ordered
	JobRaise    = "deadline_raise"     // the id of a deadline raise
	JobOutbound = "outbound_deliver"   // the id of an outbound message
)
