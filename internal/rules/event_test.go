package rules_test

import (
	"testing"

	"gelombang/internal/rules"
)

func TestEventsCarryTheContractsNameAndTheirTime(t *testing.T) {
	when := at("2021-03-20 10:00")
	tests := []struct {
		event rules.Event
		want  string
	}{
		{rules.PurchaseCompleted{Timestamp: when}, "purchase.completed"},
		{rules.PurchaseVoided{Timestamp: when}, "purchase.voided"},
		{rules.OfferingUpserted{Timestamp: when}, "offering.upserted"},
		{rules.OfferingWithdrawn{Timestamp: when}, "offering.withdrawn"},
		{rules.CompleteThrough{Timestamp: when}, "purchases.complete_through"},
		{rules.AlumniStageReached{Timestamp: when}, "alumni.stage_reached"},
	}
	for _, tt := range tests {
		if got := tt.event.EventType(); got != tt.want {
			t.Errorf("%T is named %q, want %q", tt.event, got, tt.want)
		}
		if got := tt.event.EventTime(); !got.Equal(when) {
			t.Errorf("%T happened %v, want %v", tt.event, got, when)
		}
	}
}
