package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// TestWhoSeesWhatOfTheBackOffice is the part of the table of who may what that is about settlements, outages, the watch,
// reminders and our own webhooks. The participant is the third of cohort 13, whom a plan reminds.
func TestWhoSeesWhatOfTheBackOffice(t *testing.T) {
	staff := func(v any) by { return by{nil, nil, nil, nil, v, v} }
	own, other := `{ platform(code: "tokopedia") { %s } }`, `{ platform(code: "pintaria") { %s } }`
	tests := []struct {
		query, path string
		want        by
	}{
		{`{ settlements { totalCount } }`, "settlements.totalCount", by{0., 0., 0., 0., 1., 1.}},
		{`{ settlements { nodes { id } } }`, "settlements.nodes.0.id", staff(encode("Settlement:1"))},
		{`{ settlements(first: 0) { pageInfo { hasNextPage } } }`, "settlements.pageInfo.hasNextPage", by{false, false, false, false, true, true}},
		{`{ settlement(number: 1) { state } }`, "settlement.state", staff("EXECUTED")},
		{`{ settlement(number: 1) { entries { totalCount } } }`, "settlement.entries.totalCount", staff(2.)},
		{`{ settlement(number: 1) { reason } }`, "settlement.reason", staff("no purchase")},
		{`{ cohort(number: 12) { settlements { totalCount } } }`, "cohort.settlements.totalCount", by{nil, 0., 0., 0., 1., 1.}},
		{`{ cohort(number: 12) { closing { state } } }`, "cohort.closing.state", staff("CLOSING")},
		{`{ cohort(number: 12) { closing { overdue } } }`, "cohort.closing.overdue", staff(2.)},
		{`{ cohort(number: 12) { places { freed } } }`, "cohort.places.freed", by{nil, nil, nil, 1., 1., 1.}},
		{`{ programme { places { freed } } }`, "programme.places.freed", by{nil, nil, nil, 1., 1., 1.}},
		{`{ cohort(number: 12) { participants { nodes { settlement { number } } } } }`, "cohort.participants.nodes.2.settlement.number", staff(1.)},
		{`{ cohort(number: 12) { participants { nodes { history { nodes { settlement { number } } } } } } }`, "cohort.participants.nodes.2.history.nodes.0.settlement.number", staff(1.)},

		{`{ cohort(number: 13) { reminders { createdBy } } }`, "cohort.reminders.createdBy", staff("officer-1")},
		{`{ cohort(number: 13) { reminders { counts { count } } } }`, "cohort.reminders.counts.0.count", staff(1.)},
		{`{ cohort(number: 13) { reminderPreview { exact } } }`, "cohort.reminderPreview.exact", staff(true)},
		{`{ cohort(number: 13) { participants { nodes { reminders { state } } } } }`, "cohort.participants.nodes.2.reminders.0.state", staff("PLANNED")},
		{`{ viewer { participant { reminders { state } } } }`, "viewer.participant.reminders.0.state", by{nil, "PLANNED", nil, nil, nil, nil}},
		{`{ node(id: "$me") { ... on Participant { reminders { stage } } } }`, "node.reminders.0.stage", by{nil, 72., nil, nil, 72., 72.}},
		{`{ viewer { participant { cohort { participants { nodes { reminders { state } } } } } } }`, "viewer.participant.cohort.participants.nodes.0", by{}},

		{fmt.Sprintf(own, "outages { endsAt }"), "platform.outages.0.endsAt", by{nil, nil, some, nil, some, some}},
		{fmt.Sprintf(other, "outages { endsAt }"), "platform.outages.0.endsAt", staff(some)},
		{fmt.Sprintf(own, "outages { reason }"), "platform.outages.0.reason", staff("their cable")},
		{fmt.Sprintf(own, "outages { declaredBy }"), "platform.outages.0.declaredBy", staff("officer-1")},
		{fmt.Sprintf(own, "watch { quarantined }"), "platform.watch.quarantined", by{nil, nil, 1., nil, 1., 1.}},
		{fmt.Sprintf(other, "watch { quarantined }"), "platform.watch.quarantined", staff(1.)},
		{fmt.Sprintf(own, "alerts { kind }"), "platform.alerts.0.kind", staff("FEW")},

		{`{ endpoints { name } }`, "endpoints.0.name", by{nil, nil, nil, nil, nil, "office"}},
		{`{ endpoints { messages { totalCount } } }`, "endpoints.0.messages.totalCount", by{nil, nil, nil, nil, nil, 1.}},

		{`{ node(id: "$Settlement") { id } }`, "node.id", staff(some)},
		{`{ node(id: "$SettlementEntry") { id } }`, "node.id", staff(some)},
		{`{ node(id: "$Alert") { id } }`, "node.id", staff(some)},
		{`{ node(id: "$ReminderPlan") { id } }`, "node.id", staff(some)},
		{`{ node(id: "$Outage") { id } }`, "node.id", by{nil, nil, some, nil, some, some}},
		{`{ node(id: "$OtherOutage") { id } }`, "node.id", staff(some)},
		{`{ node(id: "$Endpoint") { id } }`, "node.id", by{nil, nil, nil, nil, nil, some}},
		{`{ node(id: "$OutboundMessage") { id } }`, "node.id", by{nil, nil, nil, nil, nil, some}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		w.endpoint("office")
		w.outage("tokopedia", 3)
		w.outage("pintaria", 3)
		w.alert("tokopedia", rules.AlertFew, wib(6, 9, 0), nil)
		w.plan()
		c := serve(t, w.Registry)
		ids := globalIDs(w)
		for _, tt := range tests {
			query := ids.Replace(tt.query)
			for i, role := range order {
				got, want := c.get(roles(w.cards13[2])[role], query, nil).at(tt.path), tt.want[i]
				if want == some && got != nil {
					continue
				}
				if got != want {
					t.Errorf("%s as %s: %v, want %v", query, role, got, want)
				}
			}
			if nobody := c.get(viewer.Viewer{}, query, nil).at(tt.path); nobody != nil && nobody != 0. && nobody != false {
				t.Errorf("%s as nobody: %v", query, nobody)
			}
			if sup, off := c.get(supervisor, query, nil), c.get(officer, query, nil); sup.text != off.text {
				t.Errorf("%s: a supervisor sees something else than an officer: %s, %s", query, sup.text, off.text)
			}
		}
	})
}

