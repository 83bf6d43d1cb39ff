package rules

// EntryOutcome is what became of a participant on the list of a settlement.
type EntryOutcome string

// The outcomes.
const (
	EntryListed     EntryOutcome = "LISTED"      // nothing yet
	EntryRevoked    EntryOutcome = "REVOKED"     // the membership was ended
	EntryPassedOver EntryOutcome = "PASSED_OVER" // kept, because the facts had changed
	EntryReinstated EntryOutcome = "REINSTATED"  // revoked, and reinstated by evidence, a decision or an extension
	EntryReversed   EntryOutcome = "REVERSED"    // revoked, and given back the state from before by a reversal
)

// Values lists the outcomes, for the schema.
func (EntryOutcome) Values() []string {
	return []string{string(EntryListed), string(EntryRevoked), string(EntryPassedOver), string(EntryReinstated), string(EntryReversed)}
}

// PlaceKind is what an entry of the quota ledger says.
type PlaceKind string

// The kinds.
const (
	PlacesFreed    PlaceKind = "FREED"    // by revocations
	PlacesRetaken  PlaceKind = "RETAKEN"  // by a reinstatement or a reversal
	PlacesReleased PlaceKind = "RELEASED" // given to later cohorts
)

// Values lists the kinds, for the schema.
func (PlaceKind) Values() []string {
	return []string{string(PlacesFreed), string(PlacesRetaken), string(PlacesReleased)}
}

// Places are the sums of a quota ledger, in places.
type Places struct {
	Freed    int // by revocations
	Retaken  int // by reinstatements and reversals
	Released int // to later cohorts
}

// Reserved is how many places are kept for reinstatements: freed, and neither retaken nor released.
func (p Places) Reserved() int { return max(0, p.Freed-p.Retaken-p.Released) }

// Overdrawn is how many more places were retaken than were left: they had been released already.
func (p Places) Overdrawn() int { return max(0, p.Retaken+p.Released-p.Freed) }

// Releasable is how many places may be released when so many are to be kept.
func (p Places) Releasable(reserve int) int { return max(0, p.Reserved()-reserve) }

// ReserveOf is how many places of a list of so many are kept for reinstatements, unless whoever prepares it says
// otherwise.
func (s Settings) ReserveOf(listed int) int { return (listed*s.ReservePercent + 99) / 100 }
