package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	entreminder "gelombang/ent/reminder"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// reminding is a registry with participants of cohort 13 who can be reached. Its clock shows the evening of the
// scenario, when the stage of 72 hours has begun.
type reminding struct {
	*registrytest.Fixture
	t     *testing.T
	db    *db.DB
	cards []string
}

func newReminding(t *testing.T, d *db.DB, n int) *reminding {
	t.Helper()
	return newRemindingOn(t, registrytest.New(t, d), d, n)
}

// newRemindingOn is newReminding with a fixture that there is.
func newRemindingOn(t *testing.T, on *registrytest.Fixture, d *db.DB, n int) *reminding {
	t.Helper()
	f := &reminding{Fixture: on, t: t, db: d}
	f.Cohort13(0)
	rows := make([]registry.ParticipantRow, n)
	for i := range rows {
		card := fmt.Sprintf("3113%012d", i+1)
		rows[i] = registry.ParticipantRow{
			Line: i + 2, CardNumber: card, Name: "Siti Rahma", Email: fmt.Sprintf("siti%d@example.org", i), Phone: fmt.Sprintf("+62811%06d", i), Province: "31",
		}
		f.cards = append(f.cards, card)
	}
	f.Import(13, rows)
	return f
}

// plans plans reminders by the channels; by e-mail without any.
func (f *reminding) plans(channels ...rules.ReminderChannel) *ent.ReminderPlan {
	f.t.Helper()
	if len(channels) == 0 {
		channels = []rules.ReminderChannel{rules.ChannelEmail}
	}
	p, err := f.PlanReminders(context.Background(), registrytest.Officer, registry.PlanReminders{Cohort: 13, Channels: channels, Language: rules.ID})
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// makes makes reminders, of which there must be so many.
func (f *reminding) makes(want int) {
	f.t.Helper()
	if made, err := f.MakeReminders(context.Background()); err != nil || made != want {
		f.t.Fatalf("%d reminders were made (%v), want %d", made, err, want)
	}
}

// plansAndMakes has one reminder by e-mail for everybody, all due: it is the next morning, in the same stage.
func (f *reminding) plansAndMakes() {
	f.t.Helper()
	f.plans()
	f.makes(len(f.cards))
	f.Clock.Set(wib("2021-04-07T19:00:00"))
}

// buys has the participant buy now.
func (f *reminding) buys(card string) {
	f.t.Helper()
	f.Send(f.Message("tokopedia", registrytest.Bought("INV-"+card, card, f.Now())))
}

// exec changes rows that the registry has no short way to change.
func (f *reminding) exec(query string, args ...any) {
	f.t.Helper()
	if _, err := f.db.Write.Exec(query, args...); err != nil {
		f.t.Fatal(err)
	}
}

// claims claims the next e-mail after a result; there must be one.
func (f *reminding) claims(result *registry.ReminderResult) *registry.DueReminder {
	f.t.Helper()
	c, err := f.ClaimReminder(context.Background(), rules.ChannelEmail, result)
	if err != nil || c.Reminder == nil {
		f.t.Fatalf("no reminder was claimed: %+v, %v", c, err)
	}
	return c.Reminder
}

// claimsNothing claims, and there must be nothing.
func (f *reminding) claimsNothing() registry.ClaimedReminder {
	f.t.Helper()
	c, err := f.ClaimReminder(context.Background(), rules.ChannelEmail, nil)
	if err != nil || c.Reminder != nil {
		f.t.Fatalf("a reminder was claimed: %v, %v", c.Reminder, err)
	}
	return c
}

// settles records the outcome of a claimed reminder.
func (f *reminding) settles(d *registry.DueReminder, outcome rules.ReminderOutcome) {
	f.t.Helper()
	if _, err := f.SettleReminder(context.Background(), registry.ReminderResult{Reminder: d, Outcome: outcome, Problem: "test"}); err != nil {
		f.t.Fatal(err)
	}
}

// standing is how many reminders stand where: "72 EMAIL SENT", "72 EMAIL SKIPPED PURCHASED".
func (f *reminding) standing() map[string]int {
	f.t.Helper()
	plans, err := f.db.Client().ReminderPlan.Query().IDs(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	standing := map[string]int{}
	for _, plan := range plans {
		counts, err := f.ReminderCounts(context.Background(), plan)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, c := range counts {
			standing[strings.TrimSpace(fmt.Sprintf("%d %s %s %s", c.Stage, c.Channel, c.State, c.Skipped))] += c.N
		}
	}
	return standing
}

func (f *reminding) wantStanding(name string, want map[string]int) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.standing()); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// only returns the one reminder of the participant.
func (f *reminding) only(card string) *ent.Reminder {
	f.t.Helper()
	m, err := f.db.Client().Reminder.Query().Where(entreminder.ParticipantID(load(f.t, f.db, card).ID)).Only(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

func TestAPlanIsCheckedBeforeItIsMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 1)
		email := []rules.ReminderChannel{rules.ChannelEmail}
		many := make([]int, 11)
		for i := range many {
			many[i] = i + 1
		}
		for _, tt := range []struct {
			name  string
			by    viewer.Viewer
			in    registry.PlanReminders
			code  registry.Code
			field string
		}{
			{"an analyst", viewer.Viewer{Role: viewer.Analyst}, registry.PlanReminders{Cohort: 13, Channels: email, Language: rules.ID}, registry.Forbidden, ""},
			{"a platform", viewer.Viewer{Role: viewer.Platform, Platform: "tokopedia"}, registry.PlanReminders{Cohort: 13, Channels: email, Language: rules.ID}, registry.Forbidden, ""},
			{"no such cohort", registrytest.Officer, registry.PlanReminders{Cohort: 14, Channels: email, Language: rules.ID}, registry.NotFound, "cohort"},
			{"no channel", registrytest.Officer, registry.PlanReminders{Cohort: 13, Language: rules.ID}, registry.Invalid, "channels"},
			{"a channel that is not known", registrytest.Officer, registry.PlanReminders{Cohort: 13, Channels: []rules.ReminderChannel{"PIGEON"}, Language: rules.ID}, registry.Invalid, "channels"},
			{"no language", registrytest.Officer, registry.PlanReminders{Cohort: 13, Channels: email}, registry.Invalid, "language"},
			{"too many stages", registrytest.Officer, registry.PlanReminders{Cohort: 13, Stages: many, Channels: email, Language: rules.ID}, registry.Invalid, "stages"},
			{"at the deadline itself", registrytest.Officer, registry.PlanReminders{Cohort: 13, Stages: []int{24, 0}, Channels: email, Language: rules.ID}, registry.Invalid, "stages"},
			{"years before", registrytest.Officer, registry.PlanReminders{Cohort: 13, Stages: []int{24, 20_000}, Channels: email, Language: rules.ID}, registry.Invalid, "stages"},
			{"stages in any order", registrytest.Officer, registry.PlanReminders{Cohort: 13, Stages: []int{6, 24, 6}, Channels: email, Language: rules.EN}, "", ""},
		} {
			plan, err := f.PlanReminders(t.Context(), tt.by, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
			if err == nil && plan.Stages != "24,6" {
				t.Errorf("%s: stages %s", tt.name, plan.Stages)
			}
		}
		f.Clock.Set(deadline13)
		_, err := f.PlanReminders(t.Context(), registrytest.Officer, registry.PlanReminders{Cohort: 13, Channels: email, Language: rules.ID})
		checkError(t, "after the deadline", err, registry.NotPossible, "cohort")
		_, err = f.StopReminders(t.Context(), viewer.Viewer{Role: viewer.Analyst}, 13)
		checkError(t, "an analyst stops", err, registry.Forbidden, "")
		if _, err = f.StopReminders(t.Context(), registrytest.Officer, 13); err != nil {
			t.Error(err)
		}
		_, err = f.StopReminders(t.Context(), registrytest.Officer, 13)
		checkError(t, "stopped twice", err, registry.NotFound, "cohort")
	})
}

