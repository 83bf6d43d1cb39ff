// Package viewer says who is asking and what they may do, as pure predicates. It knows nothing of
// tokens, of HTTP or of the database: authentication makes a Viewer, and the entry of every query
// and of every write asks it.
package viewer

import "context"

// Role is what a viewer is.
type Role string

// The roles.
const (
	Anonymous   Role = "ANONYMOUS"   // no token
	Participant Role = "PARTICIPANT" // a recipient; the subject is the card number
	Platform    Role = "PLATFORM"    // one of the platforms; Viewer.Platform is its code
	Analyst     Role = "ANALYST"     // asks questions, sees no personal data
	Officer     Role = "OFFICER"     // PMO staff
	Supervisor  Role = "SUPERVISOR"  // PMO staff who approve
	Admin       Role = "ADMIN"       // runs the installation
)

// Roles lists every role, from the least to the most.
func Roles() []Role {
	return []Role{Anonymous, Participant, Platform, Analyst, Officer, Supervisor, Admin}
}

// Viewer is who is asking. The zero value is nobody and may nothing; an anonymous viewer has the
// role [Anonymous].
type Viewer struct {
	Role     Role
	Subject  string // who, as the token says; a participant's card number
	Platform string // the platform's code; only for the role Platform
}

// System is the program itself, acting on behalf of whoever started the command: what is seeded and
// what a command at the terminal writes.
func System(subject string) Viewer { return Viewer{Role: Admin, Subject: subject} }

// known reports whether the role is one of ours. What we do not know may nothing.
func (v Viewer) known() bool {
	return v.Role == Anonymous || v.Role == Participant || v.Role == Platform || v.Role == Analyst || v.staff()
}

func (v Viewer) staff() bool {
	return v.Role == Officer || v.Role == Supervisor || v.Role == Admin
}

// SeesCatalogue reports whether the viewer may see platforms and offerings: everybody may.
func (v Viewer) SeesCatalogue() bool { return v.known() }

// SeesProgress reports whether the viewer may see cohorts and their progress.
func (v Viewer) SeesProgress() bool { return v.known() && v.Role != Anonymous }

// SeesAllParticipants reports whether the viewer may list participants. A platform never may, in any
// way: lists of those who have not bought are what fraud is made of.
func (v Viewer) SeesAllParticipants() bool { return v.Role == Analyst || v.staff() }

// OwnCard returns the viewer's own card number, when the viewer is a participant.
func (v Viewer) OwnCard() (string, bool) {
	if v.Role != Participant || v.Subject == "" {
		return "", false
	}
	return v.Subject, true
}

// LooksUpCards reports whether the viewer may find a participant by a full card number that is not
// its own. Analysts work with masked numbers and may not.
func (v Viewer) LooksUpCards() bool { return v.staff() }

// AsksEligibility reports whether the viewer may ask whether a given card may buy: platforms, one card
// at a time, and staff; a participant about its own.
func (v Viewer) AsksEligibility(card string) bool {
	own, ok := v.OwnCard()
	return v.OwnPlatform() != "" || v.staff() || (ok && own == card)
}

// SeesCardNumber reports whether the viewer may see this card number in full rather than masked.
func (v Viewer) SeesCardNumber(card string) bool {
	own, ok := v.OwnCard()
	return v.staff() || (ok && own == card)
}

// SeesContact reports whether the viewer may see the personal data of the participant with this card.
func (v Viewer) SeesContact(card string) bool {
	own, ok := v.OwnCard()
	return v.staff() || (ok && own == card)
}

// SeesAllPurchases reports whether the viewer may list the purchases of every platform.
func (v Viewer) SeesAllPurchases() bool { return v.Role == Analyst || v.staff() }

// OwnPlatform returns the code of the platform whose purchases, deliveries and keys are the viewer's
// own; empty when there is none.
func (v Viewer) OwnPlatform() string {
	if v.Role != Platform {
		return ""
	}
	return v.Platform
}

// SeesAllDeliveries reports whether the viewer may list the deliveries of every platform.
func (v Viewer) SeesAllDeliveries() bool { return v.staff() }

// SeesDeliveryBody reports whether the viewer may read the bytes of this platform's deliveries, which
// hold full card numbers.
func (v Viewer) SeesDeliveryBody(platform string) bool {
	return v.Role == Admin || (platform != "" && v.OwnPlatform() == platform)
}

