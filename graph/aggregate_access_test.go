package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// TestWhoMayGroupWhat asks as every role. What the viewer may not see is as if it were not there.
func TestWhoMayGroupWhat(t *testing.T) {
	tests := []struct {
		query string
		want  by // of every role: the counts of the groups, or the code of the error
	}{
		{`purchaseAggregate`, by{"[0]", "[2]", "[3]", "[5]", "[5]", "[5]"}},
		{`purchaseAggregate(groupBy: PLATFORM)`, by{"[]", "[1 1]", "[3]", "[2 3]", "[2 3]", "[2 3]"}},
		{`purchaseAggregate(filter: { platform: "pintaria" })`, by{"[0]", "[1]", "[0]", "[2]", "[2]", "[2]"}},
		{`purchaseAggregate(groupBy: [COHORT, LATE, VOIDED, COUNTS, EVIDENCE])`, by{"[]", "[2]", "[1 1 1]", "[1 1 2 1]", "[1 1 2 1]", "[1 1 2 1]"}},
		{`purchaseAggregate(groupBy: HOURS_BEFORE_DEADLINE)`, by{"[]", "[1 1]", "FORBIDDEN", "[1 1 1 1 1]", "[1 1 1 1 1]", "[1 1 1 1 1]"}},
		{`purchaseAggregate(filter: { participant: { gender: F } })`, by{"[0]", "[2]", "FORBIDDEN", "[2]", "[2]", "[2]"}},
		{`participantAggregate`, by{"[0]", "[0]", "[0]", "[9]", "[9]", "[9]"}},
		{`participantAggregate(groupBy: COHORT)`, by{"[]", "[]", "[]", "[4 5]", "[4 5]", "[4 5]"}},
		{`participantAggregate(groupBy: STATUS, filter: { status: AWAITING })`, by{"[]", "[]", "[]", "[4]", "[4]", "[4]"}},
		{`participantAggregate(asOf: "2021-04-06T17:45:00+07:00")`, by{"[0]", "[0]", "[0]", "[9]", "[9]", "[9]"}},
	}
	for _, key := range []string{"PROVINCE", "REGENCY", "GENDER", "AGE_BAND", "EDUCATION", "STATUS"} {
		all := map[string]string{"STATUS": "[1 2 1 1]", "PROVINCE": "[4 1]", "REGENCY": "[5]", "GENDER": "[2 1 2]", "AGE_BAND": "[2 3]", "EDUCATION": "[2 3]"}[key]
		tests = append(tests, struct {
			query string
			want  by
		}{`purchaseAggregate(groupBy: [` + key + `])`, by{"[]", "[2]", "FORBIDDEN", all, all, all}})
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			for i, role := range order {
				if got := c.counts(roles(w.cards13[0])[role], tt.query); got != tt.want[i] {
					t.Errorf("%s as %s: %s, want %v", tt.query, role, got, tt.want[i])
				}
			}
			if got := c.counts(viewer.Viewer{}, tt.query); got != tt.want[0] {
				t.Errorf("%s as nobody: %s, want %v", tt.query, got, tt.want[0])
			}
		}
	})
}

// counts answers the counts of the groups, in their order, or the code of the error.
func (c *client) counts(v viewer.Viewer, query string) string {
	c.t.Helper()
	a := c.ask(v, "{ "+query+" { rows { count } totalGroups } }", nil)
	if a.code() != "" {
		return a.code()
	}
	root, _, _ := strings.Cut(query, "(")
	counts := []float64{}
	rows, _ := a.at(root + ".rows").([]any)
	for i := range rows {
		n, _ := a.at(fmt.Sprintf("%s.rows.%d.count", root, i)).(float64)
		counts = append(counts, n)
	}
	if a.at(root+".totalGroups") != float64(len(counts)) {
		c.t.Errorf("%s: %s", query, a.text)
	}
	return fmt.Sprint(counts)
}

