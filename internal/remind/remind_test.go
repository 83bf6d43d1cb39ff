package remind_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/mail"
	"gelombang/internal/mail/mailtest"
	"gelombang/internal/notice"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/remind"
	"gelombang/internal/rules"
)

func TestWhoHasNotBoughtGetsAnEmail(t *testing.T) {
	each(t, 5, func(t *testing.T, w *world) {
		w.due()
		w.buys(w.cards[:2]...)
		s := w.sender(nil)
		w.sends(s, remind.Tally{Sent: 3, Skipped: 2})
		w.sends(s, remind.Tally{})
		if got := len(w.smtp.To(address(0))) + len(w.smtp.To(address(1))); got != 0 {
			t.Errorf("%d went to those who have bought", got)
		}
		to := w.smtp.To(address(2))
		if len(to) != 1 || w.smtp.Count() != 3 {
			t.Fatalf("%d of %d messages", len(to), w.smtp.Count())
		}
		m := to[0]
		if !strings.HasPrefix(m.ID, "reminder-") || !strings.HasSuffix(m.ID, "@prakerja.example") || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("Message-ID %s, Auto-Submitted %s", m.ID, m.Header.Get("Auto-Submitted"))
		}
		for _, want := range []string{"Siti Rahma", "8 April 2021", "23.59 WIB", "https://dashboard.example.org/"} {
			if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
				t.Errorf("the text does not have %q:\n%s", want, m.Text)
			}
		}
		if strings.Contains(string(m.Raw), w.cards[2]) {
			t.Error("the text has the full card number")
		}
		if got, want := counted(t, w), "EMAIL SENT 3, EMAIL SKIPPED 2"; got != want {
			t.Errorf("counted %s, want %s", got, want)
		}
		bounced, err := w.ReportBounce(t.Context(), registrytest.Officer, registry.ReportBounce{MessageID: "<" + m.ID + ">"})
		if err != nil || bounced.State != rules.ReminderBounced {
			t.Errorf("its Message-ID does not lead back to it: %v, %v", bounced, err)
		}
	})
}

// counted is the metric: its labels and value, in order.
func counted(t *testing.T, w *world) string {
	t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var counts []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			counts = append(counts, fmt.Sprintf("%s %s %.0f", m.GetLabel()[0].GetValue(), m.GetLabel()[1].GetValue(), m.GetCounter().GetValue()))
		}
	}
	return strings.Join(counts, ", ")
}

// TestWhatTheMailServerSaysIsRecorded and does not hold up the others.
func TestWhatTheMailServerSaysIsRecorded(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault mailtest.Fault
		tally remind.Tally
		want  string
		mails int // to the participant, at first
	}{
		{"no such mailbox", mailtest.Fault{Do: mailtest.RefuseRecipient, To: address(1)}, remind.Tally{Sent: 2, Bounced: 1}, "EMAIL BOUNCED recipient 550 5.1.1", 0},
		{"refused by policy", mailtest.Fault{Do: mailtest.RefuseMessage, To: address(1)}, remind.Tally{Sent: 2, Failed: 1}, "EMAIL FAILED accept 554 5.6.0", 0},
		{"busy", mailtest.Fault{Do: mailtest.DeferRecipient, To: address(1)}, remind.Tally{Sent: 2, Again: 1}, "EMAIL PLANNED recipient 451 4.2.1", 0},
		{"the message deferred", mailtest.Fault{Do: mailtest.DeferMessage, To: address(1)}, remind.Tally{Sent: 2, Again: 1}, "EMAIL PLANNED accept 451 4.3.0", 0},
		{"the server closes", mailtest.Fault{Do: mailtest.SayGoodbye, Times: 1}, remind.Tally{Sent: 3, Again: 1}, "EMAIL SENT", 1},
		{"lost without a word, and not taken", mailtest.Fault{Do: mailtest.LoseMessage, To: address(1)}, remind.Tally{Sent: 2, Doubt: 1}, "EMAIL DOUBT accept", 0},
		{"lost without a word, and taken", mailtest.Fault{Do: mailtest.HideMessage, To: address(1)}, remind.Tally{Sent: 2, Doubt: 1}, "EMAIL DOUBT accept", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, 3, func(t *testing.T, w *world) {
				w.due()
				w.Clock.Set(sending.Add(-time.Hour))
				w.smtp.Misbehave(tt.fault)
				s := w.sender(nil)
				w.sends(s, tt.tally)
				want := map[string]int{"EMAIL SENT": 2}
				want[tt.want]++
				w.wantStanding(want)
				w.smtp.Behave()
				w.sends(s, remind.Tally{})
				if got := len(w.smtp.To(address(1))); got != tt.mails {
					t.Errorf("%d mails, want %d", got, tt.mails)
				}
				w.Clock.Set(sending.Add(-40 * time.Minute)) // what was refused for now is due
				w.sends(s, remind.Tally{Sent: tt.tally.Again * (1 - tt.mails)})
				if got := w.smtp.Count(); got > 3 || got < 2 {
					t.Errorf("%d mails", got)
				}
			})
		})
	}
}

