package registry_test

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
)

// TestSeveralServersSendEachReminderOnce and to nobody whose purchase was answered before the reminder was claimed.
func TestSeveralServersSendEachReminderOnce(t *testing.T) {
	const people = 400
	servers(t, func(t *testing.T, f0 *registrytest.Fixture, d *db.DB, two []*registry.Registry) {
		f := newRemindingOn(t, f0, d, people)
		f.plansAndMakes()
		random := rand.New(rand.NewPCG(5, 6))
		messages := make([]registry.Submission, people/2)
		for i, p := range random.Perm(people)[:len(messages)] {
			messages[i] = f.Message("tokopedia", registrytest.Bought("INV-"+f.cards[p], f.cards[p], f.Now()))
		}
		var answered sync.Map // card → the number of its answer
		var answers atomic.Int64
		var mu sync.Mutex
		sent := map[int]int{} // by reminder
		var all sync.WaitGroup
		all.Go(func() {
			for _, m := range messages {
				if r := two[0].Submit(context.Background(), []registry.Submission{m})[0]; r.Err != nil {
					t.Errorf("a purchase: %v", r.Err)
				}
				answered.Store(maskedCard(m), answers.Add(1))
			}
		})
		for i := range 4 {
			all.Go(func() {
				var result *registry.ReminderResult
				for {
					before := answers.Load()
					c, err := two[i%2].ClaimReminder(context.Background(), rules.ChannelEmail, result)
					if err != nil {
						t.Errorf("claim: %v", err)
						return
					}
					if c.Reminder == nil {
						return
					}
					result = &registry.ReminderResult{Reminder: c.Reminder, Outcome: rules.ReminderTaken}
					if n, ok := answered.Load(c.Reminder.Card); ok && n.(int64) <= before {
						t.Errorf("a reminder for somebody whose purchase was answered before")
					}
					mu.Lock()
					sent[c.Reminder.ID]++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for {
			c, err := f.ClaimReminder(t.Context(), rules.ChannelEmail, nil)
			if err != nil || c.Reminder == nil {
				break // what was locked when the others looked
			}
			f.settles(c.Reminder, rules.ReminderTaken)
			sent[c.Reminder.ID]++
		}
		for id, n := range sent {
			if n != 1 {
				t.Errorf("reminder %d was claimed %d times", id, n)
			}
		}
		standing := f.standing()
		if standing["72 EMAIL SENT"] != len(sent) || standing["72 EMAIL SENT"]+standing["72 EMAIL SKIPPED PURCHASED"] != people || len(sent) < people/2 {
			t.Errorf("%d were sent: %v", len(sent), standing)
		}
		t.Log(standing)
	})
}

// maskedCard is the masked card that a purchase is for. The cards of the tests differ in their last four digits.
func maskedCard(m registry.Submission) string {
	bought, _ := m.Event.(rules.PurchaseCompleted)
	return strings.Repeat("*", 12) + bought.CardNumber[12:]
}

// TestWhoIsBuyingAtThisMomentIsNotReminded: a participant whose row an intake holds is left out, and nobody waits.
func TestWhoIsBuyingAtThisMomentIsNotReminded(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	f := newReminding(t, d, 1)
	f.plansAndMakes()
	tx, err := d.Write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("SELECT id FROM participants" + d.Dialect.ForUpdate()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if c, err := f.ClaimReminder(ctx, rules.ChannelEmail, nil); err != nil || c.Reminder != nil || c.Skipped != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	f.claims(nil)
}

// TestAClaimIsNotUndoneByKeysThatAreMissing: with other keys nothing is sent and nothing is given up.
func TestAClaimIsNotUndoneByKeysThatAreMissing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 300)
		f.plansAndMakes()
		f.Clock.Set(wib("2021-04-07T15:00:00"))
		keys, err := secrets.Ephemeral()
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		cfg := outboundConfig(f.Fixture, d)
		cfg.Secrets, cfg.Log = keys, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		other, err := registry.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f.exec("UPDATE reminders SET due_at = $1", f.Now())
		if c, err := other.ClaimReminder(t.Context(), rules.ChannelEmail, nil); err != nil || c.Reminder != nil || c.Skipped != 0 {
			t.Errorf("%+v, %v", c, err)
		}
		f.wantStanding("with other keys", map[string]int{"72 EMAIL PLANNED": 300})
		if !strings.Contains(log.String(), "reminder_id=") || strings.Contains(log.String(), "siti") || strings.Contains(log.String(), "3113") {
			t.Errorf("the log is %.500s", log.String())
		}
	})
}
