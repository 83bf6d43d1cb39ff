package graph_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestThePurchaseCurveOfTwoCohorts draws cohort 12, which is closed, and cohort 13, which is extended for a province
// and has a day left of that extension to come, in one query. Each cohort is drawn to its own end.
func TestThePurchaseCurveOfTwoCohorts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.Send(w.Message("tokopedia", registrytest.Bought("LAST-SECOND", w.cards12[3], time.Date(2021, 4, 1, 23, 59, 59, 0, rules.WIB))))
		w.Send(w.Message("tokopedia", registrytest.Bought("MIDNIGHT", w.cards13[2], wib(2, 0, 0))))
		w.Send(w.Message("tokopedia", registrytest.Bought("TODAY", w.cards13[3], wib(6, 17, 0))))
		c := serve(t, w.Registry)
		const query = `{ cohorts { nodes { number
			days: purchaseCurve { recipients points { day hours at purchased cumulative share } }
			hours: purchaseCurve(by: HOUR) { points { day hours at purchased cumulative } } } } }`
		before := c.reads.statements.Load()
		a := c.get(analyst, query, nil)
		if got := c.reads.statements.Load() - before; got != 4 {
			t.Errorf("%d statements: want the cohorts, their recipients and one for each curve", got)
		}
		// 12: 3 March to 1 April. Of its one purchase in the last second the day is the 30th.
		twelve, thirteen := curvePoints(a, 0, "days"), curvePoints(a, 1, "days")
		if len(twelve) != 30 || len(thirteen) != 28 {
			t.Fatalf("%d days of cohort 12, want 30; %d of cohort 13 until 6 April, want 28", len(twelve), len(thirteen))
		}
		if diff := cmp.Diff(object{"day": 30., "hours": 720., "at": "2021-04-02T00:00:00+07:00", "purchased": 1., "cumulative": 1., "share": 0.25}, twelve[29]); diff != "" {
			t.Errorf("the last day of cohort 12: %s", diff)
		}
		// 13: FIRST on 1 April, MIDNIGHT on 2 April, TODAY.
		for day, want := range map[int]object{
			22: {"day": 22., "hours": 528., "at": "2021-04-01T00:00:00+07:00", "purchased": 0., "cumulative": 0., "share": 0.},
			23: {"day": 23., "hours": 552., "at": "2021-04-02T00:00:00+07:00", "purchased": 1., "cumulative": 1., "share": 0.2},
			24: {"day": 24., "hours": 576., "at": "2021-04-03T00:00:00+07:00", "purchased": 1., "cumulative": 2., "share": 0.4},
			27: {"day": 27., "hours": 648., "at": "2021-04-06T00:00:00+07:00", "purchased": 0., "cumulative": 2., "share": 0.4},
			28: {"day": 28., "hours": 672., "at": "2021-04-07T00:00:00+07:00", "purchased": 1., "cumulative": 3., "share": 0.6},
		} {
			if diff := cmp.Diff(want, thirteen[day-1]); diff != "" {
				t.Errorf("day %d of cohort 13: %s", day, diff)
			}
		}
		hours := curvePoints(a, 1, "hours")
		if len(hours) != 27*24+18 || hours[len(hours)-1]["at"] != "2021-04-06T18:00:00+07:00" {
			t.Fatalf("%d hours of cohort 13 until 17:45, the last %v", len(hours), hours[len(hours)-1])
		}
		if diff := cmp.Diff(object{"day": 24., "hours": 553., "at": "2021-04-02T01:00:00+07:00", "purchased": 1., "cumulative": 2.}, hours[552]); diff != "" {
			t.Errorf("the hour after midnight: %s", diff)
		}
		w.Clock.Set(wib(20, 9, 0)) // both deadlines are over: 9 April, and 16 April for the province
		if got := curvePoints(c.get(analyst, query, nil), 1, "days"); len(got) != 37 || got[36]["at"] != "2021-04-16T00:00:00+07:00" {
			t.Errorf("%d days of cohort 13, want 37 until the end of the extension", len(got))
		}
	})
}

func curvePoints(a answer, cohort int, alias string) []object {
	return objectsIn(a.at(fmt.Sprintf("cohorts.nodes.%d.%s.points", cohort, alias)))
}

// TestACurveIsDrawnAsFarAsItsStepsReach has a cohort that nobody is a member of yet, and one whose deadline is far.
func TestACurveIsDrawnAsFarAsItsStepsReach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		announced := time.Date(2021, 3, 10, 20, 0, 0, 0, rules.WIB)
		if _, err := f.AnnounceCohort(t.Context(), registrytest.Officer, registry.AnnounceCohort{Number: 1, Quota: 10, AnnouncedAt: announced}); err != nil {
			t.Fatal(err)
		}
		// Further than an announcement or an extension may reach.
		if _, err := d.Write.ExecContext(t.Context(), "UPDATE cohorts SET deadline = $1", db.Instant(announced.AddDate(3, 0, 0))); err != nil {
			t.Fatal(err)
		}
		c := serve(t, f.Registry)
		start := time.Date(2021, 3, 10, 0, 0, 0, 0, rules.WIB)
		tests := []struct {
			now    time.Time
			by     string
			points int // 0 for a refusal
		}{
			{start.Add(12 * time.Hour), "DAY", 1}, // before the hour of the announcement
			{start.AddDate(0, 0, 60), "HOUR", 1440},
			{start.AddDate(0, 0, 60).Add(time.Second), "HOUR", 0},
			{start.AddDate(0, 0, 400), "DAY", 400},
			{start.AddDate(0, 0, 400).Add(time.Second), "DAY", 0},
		}
		for _, tt := range tests {
			f.Clock.Set(tt.now)
			a := c.ask(officer, fmt.Sprintf(`{ cohort(number: 1) { purchaseCurve(by: %s) { recipients points { share } } } }`, tt.by), nil)
			if got := len(objectsIn(a.at("cohort.purchaseCurve.points"))); got != tt.points || (tt.points == 0) != (a.code() == "BAD_INPUT") {
				t.Errorf("%s at %v: %d points, want %d: %.300s", tt.by, tt.now, got, tt.points, a.text)
			}
		}
		f.Clock.Set(start.Add(-time.Second))
		if a := c.get(officer, `{ cohort(number: 1) { purchaseCurve { recipients points { day } } } }`, nil); a.at("cohort.purchaseCurve.recipients") != 0. || len(objectsIn(a.at("cohort.purchaseCurve.points"))) != 0 {
			t.Errorf("before the announcement: %s", a.text)
		}
	})
}
