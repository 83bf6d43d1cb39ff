package viewer_test

import (
	"context"
	"slices"
	"testing"

	"gelombang/internal/viewer"
)

const (
	card      = "3113000000000001"
	otherCard = "3113000000000002"
)

// viewers are one of every role, and those who only seem to be one.
var viewers = []struct {
	name string
	v    viewer.Viewer
}{
	{"nobody", viewer.Viewer{}},
	{"nobody with a subject", viewer.Viewer{Subject: card, Platform: "tokopedia"}},
	{"an unknown role", viewer.Viewer{Role: "OWNER", Subject: card, Platform: "tokopedia"}},
	{"anonymous", viewer.Viewer{Role: viewer.Anonymous}},
	{"participant", viewer.Viewer{Role: viewer.Participant, Subject: card}},
	{"participant without a card", viewer.Viewer{Role: viewer.Participant}},
	{"platform", viewer.Viewer{Role: viewer.Platform, Subject: "robot", Platform: "tokopedia"}},
	{"platform without a code", viewer.Viewer{Role: viewer.Platform, Subject: "robot"}},
	{"analyst", viewer.Viewer{Role: viewer.Analyst, Subject: "ana", Platform: "tokopedia"}},
	{"officer", viewer.Viewer{Role: viewer.Officer, Subject: "ofi"}},
	{"supervisor", viewer.Viewer{Role: viewer.Supervisor, Subject: "sup"}},
	{"admin", viewer.Viewer{Role: viewer.Admin, Subject: "adm"}},
	{"the program itself", viewer.System("seed")},
}

