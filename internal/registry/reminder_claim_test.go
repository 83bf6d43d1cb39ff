package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// TestEverythingIsLookedAtAgainAtTheMomentOfSending: what changed after the reminder was planned.
func TestEverythingIsLookedAtAgainAtTheMomentOfSending(t *testing.T) {
	none := ""
	for _, tt := range []struct {
		name   string
		change func(f *reminding, card string)
		want   rules.ReminderSkip
	}{
		{"nothing", func(*reminding, string) {}, ""},
		{"stopped", func(f *reminding, _ string) {
			if _, err := f.StopReminders(context.Background(), registrytest.Officer, 13); err != nil {
				f.t.Fatal(err)
			}
		}, rules.SkipStopped},
		{"bought", func(f *reminding, card string) { f.buys(card) }, rules.SkipPurchased},
		{"bought, and cancelled again", func(f *reminding, card string) {
			f.buys(card)
			f.Send(f.Message("tokopedia", registrytest.Voided("INV-"+card, f.Now())))
		}, ""},
		{"revoked", func(f *reminding, card string) {
			f.exec("UPDATE participants SET revoked_at = $2 WHERE card_number = $1", card, f.Now())
		}, rules.SkipRevoked},
		{"under review", func(f *reminding, card string) {
			f.exec("UPDATE participants SET review_open = TRUE WHERE card_number = $1", card)
		}, rules.SkipReview},
		{"extended", func(f *reminding, card string) {
			if _, err := extend(f.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: []string{card}}); err != nil {
				f.t.Fatal(err)
			}
		}, rules.SkipExtended},
		{"the next stage has begun", func(f *reminding, _ string) { f.Clock.Set(wib("2021-04-08T00:00:00")) }, rules.SkipLate},
		{"the contact was erased", func(f *reminding, card string) {
			if _, err := f.EraseContact(context.Background(), registrytest.Officer, registry.EraseContact{CardNumber: card, Reason: "asked for it"}); err != nil {
				f.t.Fatal(err)
			}
		}, rules.SkipUnreachable},
		{"the address was removed", func(f *reminding, card string) {
			if _, err := f.CorrectContact(context.Background(), registrytest.Officer, registry.CorrectContact{CardNumber: card, Email: &none, Reason: "asked for it"}); err != nil {
				f.t.Fatal(err)
			}
		}, rules.SkipUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				f := newReminding(t, d, 1)
				f.plansAndMakes()
				tt.change(f, f.cards[0])
				if tt.want == "" {
					f.claims(nil)
					return
				}
				if c := f.claimsNothing(); c.Skipped != 1 {
					t.Errorf("%d were skipped", c.Skipped)
				}
				if m := f.only(f.cards[0]); m.Skipped == nil || *m.Skipped != tt.want || m.SettledAt == nil || m.Attempts != 0 {
					t.Errorf("it is %v, skipped %v; want %s", m.State, m.Skipped, tt.want)
				}
			})
		})
	}
}

func TestAClaimedReminderHasWhatItsTextIsMadeOf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 1)
		f.plansAndMakes()
		got := f.claims(nil)
		want := registry.DueReminder{
			ID: got.ID, Attempt: 1, Channel: rules.ChannelEmail, Cohort: 13, Card: "************0001",
			Contact: registry.Contact{Name: "Siti Rahma", Email: "siti0@example.org", Phone: "+62811000000"},
			Balance: 1_000_000, Language: rules.ID, Deadline: deadline13.UTC(),
			Window: rules.ReminderWindow{Stage: 72, Begins: wib("2021-04-06T00:00:00").UTC(), Ends: wib("2021-04-08T00:00:00").UTC()},
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		m := f.only(f.cards[0])
		if m.State != rules.ReminderSending || m.Attempts != 1 || m.BegunAt == nil || !m.BegunAt.Equal(f.Now()) || m.SettledAt != nil {
			t.Errorf("it is recorded as %v", m)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "a", *got, "b", got, "c", registry.ReminderResult{Reminder: got})
		fmt.Fprintf(&log, "%v %+v %#v %v", *got, got, *got, registry.ClaimedReminder{Reminder: got})
		for _, secret := range []string{"Siti", "siti0", "62811", "0001"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log has %q: %s", secret, log.String())
			}
		}
	})
}

// TestNothingGoesOutAtNight: what is still due then waits for the morning, if that is in the same stage.
func TestNothingGoesOutAtNight(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 2)
		f.plans()
		f.makes(2)
		f.exec("UPDATE reminders SET due_at = $1", f.Now())
		f.Clock.Set(wib("2021-04-06T20:00:00"))
		f.claimsNothing()
		f.wantStanding("in the evening", map[string]int{"72 EMAIL PLANNED": 2})
		f.Clock.Set(wib("2021-04-07T07:59:59"))
		f.claimsNothing()
		f.Clock.Set(wib("2021-04-07T08:00:00"))
		f.claims(nil)
		f.Clock.Set(wib("2021-04-07T20:00:00"))
		if c := f.claimsNothing(); c.Skipped != 1 {
			t.Error("the last evening of the stage has a morning")
		}
		f.wantStanding("the next evening", map[string]int{"72 EMAIL SENDING": 1, "72 EMAIL SKIPPED LATE": 1})
		f.Clock.Set(wib("2021-04-08T18:00:00"))
		f.makes(2)
		f.Clock.Set(wib("2021-04-08T23:30:00"))
		f.settles(f.claims(nil), rules.ReminderTaken)
		f.settles(f.claims(nil), rules.ReminderTaken)
	})
}