// TestAServerThatCannotBeReachedLosesNothing and no reminder counts as tried.
func TestAServerThatCannotBeReachedLosesNothing(t *testing.T) {
	each(t, 8, func(t *testing.T, w *world) {
		w.due()
		s := w.sender(func(c *remind.Config) { c.Workers = 3 })
		for _, fault := range []mailtest.Deed{mailtest.TurnAway, mailtest.RefuseSender, mailtest.SayGoodbye} {
			w.smtp.Misbehave(mailtest.Fault{Do: fault})
			tally, err := s.SendDue(t.Context())
			var e *mail.Error
			if !errors.As(err, &e) || tally.Sent != 0 || tally.Again == 0 || tally.Doubt+tally.Failed+tally.Bounced != 0 {
				t.Errorf("%d: %+v, %v", fault, tally, err)
			}
			checkNothingPersonal(t, fmt.Sprint(err))
			w.smtp.Behave()
		}
		all, err := w.db.Client().Reminder.Query().All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.State != rules.ReminderPlanned || m.Attempts != 0 {
				t.Errorf("it is %v", m)
			}
		}
		w.sends(s, remind.Tally{Sent: 8})
		if w.smtp.Count() != 8 {
			t.Errorf("%d mails", w.smtp.Count())
		}
	})
}

// TestAServerThatTakesNothingDoesNotUseUpEverybody: after some, the rest waits for another day.
func TestAServerThatTakesNothingDoesNotUseUpEverybody(t *testing.T) {
	each(t, remind.MaxUntaken+30, func(t *testing.T, w *world) {
		w.due()
		w.smtp.Misbehave(mailtest.Fault{Do: mailtest.RefuseRecipient, Code: 550})
		tally, err := w.sender(nil).SendDue(t.Context())
		if err == nil || tally.Bounced != remind.MaxUntaken {
			t.Errorf("%+v, %v", tally, err)
		}
		w.wantStanding(map[string]int{"EMAIL BOUNCED recipient 550 5.0.0": remind.MaxUntaken, "EMAIL PLANNED": 30})
	})
}

// TestAtTheEndOfTheContextWhatWasSentIsRecorded and nothing is left half done.
func TestAtTheEndOfTheContextWhatWasSentIsRecorded(t *testing.T) {
	each(t, 200, func(t *testing.T, w *world) {
		w.due()
		s := w.sender(func(c *remind.Config) { c.Workers = 2 })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			_, err := s.SendDue(ctx)
			ended <- err
		}()
		if err := w.smtp.Wait(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		standing := w.standing(t.Context())
		sent := 0
		for where, n := range standing {
			if strings.HasPrefix(where, "EMAIL SENDING") {
				t.Errorf("%d are left as being sent", n)
			}
			if strings.HasPrefix(where, "EMAIL SENT") {
				sent = n
			}
		}
		if got := w.smtp.Count(); sent < 3 || sent > got || got > sent+2 {
			t.Errorf("%d mails: %v", got, standing)
		}
		if tally, err := s.SendDue(t.Context()); err != nil || tally.Sent+sent < 198 {
			t.Errorf("afterwards: %+v, %v", tally, err)
		}
	})
}