// TestOnlyTheStageThatHasBegunIsMade: a plan made late does not catch up, and each stage is made once.
func TestOnlyTheStageThatHasBegunIsMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 7)
		f.buys(f.cards[0])
		f.exec("UPDATE participants SET revoked_at = $2 WHERE card_number = $1", f.cards[1], f.Now())
		f.exec("UPDATE participants SET review_open = TRUE WHERE card_number = $1", f.cards[2])
		if _, err := extend(f.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: f.cards[3:4]}); err != nil {
			t.Fatal(err)
		}
		f.makes(0) // nobody has planned any
		f.plans(rules.ChannelEmail, rules.ChannelGateway)
		f.makes(8)
		f.makes(0)
		f.wantStanding("at first", map[string]int{
			"72 EMAIL PLANNED": 3, "72 GATEWAY PLANNED": 3,
			"336 EMAIL PLANNED": 1, "336 GATEWAY PLANNED": 1, // whose deadline is on the 16th
		})
		f.Clock.Set(wib("2021-04-08T00:00:30"))
		f.exec("UPDATE participants SET review_open = FALSE WHERE card_number = $1", f.cards[2]) // it was decided
		f.makes(8)
		f.Clock.Set(wib("2021-04-08T18:00:00"))
		f.Send(f.Message("tokopedia", registrytest.Voided("INV-"+f.cards[0], f.Now()))) // has to buy again
		f.makes(10)
		f.Clock.Set(wib("2021-04-09T00:00:00"))
		f.makes(2) // a week before the 16th
		f.wantStanding("in the end", map[string]int{
			"72 EMAIL PLANNED": 3, "72 GATEWAY PLANNED": 3, "24 EMAIL PLANNED": 4, "24 GATEWAY PLANNED": 4, "6 EMAIL PLANNED": 5, "6 GATEWAY PLANNED": 5,
			"336 EMAIL PLANNED": 1, "336 GATEWAY PLANNED": 1, "168 EMAIL PLANNED": 1, "168 GATEWAY PLANNED": 1,
		})
	})
}

