package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// sell adds a purchase of the person, at the first course and received at once.
func (w *random) sell(p *person, at time.Time, amount int64) *sale {
	s := &sale{id: len(w.sales) + 1, buyer: p, course: w.courses[0], amount: amount, purchased: at, received: at, evidence: rules.EvidenceAccepted}
	w.sales = append(w.sales, s)
	return s
}

// join adds participants of cohort 13, with nothing known of them.
func (w *random) join(n int) []*person {
	var joined []*person
	for range n {
		joined = append(joined, &person{id: len(w.people) + len(joined) + 1, cohort: 13, deadline: wib(9, 0, 0)})
	}
	w.people = append(w.people, joined...)
	return joined
}

// small makes a world of one course and n participants.
func small(t *testing.T, d *db.DB, n int) *random {
	t.Helper()
	w := newRandom(t, d)
	w.courses = []*course{{id: 1, platform: "tokopedia"}}
	w.join(n)
	return w
}

func (w *random) save() {
	w.T.Helper()
	if err := w.write(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

// rows answers the rows of an aggregate as JSON would write them, without their quotes.
func (c *client) rows(v viewer.Viewer, root, arguments, selection string) string {
	c.t.Helper()
	a := c.get(v, fmt.Sprintf("{ %s%s { rows { %s } } }", root, arguments, selection), nil)
	rows := fmt.Sprint(a.at(root + ".rows"))
	return strings.ReplaceAll(rows, "map", "")
}

func TestASpanBeforeTheDeadlineHasInclusiveBounds(t *testing.T) {
	const hour, tick = time.Hour, time.Microsecond
	tests := []struct {
		left time.Duration
		want string
	}{
		{-tick, "<nil> 0"}, {0, "<nil> 0"}, {tick, "0 6"}, {6 * hour, "0 6"}, {6*hour + tick, "6 12"}, {12 * hour, "6 12"}, {24 * hour, "12 24"},
		{24*hour + tick, "24 48"}, {48 * hour, "24 48"}, {72 * hour, "48 72"}, {72*hour + tick, "72 168"}, {168 * hour, "72 168"}, {336 * hour, "168 336"},
		{504 * hour, "336 504"}, {504*hour + tick, "504 <nil>"}, {10_000 * hour, "504 <nil>"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := small(t, d, 1)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			w.sales = nil
			p := w.people[0]
			p.first = w.sell(p, p.deadline.Add(-tt.left), 1)
			w.save()
			for _, root := range []string{"purchaseAggregate", "participantAggregate"} {
				a := c.get(officer, "{ "+root+"(groupBy: HOURS_BEFORE_DEADLINE) { rows { key { hoursBeforeDeadline { over upTo } } } } }", nil)
				span := root + ".rows.0.key.hoursBeforeDeadline."
				if got := fmt.Sprint(a.at(span+"over"), " ", a.at(span+"upTo")); got != tt.want {
					t.Errorf("%s, %v before the deadline: %s, want %s", root, tt.left, got, tt.want)
				}
			}
		}
	})
}

func TestDaysBeginAtMidnightInWIB(t *testing.T) {
	tests := []struct{ at, hour, day, week, month string }{
		{"2021-03-31T16:59:59.999999Z", "2021-03-31T23:00:00+07:00", "2021-03-31", "2021-03-29", "2021-03-01"},
		{"2021-03-31T17:00:00Z", "2021-04-01T00:00:00+07:00", "2021-04-01", "2021-03-29", "2021-04-01"},
		{"2021-04-04T16:59:59.999999Z", "2021-04-04T23:00:00+07:00", "2021-04-04", "2021-03-29", "2021-04-01"},
		{"2021-04-04T17:00:00Z", "2021-04-05T00:00:00+07:00", "2021-04-05", "2021-04-05", "2021-04-01"},
		{"2020-12-31T17:00:00Z", "2021-01-01T00:00:00+07:00", "2021-01-01", "2020-12-28", "2021-01-01"},
		{"1969-12-31T16:59:59.999999Z", "1969-12-31T23:00:00+07:00", "1969-12-31", "1969-12-29", "1969-12-01"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := small(t, d, 1)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			w.sales = nil
			w.people[0].first = w.sell(w.people[0], at, 1)
			w.save()
			for _, root := range []string{"purchaseAggregate", "participantAggregate"} {
				a := c.get(officer, "{ "+root+"(groupBy: [HOUR, DAY, WEEK, MONTH]) { rows { key { hour day week month } } } }", nil)
				want := map[string]any{"hour": tt.hour, "day": tt.day, "week": tt.week, "month": tt.month}
				if diff := cmp.Diff(want, a.at(root+".rows.0.key")); diff != "" {
					t.Errorf("%s at %s: %s", root, tt.at, diff)
				}
			}
		}
	})
}

func TestPercentilesAreValuesThatThereAre(t *testing.T) {
	tests := []struct {
		amounts     []int64
		median, p90 float64
	}{
		{[]int64{7}, 7, 7}, {[]int64{7, 9}, 7, 9}, {[]int64{9, 7, 8}, 8, 9}, {[]int64{1, 2, 3, 4}, 2, 4}, {[]int64{5, 5, 5, 1}, 5, 5},
		{[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5, 9}, {[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 6, 10},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := small(t, d, 1)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			w.sales = nil
			for _, amount := range tt.amounts {
				w.sell(w.people[0], wib(1, 9, 0), amount)
			}
			w.save()
			for _, groupBy := range []string{"", "(groupBy: [DAY, CATEGORY])"} {
				a := c.get(officer, "{ purchaseAggregate"+groupBy+" { rows { amount { median p90 } } } }", nil)
				if diff := cmp.Diff(map[string]any{"median": tt.median, "p90": tt.p90}, a.at("purchaseAggregate.rows.0.amount")); diff != "" {
					t.Errorf("%v: %s", tt.amounts, diff)
				}
			}
		}
	})
}