// TestTheRateIsKept, and an outcome is not left unrecorded over a long wait.
func TestTheRateIsKept(t *testing.T) {
	each(t, 5, func(t *testing.T, w *world) {
		w.due()
		s := w.sender(func(c *remind.Config) { c.PerMinute = 10 })
		var waited atomic.Int64
		s.SetPause(func(ctx context.Context, d time.Duration) error {
			waited.Store(int64(d)) // since nobody really waits, each wait is longer than the one before
			for where, n := range w.standing(ctx) {
				if strings.HasPrefix(where, "EMAIL SENDING") {
					t.Errorf("%d are being sent while nobody sends", n)
				}
			}
			return nil
		})
		w.sends(s, remind.Tally{Sent: 5})
		// The sixth claim finds nothing, and has waited for its turn as well.
		if got := time.Duration(waited.Load()); got < 25*time.Second || got > 30*time.Second {
			t.Errorf("the last waits for %v, want about 5 times 6 seconds", got)
		}
	})
}

// TestGatewaysAreToldTheShortForm beside the e-mails, and without a mail server too.
func TestGatewaysAreToldTheShortForm(t *testing.T) {
	each(t, 3, func(t *testing.T, w *world) {
		w.due(rules.ChannelEmail, rules.ChannelGateway)
		s := w.sender(func(c *remind.Config) { c.Mailer = nil })
		w.sends(s, remind.Tally{})
		if !strings.Contains(w.log.String(), "no endpoint gets them") {
			t.Error("nobody is told that reminders wait for an endpoint")
		}
		if _, _, err := w.CreateEndpoint(t.Context(), registrytest.Admin, registry.CreateEndpoint{
			Name: "gateway", URL: "https://gateway.example.org/", Events: []rules.OutboundEvent{rules.EventReminder},
		}); err != nil {
			t.Fatal(err)
		}
		w.buys(w.cards[0])
		w.sends(s, remind.Tally{Told: 2, Skipped: 1})
		ids, err := w.db.Client().OutboundMessage.Query().IDs(t.Context())
		if err != nil || len(ids) != 2 {
			t.Fatalf("%d messages, %v", len(ids), err)
		}
		out, err := w.BeginAttempt(t.Context(), ids[0])
		if err != nil || !strings.Contains(string(out.Body), "8 April 2021") {
			t.Errorf("%s, %v", out.Body, err)
		}
		w.wantStanding(map[string]int{"EMAIL PLANNED": 3, "GATEWAY SENDING": 2, "GATEWAY SKIPPED PURCHASED": 1})
	})
}

func TestASenderIsCheckedBeforeItIsMade(t *testing.T) {
	if _, err := remind.New(remind.Config{}); err == nil {
		t.Error("a sender of nothing is taken")
	}
	each(t, 1, func(t *testing.T, w *world) {
		notices, err := notice.New("")
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name   string
			change func(*remind.Config)
			ok     bool
		}{
			{"too many workers", func(c *remind.Config) { c.Workers = 65 }, false},
			{"a negative rate", func(c *remind.Config) { c.PerMinute = -1 }, false},
			{"no log", func(c *remind.Config) { c.Log = nil }, false},
			{"what it needs, and no more", func(*remind.Config) {}, true},
			{"its metrics are there already", func(*remind.Config) {}, false},
		} {
			c := remind.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler), Metrics: w.metrics, Notices: notices}
			tt.change(&c)
			if _, err := remind.New(c); (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}
