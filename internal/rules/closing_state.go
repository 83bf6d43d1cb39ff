package rules

// ClosingState is where a cohort stands on the way from its deadline to its settlement. It is derived, never stored.
type ClosingState string

// The states.
const (
	ClosingOpen      ClosingState = "OPEN"      // nobody is overdue, and somebody has time left
	ClosingWaits     ClosingState = "CLOSING"   // somebody is overdue, and evidence is awaited
	ClosingReady     ClosingState = "READY"     // a list may be made
	ClosingPreviewed ClosingState = "PREVIEWED" // a list waits for its approval
	ClosingApproved  ClosingState = "APPROVED"  // a list is approved, and perhaps being executed
	ClosingSettled   ClosingState = "SETTLED"   // the deadline has passed, and nobody is overdue
)

// Values lists the states, for the schema.
func (ClosingState) Values() []string {
	return []string{
		string(ClosingOpen), string(ClosingWaits), string(ClosingReady), string(ClosingPreviewed), string(ClosingApproved), string(ClosingSettled),
	}
}

// StateOfClosing derives where a cohort stands: whether its own deadline has passed, how many are overdue, how much is
// awaited, and the state of the settlement that is not finished, empty when there is none.
func StateOfClosing(passed bool, overdue, waits int, unfinished SettlementState) ClosingState {
	switch {
	case unfinished == SettlementPreviewed:
		return ClosingPreviewed
	case unfinished == SettlementApproved:
		return ClosingApproved
	case overdue > 0 && waits > 0:
		return ClosingWaits
	case overdue > 0:
		return ClosingReady
	case passed:
		return ClosingSettled
	default:
		return ClosingOpen
	}
}