// TestRemindersAreDueAsTheRulesSpreadThem compares the spread in SQL with that in Go, over a night in between, for more
// than a batch.
func TestRemindersAreDueAsTheRulesSpreadThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 1200)
		f.plans()
		f.makes(1200)
		w, _ := rules.ReminderWindowAt(rules.DefaultReminderStages(), deadline13, f.Now())
		spread, ok := rules.SpreadReminders(w, f.Now())
		if !ok || spread.Second.Length == 0 {
			t.Fatalf("the spread is %v", spread)
		}
		all, err := d.Client().Reminder.Query().All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		nights := map[bool]int{}
		for _, m := range all {
			want := spread.DueAt(m.ParticipantID)
			if !m.DueAt.Equal(want) || !m.Deadline.Equal(deadline13) || m.SettledAt != nil {
				t.Fatalf("participant %d is due at %v, want %v", m.ParticipantID, m.DueAt, want)
			}
			nights[want.After(spread.First.Begins.Add(spread.First.Length))]++
		}
		if nights[false] < 200 || nights[true] < 800 {
			t.Errorf("%v are due after the night", nights)
		}
	})
}

// TestAPlanThatTakesThePlaceOfAnother takes over what waits, and sends nothing again.
func TestAPlanThatTakesThePlaceOfAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 4)
		first := f.plans()
		if again := f.plans(); again.ID != first.ID {
			t.Error("the same plan again is another one")
		}
		f.makes(4)
		f.Clock.Set(wib("2021-04-07T19:00:00"))
		sent := f.claims(nil)
		f.settles(sent, rules.ReminderTaken)
		if _, err := f.StopReminders(t.Context(), registrytest.Officer, 13); err != nil {
			t.Fatal(err)
		}
		if c, err := f.ClaimReminder(t.Context(), rules.ChannelEmail, nil); err != nil || c.Reminder != nil || c.Skipped != 3 {
			t.Fatalf("after the stop: %+v, %v", c, err)
		}
		f.wantStanding("stopped", map[string]int{"72 EMAIL SENT": 1, "72 EMAIL SKIPPED STOPPED": 3})
		f.makes(0)
		second := f.plans(rules.ChannelEmail, rules.ChannelGateway)
		f.makes(3 + 4)
		third := f.plans(rules.ChannelEmail)
		f.makes(3)
		f.makes(0)
		if first.ID == second.ID || second.ID == third.ID {
			t.Error("a new plan has the id of the one before")
		}
		f.wantStanding("planned anew", map[string]int{"72 EMAIL SENT": 1, "72 EMAIL PLANNED": 3, "72 GATEWAY PLANNED": 4})
		counts, err := f.ReminderCounts(t.Context(), third.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]registry.ReminderCount{{Stage: 72, Channel: rules.ChannelEmail, State: rules.ReminderPlanned, N: 3}}, counts); diff != "" {
			t.Errorf("the new plan (-want +got):\n%s", diff)
		}
	})
}

