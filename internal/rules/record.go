package rules

// DeliveryOutcome is what became of a delivery.
type DeliveryOutcome string

// The outcomes.
const (
	DeliveryApplied     DeliveryOutcome = "APPLIED"     // its facts are recorded
	DeliveryQuarantined DeliveryOutcome = "QUARANTINED" // authentic, cannot be applied yet
	DeliveryDismissed   DeliveryOutcome = "DISMISSED"   // taken out of quarantine unapplied, by a person
)

// Values lists the outcomes, for the schema.
func (DeliveryOutcome) Values() []string {
	return []string{string(DeliveryApplied), string(DeliveryQuarantined), string(DeliveryDismissed)}
}

// Cause is what changed a participant's facts.
type Cause string

// The causes.
const (
	CauseDelivery   Cause = "DELIVERY"
	CauseSettlement Cause = "SETTLEMENT"
	CausePerson     Cause = "PERSON"
)

// Values lists the causes, for the schema.
func (Cause) Values() []string {
	return []string{string(CauseDelivery), string(CauseSettlement), string(CausePerson)}
}

// ReviewState is where a review stands.
type ReviewState string

// The states of a review.
const (
	ReviewOpen    ReviewState = "OPEN"
	ReviewDecided ReviewState = "DECIDED" // by a person
	ReviewMoot    ReviewState = "MOOT"    // other evidence settled the question before anybody decided
)

// Values lists the states, for the schema.
func (ReviewState) Values() []string {
	return []string{string(ReviewOpen), string(ReviewDecided), string(ReviewMoot)}
}

// ExtensionScope is whom an extension covers.
type ExtensionScope string

// The scopes.
const (
	ExtendCohort   ExtensionScope = "COHORT"
	ExtendProvince ExtensionScope = "PROVINCE"
	ExtendCards    ExtensionScope = "CARDS"
)

// Values lists the scopes, for the schema.
func (ExtensionScope) Values() []string {
	return []string{string(ExtendCohort), string(ExtendProvince), string(ExtendCards)}
}

// HistoryKind says what an entry of the history records.
type HistoryKind string

// The kinds of entry.
const (
	HistoryFacts            HistoryKind = "FACTS"             // the facts changed
	HistoryContactCorrected HistoryKind = "CONTACT_CORRECTED" // personal data corrected; its content is not in the history
	HistoryContactErased    HistoryKind = "CONTACT_ERASED"    // personal data erased
)

// Values lists the kinds, for the schema.
func (HistoryKind) Values() []string {
	return []string{string(HistoryFacts), string(HistoryContactCorrected), string(HistoryContactErased)}
}
