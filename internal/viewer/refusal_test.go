package viewer_test

import (
	"slices"
	"strings"
	"testing"

	"gelombang/internal/viewer"
)

// TestRefusalsNameThoseWhoMay holds the words against the predicates: they name every role that may, and no other.
func TestRefusalsNameThoseWhoMay(t *testing.T) {
	tests := []struct {
		words string
		may   []func(viewer.Viewer) bool
	}{
		{viewer.OfficersMay, []func(viewer.Viewer) bool{viewer.Viewer.ManagesCohorts, viewer.Viewer.PreparesSettlement, viewer.Viewer.SeesSettlements, viewer.Viewer.SeesAllDeliveries}},
		{viewer.SupervisorsMay, []func(viewer.Viewer) bool{viewer.Viewer.ReversesSettlement}},
		{viewer.ApproversMay, []func(viewer.Viewer) bool{viewer.Viewer.ApprovesSettlements, func(v viewer.Viewer) bool { return v.ApprovesSettlement("somebody") }}},
		{viewer.AdminsMay, []func(viewer.Viewer) bool{viewer.Viewer.ManagesEndpoints}},
		{viewer.AnalystsMay, []func(viewer.Viewer) bool{viewer.Viewer.SeesAllParticipants, viewer.Viewer.SeesAllPurchases}},
	}
	titles := map[viewer.Role]string{viewer.Admin: "administrator"}
	for _, tt := range tests {
		words := strings.FieldsFunc(tt.words, func(r rune) bool { return r == ' ' || r == ',' || r == ':' })
		for i, may := range tt.may {
			for _, role := range viewer.Roles() {
				title, other := titles[role]
				if !other {
					title = strings.ToLower(string(role))
				}
				v := viewer.Viewer{Role: role, Subject: "siti", Platform: "tokopedia"}
				if named := slices.Contains(words, title); named != may(v) {
					t.Errorf("%q, predicate %d: names the %s: %t, who may: %t", tt.words, i, title, named, may(v))
				}
			}
		}
	}
}