func TestAPreviewSaysWhoWouldGetWhat(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newReminding(t, d, 8)
		none := ""
		f.buys(f.cards[0])
		for card, change := range map[string]registry.CorrectContact{f.cards[1]: {Email: &none}, f.cards[2]: {Phone: &none}} {
			change.CardNumber, change.Reason = card, "asked for it"
			if _, err := f.CorrectContact(t.Context(), registrytest.Officer, change); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.EraseContact(t.Context(), registrytest.Officer, registry.EraseContact{CardNumber: f.cards[3], Reason: "asked for it"}); err != nil {
			t.Fatal(err)
		}
		if _, err := extend(f.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: f.cards[4:5]}); err != nil {
			t.Fatal(err)
		}
		in := registry.PlanReminders{Cohort: 13, Channels: []rules.ReminderChannel{rules.ChannelGateway, rules.ChannelEmail}}
		got, err := f.PreviewReminders(t.Context(), registrytest.Officer, in)
		if err != nil {
			t.Fatal(err)
		}
		lines := []string{}
		for _, s := range got.Stages {
			lines = append(lines, fmt.Sprintf("%d %s %s %v %d %d", s.Stage, s.Channel, s.BeginsAt.In(rules.WIB).Format("02 15:04"), s.Sent, s.Recipients, s.Unreachable))
		}
		want := []string{
			"336 EMAIL 26 00:00 true 1 0", "336 GATEWAY 26 00:00 true 1 0", // the one with the later deadline
			"168 EMAIL 02 00:00 true 1 0", "168 GATEWAY 02 00:00 true 1 0",
			"72 EMAIL 06 00:00 true 5 2", "72 GATEWAY 06 00:00 true 5 2",
			"24 EMAIL 08 00:00 true 5 2", "24 GATEWAY 08 00:00 true 5 2",
			"6 EMAIL 08 18:00 true 5 2", "6 GATEWAY 08 18:00 true 5 2",
		}
		if diff := cmp.Diff(want, lines); diff != "" || !got.Exact {
			t.Errorf("exact %v (-want +got):\n%s", got.Exact, diff)
		}
		if len(got.Sample) != 7 || got.Sample[0].Card != "************0002" || got.Sample[0].DueAt.Before(f.Now()) {
			t.Errorf("the sample is %v", got.Sample)
		}
		if len(f.standing()) != 0 {
			t.Error("the preview has written something")
		}
		f.plans()
		f.makes(7)
		f.Clock.Set(wib("2021-04-07T19:00:00"))
		f.settles(f.claims(nil), rules.ReminderRefused)
		if got, err = f.PreviewReminders(t.Context(), registrytest.Officer, in); err != nil || got.Stages[6].Recipients != 4 || got.Stages[6].Unreachable != 3 {
			t.Errorf("after a bounce: %+v, %v", got.Stages[6], err)
		}
		_, err = f.PreviewReminders(t.Context(), viewer.Viewer{Role: viewer.Analyst}, in)
		checkError(t, "an analyst", err, registry.Forbidden, "")
		_, err = f.PreviewReminders(t.Context(), registrytest.Officer, registry.PlanReminders{Cohort: 99, Channels: in.Channels})
		checkError(t, "no such cohort", err, registry.NotFound, "cohort")
	})
}
