package rules_test

import (
	"regexp"
	"testing"

	"gelombang/internal/rules"
)

// TestValuesAreDistinctNames guards what the schema and the database are built from: a value left
// out, doubled or misspelt there is a refused write later.
func TestValuesAreDistinctNames(t *testing.T) {
	name := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	tests := []struct {
		of     string
		values []string
		want   int
	}{
		{"AgeBand", rules.AgeBand("").Values(), 7},
		{"AlertKind", rules.AlertKind("").Values(), 5},
		{"AttemptOutcome", rules.AttemptOutcome("").Values(), 4},
		{"Cause", rules.Cause("").Values(), 3},
		{"ClosingState", rules.ClosingState("").Values(), 6},
		{"DeadlineBasis", rules.DeadlineBasis("").Values(), 3},
		{"DeliveryOutcome", rules.DeliveryOutcome("").Values(), 3},
		{"Education", rules.Education("").Values(), 12},
		{"EntryOutcome", rules.EntryOutcome("").Values(), 5},
		{"Evidence", rules.Evidence("").Values(), 4},
		{"EvidenceCode", rules.EvidenceCode("").Values(), 9},
		{"ExtensionScope", rules.ExtensionScope("").Values(), 3},
		{"Gender", rules.Gender("").Values(), 2},
		{"HistoryKind", rules.HistoryKind("").Values(), 3},
		{"Language", rules.Language("").Values(), 2},
		{"Mode", rules.Mode("").Values(), 3},
		{"OutboundEvent", rules.OutboundEvent("").Values(), 5},
		{"OutboundState", rules.OutboundState("").Values(), 4},
		{"PassedOver", rules.PassedOver("").Values(), 6},
		{"PlaceKind", rules.PlaceKind("").Values(), 3},
		{"Reason", rules.Reason("").Values(), 13},
		{"ReminderChannel", rules.ReminderChannel("").Values(), 2},
		{"ReminderSkip", rules.ReminderSkip("").Values(), 9},
		{"ReminderState", rules.ReminderState("").Values(), 7},
		{"ReviewDecision", rules.ReviewDecision("").Values(), 2},
		{"ReviewKind", rules.ReviewKind("").Values(), 2},
		{"ReviewState", rules.ReviewState("").Values(), 3},
		{"SettlementState", rules.SettlementState("").Values(), 6},
		{"WaitCode", rules.WaitCode("").Values(), 5},
	}
	for _, tt := range tests {
		if len(tt.values) != tt.want {
			t.Errorf("%s has %d values, want %d", tt.of, len(tt.values), tt.want)
		}
		seen := map[string]bool{}
		for _, v := range tt.values {
			if seen[v] || !name.MatchString(v) {
				t.Errorf("%s: value %q is doubled or not a name", tt.of, v)
			}
			seen[v] = true
		}
	}
}
