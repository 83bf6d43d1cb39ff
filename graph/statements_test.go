package graph_test

import (
	"fmt"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// listQueries asks each list, whole pages of it, for everything behind its objects. $n is the size of the page, and
// of the pages below it.
var listQueries = map[string]string{
	"cohorts": `cohorts(first: $n) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node {
		progress { recipients } then: progress(asOf: "2021-04-01T00:00:00+07:00") { recipients } extensions { province { name } cohort { number progress { awaiting } } }
		participants(first: $n) { totalCount nodes { cardNumber } }
		few: participants(first: 1, filter: { status: AWAITING }) { nodes { cohort { number } } } } } }`,
	"cohorts and purchases": `cohorts(first: $n) { nodes { purchases(first: $n, filter: { participant: { gender: [F, M] } }) { totalCount pageInfo { hasNextPage } nodes {
		platform { code } offering { title } participant { status } } } } }`,
	"cohorts and curves": `cohorts(first: $n) { nodes { days: purchaseCurve { points { share } } again: purchaseCurve { recipients points { cumulative } } } }`,
	"participants": `participants(first: $n) { totalCount pageInfo { hasNextPage hasPreviousPage } nodes {
		province { name } cohort { number progress { awaiting } } contact { name } firstPurchase { platform { code } offering { title platform { code } } }
		purchases(first: $n) { totalCount edges { cursor node { offering { title } participant { cohort { number } } } } }
		history(last: $n, filter: { not: { kind: CONTACT_ERASED } }) { totalCount pageInfo { hasPreviousPage } nodes { to { firstPurchase { invoiceCode } } } }
		reviews { purchase { invoiceCode } participant { cardNumber } } } }`,
	"reviews": `reviews(first: $n) { totalCount pageInfo { hasNextPage } nodes { participant { cohort { number } reviews { kind } }
		purchase { platform { code } offering { title } participant { cardNumber } } } }`,
	"platforms": `platforms { keys { platform { code } } statements { count } } cohorts(first: $n) { totalCount }`,
	"platforms and their lists": `platforms { offerings(first: $n, filter: { onSale: true }) { totalCount pageInfo { hasNextPage } nodes { title platform { code } purchases(first: 2) { nodes { invoiceCode } } } }
		purchases(last: $n) { totalCount pageInfo { hasPreviousPage } nodes { offering { title } participant { cohort { number } } } }
		deliveries(first: $n) { totalCount edges { cursor node { platform { name } } } } }`,
	"offerings": `offerings(first: $n) { totalCount pageInfo { hasNextPage } nodes { platform { name } purchases(first: $n) { totalCount nodes { platform { code } participant { status } } } } }`,
	"purchases": `purchases(first: $n) { totalCount pageInfo { hasNextPage } nodes { platform { code } offering { platform { code } }
		participant { cohort { number } purchases(first: 2) { nodes { invoiceCode } } } } }`,
	"settlements": `settlements(first: $n) { totalCount pageInfo { hasNextPage } edges { cursor node { evidence { lagLimit platforms { platform } } counts { revoked } provinces { province { name } count }
		platformHistory { count } places { freed reserved } cohort { number settlements(first: $n) { totalCount } } } } }`,
	"settlements and entries": `settlements(first: $n) { nodes { entries(first: 3, filter: { participant: { not: { gender: F } } }) { totalCount pageInfo { hasNextPage } edges { cursor node {
		settlement { number } participant { cardNumber } } } } } }`,
	"entries": `settlement(number: 2) { entries(first: $n) { totalCount pageInfo { hasNextPage } nodes {
		settlement { number } participant { cardNumber settlement { number } history(first: 3) { nodes { settlement { number } } } reminders { state } } } } }`,
	"cohorts and closings":          `cohorts(first: $n) { nodes { closing { waits { text } platforms { statedThrough } settlement { number } } places { freed } reminders { cohort { number } counts { count } } } }`,
	"platforms and how they report": `platforms { outages { platform { code } reason } alerts { kind platform { name } } watch { usual statement { agrees } } } cohorts(first: $n) { totalCount }`,
	"endpoints":                     `endpoints { messages(first: $n) { totalCount pageInfo { hasNextPage } edges { cursor node { endpoint { name } attempts { outcome } } } } }`,
	"deliveries":                    `deliveries(first: $n) { totalCount pageInfo { hasNextPage } nodes { body platform { code keys { fingerprint } } } }`,
}

// TestEveryListIsCounted holds the queries against the schema.
func TestEveryListIsCounted(t *testing.T) {
	counted := map[string]bool{}
	for name, list := range listQueries {
		doc, errs := gqlparser.LoadQueryWithRules(schemaOf(), "query ($n: Int) { "+list+" }", nil)
		if errs != nil {
			t.Fatalf("%s: %v", name, errs)
		}
		var fields func(set ast.SelectionSet)
		fields = func(set ast.SelectionSet) {
			for _, sel := range set {
				if f, ok := sel.(*ast.Field); ok {
					counted[f.ObjectDefinition.Name+"."+f.Name] = true
					fields(f.SelectionSet)
				}
			}
		}
		fields(doc.Operations[0].SelectionSet)
	}
	for _, p := range places() {
		if !counted[p.String()] {
			t.Errorf("no query counts the statements of %s", p)
		}
	}
}

// TestAListCostsAFixedNumberOfStatements counts what each list costs on pages of 1, 20 and 100 objects.
func TestAListCostsAFixedNumberOfStatements(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 150)
		w.plenty()
		c := serve(t, w.Registry)
		for name, list := range listQueries {
			t.Run(name, func(t *testing.T) {
				cost := map[int]int64{}
				for _, size := range []int{1, 20, 100} {
					before := c.reads.statements.Load()
					a := c.get(admin, "query ($n: Int) { "+list+" }", map[string]any{"n": size})
					cost[size] = c.reads.statements.Load() - before
					if nodes, isPage := a.at(name + ".nodes").([]any); isPage && len(nodes) != size {
						t.Fatalf("a page of %d holds %d: %.300s", size, len(nodes), a.text)
					}
				}
				// A page of one may have nothing behind its object, and is then spared some.
				if cost[1] == 0 || cost[1] > cost[20] || cost[100] != cost[20] {
					t.Errorf("statements by size of page: %v", cost)
				}
			})
		}
	})
}

