package graph_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestWhatAQueryCosts is the table of what queries cost an officer.
func TestWhatAQueryCosts(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 5).Registry)
	tests := []struct {
		name, query string
		variables   map[string]any
		want        int
	}{
		{"nothing but a name", `{ __typename }`, nil, 0},
		{"one object", `{ programme { now today } }`, nil, 1},
		{"an object behind an object", `{ cohort(number: 13) { progress { awaiting } } }`, nil, 2 + 500},
		{"a page, when nothing is said, is 20", `{ offerings { nodes { id } } }`, nil, 1 + 20},
		{"a page and its edges", `{ offerings { edges { cursor node { id } } pageInfo { endCursor } } }`, nil, 1 + 20*2 + 1},
		{"first", `{ offerings(first: 7) { nodes { id } } }`, nil, 1 + 7},
		{"last", `{ offerings(last: 7) { nodes { id } } }`, nil, 1 + 7},
		{"null is 20", `{ offerings(first: null) { nodes { id } } }`, nil, 1 + 20},
		{"none", `{ offerings(first: 0) { nodes { platform { code } } } }`, nil, 1},
		{"only counted", `{ offerings(first: 100) { totalCount } }`, nil, 1 + 50},
		{"counted on every page", `{ platforms { offerings { totalCount } } }`, nil, 20*2 + 50},
		{"by a variable", `query ($n: Int) { offerings(first: $n) { nodes { id } } }`, map[string]any{"n": 7}, 1 + 7},
		{"by a variable that is absent", `query ($n: Int) { offerings(first: $n) { nodes { id } } }`, nil, 1 + 20},
		{"by a variable with a default", `query ($n: Int = 3) { offerings(last: $n) { nodes { id } } }`, nil, 1 + 3},
		{"pages on pages", `{ cohorts(first: 2) { nodes { participants(first: 3) { nodes { cohort { number } } } } } }`, nil, 1 + 2*(1+1+3*(1+1))},
		{"aliases", `{ a: programme { now } b: programme { now } }`, nil, 2},
		{"aliases on a page", `{ offerings(first: 10) { nodes { a: platform { code } b: platform { code } } } }`, nil, 1 + 10*3},
		{"a field twice is one field", `{ programme { now } programme { today } }`, nil, 1},
		{"fragments", `{ ...F ... on Query { p: programme { now } } } fragment F on Query { q: programme { now } programme { now } }`, nil, 3},
		{"a fragment twice", `{ ...F ...F } fragment F on Query { programme { now } }`, nil, 1},
		{"what is skipped", `query ($no: Boolean = false) { a: programme @include(if: $no) { now } b: programme @skip(if: true) { now } }`, nil, 0},
		{"lists without pages", `{ platforms { keys { fingerprint } } }`, nil, 20 * (1 + 100)},
		{"statements of completeness", `{ platforms { statements { count } } }`, nil, 20 * (1 + 20)},
		{"reviews", `{ reviews(first: 7) { nodes { participant { status } purchase { amount } } } }`, nil, 1 + 7*3},
		{"extensions", `{ cohort(number: 13) { extensions { cohort { number } } } }`, nil, 1 + 50*2},
		{"reviews and evidence", `{ participants(first: 1) { nodes { reviews { kind } explanation { evidence { code } awaited } } } }`, nil, 1 + 1 + 10 + 1 + 10},
		{"nodes, by how many", `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": []string{"a", "b", "c"}}, 3},
		{"nodes, written out", `{ nodes(ids: ["a", "b"]) { id } }`, nil, 2},
		{"nodes, one", `{ nodes(ids: "a") { id } }`, nil, 1},
		{"a node is the dearest that it may be", `{ node(id: "a") { ... on Cohort { progress { awaiting } } ... on Platform { keys { fingerprint } } } }`, nil, 1 + 100 + 500},
		{"bodies", `{ deliveries(first: 5) { nodes { body b: body } } }`, nil, 1 + 5*(1+200)},
		{"groups, as many as one answer may hold", `{ purchaseAggregate(groupBy: [PLATFORM]) { rows { count amount { sum } } } }`, nil, 1 + 1000*2 + 1000 + 200},
		{"groups, so many", `{ participantAggregate(groupBy: [GENDER], first: 7) { rows { key { gender } } } }`, nil, 1 + 7*2 + 1000 + 200},
		{"groups of the past", `{ participantAggregate(asOf: "2021-04-01T00:00:00Z", first: 7) { rows { count } } }`, nil, 1 + 7 + 1000 + 2000},
		{"the progress of the past, whatever the number of cohorts", `{ cohorts(first: 9) { nodes { progress(asOf: "2021-04-01T00:00:00Z") { awaiting } } } }`, nil, 1 + 9*2 + 500 + 2000},
		{"a curve by days", `{ cohort(number: 13) { purchaseCurve { points { day } } } }`, nil, 1 + 1 + 60 + 1000},
		{"a curve by hours", `query ($by: CurveStep!) { cohort(number: 13) { purchaseCurve(by: $by) { points { day } } } }`, map[string]any{"by": "HOUR"}, 1 + 1 + 24*60 + 1000},
		{"a closing, whatever the number of cohorts", `{ cohorts(first: 9) { nodes { closing { state waits { text } } } } }`, nil, 1 + 9*(1+1+20) + 500},
		{"settlements and what became of their lists", `{ settlements(first: 9) { nodes { counts { revoked } entries(first: 3) { nodes { outcome } } } } }`, nil, 1 + 9*(1+1+1+3) + 500},
		{"a plan of reminders and what became of it", `{ cohort(number: 13) { reminders { counts { count } } } }`, nil, 1 + 1 + 100 + 500},
		{"a preview of reminders", `{ cohort(number: 13) { reminderPreview { stages { recipients } sample { dueAt } } } }`, nil, 1 + 1 + 20 + 20 + 5000},
		{"two previews", `{ cohort(number: 13) { reminderPreview { exact } other: reminderPreview(stages: 24) { exact } } }`, nil, 1 + 1 + 1 + 2*5000},
		{"a watch, whatever the number of platforms", `{ platforms { watch { usual } } }`, nil, 20*2 + 1000},
		{"outages and alerts", `{ platforms { outages { endsAt } alerts { kind } } }`, nil, 20 * (1 + 50 + 55)},
		{"reminders", `{ participants(first: 9) { nodes { reminders { state } } } }`, nil, 1 + 9*(1+50)},
		{"a type of the schema", `{ __type(name: "Cohort") { fields { name } } }`, nil, 1 + 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := c.get(officer, tt.query, tt.variables)
			if a.Extensions.Cost == nil || *a.Extensions.Cost != tt.want {
				t.Errorf("%s, want %d", a.text, tt.want)
			}
		})
	}
	a := c.get(admin, `mutation { putOffering(input: { platform: "pintaria", courseCode: "X", title: "X", price: 1 }) { offering { platform { code } } userErrors { code } } }`, nil)
	if a.Extensions.Cost == nil || *a.Extensions.Cost != 1+2+5 {
		t.Errorf("a mutation: %s", a.text)
	}
}

// TestBudgets asks for as much as a role may, and for more, which is refused before anything is read.
func TestBudgets(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	const each = 1 + 100*(1+1+1+100*3)
	query := func(n int) string {
		return "{" + aliased(n, "purchases(first: 100) { nodes { participant { purchases(first: 100) { nodes { platform { code } offering { title } } } } } }") + " }"
	}
	app, staff := graph.Budget{Cost: 50_000, Time: 5 * time.Second}, graph.Budget{Cost: 150_000, Time: 30 * time.Second}
	platform := app
	platform.Export = 5 * time.Minute
	want := map[string]graph.Budget{
		"nobody": app, "anonymous": app, "participant": app, "platform": platform,
		"analyst": {Cost: 150_000, Time: time.Minute}, "officer": staff, "supervisor": staff, "admin": staff,
	}
	for name, v := range roles("3113000000000001") {
		if got := graph.BudgetOf(v); got != want[name] {
			t.Errorf("%s: %+v, want %+v", name, got, want[name])
		}
		limit := want[name].Cost
		if a := c.get(v, query(limit/each), nil); *a.Extensions.Cost != limit/each*each {
			t.Errorf("%s: %.100s", name, a.text)
		}
		before := c.reads.statements.Load()
		a := c.ask(v, query(limit/each+1), nil)
		if a.code() != "COST_LIMIT" || a.Errors[0].Extensions.Limit != limit || a.Errors[0].Extensions.Cost != (limit/each+1)*each || a.Data != nil {
			t.Errorf("%s: %.300s", name, a.text)
		}
		for _, number := range []int{limit, (limit/each + 1) * each} {
			if !strings.Contains(a.Errors[0].Message, strconv.Itoa(number)) {
				t.Errorf("%s: the message does not say %d: %s", name, number, a.Errors[0].Message)
			}
		}
		if c.reads.statements.Load() != before {
			t.Errorf("%s: something was read", name)
		}
	}
}

// TestOfManyEndedKeysTheLatestAreListed makes and ends more keys than the cost counts on.
func TestOfManyEndedKeysTheLatestAreListed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		before, _ := c.get(tokopedia, `{ platform(code: "tokopedia") { keys { active } } }`, nil).at("platform.keys").([]any)
		for i := range 120 {
			a := c.get(tokopedia, `mutation { createPlatformKey(input: { platform: "tokopedia" }) { key { id } userErrors { message } } }`, nil)
			id := a.at("createPlatformKey.key.id")
			w.Clock.Set(w.Clock.Now().Add(time.Second))
			a = c.get(tokopedia, `mutation ($key: ID!) { retirePlatformKey(input: { key: $key }) { key { id } userErrors { message } } }`, map[string]any{"key": id})
			if a.at("retirePlatformKey.key.id") != id {
				t.Fatalf("key %d: %s", i, a.text)
			}
			w.Clock.Set(w.Clock.Now().Add(time.Second))
		}
		keys, _ := c.get(tokopedia, `{ platform(code: "tokopedia") { keys { active } } }`, nil).at("platform.keys").([]any)
		active := 0
		for _, key := range keys {
			if key.(map[string]any)["active"] == true {
				active++
			}
		}
		if len(before) == 0 || len(keys) != 100+len(before) || active != len(before) {
			t.Errorf("%d keys are listed, %d of them active; %d were before", len(keys), active, len(before))
		}
	})
}
