package graph_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// grouped is one of the two aggregates, as the tests ask for it.
type grouped struct {
	root, kind string // as "purchaseAggregate" and "Purchase"
	list, name string // of the list of the same things, and what tells them apart there
	items      func(*random) map[string]item
	filters    func(*rapid.T, int) filter
	keys       []string
	measures   map[string]oracleMeasure
}

var sharedKeys = strings.Fields("COHORT PLATFORM OFFERING PROVIDER CATEGORY MODE PROVINCE REGENCY GENDER AGE_BAND EDUCATION STATUS HOUR DAY WEEK MONTH HOURS_BEFORE_DEADLINE")

var groupedPurchases = grouped{
	root: "purchaseAggregate", kind: "Purchase", list: "purchases", name: "invoiceCode",
	items: func(w *random) map[string]item {
		items := map[string]item{}
		for _, s := range w.sales {
			items[s.invoice()] = item{s.buyer, s}
		}
		return items
	},
	filters: purchaseFilters, keys: append(slices.Clone(sharedKeys), "LATE", "VOIDED", "COUNTS", "EVIDENCE"), measures: purchaseOracle(),
}

var groupedParticipants = grouped{
	root: "participantAggregate", kind: "Participant", list: "participants", name: "cardNumber",
	items: func(w *random) map[string]item {
		items := map[string]item{}
		for _, p := range w.people {
			items["************"+p.card()[12:]] = item{p, p.first}
		}
		return items
	},
	filters: participantFilters, keys: sharedKeys, measures: participantOracle(),
}

// group is a group as it should be.
type group struct {
	keys     []shown
	measures map[string]any
}

// groupQuestion is what is asked of an aggregate.
type groupQuestion struct {
	filter   filter
	keys     []string
	measures []string
	having   map[string]any
	orders   []map[string]any
}

// groups makes the groups of the items. Without keys there is one, of whatever there is.
func (g grouped) groups(items []item, keys []string) []group {
	members := map[string][]item{}
	if len(keys) == 0 {
		members[fmt.Sprint([]shown(nil))] = nil
	}
	shownAs := map[string][]shown{}
	for _, i := range items {
		var values []shown
		for _, k := range keys {
			values = append(values, oracleKeys[k].of(i))
		}
		name := fmt.Sprint(values)
		members[name], shownAs[name] = append(members[name], i), values
	}
	var all []group
	for _, name := range slices.Sorted(maps.Keys(members)) {
		in := members[name]
		made := group{keys: shownAs[name], measures: map[string]any{}}
		for m, measure := range g.measures {
			made.measures[m] = measure.of(in)
		}
		all = append(all, made)
	}
	return all
}

// meets says whether the group lies in every span.
func (g grouped) meets(made group, having map[string]any) bool {
	for name, measure := range g.measures {
		span, limited := having[measure.limit].(map[string]any)
		if !limited {
			continue
		}
		v, isNumber := made.measures[name].(float64)
		if !isNumber {
			return false
		}
		if least, is := span["min"].(float64); is && v < least {
			return false
		}
		if greatest, is := span["max"].(float64); is && v > greatest {
			return false
		}
	}
	return true
}

func (q groupQuestion) compare(a, b group) int {
	value := func(made group, field string) any {
		if i := slices.Index(q.keys, field); i >= 0 {
			return made.keys[i].order
		}
		return made.measures[field]
	}
	for _, o := range q.orders {
		field := fmt.Sprint(o["field"])
		if c := compareShown(value(a, field), value(b, field), o["direction"] == "DESC"); c != 0 {
			return c
		}
	}
	for _, k := range q.keys {
		if c := compareShown(value(a, k), value(b, k), false); c != 0 {
			return c
		}
	}
	return 0
}

// draw draws a question. The limits are numbers that some group has.
func (g grouped) draw(t *rapid.T, in []group, q groupQuestion) groupQuestion {
	names := slices.Sorted(maps.Keys(g.measures))
	q.measures = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 5, rapid.ID[string]).Draw(t, "measures")
	q.having = map[string]any{}
	if len(in) > 0 && rapid.IntRange(0, 2).Draw(t, "limited") == 0 {
		name := rapid.SampledFrom(names).Draw(t, "limited measure")
		if v, is := rapid.SampledFrom(in).Draw(t, "like").measures[name].(float64); is {
			if limit := g.measures[name].limit; !strings.HasPrefix(limit, "hours") && limit != "purchasedShare" {
				v = math.Floor(v)
			}
			q.having[g.measures[name].limit] = map[string]any{rapid.SampledFrom([]string{"min", "max"}).Draw(t, "side"): v}
		}
	}
	for _, field := range rapid.SliceOfN(rapid.SampledFrom(append(names, q.keys...)), 0, 3).Draw(t, "orders") {
		q.orders = append(q.orders, map[string]any{"field": field, "direction": rapid.SampledFrom([]string{"ASC", "DESC"}).Draw(t, "direction")})
	}
	return q
}