// plenty adds enough of everything for pages of 100.
func (w *world) plenty() {
	w.T.Helper()
	var group []registry.Submission
	for i, card := range w.cards13[2:] {
		group = append(group, w.Message("tokopedia", registrytest.Bought(fmt.Sprintf("PLENTY-%d", i), card, wib(2, 10, 0))))
	}
	w.Send(group...)
	in := make([]registry.Offering, 120)
	for i := range in {
		in[i] = registry.Offering{CourseCode: fmt.Sprintf("P-%d", i), Title: fmt.Sprintf("Pelatihan %d", i), Price: int64(i) * 1000}
	}
	if _, err := w.PutOfferings(w.T.Context(), registrytest.Admin, "pintaria", in); err != nil {
		w.T.Fatal(err)
	}
	w.pastReviews()
	w.plentyOfLists()
}

// plentyOfLists adds cohorts with plans of reminders, settlements with long lists, and webhooks of ours. What they are
// called and whom they hold does not matter to who reads them.
func (w *world) plentyOfLists() {
	w.T.Helper()
	w.endpoint("first")
	for _, statement := range []string{
		`INSERT INTO cohorts (id, quota, announced_at, deadline, basis, created_at)
			SELECT 100 + p.id, c.quota, c.announced_at, c.deadline, c.basis, c.created_at FROM cohorts c, participants p WHERE c.id = 12`,
		`INSERT INTO reminder_plans (cohort_id, stages, channels, language, created_at, created_by) SELECT id, '24', 'EMAIL', 'ID', announced_at, 'officer-1' FROM cohorts`,
		`INSERT INTO settlements (cohort_id, state, through, listed, list_sha256, evidence, summary, reserve, reason, prepared_at, prepared_by, finished_at)
			SELECT s.cohort_id, 'DISCARDED', s.through, s.listed, s.list_sha256, s.evidence, s.summary, s.reserve, s.reason, s.prepared_at, s.prepared_by, s.prepared_at
			FROM settlements s, (SELECT id FROM participants ORDER BY id LIMIT 120) p`,
		`INSERT INTO settlement_entries (settlement_id, participant_id, deadline, purchases, outcome)
			SELECT s.id, p.id, p.deadline, 0, 'LISTED' FROM settlements s, participants p WHERE s.id BETWEEN 2 AND 9`,
		`INSERT INTO outbound_messages (endpoint_id, event, message_id, created_at, state, settled_at)
			SELECT m.endpoint_id, m.event, 'plenty_' || p.id, m.created_at, 'FAILED', m.created_at FROM outbound_messages m, participants p`,
	} {
		if _, err := w.DB().Write.ExecContext(w.T.Context(), statement); err != nil {
			w.T.Fatal(err)
		}
	}
}

