package registry_test

import (
	"context"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestWhatCanBeSentAgain lists the states, and what stands in the way.
func TestWhatCanBeSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		resend := func(id int) error {
			_, err := f.ResendMessage(context.Background(), registrytest.Admin, id)
			return err
		}
		for _, end := range []registry.Attempt{arrived, usedUp, refused} {
			id := tell(t, f, d, rules.EventSettlement, nil)[0]
			if err := resend(id); registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("while it waits: %v", err)
			}
			attempted(t, f.Registry, id, end)
			before := message(t, d, id)
			f.Clock.Set(f.Now().Add(time.Hour))
			if err := resend(id); err != nil {
				t.Errorf("after %s: %v", end.Outcome, err)
			}
			wantDue(t, f, id)
			again := begin(t, f.Registry, id)
			if again.MessageID != before.MessageID || again.Attempt != 2 {
				t.Errorf("after %s it is sent again as %v", end.Outcome, again)
			}
			if _, err := f.RecordAttempt(context.Background(), id, registry.Attempt{Number: 2, Outcome: rules.AttemptAgain}); err != nil {
				t.Fatal(err)
			}
			f.Clock.Set(f.Now().Add(48 * time.Hour))
			if n, err := f.PruneOutbound(context.Background(), 24*time.Hour); err != nil || n != 1 {
				t.Errorf("%d bodies are removed: %v", n, err)
			}
			if err := resend(id); registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("without its body: %v", err)
			}
		}
		if err := resend(1 << 40); registry.CodeOf(err) != registry.NotFound {
			t.Errorf("a message that is not there: %v", err)
		}
		waiting := tell(t, f, d, rules.EventSettlement, nil)
		f.Clock.Set(f.Now().Add(48 * time.Hour))
		if n, err := f.PruneOutbound(context.Background(), 24*time.Hour); err != nil || n != 0 {
			t.Errorf("%d bodies of messages that wait are removed: %v", n, err)
		}
		begin(t, f.Registry, waiting[0])
	})
}