// TestSmallGroupsAreHiddenFromAnalysts counts participants, not purchases: three groups of 1, 2 and 3 participants, of
// which the first bought four times.
func TestSmallGroupsAreHiddenFromAnalysts(t *testing.T) {
	const purchases, participants = `purchaseAggregate(groupBy: PROVINCE)`, `participantAggregate(groupBy: PROVINCE)`
	tests := []struct {
		smallest   int
		query      string
		analyst    string
		suppressed float64
		officer    string
	}{
		{0, purchases, "[4 2 3]", 0, "[4 2 3]"},
		{1, purchases, "[4 2 3]", 0, "[4 2 3]"},
		{2, purchases, "[2 3]", 1, "[4 2 3]"},
		{3, purchases, "[3]", 2, "[4 2 3]"},
		{3, participants, "[3]", 2, "[1 2 3]"},
		{4, participants, "[]", 3, "[1 2 3]"},
		{6, `participantAggregate`, "[6]", 0, "[6]"},
		{7, `participantAggregate`, "[]", 1, "[6]"},
		{1, `participantAggregate(filter: { cohort: 12 })`, "[]", 1, "[0]"}, // none is not told from few
		{2, `purchaseAggregate(groupBy: PROVINCE, having: { count: { min: 3 } })`, "[3]", 1, "[4 3]"},
		{2, `purchaseAggregate(groupBy: PROVINCE, having: { count: { max: 1 } })`, "[]", 1, "[]"},
		{2, `purchaseAggregate(groupBy: PROVINCE, orderBy: { field: COUNT, direction: DESC })`, "[3 2]", 1, "[4 3 2]"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := small(t, d, 6)
		for i, p := range w.people {
			p.province = []string{"11", "12", "12", "13", "13", "13"}[i]
			p.first = w.sell(p, wib(1, 9, 0), 1)
		}
		for range 3 {
			w.sell(w.people[0], wib(2, 9, 0), 1)
		}
		w.save()
		for _, tt := range tests {
			c := serveWith(t, w.Registry, func(cfg *graph.Config) { cfg.SmallestGroup = tt.smallest })
			if got := c.counts(analyst, tt.query); got != tt.analyst {
				t.Errorf("%d, %s: an analyst sees %s, want %s", tt.smallest, tt.query, got, tt.analyst)
			}
			if got := c.counts(officer, tt.query); got != tt.officer {
				t.Errorf("%d, %s: an officer sees %s, want %s", tt.smallest, tt.query, got, tt.officer)
			}
			root, _, _ := strings.Cut(tt.query, "(")
			for v, want := range map[viewer.Viewer]float64{analyst: tt.suppressed, officer: 0} {
				if got := c.get(v, "{ "+tt.query+" { suppressedGroups } }", nil).at(root + ".suppressedGroups"); got != want {
					t.Errorf("%d, %s as %s: %v suppressed, want %v", tt.smallest, tt.query, v.Role, got, want)
				}
			}
		}
	})
}

func TestWhatAnAggregateRefuses(t *testing.T) {
	eleven := "COHORT, PLATFORM, OFFERING, PROVIDER, CATEGORY, MODE, HOUR, DAY, WEEK, MONTH, LATE"
	tests := []struct{ query, code, says string }{
		{`purchaseAggregate(orderBy: { field: DAY })`, "BAD_INPUT", "by DAY, by which they are not grouped: add it to groupBy"},
		{`participantAggregate(groupBy: COHORT, orderBy: [{ field: COUNT }, { field: STATUS }])`, "BAD_INPUT", "by STATUS"},
		{`purchaseAggregate(first: -1)`, "BAD_INPUT", "negative"},
		{`purchaseAggregate(first: 1001)`, "PAGE_TOO_LARGE", "1000"},
		{`purchaseAggregate(after: "x")`, "BAD_CURSOR", ""},
		{`purchaseAggregate(groupBy: [` + eleven + `])`, "TOO_MANY", ""},
		{`purchaseAggregate(groupBy: COHORT, orderBy: [` + strings.Repeat("{ field: COUNT } ", 6) + `])`, "TOO_MANY", ""},
		{`purchaseAggregate(groupBy: [], orderBy: { field: COUNT })`, "", ""},
		{`purchaseAggregate(groupBy: [COHORT, COHORT], orderBy: [{ field: COUNT }, { field: COUNT, direction: DESC }])`, "", ""},
		{`purchaseAggregate(first: 1000)`, "", ""},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := serve(t, newWorld(t, d, 5).Registry)
		for _, tt := range tests {
			a := c.ask(officer, "{ "+tt.query+" { rows { count } } }", nil)
			if a.code() != tt.code || (tt.code != "" && !strings.Contains(a.Errors[0].Message, tt.says)) {
				t.Errorf("%s: %s", tt.query, a.text)
			}
		}
		if a := c.ask(analyst, `{ purchaseAggregate(first: 10001) { rows { count } } }`, nil); a.code() != "PAGE_TOO_LARGE" {
			t.Errorf("an analyst's page of 10,001: %s", a.text)
		}
		c.get(analyst, `{ purchaseAggregate(first: 10000) { rows { count } } }`, nil)
	})
}

