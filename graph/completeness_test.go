package graph_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
)

// state has the platform state completeness through each of so many days, 6 April 2021 the last.
func (w *world) state(platform string, days int) {
	w.T.Helper()
	for i := range days {
		through := wib(6, 0, 0).AddDate(0, 0, i+1-days)
		w.Send(w.Message(platform, rules.CompleteThrough{Timestamp: through, Through: through, Count: int64(i), Amount: int64(i) * 250_000}))
	}
}

// TestWhoSeesStatementsOfCompleteness: null is for those who may not see them, and no statement is an empty list.
func TestWhoSeesStatementsOfCompleteness(t *testing.T) {
	none := []any{}
	said := []any{map[string]any{"count": 0.0}}
	want := map[string][2]any{
		"nobody": {nil, nil}, "anonymous": {nil, nil}, "participant": {nil, nil}, "analyst": {nil, nil},
		"platform": {none, nil}, "officer": {none, said}, "supervisor": {none, said}, "admin": {none, said},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		w.state("pintaria", 1)
		c := serve(t, w.Registry)
		for name, v := range roles(w.cards13[0]) {
			a := c.get(v, `{ own: platform(code: "tokopedia") { statements { count } } other: platform(code: "pintaria") { statements { count } } }`, nil)
			if diff := cmp.Diff(want[name], [2]any{a.at("own.statements"), a.at("other.statements")}); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// TestTheLatestStatementsAreListed has two platforms state more and less than is listed.
func TestTheLatestStatementsAreListed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		w.state("tokopedia", 23)
		w.state("pintaria", 2)
		c := serve(t, w.Registry)
		const query = `{ platforms { code statements { through count amount receivedAt } } }`
		before := c.reads.statements.Load()
		a := c.get(officer, query, nil)
		if got := c.reads.statements.Load() - before; got != 2 {
			t.Errorf("%d database statements for all platforms", got)
		}
		stated := map[any]any{}
		for _, p := range a.Data["platforms"].([]any) {
			platform := p.(map[string]any)
			stated[platform["code"]] = platform["statements"]
		}
		for code, days := range map[string]int{"tokopedia": 23, "pintaria": 2} {
			var want []any
			for i := range min(days, 20) {
				n := days - 1 - i
				want = append(want, map[string]any{
					"through": wib(6, 0, 0).AddDate(0, 0, -i).Format(time.RFC3339), "count": float64(n), "amount": float64(n) * 250_000,
					"receivedAt": "2021-04-06T17:45:00+07:00",
				})
			}
			if diff := cmp.Diff(any(want), stated[code]); diff != "" {
				t.Errorf("%s: %s", code, diff)
			}
			one := c.get(officer, fmt.Sprintf(`{ platform(code: %q) { statements { through count amount receivedAt } } }`, code), nil)
			if diff := cmp.Diff(any(want), one.at("platform.statements")); diff != "" {
				t.Errorf("%s alone: %s", code, diff)
			}
		}
	})
}

// TestACountBeyondAnInt has a platform state the largest count that the contract lets through.
func TestACountBeyondAnInt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		w.Send(w.Message("tokopedia", rules.CompleteThrough{Timestamp: wib(6, 0, 0), Through: wib(6, 0, 0), Count: 1e15, Amount: 1e15}))
		a := serve(t, w.Registry).get(tokopedia, `{ platform(code: "tokopedia") { statements { count amount } } }`, nil)
		if diff := cmp.Diff(any([]any{map[string]any{"count": float64(math.MaxInt32), "amount": 1e15}}), a.at("platform.statements")); diff != "" {
			t.Error(diff)
		}
	})
}