// SeesKeys reports whether the viewer may list the keys of this platform (never the secrets).
func (v Viewer) SeesKeys(platform string) bool { return v.ManagesKeys(platform) }

// ManagesKeys reports whether the viewer may make and retire keys of this platform.
func (v Viewer) ManagesKeys(platform string) bool {
	return v.Role == Admin || (platform != "" && v.OwnPlatform() == platform)
}

// ManagesOfferings reports whether the viewer may add and change offerings of this platform.
func (v Viewer) ManagesOfferings(platform string) bool {
	return v.staff() || (platform != "" && v.OwnPlatform() == platform)
}

// ManagesCohorts reports whether the viewer may announce cohorts, import participants, decree and extend
// deadlines, decide reviews, retry deliveries and correct or erase contacts.
func (v Viewer) ManagesCohorts() bool { return v.staff() }

// SeesHistory reports whether the viewer may read the history and reviews of the participant with this card:
// staff and the participant; analysts read them without the persons' names.
func (v Viewer) SeesHistory(card string) bool {
	return v.Role == Analyst || v.SeesCardNumber(card)
}

// SeesActors reports whether the viewer may see which person of the PMO did something.
func (v Viewer) SeesActors() bool { return v.staff() }

// SeesReasons reports whether the viewer may see why staff did something, in their own words, which may name somebody.
func (v Viewer) SeesReasons() bool { return v.staff() }

// SeesReason reports whether the viewer may see why something was done to the participant with this card, in words:
// staff and the participant.
func (v Viewer) SeesReason(card string) bool { return v.SeesCardNumber(card) }

// SeesVoidReason reports whether the viewer may see why this platform cancelled a purchase of the participant with this
// card. The words are the platform's, and analysts do not read them.
func (v Viewer) SeesVoidReason(platform, card string) bool {
	return v.SeesReason(card) || (platform != "" && v.OwnPlatform() == platform)
}

// PreparesSettlement reports whether the viewer may prepare a settlement.
func (v Viewer) PreparesSettlement() bool { return v.staff() }

// ApprovesSettlement reports whether the viewer may approve a settlement that preparedBy prepared: never
// one's own.
func (v Viewer) ApprovesSettlement(preparedBy string) bool {
	return (v.Role == Supervisor || v.Role == Admin) && v.Subject != "" && v.Subject != preparedBy
}

// ManagesEndpoints reports whether the viewer may make, change and test the endpoints that our own webhooks go to, and
// send a message again.
func (v Viewer) ManagesEndpoints() bool { return v.Role == Admin }

// ReversesSettlement reports whether the viewer may reverse a settlement, or what it did to one participant.
func (v Viewer) ReversesSettlement() bool {
	return (v.Role == Supervisor || v.Role == Admin) && v.Subject != ""
}

// SeesSettlements reports whether the viewer may see settlements, their lists, and what a closing waits for.
func (v Viewer) SeesSettlements() bool { return v.staff() }

// SeesPlaces reports whether the viewer may see how many places revocations have freed.
func (v Viewer) SeesPlaces() bool { return v.Role == Analyst || v.staff() }

// SeesWatch reports whether the viewer may see how this platform reports, and when it was declared unable to: staff, and
// the platform itself. No code asks for those of every platform.
func (v Viewer) SeesWatch(platform string) bool {
	return v.staff() || (platform != "" && v.OwnPlatform() == platform)
}

// ApprovesSettlements reports whether the viewer may approve settlements at all. Which ones, [Viewer.ApprovesSettlement]
// says.
func (v Viewer) ApprovesSettlements() bool { return v.Role == Supervisor || v.Role == Admin }

// UsesExplorer reports whether the viewer may introspect the schema and open the explorer.
func (v Viewer) UsesExplorer() bool { return v.Role == Analyst || v.Role == Platform || v.staff() }

type contextKey struct{}

// With returns a context that carries the viewer.
func With(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// From returns the viewer that the context carries; the zero Viewer, who may nothing, if there is none.
func From(ctx context.Context) Viewer {
	v, ok := ctx.Value(contextKey{}).(Viewer)
	if !ok {
		return Viewer{}
	}
	return v
}
