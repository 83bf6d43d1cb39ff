package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// ladder is fragments A0, A1, … on the type, each with the body that is made of the number of the next, and a
// last one with the end as its body.
func ladder(steps int, on string, body func(next int) string, end string) string {
	var text strings.Builder
	for i := range steps {
		fmt.Fprintf(&text, " fragment A%d on %s {%s}", i, on, body(i+1))
	}
	return text.String() + fmt.Sprintf(" fragment A%d on %s {%s}", steps, on, end)
}

// spreads is the next n spreads from number i on, none beyond the last.
func spreads(i, n, last int) string {
	var text strings.Builder
	for ; n > 0; n-- {
		fmt.Fprintf(&text, " ...A%d", min(i, last))
		i++
	}
	return text.String()
}

// TestQueriesMadeToTakeLong asks what takes minutes, or all the memory, wherever somebody walks through it
// without counting. It is refused, or answered, at once. The bound is generous: these tests share a machine.
func TestQueriesMadeToTakeLong(t *testing.T) {
	const bound = 2 * time.Second
	twice := func(next int) string { return fmt.Sprintf(" ...A%d ...A%d", next, next) }
	under := func(field string) func(int) string {
		return func(next int) string { return fmt.Sprintf(" %s { ...A%d } %s { ...A%d }", field, next, field, next) }
	}
	attacks := []struct {
		name, query string
		want        string // the code; "*" when it depends on the role
	}{
		{"a ladder", "{ ...A0 }" + ladder(28, "Query", twice, " __typename"), "TOO_MANY"},
		{"a ladder to the schema", "{ ...A0 }" + ladder(28, "Query", twice, " __schema { queryType { name } }"), "TOO_MANY"},
		{"a ladder that nobody climbs", "{ __typename }" + ladder(28, "Query", twice, " __typename"), "TOO_MANY"},
		{"a ladder in a circle", "{ ...A0 }" + ladder(28, "Query", twice, " ...A0 ...A1"), "TOO_MANY"},
		{"a ladder that leads nowhere", "{ ...A0 }" + ladder(28, "Query", twice, " ...Nobody"), "TOO_MANY"},
		{"a ladder of forty, each to the next ten", "{ ...A0 }" + ladder(40, "Query", func(next int) string { return spreads(next, 10, 40) }, " __typename"), "TOO_MANY"},
		{"a ladder in a mutation", "mutation { ...A0 }" + ladder(28, "Mutation", twice, " __typename"), "TOO_MANY"},
		{"a ladder by inline fragments", "{ ...A0 }" + ladder(28, "Query", func(next int) string { return fmt.Sprintf(" ... { ...A%d } ... on Query { ...A%d }", next, next) }, " __typename"), "TOO_MANY"},
		{"a ladder of fields", "{ viewer { participant { ...A0 } } }" + ladder(6, "Participant", func(next int) string {
			return strings.Repeat(fmt.Sprintf(" firstPurchase { participant { ...A%d } }", next), 5)
		}, " id"), "TOO_MANY"},
		{"a ladder of types", "{ __schema { types { ...A0 } } }" + ladder(12, "__Type", under("ofType"), " name"), "TOO_MANY"},
		{"a wheel of fragments", "{" + spreads(0, 151, 150) + " }" + ladder(150, "Query", func(int) string { return " __typename" }, " __typename"), ""},
		{"a long chain of fragments", "{ ...A0 }" + ladder(80, "Query", func(next int) string { return fmt.Sprintf(" ...A%d", next) }, " __typename"), ""},
		{"a longer chain of fragments", "{ ...A0 }" + ladder(150, "Query", func(next int) string { return fmt.Sprintf(" ...A%d", next) }, " __typename"), "TOO_MANY"},
		{"one field 1,498 times", "{" + strings.Repeat(" __typename", 1498) + "}", ""},
		{"nested pairs of one field", "{ viewer { participant {" + pairs(6) + " } } }", ""},
		{"keys of keys", `{ platform(code: "tokopedia") {` + strings.Repeat(" keys { platform {", 6) + " code" + strings.Repeat(" } }", 6) + " } }", "COST_LIMIT"},
		{"participants of participants", "{ cohort(number: 13) {" + strings.Repeat(" participants(first: 100) { nodes { cohort {", 3) + " number" + strings.Repeat(" } } }", 3) + " } }", "COST_LIMIT"},
		{"extensions of extensions", "{ cohorts(first: 100) { nodes {" + strings.Repeat(" extensions { cohort {", 4) + " number" + strings.Repeat(" } }", 4) + " } } }", "COST_LIMIT"},
		{"previews of reminders", "{" + aliased(30, "cohort(number: 13) { reminderPreview { exact } }") + " }", "COST_LIMIT"},
		{"outages of outages", `{ platform(code: "tokopedia") {` + strings.Repeat(" outages { platform {", 4) + " code" + strings.Repeat(" } }", 4) + " } }", "COST_LIMIT"},
		{"settlements of settlements", `{ cohort(number: 12) {` + strings.Repeat(" settlements(first: 100) { nodes { cohort {", 3) + " number" + strings.Repeat(" } } }", 3) + " } }", "COST_LIMIT"},
		{"the schema's fields of fields", "{ __schema { types { fields { type { fields { name args { type { ofType { ofType { name } } } }" + aliased(25, "type { ofType { ofType { name } } }") + " } } } } } }", "*"},
	}
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
			for name, v := range roles("3113000000000001") {
				started := time.Now()
				a := c.ask(v, attack.query, nil)
				if took := time.Since(started); took > bound {
					t.Errorf("%s: took %v", name, took)
				}
				if a.code() != attack.want && attack.want != "*" || attack.want == "*" && a.code() == "" {
					t.Errorf("%s: %q, want %q: %.300s", name, a.code(), attack.want, a.text)
				}
				if len(a.text) > 1<<20 {
					t.Errorf("%s: %d bytes", name, len(a.text))
				}
			}
		})
	}
}

// pairs is a field and its fellow, each with a pair below it.
func pairs(depth int) string {
	if depth == 0 {
		return " id"
	}
	return strings.Repeat(" firstPurchase { participant {"+pairs(depth-1)+" } }", 2)
}

func aliased(n int, field string) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, " a%d: %s", i, field)
	}
	return text.String()
}
