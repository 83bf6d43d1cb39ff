package registry_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestAPromiseIsNoEvidence has every platform say at 20:00 that everything before midnight is sent. Nobody knew then what
// would be bought until midnight: the wait goes on until they say so afterwards.
func TestAPromiseIsNoEvidence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 1)
		state := func(through time.Time) {
			for _, code := range []string{"tokopedia", "pintaria"} {
				x.Send(x.Message(code, rules.CompleteThrough{Timestamp: x.Now(), Through: through}))
			}
		}
		x.Clock.Set(deadline13.Add(-4 * time.Hour))
		state(deadline13)
		x.Clock.Set(deadline13.Add(-5 * time.Minute))
		if _, err := x.RetryWaiting(context.Background()); err != nil {
			t.Fatal(err)
		}
		x.Clock.Set(deadline13.Add(time.Second))
		if _, err := x.TrySettle(13); registry.CodeOf(err) != registry.NotPossible {
			t.Fatalf("settled on a promise: %v", err)
		}
		x.Clock.Set(deadline13.Add(time.Hour))
		state(deadline13.Add(30 * time.Minute))
		if _, err := x.TrySettle(13); err != nil {
			t.Errorf("a statement made afterwards: %v", err)
		}
	})
}

// TestAMalformedDeliveryKeepsWhomItNames sends, after the approval, a purchase whose amount is in quotes. It cannot be
// applied, and whose card it names keeps the membership until somebody has looked at it.
func TestAMalformedDeliveryKeepsWhomItNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 1)
		x.prepares()
		x.approves()
		s := x.Message("tokopedia", registrytest.Bought("INV-1", x.cards[0], deadline13.Add(-time.Hour)))
		s.Body = bytes.Replace(s.Body, []byte(`"amount":250000`), []byte(`"amount":"250000"`), 1)
		s.Event, s.EventType, s.Unreadable, s.Problem = nil, rules.TypePurchaseCompleted, rules.ReasonMalformed, "data.amount must be a number"
		x.Send(s)
		x.executes()
		if got := x.status(x.cards[0]); got != rules.StatusOverdue {
			t.Errorf("is %s", got)
		}
		if e := x.entry(x.cards[0]); e.PassedOver == nil || *e.PassedOver != rules.PassedQuarantine {
			t.Errorf("passed over because of %v, outcome %s", e.PassedOver, e.Outcome)
		}
	})
}