// TestASumBeyond64BitsStopsThere sums more than 64 bits hold. The registry takes no such amounts, but a database may
// hold them.
func TestASumBeyond64BitsStopsThere(t *testing.T) {
	const most = 9_223_372_036_854_775_807
	tests := []struct {
		amounts  []int64
		sum, avg string
	}{
		{[]int64{most}, "9223372036854775807", "9.223372036854776e+18"},
		{[]int64{most - 1, 1}, "9223372036854775807", "4.611686018427388e+18"},
		{[]int64{most, 1}, "9223372036854775807", "4.611686018427388e+18"},
		{[]int64{most, most, most}, "9223372036854775807", "9.223372036854776e+18"},
		{[]int64{-most, -most}, "-9223372036854775808", "-9.223372036854776e+18"},
		{[]int64{most, -most, 5}, "5", "1.6666666666666667"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := small(t, d, 1)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			w.sales = nil
			for _, amount := range tt.amounts {
				w.sell(w.people[0], wib(1, 9, 0), amount)
			}
			w.save()
			a := c.get(officer, "{ purchaseAggregate { rows { amount { sum avg } } } }", nil)
			if want := fmt.Sprintf(`{"sum":%s,"avg":%s}`, tt.sum, tt.avg); !strings.Contains(a.text, want) {
				t.Errorf("%v: %s, want %s", tt.amounts, a.text, want)
			}
		}
	})
}

func TestOverNothingThereIsOneGroupUnlessThereAreKeys(t *testing.T) {
	const purchase = `[[amount:[avg:<nil> max:<nil> median:<nil> min:<nil> p90:<nil> sum:0] count:0 key:[cohort:<nil>] lag:[avg:<nil> median:<nil>] participants:0]]`
	const participant = `[[balance:[avg:<nil> median:<nil> sum:0] count:0 hoursToPurchase:[avg:<nil> min:<nil> p90:<nil>] purchased:0 purchasedShare:0]]`
	purchases, participants := "count participants key { cohort } amount { sum avg min max median p90 } lag { avg median }", "count purchased purchasedShare balance { sum avg median } hoursToPurchase { avg min p90 }"
	tests := []struct{ root, arguments, selection, want string }{
		{"purchaseAggregate", "", purchases, purchase},
		{"purchaseAggregate", "(having: { count: { max: 0 } })", purchases, purchase},
		{"purchaseAggregate", "(having: { count: { min: 1 } })", purchases, "[]"},
		{"purchaseAggregate", "(having: { amountAvg: { min: 0 } })", purchases, "[]"},
		{"purchaseAggregate", "(groupBy: COHORT)", purchases, "[]"},
		{"participantAggregate", "", participants, participant},
		{"participantAggregate", "(having: { purchasedShare: { max: 0 } })", participants, participant},
		{"participantAggregate", "(having: { hoursToPurchaseMin: { max: 1.5 } })", participants, "[]"},
		{"participantAggregate", "(groupBy: STATUS)", participants, "[]"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := serve(t, small(t, d, 0).Registry)
		for _, tt := range tests {
			if got := c.rows(officer, tt.root, tt.arguments, tt.selection); got != tt.want {
				t.Errorf("%s%s: %s, want %s", tt.root, tt.arguments, got, tt.want)
			}
		}
	})
}

// TestAggregatesAsOf compares the statuses of every moment with the progress of the cohorts.
func TestAggregatesAsOf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.Clock.Set(wib(20, 12, 0))
		c := serve(t, w.Registry)
		for _, at := range []time.Time{wib(1, 0, 0).AddDate(0, 0, -30), wib(1, 0, 0), wib(6, 17, 45), wib(6, 18, 0), wib(9, 0, 0), wib(16, 0, 0)} {
			counted := map[string]any{}
			variables := map[string]any{"at": at.Format(time.RFC3339)}
			a := c.get(analyst, `query ($at: DateTime) { participantAggregate(asOf: $at, filter: { cohort: 13 }, groupBy: STATUS) { rows { key { status } count } }
				cohort(number: 13) { progress(asOf: $at) { AWAITING: awaiting PURCHASED: purchased OVERDUE: overdue UNDER_REVIEW: underReview REVOKED: revoked } } }`, variables)
			progress, _ := a.at("cohort.progress").(map[string]any)
			for status, n := range progress {
				if n != 0. {
					counted[status] = n
				}
			}
			rows, _ := a.at("participantAggregate.rows").([]any)
			for i := range rows {
				path := fmt.Sprintf("participantAggregate.rows.%d.", i)
				status := fmt.Sprint(a.at(path + "key.status"))
				if counted[status] != a.at(path+"count") {
					t.Errorf("%v: %s", at, a.text)
				}
				delete(counted, status)
			}
			if len(counted) > 0 {
				t.Errorf("%v: %v are missing in %s", at, counted, a.text)
			}
		}
		if a := c.ask(analyst, `{ participantAggregate(asOf: "2021-04-20T12:00:01+07:00") { rows { count } } }`, nil); a.code() != "BAD_INPUT" {
			t.Errorf("the future: %s", a.text)
		}
	})
}