// text is the query.
func (g grouped) text(q groupQuestion) string {
	var asks []string
	for _, k := range q.keys {
		asks = append(asks, oracleKeys[k].ask)
	}
	rows := "key { __typename " + strings.Join(asks, " ") + " }"
	for _, m := range q.measures {
		if field, part, nested := strings.Cut(g.measures[m].path, "."); nested {
			rows += " " + field + " { " + part + " }"
		} else {
			rows += " " + field
		}
	}
	return strings.ReplaceAll(`query ($filter: KindFilter, $groupBy: [KindGroup!]!, $having: KindHaving, $orderBy: [KindAggregateOrder!], $first: Int, $after: String) {
		`+g.root+`(filter: $filter, groupBy: $groupBy, having: $having, orderBy: $orderBy, first: $first, after: $after) {
			rows { `+rows+` } totalGroups truncated endCursor suppressedGroups } }`, "Kind", g.kind)
}

// row is the group as the answer shows it.
func (g grouped) row(made group, q groupQuestion) map[string]any {
	key := map[string]any{"__typename": "GroupKey"}
	for i, k := range q.keys {
		field, _, _ := strings.Cut(oracleKeys[k].ask, " ")
		key[field] = made.keys[i].value
	}
	row := map[string]any{"key": key}
	for _, m := range q.measures {
		field, part, nested := strings.Cut(g.measures[m].path, ".")
		if !nested {
			row[field] = made.measures[m]
			continue
		}
		parts, begun := row[field].(map[string]any)
		if !begun {
			parts = map[string]any{}
			row[field] = parts
		}
		parts[part] = made.measures[m]
	}
	return row
}

// check asks the question on one page and by pages of a few, and compares the answers with the oracle's.
func (g grouped) check(t *rapid.T, c *client, w *random) {
	q := groupQuestion{filter: g.filters(t, 3), keys: rapid.SliceOfNDistinct(rapid.SampledFrom(g.keys), 0, 4, rapid.ID[string]).Draw(t, "keys")}
	listed := c.get(analyst, fmt.Sprintf("query ($filter: %sFilter) { %s(filter: $filter, first: 1000) { totalCount nodes { %s } } }", g.kind, g.list, g.name), map[string]any{"filter": q.filter})
	all := g.items(w)
	var items []item
	for _, node := range objects(listed, g.list) {
		items = append(items, all[fmt.Sprint(node.(map[string]any)[g.name])])
	}
	made := g.groups(items, q.keys)
	members := 0.
	for _, in := range made {
		members += in.measures["COUNT"].(float64)
	}
	if got := listed.at(g.list + ".totalCount"); got != members {
		t.Fatalf("the list counts %v, its groups %v", got, members)
	}
	q = g.draw(t, made, q)
	made = slices.DeleteFunc(made, func(in group) bool { return !g.meets(in, q.having) })
	slices.SortFunc(made, q.compare)
	var want []any
	for _, in := range made {
		want = append(want, g.row(in, q))
	}
	if got := g.walk(t, c, q, 1000, len(want)); !cmp.Equal(got, want) {
		t.Fatalf("%s\n%v\n%s", g.text(q), q, cmp.Diff(want, got))
	}
	if got := g.walk(t, c, q, 3, len(want)); !cmp.Equal(got, want) {
		t.Fatalf("by pages: %s\n%v\n%s", g.text(q), q, cmp.Diff(want, got))
	}
}

// walk reads all pages of at most so many groups.
func (g grouped) walk(t *rapid.T, c *client, q groupQuestion, largest, n int) []any {
	variables := map[string]any{"filter": q.filter, "groupBy": q.keys, "having": q.having, "orderBy": q.orders}
	var walked []any
	for {
		size := largest
		if largest < n {
			size = rapid.IntRange(1, largest).Draw(t, "page size")
		}
		variables["first"] = size
		a := c.get(analyst, g.text(q), variables)
		rows, _ := a.at(g.root + ".rows").([]any)
		walked = append(walked, rows...)
		if total := a.at(g.root + ".totalGroups"); total != float64(n) {
			t.Fatalf("%s\n%v\n%v groups in all, want %d", g.text(q), q, total, n)
		}
		more := a.at(g.root+".truncated") == true
		if more != (len(walked) < n) || len(rows) > size || len(walked) > n {
			t.Fatalf("%s\n%v\nafter %d of %d groups, truncated is %v", g.text(q), q, len(walked), n, more)
		}
		if !more {
			return walked
		}
		variables["after"] = a.at(g.root + ".endCursor")
	}
}

// TestAggregatesOfAnyWorld groups random worlds by random questions, and works the answers out in Go.
func TestAggregatesOfAnyWorld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newRandom(t, d)
		c := serve(t, w.Registry)
		for _, g := range []grouped{groupedPurchases, groupedParticipants} {
			t.Run(g.list, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					w.draw(t)
					for range 4 {
						g.check(t, c, w)
					}
				})
			})
		}
	})
}