// TestWhatThereIsNotLooksLikeWhatOneMayNotSee asks in pairs about what there is and what there is not: the answers to who
// may not see it are the same.
func TestWhatThereIsNotLooksLikeWhatOneMayNotSee(t *testing.T) {
	pairs := [][2]string{
		{`{ settlement(number: 1) { state } }`, `{ settlement(number: 99) { state } }`},
		{`{ node(id: "$Settlement") { id } }`, `{ node(id: "$NoSettlement") { id } }`},
		{`{ node(id: "$OutboundMessage") { id } }`, `{ node(id: "$NoMessage") { id } }`},
		{`{ settlements(filter: { cohort: 12, state: EXECUTED }) { totalCount nodes { id } } }`, `{ settlements(filter: { cohort: 13, state: CLOSED }) { totalCount nodes { id } } }`},
		{`{ cohort(number: 12) { closing { overdue } reminders { id } reminderPreview { exact } } }`, `{ cohort(number: 13) { closing { overdue } reminders { id } reminderPreview { exact } } }`},
		{`{ cohort(number: 13) { reminderPreview { exact } } }`, `{ cohort(number: 13) { reminderPreview(stages: [0]) { exact } } }`},
		{`{ platform(code: "tokopedia") { alerts { kind } } }`, `{ platform(code: "pintaria") { alerts { kind } } }`},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		w.endpoint("office")
		w.alert("tokopedia", rules.AlertFew, wib(6, 9, 0), nil)
		w.plan()
		c := serve(t, w.Registry)
		ids := globalIDs(w)
		for _, pair := range pairs {
			for _, role := range []string{"nobody", "anonymous", "participant", "platform", "analyst"} {
				v := roles(w.cards13[2])[role]
				if there, not := c.ask(v, ids.Replace(pair[0]), nil), c.ask(v, ids.Replace(pair[1]), nil); there.text != not.text {
					t.Errorf("%s: %s: %s, and %s: %s", role, pair[0], there.text, pair[1], not.text)
				}
			}
		}
	})
}

// globalIDs puts the ids of the objects of the world in the places of their names. The longer names come first.
func globalIDs(w *world) *strings.Replacer {
	return strings.NewReplacer(
		"$me", id(w.ids(w.cards13[2])[0]), "$SettlementEntry", encode("SettlementEntry:1"), "$Settlement", encode("Settlement:1"), "$Alert", encode("Alert:1"),
		"$ReminderPlan", encode("ReminderPlan:1"), "$Outage", encode("Outage:1"), "$OtherOutage", encode("Outage:2"), "$Endpoint", encode("Endpoint:1"),
		"$OutboundMessage", encode("OutboundMessage:1"), "$NoSettlement", encode("Settlement:99"), "$NoMessage", encode("OutboundMessage:99"),
	)
}
