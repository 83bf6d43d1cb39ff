package graph_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

var counterTable = regexp.MustCompile(`FROM (purchase_days|purchase_offerings|purchase_people|participant_places|participant_people|participant_firsts) k\b`)

// countersRead records of which counters the client's queries are answered.
func (c *client) countersRead() map[string]int {
	seen := map[string]int{}
	c.reads.texts = func(query string) {
		for _, found := range counterTable.FindAllStringSubmatch(query, -1) {
			seen[found[1]]++
		}
	}
	return seen
}

// TestQuestionsThatCountersCoverAreAnsweredFromThem names for each question the counters, or none.
func TestQuestionsThatCountersCoverAreAnsweredFromThem(t *testing.T) {
	tests := []struct{ query, table string }{
		{`purchaseAggregate(groupBy: [PLATFORM, DAY], filter: { purchasedAt: { from: "2021-04-01T00:00:00+07:00", before: "2021-04-08T00:00:00+07:00" } }) { rows { count amount { sum avg } } }`, "purchase_days"},
		{`purchaseAggregate(groupBy: [WEEK, COHORT], filter: { voided: false, platform: ["tokopedia"] }) { rows { count } }`, "purchase_days"},
		{`purchaseAggregate(groupBy: [MONTH]) { rows { count } }`, "purchase_days"},
		{`purchaseAggregate(groupBy: [PLATFORM, DAY], filter: { purchasedAt: { from: "2021-04-01T00:00:01+07:00" } }) { rows { count } }`, ""},
		{`purchaseAggregate(groupBy: [HOUR]) { rows { count } }`, ""},
		{`purchaseAggregate(groupBy: [OFFERING]) { rows { count } }`, "purchase_offerings"},
		{`purchaseAggregate(groupBy: [PROVIDER], filter: { offering: { category: ["kuliner"] } }) { rows { count amount { sum } } }`, "purchase_offerings"},
		{`purchaseAggregate(groupBy: [PROVINCE, GENDER], filter: { cohort: [12] }) { rows { count } }`, "purchase_people"},
		{`purchaseAggregate(groupBy: [OFFERING, COHORT]) { rows { count } }`, ""},
		{`purchaseAggregate(groupBy: [PLATFORM]) { rows { count participants } }`, ""},
		{`purchaseAggregate(groupBy: [PLATFORM]) { rows { count amount { max } } }`, ""},
		{`purchaseAggregate(groupBy: [COUNTS]) { rows { count } }`, ""},
		{`purchaseAggregate(groupBy: [PLATFORM], filter: { voidedAt: { from: "2021-04-01T00:00:00+07:00" } }) { rows { count } }`, ""},
		{`participantAggregate(groupBy: [PROVINCE], filter: { cohort: [12], status: [AWAITING] }) { rows { count purchased balance { sum } } }`, "participant_places"},
		{`participantAggregate(groupBy: [STATUS]) { rows { count purchasedShare } }`, "participant_places"},
		{`participantAggregate(groupBy: [GENDER, AGE_BAND, EDUCATION, STATUS]) { rows { count } }`, "participant_people"},
		{`participantAggregate(groupBy: [PLATFORM, DAY]) { rows { count } }`, "participant_firsts"},
		{`participantAggregate(groupBy: [PROVINCE, GENDER]) { rows { count } }`, ""},
		{`participantAggregate(groupBy: [PROVINCE], asOf: "2021-04-06T00:00:00Z") { rows { count } }`, ""},
		{`participantAggregate(groupBy: [PROVINCE], filter: { revokedAt: { from: "2021-04-01T00:00:00+07:00" } }) { rows { count } }`, ""},
		{`participantAggregate(groupBy: [PROVINCE], filter: { purchases: { voided: true } }) { rows { count } }`, ""},
		{`cohorts { nodes { progress { awaiting overdue } } }`, "participant_places"},
		{`cohorts { nodes { progress(asOf: "2021-04-06T00:00:00Z") { awaiting } } }`, ""},
		{`offerings { nodes { title purchases { totalCount } } }`, "purchase_offerings"},
		{`platforms { purchases(filter: { voided: true }) { totalCount } }`, "purchase_offerings"},
		{`participants(filter: { cohort: [12], status: [AWAITING, OVERDUE] }) { totalCount }`, "participant_places"},
		{`participants { nodes { purchases { totalCount } } }`, ""},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		for _, tt := range tests {
			seen := c.countersRead()
			c.get(officer, "{ "+tt.query+" }", nil)
			if got := strings.Join(slices.Sorted(maps.Keys(seen)), " "); got != tt.table {
				t.Errorf("%s: answered from %q, want %q", tt.query, got, tt.table)
			}
		}
	})
}