func TestWhatIsRecordedOfAnAttempt(t *testing.T) {
	for _, tt := range []struct {
		outcome  rules.ReminderOutcome
		want     rules.ReminderState
		attempts int
	}{
		{rules.ReminderTaken, rules.ReminderSent, 1},
		{rules.ReminderRefused, rules.ReminderBounced, 1},
		{rules.ReminderRejected, rules.ReminderFailed, 1},
		{rules.ReminderUnclear, rules.ReminderDoubt, 1},
		{rules.ReminderUnsent, rules.ReminderPlanned, 0},
		{rules.ReminderDeferred, rules.ReminderPlanned, 1},
	} {
		t.Run(string(tt.outcome), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				f := newReminding(t, d, 1)
				f.plansAndMakes()
				before := f.only(f.cards[0]).DueAt
				result := registry.ReminderResult{Reminder: f.claims(nil), Outcome: tt.outcome, Problem: "a code"}
				for range 2 { // the second time, it is settled already
					if _, err := f.SettleReminder(t.Context(), result); err != nil {
						t.Fatal(err)
					}
				}
				m := f.only(f.cards[0])
				if m.State != tt.want || m.Attempts != tt.attempts || m.Problem != "a code" || (m.SettledAt == nil) != (tt.want == rules.ReminderPlanned) {
					t.Errorf("it is %v", m)
				}
				wantDue := before
				if tt.outcome == rules.ReminderDeferred {
					wantDue = f.Now().Add(20 * time.Minute)
				}
				if !m.DueAt.Equal(wantDue) {
					t.Errorf("due at %v, want %v", m.DueAt, wantDue)
				}
			})
		})
	}
}

// TestWhatIsRefusedForNowIsTriedThreeTimes and the outcome is recorded with the next claim.
func TestWhatIsRefusedForNowIsTriedThreeTimes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 1)
		f.plansAndMakes()
		f.Clock.Set(wib("2021-04-07T15:00:00"))
		for attempt, wait := range []time.Duration{20 * time.Minute, time.Hour, 0} {
			got := f.claims(nil)
			if got.Attempt != attempt+1 {
				t.Errorf("attempt %d, want %d", got.Attempt, attempt+1)
			}
			c, err := f.ClaimReminder(t.Context(), rules.ChannelEmail, &registry.ReminderResult{Reminder: got, Outcome: rules.ReminderDeferred, Problem: "recipient 451"})
			if err != nil || c.Reminder != nil || (c.Settled == rules.ReminderFailed) != (attempt == 2) {
				t.Fatalf("attempt %d: %+v, %v", attempt+1, c, err)
			}
			f.Clock.Set(f.Now().Add(wait - time.Second))
			f.claimsNothing()
			f.Clock.Set(f.Now().Add(time.Second))
		}
		f.wantStanding("in the end", map[string]int{"72 EMAIL FAILED": 1})
	})
}

// TestWhatWasCutOffIsInDoubtAndNotSentAgain but the word of who sent it holds, however late it comes.
func TestWhatWasCutOffIsInDoubtAndNotSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 3)
		f.plansAndMakes()
		first, second := f.claims(nil), f.claims(nil)
		settles := func(want int) {
			t.Helper()
			if n, err := f.SettleAbandoned(t.Context()); err != nil || n != want {
				t.Errorf("%d were settled (%v), want %d", n, err, want)
			}
		}
		f.Clock.Set(f.Now().Add(5*time.Minute - time.Microsecond))
		settles(0)
		f.Clock.Set(f.Now().Add(time.Microsecond))
		settles(2)
		settles(0)
		f.wantStanding("cut off", map[string]int{"72 EMAIL DOUBT": 2, "72 EMAIL PLANNED": 1})
		f.settles(first, rules.ReminderTaken)
		f.settles(second, rules.ReminderUnsent)
		f.wantStanding("after their words", map[string]int{"72 EMAIL SENT": 1, "72 EMAIL PLANNED": 2})
		third := f.claims(nil)
		f.Clock.Set(deadline13)
		settles(2)
		f.wantStanding("after the deadline", map[string]int{"72 EMAIL SENT": 1, "72 EMAIL DOUBT": 1, "72 EMAIL SKIPPED LATE": 1})
		if third.Attempt != 1 {
			t.Errorf("what was surely not sent counts as an attempt: %d", third.Attempt)
		}
	})
}