func objects(a answer, list string) []any {
	nodes, _ := a.at(list + ".nodes").([]any)
	return nodes
}

// TestManyNodesOfOneTypeAreOneStatement: many ids of one type are one statement.
func TestManyNodesOfOneTypeAreOneStatement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 60)
		c := serve(t, w.Registry)
		a := c.get(officer, `{ participants(first: 50) { nodes { id } } }`, nil)
		var ids []any
		for _, n := range objects(a, "participants") {
			ids = append(ids, n.(map[string]any)["id"])
		}
		before := c.reads.statements.Load()
		a = c.get(officer, `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Participant { cardNumber } } }`, map[string]any{"ids": ids})
		if got := c.reads.statements.Load() - before; got != 1 {
			t.Errorf("%d statements for %d nodes of one type", got, len(ids))
		}
		for i, id := range ids {
			if got := a.at(fmt.Sprintf("nodes.%d.id", i)); got != id {
				t.Fatalf("node %d is %v, want %v", i, got, id)
			}
		}
	})
}

// TestWhatIsNotAskedForIsNotRead counts statements of small questions. What is in memory is not asked for.
func TestWhatIsNotAskedForIsNotRead(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 5)
	c := serve(t, w.Registry)
	tests := []struct {
		query string
		want  int64
	}{
		{`{ programme { now } viewer { role } }`, 0},
		{`{ participants { totalCount } }`, 1},
		{`{ participants { nodes { id status } } }`, 1},
		{`{ participants { nodes { id } totalCount } }`, 2},
		{`{ participants { nodes { firstPurchase { invoiceCode } } } }`, 2},
		{`{ participants { nodes { firstPurchase @skip(if: true) { invoiceCode } } } }`, 1},
		{`{ participants { nodes { ...F } edges { node { ...F } } } } fragment F on Participant { purchases { nodes { id } } }`, 2},
		{`{ participants { nodes { ... on Node { id } ... on Participant { cohort { number } } } } }`, 1},
		{`{ purchases { nodes { platform { code } offering { title platform { name } } } } }`, 1},
		{`{ cohorts { nodes { progress { awaiting } } } }`, 2},
		{`{ reviews { nodes { kind openedAt } } }`, 1},
		{`{ reviews { nodes { purchase { invoiceCode } } } }`, 2},
		{`{ platforms { code } }`, 1},
		{`{ platforms { statements { count } } }`, 2},
	}
	for _, tt := range tests {
		before := c.reads.statements.Load()
		c.get(officer, tt.query, nil)
		if got := c.reads.statements.Load() - before; got != tt.want {
			t.Errorf("%s: %d statements, want %d", tt.query, got, tt.want)
		}
	}
}