// coveredPurchases and coveredParticipants are what counters know, and a little more.
var coveredPurchases = func() grouped {
	g := groupedPurchases
	g.keys = strings.Fields("COHORT PLATFORM OFFERING PROVIDER CATEGORY MODE PROVINCE GENDER AGE_BAND DAY WEEK MONTH VOIDED EVIDENCE")
	g.measures = only(g.measures, "COUNT", "AMOUNT_SUM", "AMOUNT_AVG")
	g.filters = coveredPurchaseFilters
	return g
}()

var coveredParticipants = func() grouped {
	g := groupedParticipants
	g.keys = strings.Fields("COHORT PLATFORM PROVINCE GENDER AGE_BAND EDUCATION STATUS DAY WEEK MONTH")
	g.measures = only(g.measures, "COUNT", "PURCHASED", "PURCHASED_SHARE", "BALANCE_SUM", "BALANCE_AVG")
	g.filters = coveredParticipantFilters
	return g
}()

func only(all map[string]oracleMeasure, names ...string) map[string]oracleMeasure {
	chosen := map[string]oracleMeasure{}
	for _, name := range names {
		chosen[name] = all[name]
	}
	return chosen
}

// drawCovered draws some of the fields, and now and then puts filters together.
func drawCovered(t *rapid.T, depth int, fields map[string]func() any) filter {
	f := filter{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(fields))), 0, 2, rapid.ID[string]).Draw(t, "fields") {
		f[name] = fields[name]()
	}
	if depth > 0 {
		switch rapid.IntRange(0, 5).Draw(t, "junction") {
		case 0:
			f["not"] = drawCovered(t, depth-1, fields)
		case 1:
			f["or"] = []any{drawCovered(t, depth-1, fields), drawCovered(t, depth-1, fields)}
		}
	}
	return f
}

func few[T any](t *rapid.T, name string, values ...T) []T {
	return rapid.SliceOfN(rapid.SampledFrom(values), 0, 2).Draw(t, name)
}

func days(t *rapid.T) any {
	day := rapid.IntRange(1, 8).Draw(t, "day")
	span := map[string]any{"from": wib(day, rapid.SampledFrom([]int{0, 0, 0, 7}).Draw(t, "hour"), 0)}
	if rapid.Bool().Draw(t, "ends") {
		span["before"] = wib(day+rapid.IntRange(1, 4).Draw(t, "days"), 0, 0)
	}
	return span
}

func coveredPurchaseFilters(t *rapid.T, depth int) filter {
	return drawCovered(t, depth-2, map[string]func() any{
		"cohort":      func() any { return few(t, "cohorts", 12, 13) },
		"platform":    func() any { return few(t, "platforms", "pintaria", "tokopedia") },
		"voided":      func() any { return rapid.Bool().Draw(t, "voided") },
		"evidence":    func() any { return few(t, "evidence", "ACCEPTED", "PENDING", "UPHELD") },
		"purchasedAt": func() any { return days(t) },
		"offering":    func() any { return filter{"provider": few(t, "providers", "dapur", "kursus")} },
		"participant": func() any {
			return rapid.SampledFrom([]filter{{"gender": []string{"F"}}, {"province": []string{"31"}, "ageBand": []string{"FROM_65"}}, {"isNull": []string{"PROVINCE"}}}).Draw(t, "buyers")
		},
	})
}

func coveredParticipantFilters(t *rapid.T, depth int) filter {
	return drawCovered(t, depth-2, map[string]func() any{
		"cohort":     func() any { return few(t, "cohorts", 12, 13) },
		"status":     func() any { return few(t, "statuses", "AWAITING", "OVERDUE", "PURCHASED", "UNDER_REVIEW", "REVOKED") },
		"reviewOpen": func() any { return rapid.Bool().Draw(t, "review") },
		"province":   func() any { return few(t, "provinces", "31", "32") },
		"gender":     func() any { return few(t, "genders", "F", "M") },
		"education":  func() any { return few(t, "education", "SMP", "SMA") },
		"deadline":   func() any { return map[string]any{"from": near(t, "deadline from")} },
		"isNull":     func() any { return few(t, "nulls", "PROVINCE", "GENDER", "FIRST_PURCHASE", "REVOKED_AT") },
	})
}

// TestCountersAnswerAsTheFacts works the answers out in Go, as [TestAggregatesOfAnyWorld] does, and sees to it that every
// cube has been asked often.
func TestCountersAnswerAsTheFacts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newRandom(t, d)
		c := serve(t, w.Registry)
		seen := c.countersRead()
		for _, g := range []grouped{coveredPurchases, coveredParticipants} {
			t.Run(g.list, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					w.draw(t)
					for range 4 {
						g.check(t, c, w)
					}
				})
			})
		}
		var asked []string
		for table, times := range seen {
			if times > 20 {
				asked = append(asked, table)
			}
		}
		slices.Sort(asked)
		want := []string{"participant_firsts", "participant_people", "participant_places", "purchase_days", "purchase_offerings", "purchase_people"}
		if !cmp.Equal(asked, want) {
			t.Errorf("asked more than 20 times: %v", fmt.Sprint(seen))
		}
	})
}