// TestNobodyGetsTwoOnADay except on the last, and at most six about one deadline. What is in doubt counts.
func TestNobodyGetsTwoOnADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 1)
		plan := func(stages ...int) {
			t.Helper()
			_, err := f.PlanReminders(t.Context(), registrytest.Officer, registry.PlanReminders{Cohort: 13, Stages: stages, Channels: []rules.ReminderChannel{rules.ChannelEmail}, Language: rules.ID})
			if err != nil {
				t.Fatal(err)
			}
			f.makes(1)
			f.exec("UPDATE reminders SET due_at = $1 WHERE settled_at IS NULL", f.Now())
		}
		f.Clock.Set(wib("2021-04-07T10:00:00"))
		plan(72)
		f.settles(f.claims(nil), rules.ReminderUnclear)
		f.Clock.Set(wib("2021-04-07T12:00:00"))
		plan(48)
		f.claimsNothing()
		f.Clock.Set(wib("2021-04-08T09:00:00"))
		plan(24)
		f.settles(f.claims(nil), rules.ReminderTaken)
		plan(23)
		f.settles(f.claims(nil), rules.ReminderTaken)
		plan(22)
		f.claimsNothing()
		f.wantStanding("in the end", map[string]int{
			"72 EMAIL DOUBT": 1, "48 EMAIL SKIPPED CAPPED": 1, "24 EMAIL SENT": 1, "23 EMAIL SENT": 1, "22 EMAIL SKIPPED CAPPED": 1,
		})
	})
}

// TestAnAddressThatWasRefusedIsNotTriedAgainUntilItIsCorrected whether it was refused at once or came back later.
func TestAnAddressThatWasRefusedIsNotTriedAgainUntilItIsCorrected(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 2)
		f.plansAndMakes()
		f.settles(f.claims(nil), rules.ReminderRefused)
		taken := f.claims(nil)
		f.settles(taken, rules.ReminderTaken)
		report := func(id string, v viewer.Viewer) error {
			_, err := f.ReportBounce(t.Context(), v, registry.ReportBounce{MessageID: id})
			return err
		}
		id := registry.ReminderMessageID(taken.ID)
		checkError(t, "an analyst", report(id, viewer.Viewer{Role: viewer.Analyst}), registry.Forbidden, "")
		checkError(t, "no Message-ID", report("reminder-x", registrytest.Officer), registry.Invalid, "messageId")
		checkError(t, "another's Message-ID", report("<reminder-1@a> <reminder-2@b>", registrytest.Officer), registry.Invalid, "messageId")
		checkError(t, "none of ours", report("<reminder-999@example.org>", registrytest.Officer), registry.NotFound, "messageId")
		for range 2 {
			checkError(t, "as the mail server names it", report("<"+id+"@example.org>", registrytest.Officer), "", "")
		}
		f.Clock.Set(wib("2021-04-08T09:00:00"))
		f.makes(2)
		f.exec("UPDATE reminders SET due_at = $1 WHERE settled_at IS NULL", f.Now())
		f.claimsNothing()
		f.wantStanding("the next stage", map[string]int{"72 EMAIL BOUNCED": 2, "24 EMAIL SKIPPED BOUNCED": 2})
		skipped, err := d.Client().Reminder.Query().FirstID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.exec("UPDATE reminders SET state = 'SKIPPED' WHERE id = $1", skipped)
		checkError(t, "one that was not sent", report(registry.ReminderMessageID(skipped), registrytest.Officer), registry.NotPossible, "messageId")
		f.exec("UPDATE reminders SET state = 'BOUNCED' WHERE id = $1", skipped)
		right := "siti@example.org"
		for _, card := range f.cards {
			if _, err := f.CorrectContact(t.Context(), registrytest.Officer, registry.CorrectContact{CardNumber: card, Email: &right, Reason: "called"}); err != nil {
				t.Fatal(err)
			}
		}
		f.Clock.Set(wib("2021-04-08T18:00:00"))
		f.makes(2)
		f.Clock.Set(wib("2021-04-08T19:00:00"))
		if got := f.claims(nil); got.Contact.Email != right {
			t.Error("it goes to the address that was refused")
		}
	})
}

// TestAContactThatCannotBeReadHoldsUpNobody and is not given up: a key may be missing, and is put back.
func TestAContactThatCannotBeReadHoldsUpNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 2)
		f.plansAndMakes()
		f.Clock.Set(wib("2021-04-07T15:00:00"))
		contact := load(t, d, f.cards[0]).Contact
		f.exec("UPDATE participants SET contact = $2 WHERE card_number = $1", f.cards[0], []byte("broken"))
		f.exec("UPDATE reminders SET due_at = $1", f.Now())
		f.settles(f.claims(nil), rules.ReminderTaken)
		f.claimsNothing()
		f.exec("UPDATE participants SET contact = $2 WHERE card_number = $1", f.cards[0], *contact)
		f.Clock.Set(f.Now().Add(time.Hour))
		f.claims(nil)
	})
}
