package registry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// gateway makes an endpoint that gets reminders, and plans and makes reminders for it.
func (f *reminding) gateway() {
	f.t.Helper()
	newEndpoint(f.t, f.Fixture, "gateway", signature.StandardV1, rules.EventReminder)
	f.plans(rules.ChannelGateway)
	f.makes(len(f.cards))
	f.Clock.Set(wib("2021-04-07T19:00:00"))
}

// tells hands what is due to the gateways.
func (f *reminding) tells() registry.ToldReminders {
	f.t.Helper()
	var all registry.ToldReminders
	for {
		told, err := f.TellReminders(f.t.Context(), func(d registry.DueReminder) (string, error) { return "Halo " + d.Contact.Name, nil })
		if err != nil {
			f.t.Fatal(err)
		}
		all.Told, all.Skipped, all.Failed = all.Told+told.Told, all.Skipped+told.Skipped, all.Failed+told.Failed
		if !told.More {
			return all
		}
	}
}

func TestAGatewayIsToldWhatToSay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 1)
		f.gateway()
		ids := made(t, d, func() error { f.tells(); return nil })
		if len(ids) != 1 {
			t.Fatalf("%d messages", len(ids))
		}
		out := begin(t, f.Registry, ids[0])
		var got map[string]any
		if err := json.Unmarshal(out.Body, &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"type": "reminder.due", "timestamp": "2021-04-07T12:00:00Z", "data": map[string]any{
			"card_number": "************0001", "name": "Siti Rahma", "phone": "+62811000000", "language": "ID", "text": "Halo Siti Rahma", "deadline": "2021-04-08T17:00:00Z",
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if m := message(t, d, ids[0]); m.ExpiresAt == nil || !m.ExpiresAt.Equal(wib("2021-04-07T20:00:00")) {
			t.Errorf("it expires at %v", m.ExpiresAt)
		}
		f.Clock.Set(f.Now().Add(time.Hour - time.Second))
		if n, err := f.SettleAbandoned(t.Context()); err != nil || n != 0 {
			t.Errorf("%d were settled while the gateway is still tried (%v)", n, err)
		}
	})
}

// TestWhatBecomesOfTheWebhookSettlesTheReminder at once, or for what nobody settles, in time.
func TestWhatBecomesOfTheWebhookSettlesTheReminder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(f *reminding, message int)
		want   string
	}{
		{"delivered", func(f *reminding, message int) {
			attempted(f.t, f.Registry, message, registry.Attempt{Number: 1, Status: 204, Outcome: rules.AttemptDelivered})
		}, "72 GATEWAY SENT"},
		{"given up", func(f *reminding, message int) {
			attempted(f.t, f.Registry, message, registry.Attempt{Number: 1, Status: 500, Outcome: rules.AttemptAgain})
		}, "72 GATEWAY FAILED"},
		{"bought since", func(f *reminding, message int) {
			f.buys(f.cards[0])
			f.beginsNothing(message)
		}, "72 GATEWAY SKIPPED PURCHASED"},
		{"erased since", func(f *reminding, message int) {
			if _, err := f.EraseContact(f.t.Context(), registrytest.Officer, registry.EraseContact{CardNumber: f.cards[0], Reason: "asked for it"}); err != nil {
				f.t.Fatal(err)
			}
			f.beginsNothing(message)
		}, "72 GATEWAY SKIPPED UNREACHABLE"},
		{"night came", func(f *reminding, message int) {
			f.Clock.Set(wib("2021-04-07T20:00:00"))
			f.beginsNothing(message)
		}, "72 GATEWAY SKIPPED LATE"},
		{"the endpoint was disabled", func(f *reminding, _ int) {
			ep, err := f.db.Client().Endpoint.Query().OnlyID(f.t.Context())
			if err != nil {
				f.t.Fatal(err)
			}
			if _, err := f.DisableEndpoint(f.t.Context(), registrytest.Admin, ep); err != nil {
				f.t.Fatal(err)
			}
			if _, err := f.SettleAbandoned(f.t.Context()); err != nil {
				f.t.Fatal(err)
			}
		}, "72 GATEWAY FAILED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				f := newReminding(t, d, 1)
				f.gateway()
				ids := made(t, d, func() error { f.tells(); return nil })
				f.wantStanding("told", map[string]int{"72 GATEWAY SENDING": 1})
				tt.change(f, ids[0])
				f.wantStanding("in the end", map[string]int{tt.want: 1})
			})
		})
	}
}

func (f *reminding) beginsNothing(message int) {
	f.t.Helper()
	if _, err := f.BeginAttempt(f.t.Context(), message); !errors.Is(err, registry.ErrNothingToSend) {
		f.t.Errorf("an attempt begins: %v", err)
	}
}

// TestRemindersWaitForAGateway, and a text that cannot be made stops no other.
func TestRemindersWaitForAGateway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 120)
		f.plans(rules.ChannelGateway)
		f.makes(120)
		f.Clock.Set(wib("2021-04-07T19:00:00"))
		render := func(registry.DueReminder) (string, error) { return "", errors.New("no text") }
		if _, err := f.TellReminders(t.Context(), render); !errors.Is(err, registry.ErrNoGateway) {
			t.Errorf("without a gateway: %v", err)
		}
		f.wantStanding("without a gateway", map[string]int{"72 GATEWAY PLANNED": 120})
		newEndpoint(t, f.Fixture, "gateway", signature.StandardV1, rules.EventReminder)
		for _, card := range f.cards[:10] {
			f.buys(card)
		}
		told, err := f.TellReminders(t.Context(), render)
		if err != nil || told.Failed == 0 || told.Told != 0 || !told.More {
			t.Errorf("without a text: %+v, %v", told, err)
		}
		rest := f.tells()
		f.wantStanding("in the end", map[string]int{"72 GATEWAY SENDING": rest.Told, "72 GATEWAY FAILED": told.Failed, "72 GATEWAY SKIPPED PURCHASED": 10})
		if rest.Told+told.Failed != 110 || rest.Told+rest.Failed < 60 {
			t.Errorf("at first %+v, then %+v", told, rest)
		}
		bodies, err := d.Client().OutboundMessage.Query().All(t.Context())
		if err != nil || len(bodies) != rest.Told {
			t.Errorf("%d messages, %v", len(bodies), err)
		}
		for _, m := range bodies {
			if strings.Contains(string(*m.Body), "Siti") {
				t.Fatal("a body is stored in the clear")
			}
		}
	})
}
