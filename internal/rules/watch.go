package rules

// AlertKind is what about a platform wants a person's attention.
type AlertKind string

// The kinds of alert.
const (
	// AlertSilent: nothing has come from the platform for much longer than is usual.
	AlertSilent AlertKind = "SILENT"
	// AlertFew: far fewer deliveries come than is usual at this hour.
	AlertFew AlertKind = "FEW"
	// AlertLag: reports arrive much later after the purchase than is usual.
	AlertLag AlertKind = "LAG"
	// AlertDisagrees: what the platform states to have sent is not what we hold.
	AlertDisagrees AlertKind = "DISAGREES"
	// AlertQuarantine: deliveries wait in quarantine that may decide about somebody near the deadline.
	AlertQuarantine AlertKind = "QUARANTINE"
)

// Values lists the kinds, for the schema.
func (AlertKind) Values() []string {
	return []string{string(AlertSilent), string(AlertFew), string(AlertLag), string(AlertDisagrees), string(AlertQuarantine)}
}
