package graph_test

import (
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestAPlatformDoesNotAskAboutTheBuyers asks for purchases by their buyers, at every place and however deep in a
// filter. Everybody but a platform may.
func TestAPlatformDoesNotAskAboutTheBuyers(t *testing.T) {
	filters := []string{
		`participant: {}`, `participant: { status: AWAITING }`, `and: [{ participant: {} }]`, `or: [{ late: true }, { participant: {} }]`, `not: { not: { participant: {} } }`, `first: true`, `or: [{ untilDeadline: { min: 1 } }]`,
	}
	places := []string{
		`{ purchases(filter: { $f }) { totalCount } }`,
		`{ platforms { purchases(filter: { $f }) { totalCount } } }`,
		`{ offerings { nodes { purchases(filter: { $f }) { totalCount } } } }`,
		`{ cohorts { nodes { purchases(filter: { $f }) { totalCount } } } }`,
		`{ participants(filter: { purchases: { $f } }) { totalCount } }`,
		`{ cohorts { nodes { participants(filter: { or: [{ firstPurchase: { $f } }] }) { totalCount } } } }`,
		`{ reviews(filter: { purchase: { $f } }) { totalCount } }`,
		`{ purchaseAggregate(filter: { $f }) { rows { count } } }`,
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		for _, place := range places {
			for _, filter := range filters {
				query := strings.ReplaceAll(place, "$f", filter)
				if a := c.ask(tokopedia, query, nil); a.code() != "FORBIDDEN" {
					t.Errorf("%s as a platform: %.300s", query, a.text)
				}
				for _, role := range []string{"nobody", "anonymous", "participant", "analyst", "officer", "admin"} {
					c.get(roles(w.cards13[0])[role], query, nil)
				}
			}
			c.get(tokopedia, strings.ReplaceAll(place, "$f", "participant: null, late: false"), nil)
		}
	})
}

// TestAPlatformIsNotToldOfTheTimeUntilADeadline asks for it where it is no condition of a filter.
func TestAPlatformIsNotToldOfTheTimeUntilADeadline(t *testing.T) {
	queries := []string{
		`{ purchases(orderBy: { field: UNTIL_DEADLINE }) { totalCount } }`,
		`{ platforms { purchases(first: 2, orderBy: [{ field: AMOUNT }, { field: UNTIL_DEADLINE, direction: DESC }]) { nodes { id } } } }`,
		`{ purchaseAggregate(orderBy: { field: UNTIL_DEADLINE_MEDIAN }) { rows { count } } }`,
		`{ purchaseAggregate(groupBy: PLATFORM, having: { untilDeadlineMin: { min: 0 } }) { rows { count } } }`,
		`{ purchaseAggregate { rows { untilDeadline { avg } } } }`,
		`{ purchaseAggregate { rows { count ...F } } } fragment F on PurchaseAggregateRow { left: untilDeadline { p90 } }`,
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		for _, query := range queries {
			if a := c.ask(tokopedia, query, nil); a.code() != "FORBIDDEN" {
				t.Errorf("%s as a platform: %.300s", query, a.text)
			}
			for _, role := range []string{"nobody", "anonymous", "participant", "analyst", "officer", "admin"} {
				c.get(roles(w.cards13[0])[role], query, nil)
			}
		}
	})
}

// TestNestedListsShowWhatTheRootShows compares the lists below objects with those at the root, for every role: they
// are under the same rules. The participant is the first of cohort 13; the platform is tokopedia.
func TestNestedListsShowWhatTheRootShows(t *testing.T) {
	tests := []struct {
		query, path string
		want        by
	}{
		{`{ platform(code: "tokopedia") { offerings { totalCount } } }`, "platform.offerings.totalCount", by{3., 3., 3., 3., 3., 3.}},
		{`{ platform(code: "tokopedia") { purchases { totalCount } } }`, "platform.purchases.totalCount", by{0., 1., 3., 3., 3., 3.}},
		{`{ platform(code: "pintaria") { purchases { totalCount nodes { id } } } }`, "platform.purchases.totalCount", by{0., 1., 0., 2., 2., 2.}},
		{`{ platform(code: "tokopedia") { deliveries { totalCount } } }`, "platform.deliveries.totalCount", by{0., 0., 5., 0., 5., 5.}},
		{`{ platform(code: "pintaria") { deliveries { totalCount } } }`, "platform.deliveries.totalCount", by{0., 0., 0., 0., 4., 4.}},
		{`{ cohort(number: 13) { purchases { totalCount } } }`, "cohort.purchases.totalCount", by{nil, 2., 2., 3., 3., 3.}},
		{`{ cohort(number: 12) { purchases { totalCount } } }`, "cohort.purchases.totalCount", by{nil, 0., 1., 2., 2., 2.}},
		{`{ cohort(number: 13) { purchases(first: 1, orderBy: { field: INVOICE_CODE }) { nodes { invoiceCode participant { status } } } } }`, "cohort.purchases.nodes.0.participant.status",
			by{nil, "PURCHASED", nil, "PURCHASED", "PURCHASED", "PURCHASED"}},
		{`{ offerings(filter: { listed: false }) { nodes { purchases { totalCount } } } }`, "offerings.nodes.0.purchases.totalCount", by{0., 1., 0., 2., 2., 2.}},
		{`{ cohort(number: 13) { purchaseCurve { recipients } } }`, "cohort.purchaseCurve.recipients", by{nil, 5., 5., 5., 5., 5.}},
		{`{ cohort(number: 13) { progress(asOf: "2021-04-01T00:00:00+07:00") { recipients } } }`, "cohort.progress.recipients", by{nil, 5., 5., 5., 5., 5.}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			for i, role := range order {
				if got := c.get(roles(w.cards13[0])[role], tt.query, nil).at(tt.path); got != tt.want[i] {
					t.Errorf("%s as %s: %v, want %v", tt.query, role, got, tt.want[i])
				}
			}
		}
	})
}

// TestFiltersLookAtPurchasesInFewPlaces: each looks at the purchases of every participant.
func TestFiltersLookAtPurchasesInFewPlaces(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 5).Registry)
	for n, want := range map[int]string{20: "", 21: "TOO_MANY"} {
		places := strings.Repeat(`{ purchases: { late: true } } { not: { firstPurchase: { late: true } } }`, n/2) + strings.Repeat(`{ purchases: {} }`, n%2)
		if a := c.ask(analyst, `{ participants(filter: { or: [`+places+`] }) { totalCount } }`, nil); a.code() != want {
			t.Errorf("in %d places: %.300s", n, a.text)
		}
	}
}
