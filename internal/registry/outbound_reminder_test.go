package registry_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"gelombang/ent"
	"gelombang/ent/participant"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// toldReminder is a reminder that was handed to the gateways.
type toldReminder struct {
	f        *registrytest.Fixture
	d        *db.DB
	card     string
	id       int
	expires  time.Time
	messages []int // one for each gateway
}

// tellReminder makes a reminder for a participant of cohort 13, as a plan would, and hands it to the gateways.
func tellReminder(t *testing.T, d *db.DB, gateways int) *toldReminder {
	t.Helper()
	f := registrytest.New(t, d)
	ctx := context.Background()
	for i := range gateways {
		newEndpoint(t, f, string(rune('a'+i)), signature.StandardV1, rules.EventReminder)
	}
	told := &toldReminder{f: f, d: d, card: f.Cohort13(1)[0], expires: f.Now().Add(6 * time.Hour)}
	email := "ani@example.org"
	if _, err := f.CorrectContact(ctx, registrytest.Officer, registry.CorrectContact{CardNumber: told.card, Email: &email, Reason: "asked for"}); err != nil {
		t.Fatal(err)
	}
	told.messages = made(t, d, func() error {
		return d.InTx(ctx, f.Now(), func(tx *db.Tx) error {
			p, err := tx.Client.Participant.Query().Where(participant.CardNumber(told.card)).Only(ctx)
			if err != nil {
				return err
			}
			plan, err := tx.Client.ReminderPlan.Create().SetCohortID(13).SetStages("72,24").SetChannels("GATEWAY").SetLanguage(rules.ID).
				SetCreatedAt(tx.Now).SetCreatedBy("officer-1").Save(ctx)
			if err != nil {
				return err
			}
			row, err := tx.Client.Reminder.Create().SetPlanID(plan.ID).SetParticipantID(p.ID).SetStage(72).SetChannel(rules.ChannelGateway).
				SetDeadline(p.Deadline).SetDueAt(tx.Now).SetState(rules.ReminderSending).SetAttempts(1).SetBegunAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			told.id = row.ID
			reached, err := f.TellReminder(ctx, tx, row.ID, map[string]string{"phone": "+628123456789"}, told.expires)
			if reached != (gateways > 0) {
				t.Errorf("with %d gateways, reached: %v", gateways, reached)
			}
			return err
		})
	})
	if len(told.messages) != gateways {
		t.Fatalf("%d messages for %d gateways", len(told.messages), gateways)
	}
	return told
}

func (r *toldReminder) want(t *testing.T, when string, state rules.ReminderState, skipped rules.ReminderSkip) {
	t.Helper()
	got, err := r.d.Client().Reminder.Get(context.Background(), r.id)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != state || (got.SettledAt == nil) != (state == rules.ReminderSending) || (got.Skipped == nil) != (skipped == "") || (got.Skipped != nil && *got.Skipped != skipped) {
		t.Errorf("%s the reminder is %v, want %s %s", when, got, state, skipped)
	}
}

func (r *toldReminder) begins(t *testing.T, message int, want bool) {
	t.Helper()
	_, err := r.f.BeginAttempt(context.Background(), message)
	if (err == nil) != want || (err != nil && !errors.Is(err, registry.ErrNothingToSend)) {
		t.Errorf("begins %v, want %v", err, want)
	}
}

// TestWhatBecomesOfAMessageSettlesItsReminder for every way in which it can end.
func TestWhatBecomesOfAMessageSettlesItsReminder(t *testing.T) {
	for _, tt := range []struct {
		name    string
		happens func(t *testing.T, r *toldReminder)
		message rules.OutboundState
		state   rules.ReminderState
		skipped rules.ReminderSkip
	}{
		{"it waits", func(*testing.T, *toldReminder) {}, rules.OutboundPending, rules.ReminderSending, ""},
		{"it arrives", func(t *testing.T, r *toldReminder) { attempted(t, r.f.Registry, r.messages[0], arrived) },
			rules.OutboundDelivered, rules.ReminderSent, ""},
		{"the gateway is busy", func(t *testing.T, r *toldReminder) { attempted(t, r.f.Registry, r.messages[0], busy) },
			rules.OutboundPending, rules.ReminderSending, ""},
		{"the attempts are used up", func(t *testing.T, r *toldReminder) { attempted(t, r.f.Registry, r.messages[0], usedUp) },
			rules.OutboundFailed, rules.ReminderFailed, ""},
		{"the next attempt would be too late", func(t *testing.T, r *toldReminder) {
			late := busy
			late.Again = r.expires.Sub(r.f.Now())
			attempted(t, r.f.Registry, r.messages[0], late)
		}, rules.OutboundFailed, rules.ReminderFailed, ""},
		{"the address may not be called", func(t *testing.T, r *toldReminder) { attempted(t, r.f.Registry, r.messages[0], refused) },
			rules.OutboundFailed, rules.ReminderFailed, ""},
		{"the gateway is gone", func(t *testing.T, r *toldReminder) { attempted(t, r.f.Registry, r.messages[0], gone) },
			rules.OutboundFailed, rules.ReminderFailed, ""},
		{"it has expired", func(t *testing.T, r *toldReminder) {
			r.f.Clock.Set(r.expires)
			r.begins(t, r.messages[0], false)
		}, rules.OutboundCancelled, rules.ReminderSkipped, rules.SkipLate},
		{"it has nearly expired", func(t *testing.T, r *toldReminder) {
			r.f.Clock.Set(r.expires.Add(-time.Microsecond))
			r.begins(t, r.messages[0], true)
		}, rules.OutboundPending, rules.ReminderSending, ""},
		{"the participant buys before the first attempt", func(t *testing.T, r *toldReminder) {
			r.f.Send(r.f.Message("tokopedia", registrytest.Bought("INV-1", r.card, r.f.Now())))
			r.begins(t, r.messages[0], false)
		}, rules.OutboundCancelled, rules.ReminderSkipped, rules.SkipPurchased},
		{"the participant buys between two attempts", func(t *testing.T, r *toldReminder) {
			attempted(t, r.f.Registry, r.messages[0], busy)
			r.f.Send(r.f.Message("tokopedia", registrytest.Bought("INV-1", r.card, r.f.Now())))
			r.f.Clock.Set(r.f.Now().Add(time.Minute))
			r.begins(t, r.messages[0], false)
		}, rules.OutboundCancelled, rules.ReminderSkipped, rules.SkipPurchased},
		{"the plan is stopped", func(t *testing.T, r *toldReminder) {
			if _, err := r.d.Write.Exec("UPDATE reminder_plans SET stopped_at = $1, stopped_by = 'officer-1'", r.f.Now()); err != nil {
				t.Fatal(err)
			}
			r.begins(t, r.messages[0], false)
		}, rules.OutboundCancelled, rules.ReminderSkipped, rules.SkipStopped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				r := tellReminder(t, d, 1)
				tt.happens(t, r)
				wantStates(t, d, r.messages, tt.message)
				r.want(t, "then", tt.state, tt.skipped)
			})
		})
	}
}

