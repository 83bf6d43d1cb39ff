package rules

// ReminderChannel is a way to reach a participant.
type ReminderChannel string

// The channels.
const (
	ChannelEmail   ReminderChannel = "EMAIL"   // by SMTP
	ChannelGateway ReminderChannel = "GATEWAY" // a signed webhook to a messaging gateway
)

// Values lists the channels, for the schema.
func (ReminderChannel) Values() []string {
	return []string{string(ChannelEmail), string(ChannelGateway)}
}

// ReminderState is where a reminder stands.
type ReminderState string

// The states.
const (
	ReminderPlanned ReminderState = "PLANNED" // waits for its time
	ReminderSending ReminderState = "SENDING" // is being sent
	ReminderSent    ReminderState = "SENT"    // taken over by the mail server, or by the gateway
	ReminderSkipped ReminderState = "SKIPPED" // not sent, for a reason
	ReminderBounced ReminderState = "BOUNCED" // refused for good by the receiving side
	ReminderFailed  ReminderState = "FAILED"  // given up: after several attempts, or since the message itself is refused
	ReminderDoubt   ReminderState = "DOUBT"   // sending was cut off: it may have arrived, and is not sent again
)

// Values lists the states, for the schema.
func (ReminderState) Values() []string {
	return []string{
		string(ReminderPlanned), string(ReminderSending), string(ReminderSent), string(ReminderSkipped), string(ReminderBounced),
		string(ReminderFailed), string(ReminderDoubt),
	}
}

// ReminderSkip is why a reminder was not sent.
type ReminderSkip string

// Why a reminder is not sent. Where several apply, the earlier in this list is given.
const (
	SkipStopped     ReminderSkip = "STOPPED"      // the plan was stopped
	SkipPurchased   ReminderSkip = "PURCHASED"    // there is a first purchase
	SkipRevoked     ReminderSkip = "REVOKED"      // the membership has ended
	SkipReview      ReminderSkip = "UNDER_REVIEW" // a person has to decide; there is nothing to buy meanwhile
	SkipExtended    ReminderSkip = "EXTENDED"     // the deadline is later now, and has reminders of its own
	SkipLate        ReminderSkip = "LATE"         // the deadline has passed, or the next stage has begun
	SkipUnreachable ReminderSkip = "UNREACHABLE"  // no address for the channel, or it was erased
	SkipBounced     ReminderSkip = "BOUNCED"      // the address was refused for good before
	SkipCapped      ReminderSkip = "CAPPED"       // as many as a participant gets in a day, or in all, were sent
)

// Values lists the reasons, for the schema.
func (ReminderSkip) Values() []string {
	return []string{
		string(SkipStopped), string(SkipPurchased), string(SkipRevoked), string(SkipReview), string(SkipExtended), string(SkipLate),
		string(SkipUnreachable), string(SkipBounced), string(SkipCapped),
	}
}