// TestWhoMayWhat is the table of the design, one predicate a line: who is listed may, everybody else may not.
func TestWhoMayWhat(t *testing.T) {
	program := "the program itself"
	staff := []string{"officer", "supervisor", "admin", program}
	with := func(base []string, more ...string) []string { return append(slices.Clone(base), more...) }
	platform := []string{"platform", "admin", program}
	tests := []struct {
		name string
		ask  func(v viewer.Viewer) bool
		may  []string
	}{
		{"see the catalogue", viewer.Viewer.SeesCatalogue, with(staff, "anonymous", "participant", "participant without a card", "platform", "platform without a code", "analyst")},
		{"see the progress", viewer.Viewer.SeesProgress, with(staff, "participant", "participant without a card", "platform", "platform without a code", "analyst")},
		{"list participants", viewer.Viewer.SeesAllParticipants, with(staff, "analyst")},
		{"have a card of one's own", func(v viewer.Viewer) bool { own, ok := v.OwnCard(); return ok && own == card }, []string{"participant"}},
		{"find others by their card", viewer.Viewer.LooksUpCards, staff},
		{"ask whether a card may buy", func(v viewer.Viewer) bool { return v.AsksEligibility(otherCard) }, with(staff, "platform")},
		{"ask whether one's own card may buy", func(v viewer.Viewer) bool { return v.AsksEligibility(card) }, with(staff, "platform", "participant")},
		{"see a card number", func(v viewer.Viewer) bool { return v.SeesCardNumber(otherCard) }, staff},
		{"see one's own card number", func(v viewer.Viewer) bool { return v.SeesCardNumber(card) }, with(staff, "participant")},
		{"see no card number", func(v viewer.Viewer) bool { return v.SeesCardNumber("") }, staff},
		{"see a contact", func(v viewer.Viewer) bool { return v.SeesContact(otherCard) }, staff},
		{"see one's own contact", func(v viewer.Viewer) bool { return v.SeesContact(card) }, with(staff, "participant")},
		{"see the contact of no card", func(v viewer.Viewer) bool { return v.SeesContact("") }, staff},
		{"see a history", func(v viewer.Viewer) bool { return v.SeesHistory(otherCard) }, with(staff, "analyst")},
		{"see one's own history", func(v viewer.Viewer) bool { return v.SeesHistory(card) }, with(staff, "analyst", "participant")},
		{"see who did something", viewer.Viewer.SeesActors, staff},
		{"see why staff did something", viewer.Viewer.SeesReasons, staff},
		{"see why something was done to another", func(v viewer.Viewer) bool { return v.SeesReason(otherCard) }, staff},
		{"see why something was done to oneself", func(v viewer.Viewer) bool { return v.SeesReason(card) }, with(staff, "participant")},
		{"see why something was done to no card", func(v viewer.Viewer) bool { return v.SeesReason("") }, staff},
		{"see why another platform cancelled another's purchase", func(v viewer.Viewer) bool { return v.SeesVoidReason("pintaria", otherCard) }, staff},
		{"see why one's own platform cancelled a purchase", func(v viewer.Viewer) bool { return v.SeesVoidReason("tokopedia", otherCard) }, with(staff, "platform")},
		{"see why a platform cancelled one's own purchase", func(v viewer.Viewer) bool { return v.SeesVoidReason("pintaria", card) }, with(staff, "participant")},
		{"see why no platform cancelled a purchase", func(v viewer.Viewer) bool { return v.SeesVoidReason("", otherCard) }, staff},
		{"list purchases", viewer.Viewer.SeesAllPurchases, with(staff, "analyst")},
		{"have a platform of one's own", func(v viewer.Viewer) bool { return v.OwnPlatform() == "tokopedia" }, []string{"platform"}},
		{"see how every platform reports", func(v viewer.Viewer) bool { return v.SeesWatch("") }, staff},
		{"see how another platform reports", func(v viewer.Viewer) bool { return v.SeesWatch("pintaria") }, staff},
		{"see how one's own platform reports", func(v viewer.Viewer) bool { return v.SeesWatch("tokopedia") }, with(staff, "platform")},
		{"list deliveries", viewer.Viewer.SeesAllDeliveries, staff},
		{"read the body of a delivery", func(v viewer.Viewer) bool { return v.SeesDeliveryBody("pintaria") }, []string{"admin", program}},
		{"read the body of one's own delivery", func(v viewer.Viewer) bool { return v.SeesDeliveryBody("tokopedia") }, platform},
		{"read the body of a delivery of no platform", func(v viewer.Viewer) bool { return v.SeesDeliveryBody("") }, []string{"admin", program}},
		{"see keys", func(v viewer.Viewer) bool { return v.SeesKeys("pintaria") }, []string{"admin", program}},
		{"see one's own keys", func(v viewer.Viewer) bool { return v.SeesKeys("tokopedia") }, platform},
		{"manage keys", func(v viewer.Viewer) bool { return v.ManagesKeys("pintaria") }, []string{"admin", program}},
		{"manage one's own keys", func(v viewer.Viewer) bool { return v.ManagesKeys("tokopedia") }, platform},
		{"manage the keys of no platform", func(v viewer.Viewer) bool { return v.ManagesKeys("") }, []string{"admin", program}},
		{"manage offerings", func(v viewer.Viewer) bool { return v.ManagesOfferings("pintaria") }, staff},
		{"manage one's own offerings", func(v viewer.Viewer) bool { return v.ManagesOfferings("tokopedia") }, with(staff, "platform")},
		{"manage the offerings of no platform", func(v viewer.Viewer) bool { return v.ManagesOfferings("") }, staff},
		{"manage cohorts", viewer.Viewer.ManagesCohorts, staff},
		{"prepare a settlement", viewer.Viewer.PreparesSettlement, staff},
		{"approve another's settlement", func(v viewer.Viewer) bool { return v.ApprovesSettlement("somebody") }, []string{"supervisor", "admin", program}},
		{"reverse a settlement", viewer.Viewer.ReversesSettlement, []string{"supervisor", "admin", program}},
		{"see settlements", viewer.Viewer.SeesSettlements, staff},
		{"see the quota ledger", viewer.Viewer.SeesPlaces, with(staff, "analyst")},
		{"approve settlements at all", viewer.Viewer.ApprovesSettlements, []string{"supervisor", "admin", program}},
		{"manage endpoints", viewer.Viewer.ManagesEndpoints, []string{"admin", program}},
		{"approve one's own settlement", func(v viewer.Viewer) bool { return v.ApprovesSettlement(v.Subject) }, nil},
		{"use the explorer", viewer.Viewer.UsesExplorer, with(staff, "analyst", "platform", "platform without a code")},
	}
	for _, tt := range tests {
		for _, who := range viewers {
			if got, want := tt.ask(who.v), slices.Contains(tt.may, who.name); got != want {
				t.Errorf("%s may %s: %t, want %t", who.name, tt.name, got, want)
			}
		}
	}
}

// TestNobodyApprovesWithoutAName because then nobody could say whether it was one's own.
func TestNobodyApprovesWithoutAName(t *testing.T) {
	for _, role := range viewer.Roles() {
		if v := (viewer.Viewer{Role: role}); v.ApprovesSettlement("somebody") || v.ReversesSettlement() {
			t.Errorf("%s approves without a subject", role)
		}
	}
}

// TestEveryRoleIsInTheTable guards the table above against a role that is added.
func TestEveryRoleIsInTheTable(t *testing.T) {
	for _, role := range viewer.Roles() {
		if !slices.ContainsFunc(viewers, func(who struct {
			name string
			v    viewer.Viewer
		}) bool {
			return who.v.Role == role
		}) {
			t.Errorf("no viewer of the table has the role %s", role)
		}
	}
}

func TestAContextCarriesTheViewer(t *testing.T) {
	ctx := context.Background()
	if got := viewer.From(ctx); got != (viewer.Viewer{}) {
		t.Errorf("an empty context carries %+v", got)
	}
	want := viewer.Viewer{Role: viewer.Participant, Subject: card}
	if got := viewer.From(viewer.With(ctx, want)); got != want {
		t.Errorf("carried %+v, want %+v", got, want)
	}
}
