package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// TestAWaitingReminderDoesNotOutliveItsContact corrects, or erases and corrects, the contact of somebody whose reminder
// the gateway has not taken yet: what was written for the earlier number is not sent to it.
func TestAWaitingReminderDoesNotOutliveItsContact(t *testing.T) {
	phone := ""
	correct := func(r *registry.Registry, card string) error {
		_, err := r.CorrectContact(context.Background(), registrytest.Officer, registry.CorrectContact{CardNumber: card, Phone: &phone, Reason: "the number belongs to somebody else"})
		return err
	}
	erase := func(r *registry.Registry, card string) error {
		_, err := r.EraseContact(context.Background(), registrytest.Officer, registry.EraseContact{CardNumber: card, Reason: "asked"})
		return errors.Join(err, correct(r, card))
	}
	for name, change := range map[string]func(*registry.Registry, string) error{"corrected": correct, "erased": erase} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				r := tellReminder(t, d, 1)
				attempted(t, r.f.Registry, r.messages[0], busy)
				if err := change(r.f.Registry, r.card); err != nil {
					t.Fatal(err)
				}
				r.f.Clock.Set(r.f.Now().Add(time.Hour))
				if out, err := r.f.BeginAttempt(context.Background(), r.messages[0]); !errors.Is(err, registry.ErrNothingToSend) {
					t.Errorf("%v, %v", out, err)
				}
				if due, err := r.f.DueEndpoints(context.Background(), nil); len(due) > 0 || err != nil {
					t.Errorf("due: %v, %v", due, err)
				}
			})
		})
	}
}
