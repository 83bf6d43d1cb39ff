package graph_test

import (
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

func TestTry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		for _, q := range []string{
			`{ purchaseAggregate { rows { count participants amount { sum avg min max median p90 } lag { avg min max median p90 } } totalGroups truncated endCursor suppressedGroups } }`,
			`{ purchaseAggregate(groupBy: [COHORT, PLATFORM, OFFERING, STATUS, HOURS_BEFORE_DEADLINE, DAY, COUNTS], orderBy: [{field: AMOUNT_AVG, direction: DESC}]) { rows { key { cohort platform { code } offering { title } status day counts hoursBeforeDeadline { over upTo } } count amount { avg p90 } } totalGroups truncated endCursor suppressedGroups } }`,
			`{ participantAggregate(groupBy: [COHORT, PLATFORM, OFFERING, STATUS, HOURS_BEFORE_DEADLINE, DAY, PROVINCE], first: 3) { rows { key { cohort platform { code } offering { title } status day province { name } hoursBeforeDeadline { over upTo } } count purchasedShare balance { avg p90 sum } hoursToPurchase { min p90 } } totalGroups truncated endCursor suppressedGroups } }`,
			`{ participantAggregate(filter: {cohort: 99}) { rows { key { cohort } count purchasedShare balance { avg p90 sum } hoursToPurchase { min p90 } } totalGroups truncated endCursor suppressedGroups } }`,
			`{ participantAggregate(asOf: "2021-04-06T10:45:00Z", groupBy: [STATUS]) { rows { key { status } count purchasedShare } totalGroups } }`,
		} {
			t.Log(c.get(officer, q, nil).text)
		}
	})
}