func TestWithoutAGatewayNobodyIsReached(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { tellReminder(t, d, 0) })
}

// TestOneOfSeveralGatewaysIsEnough and the reminder has failed only when the last has.
func TestOneOfSeveralGatewaysIsEnough(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := tellReminder(t, d, 2)
		attempted(t, r.f.Registry, r.messages[0], usedUp)
		r.want(t, "while one waits", rules.ReminderSending, "")
		attempted(t, r.f.Registry, r.messages[1], usedUp)
		r.want(t, "when both are given up", rules.ReminderFailed, "")
		if _, err := r.f.ResendMessage(context.Background(), registrytest.Admin, r.messages[0]); err != nil {
			t.Fatal(err)
		}
		attempted(t, r.f.Registry, r.messages[0], arrived)
		r.want(t, "when one arrives in the end", rules.ReminderSent, "")
	})
}

// TestAReminderIsNotSentAgainToWhoHasBought nor when it was delivered, nor when its time is over.
func TestAReminderIsNotSentAgainToWhoHasBought(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := tellReminder(t, d, 3)
		attempted(t, r.f.Registry, r.messages[0], arrived)
		attempted(t, r.f.Registry, r.messages[1], usedUp)
		attempted(t, r.f.Registry, r.messages[2], usedUp)
		refuses := func(when string, id int) {
			t.Helper()
			if _, err := r.f.ResendMessage(context.Background(), registrytest.Admin, id); registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("%s: %v", when, err)
			}
		}
		refuses("delivered", r.messages[0])
		if _, err := r.f.ResendMessage(context.Background(), registrytest.Admin, r.messages[1]); err != nil {
			t.Errorf("given up: %v", err)
		}
		r.f.Send(r.f.Message("tokopedia", registrytest.Bought("INV-1", r.card, r.f.Now())))
		refuses("bought", r.messages[2])
		r.begins(t, r.messages[1], false)
		refuses("cancelled", r.messages[1])
		r.f.Clock.Set(r.expires)
		refuses("expired", r.messages[2])
	})
}

// TestTheRemindersOfADisabledGatewayAreSettled by the work that settles what nobody reports on.
func TestTheRemindersOfADisabledGatewayAreSettled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := tellReminder(t, d, 1)
		if _, err := r.f.DisableEndpoint(context.Background(), registrytest.Admin, message(t, d, r.messages[0]).EndpointID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.f.SettleAbandoned(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.want(t, "then", rules.ReminderFailed, "")
	})
}

// TestNothingPersonalIsLeftOfARemindersMessage neither to read while it is kept, nor at all once the contact is erased.
func TestNothingPersonalIsLeftOfARemindersMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := tellReminder(t, d, 1)
		if out := begin(t, r.f.Registry, r.messages[0]); !bytes.Contains(out.Body, []byte("+628123456789")) {
			t.Error("the gateway does not get the number")
		}
		if bytes.Contains(outboundRows(t, d), []byte("628123456789")) {
			t.Error("the number can be read in the database")
		}
		err := d.InTx(context.Background(), r.f.Now(), func(tx *db.Tx) error {
			p, err := tx.Client.Participant.Query().Where(participant.CardNumber(r.card)).Only(context.Background())
			if err != nil {
				return err
			}
			if err := tx.Client.Participant.UpdateOne(p).ClearContact().SetContactErasedAt(tx.Now).Exec(context.Background()); err != nil {
				return err
			}
			return registry.ForgetReminders(context.Background(), tx, p.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		var m *ent.OutboundMessage
		if m = message(t, d, r.messages[0]); m.Body != nil && len(*m.Body) > 0 {
			t.Error("the body is still there")
		}
		r.f.Clock.Set(r.f.Now().Add(registry.AttemptLease))
		r.begins(t, m.ID, false)
		r.want(t, "when its turn comes", rules.ReminderSkipped, rules.SkipUnreachable)
	})
}