// TestACursorIsGoodForItsGroupsOnly continues other questions with the cursor of one.
func TestACursorIsGoodForItsGroupsOnly(t *testing.T) {
	const question = `(groupBy: [COHORT, PLATFORM], orderBy: { field: AMOUNT_AVG }, first: 1`
	tests := map[string]string{
		`purchaseAggregate` + question: "", `purchaseAggregate(filter: { cohort: 13 }, having: { count: { min: 1 } }, groupBy: [COHORT, PLATFORM], orderBy: { field: AMOUNT_AVG }`: "",
		`purchaseAggregate(groupBy: [COHORT, PLATFORM, COHORT], orderBy: { field: AMOUNT_AVG }`:             "",
		`purchaseAggregate(groupBy: [PLATFORM, COHORT], orderBy: { field: AMOUNT_AVG }`:                     "BAD_CURSOR",
		`purchaseAggregate(groupBy: [COHORT, PLATFORM], orderBy: { field: AMOUNT_AVG, direction: DESC }`:    "BAD_CURSOR",
		`purchaseAggregate(groupBy: [COHORT, PLATFORM], orderBy: { field: LAG_AVG }`:                        "BAD_CURSOR",
		`purchaseAggregate(groupBy: [COHORT, PLATFORM], orderBy: [{ field: AMOUNT_AVG }, { field: COUNT }]`: "BAD_CURSOR",
		`purchaseAggregate(groupBy: [COHORT, PLATFORM]`:                                                     "BAD_CURSOR",
		`participantAggregate(groupBy: [COHORT, PLATFORM], orderBy: { field: BALANCE_AVG }`:                 "BAD_CURSOR",
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := serve(t, newWorld(t, d, 5).Registry)
		cursor := c.get(officer, `{ purchaseAggregate`+question+`) { endCursor } }`, nil).at("purchaseAggregate.endCursor")
		for query, want := range tests {
			if a := c.ask(officer, fmt.Sprintf("{ %s, after: %q) { rows { count } } }", query, cursor), nil); a.code() != want {
				t.Errorf("%s: %s, want %q", query, a.text, want)
			}
		}
		// Behind the only group there is nothing, and the totals are told all the same.
		only := c.get(officer, `{ purchaseAggregate { endCursor } }`, nil).at("purchaseAggregate.endCursor")
		a := c.get(officer, fmt.Sprintf(`{ purchaseAggregate(after: %q) { rows { count } totalGroups truncated endCursor } }`, only), nil)
		if want := `{"rows":[],"totalGroups":1,"truncated":false,"endCursor":null}`; !strings.Contains(a.text, want) {
			t.Errorf("after the only group: %s, want %s", a.text, want)
		}
	})
}

// TestAnAggregateIsOneStatement counts the statements: one, and one for each kind of object behind the keys.
func TestAnAggregateIsOneStatement(t *testing.T) {
	tests := []struct {
		query string
		want  int64
	}{
		{`purchaseAggregate { __typename }`, 1},
		{`purchaseAggregate { rows { count amount { p90 } } totalGroups suppressedGroups truncated endCursor }`, 1},
		{`purchaseAggregate(groupBy: [PLATFORM, OFFERING, PROVINCE]) { rows { key { cohort } count } totalGroups }`, 1},
		{`purchaseAggregate(groupBy: [PLATFORM, PROVINCE]) { rows { key { platform { code } province { name } } count } totalGroups }`, 2},
		{`purchaseAggregate(groupBy: [PLATFORM, OFFERING]) { rows { key { platform { name } offering { title platform { code } } } count } totalGroups }`, 2},
		{`participantAggregate(groupBy: [PLATFORM, OFFERING], first: 0) { rows { key { platform { name } offering { title } } count } totalGroups }`, 1},
		{`participantAggregate(groupBy: [PLATFORM, STATUS], asOf: "2021-04-06T00:00:00Z") { rows { key { platform { name } status } count } totalGroups }`, 2},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 20)
		w.plenty()
		c := serve(t, w.Registry)
		for _, tt := range tests {
			before := c.reads.statements.Load()
			c.get(officer, "{ "+tt.query+" }", nil)
			if got := c.reads.statements.Load() - before; got != tt.want {
				t.Errorf("%s: %d statements, want %d", tt.query, got, tt.want)
			}
		}
	})
}

// TestEveryKeyAndMeasureCanBeAskedFor goes through the enums of the schema, so that none is without a plan.
func TestEveryKeyAndMeasureCanBeAskedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := serve(t, newWorld(t, d, 5).Registry)
		for _, g := range []grouped{groupedPurchases, groupedParticipants} {
			a := c.get(admin, `query ($keys: String!, $orders: String!) { keys: __type(name: $keys) { enumValues { name } } orders: __type(name: $orders) { enumValues { name } } }`,
				map[string]any{"keys": g.kind + "Group", "orders": g.kind + "AggregateOrderField"})
			names := func(of string) (all []string) {
				values, _ := a.at(of + ".enumValues").([]any)
				for i := range values {
					all = append(all, fmt.Sprint(a.at(fmt.Sprintf("%s.enumValues.%d.name", of, i))))
				}
				return all
			}
			for _, key := range names("keys") {
				if !slices.Contains(g.keys, key) {
					t.Errorf("%s: the tests do not know the key %s", g.root, key)
				}
				if got := c.counts(officer, fmt.Sprintf("%s(groupBy: %s, orderBy: { field: %s, direction: DESC })", g.root, key, key)); !strings.HasPrefix(got, "[") || got == "[]" {
					t.Errorf("%s by %s: %s", g.root, key, got)
				}
			}
			for _, field := range names("orders") {
				if _, measured := g.measures[field]; !measured && !slices.Contains(g.keys, field) {
					t.Errorf("%s: the tests do not know %s", g.root, field)
				}
			}
		}
	})
}
