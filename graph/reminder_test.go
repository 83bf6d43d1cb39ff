package graph_test

import (
	"fmt"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// plan has the participants of cohort 13 reminded, and gives its third an address.
func (w *world) plan() {
	w.T.Helper()
	email := "budi@rahasia.example"
	_, err := w.CorrectContact(w.T.Context(), registrytest.Officer, registry.CorrectContact{CardNumber: w.cards13[2], Email: &email, Reason: "he called"})
	if err != nil {
		w.T.Fatal(err)
	}
	_, err = w.PlanReminders(w.T.Context(), registrytest.Officer, registry.PlanReminders{Cohort: 13, Channels: []rules.ReminderChannel{rules.ChannelEmail}, Language: rules.ID})
	if err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.MakeReminders(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

// TestRemindersArePlannedAndStopped from the preview to the e-mail that came back.
func TestRemindersArePlannedAndStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		c.expect(officer, fmt.Sprintf(`mutation { correctContact(input: { cardNumber: "%s", email: "budi@rahasia.example", reason: "he called" }) { userErrors { message } } }`, w.cards13[2]), nil)
		c.expect(officer, `{ cohort(number: 13) { reminders { id } reminderPreview(stages: [24, 48], channels: [EMAIL, GATEWAY]) { exact stages { stage channel beginsAt sent recipients unreachable capped } sample { cardNumber deadline dueAt } } } }`, answers{
			"cohort.reminders": nil, "cohort.reminderPreview.exact": true,
			"cohort.reminderPreview.stages.0.stage": 48, "cohort.reminderPreview.stages.0.channel": "EMAIL", "cohort.reminderPreview.stages.0.beginsAt": "2021-04-07T00:00:00+07:00",
			"cohort.reminderPreview.stages.0.sent": true, "cohort.reminderPreview.stages.0.recipients": 1, "cohort.reminderPreview.stages.0.unreachable": 1, "cohort.reminderPreview.stages.0.capped": 0,
			"cohort.reminderPreview.stages.3.stage": 24, "cohort.reminderPreview.stages.3.channel": "GATEWAY", "cohort.reminderPreview.stages.3.recipients": 0, "cohort.reminderPreview.stages.4": nil,
			"cohort.reminderPreview.sample.0.cardNumber": "************0003", "cohort.reminderPreview.sample.2": nil,
		})
		c.expect(officer, `{ cohort(number: 13) { reminderPreview(stages: [0]) { exact } } }`, answers{"code": "BAD_INPUT"})
		c.expect(officer, `{ cohorts { nodes { reminderPreview { exact } } } }`, answers{"code": "BAD_INPUT"})
		c.expect(officer, `{ cohorts(filter: { number: 13 }) { nodes { reminderPreview { exact } } } }`, answers{"cohorts.nodes.0.reminderPreview.exact": true})

		const plan = `plan { id cohort { number } stages channels language createdBy stoppedAt stoppedBy counts { stage channel state skipped count } } userErrors { code field }`
		for input, field := range map[string]string{`cohort: 13, stages: [0]`: "stages", `cohort: 13, channels: []`: "channels", `cohort: 99`: "cohort", `cohort: 13, stages: [1,2,3,4,5,6,7,8,9,10,11]`: "stages"} {
			c.expect(officer, `mutation { planReminders(input: { `+input+` }) { `+plan+` } }`, answers{"planReminders.userErrors.0.field": field, "planReminders.plan": nil})
		}
		c.expect(officer, `mutation { planReminders(input: { cohort: 13, stages: [24, 48] }) { `+plan+` } }`, answers{
			"planReminders.plan.cohort.number": 13, "planReminders.plan.stages.0": 48, "planReminders.plan.stages.1": 24, "planReminders.plan.channels.0": "EMAIL", "planReminders.plan.language": "ID",
			"planReminders.plan.createdBy": "officer-1", "planReminders.plan.stoppedAt": nil, "planReminders.plan.counts.0": nil,
		})
		message := w.remind(t)
		own := `{ viewer { participant { reminders { stage channel deadline dueAt state skipped settledAt } } } }`
		c.expect(recipient(w.cards13[2]), own, answers{
			"viewer.participant.reminders.0.stage": 48, "viewer.participant.reminders.0.channel": "EMAIL", "viewer.participant.reminders.0.state": "SENT", "viewer.participant.reminders.0.skipped": nil,
			"viewer.participant.reminders.0.deadline": "2021-04-09T00:00:00+07:00", "viewer.participant.reminders.1": nil,
		})
		c.expect(officer, `mutation { reportBounce(input: { messageId: "`+message+`" }) { recorded userErrors { code } } }`, answers{"reportBounce.recorded": true})
		c.expect(officer, `mutation { reportBounce(input: { messageId: "`+message+`" }) { recorded userErrors { code } } }`, answers{"reportBounce.recorded": true})
		for _, wrong := range []string{"x", "<reminder-99999@x>", "<reminder-9999999999999999999999@x>"} {
			c.expect(officer, `mutation { reportBounce(input: { messageId: "`+wrong+`" }) { recorded userErrors { code field } } }`, answers{"reportBounce.recorded": nil, "reportBounce.userErrors.0.field": "messageId"})
		}
		c.expect(officer, `{ cohort(number: 13) { reminders { stages counts { stage channel state count } } participants { nodes { cardNumber reminders { state } } } } }`, answers{
			"cohort.reminders.counts.0.stage": 48, "cohort.reminders.counts.0.state": "BOUNCED", "cohort.reminders.counts.0.count": 1, "cohort.participants.nodes.2.reminders.0.state": "BOUNCED",
		})
		c.expect(officer, `mutation { stopReminders(input: { cohort: 13 }) { `+plan+` } }`, answers{"stopReminders.plan.stoppedBy": "officer-1", "stopReminders.plan.counts.0.state": "BOUNCED"})
		c.expect(officer, `mutation { stopReminders(input: { cohort: 13 }) { `+plan+` } }`, answers{"stopReminders.userErrors.0.code": "NOT_FOUND", "stopReminders.userErrors.0.field": "cohort", "stopReminders.plan": nil})
	})
}

// remind has the only participant with an address reminded the next afternoon, and returns the Message-ID.
func (w *world) remind(t testing.TB) string {
	t.Helper()
	w.Clock.Set(wib(7, 8, 0))
	if _, err := w.MakeReminders(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(wib(7, 19, 0))
	claimed, err := w.ClaimReminder(t.Context(), rules.ChannelEmail, nil)
	if err != nil || claimed.Reminder == nil {
		t.Fatalf("nothing to send: %+v, %v", claimed, err)
	}
	w.Clock.Set(w.Clock.Now().Add(time.Second))
	if _, err := w.SettleReminder(t.Context(), registry.ReminderResult{Reminder: claimed.Reminder, Outcome: rules.ReminderTaken}); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("<reminder-%d@gelombang.example>", claimed.Reminder.ID)
}
