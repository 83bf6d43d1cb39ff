package rules

// OutboundEvent is what a webhook of ours tells.
type OutboundEvent string

// The events.
const (
	EventReminder     OutboundEvent = "REMINDER"      // a text for one participant, for a messaging gateway
	EventAlertRaised  OutboundEvent = "ALERT_RAISED"  // something about a platform wants attention
	EventAlertCleared OutboundEvent = "ALERT_CLEARED" // and does not any more
	EventSettlement   OutboundEvent = "SETTLEMENT"    // a settlement took a step
	EventTest         OutboundEvent = "TEST"          // sent on request, to see whether it arrives
)

// Values lists the events, for the schema.
func (OutboundEvent) Values() []string {
	return []string{string(EventReminder), string(EventAlertRaised), string(EventAlertCleared), string(EventSettlement), string(EventTest)}
}

// OutboundState is where a webhook of ours stands.
type OutboundState string

// The states.
const (
	OutboundPending   OutboundState = "PENDING"   // is tried until it arrives, or the attempts are used up
	OutboundDelivered OutboundState = "DELIVERED" // the endpoint answered 2xx
	OutboundFailed    OutboundState = "FAILED"    // given up; a person may send it again
	OutboundCancelled OutboundState = "CANCELLED" // of no use any more: the recipient has bought, or it expired
)

// Values lists the states, for the schema.
func (OutboundState) Values() []string {
	return []string{string(OutboundPending), string(OutboundDelivered), string(OutboundFailed), string(OutboundCancelled)}
}

// AttemptOutcome is what came of one attempt to deliver a webhook of ours.
type AttemptOutcome string

// The outcomes.
const (
	AttemptDelivered AttemptOutcome = "DELIVERED" // 2xx
	AttemptAgain     AttemptOutcome = "AGAIN"     // to be tried again
	AttemptGone      AttemptOutcome = "GONE"      // 410: the endpoint was disabled
	AttemptRefused   AttemptOutcome = "REFUSED"   // not sent: the address may not be called
)

// Values lists the outcomes, for the schema.
func (AttemptOutcome) Values() []string {
	return []string{string(AttemptDelivered), string(AttemptAgain), string(AttemptGone), string(AttemptRefused)}
}
