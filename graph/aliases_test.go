package graph_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestAliasesWithOtherArgumentsAreToldApart asks for one connection of one object several times, by every way
// that leads to the same object.
func TestAliasesWithOtherArgumentsAreToldApart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		a := c.get(officer, `query ($card: CardNumber!, $one: Int = 1) {
			participant(cardNumber: $card) {
				newest: purchases(first: $one) { nodes { invoiceCode } }
				oldest: purchases(last: 1) { nodes { invoiceCode } }
				byRecord: purchases(first: 1, orderBy: { field: RECORDED }) { nodes { invoiceCode } }
				...Both
				a: firstPurchase { participant { purchases(first: 1) { nodes { invoiceCode } } } }
				b: firstPurchase { participant { purchases(last: 1) { nodes { invoiceCode } totalCount } ...Both } }
				en: explanation { summary }
				id: explanation(language: ID) { summary }
			}
			participants(first: 1, filter: { cohort: 13 }) {
				nodes { purchases(first: 1) { nodes { invoiceCode } } }
				edges { node { purchases(last: 1) { nodes { invoiceCode } } ...Both } }
			}
		}
		fragment Both on Participant { both: purchases(first: 2) { nodes { invoiceCode } } }`, map[string]any{"card": w.cards13[0]})
		want := map[string]any{
			"participant.newest.nodes.0.invoiceCode":                  "SECOND",
			"participant.oldest.nodes.0.invoiceCode":                  "FIRST",
			"participant.byRecord.nodes.0.invoiceCode":                "FIRST",
			"participant.both.nodes.1.invoiceCode":                    "FIRST",
			"participant.a.participant.purchases.nodes.0.invoiceCode": "SECOND",
			"participant.b.participant.purchases.nodes.0.invoiceCode": "FIRST",
			"participant.b.participant.purchases.totalCount":          2.0,
			"participant.b.participant.both.nodes.1.invoiceCode":      "FIRST",
			"participants.nodes.0.purchases.nodes.0.invoiceCode":      "SECOND",
			"participants.edges.0.node.purchases.nodes.0.invoiceCode": "FIRST",
			"participants.edges.0.node.both.nodes.1.invoiceCode":      "FIRST",
		}
		for path, value := range want {
			if got := a.at(path); got != value {
				t.Errorf("%s is %v, want %v", path, got, value)
			}
		}
		if a.at("participant.en.summary") == a.at("participant.id.summary") {
			t.Error("the explanations in two languages are the same")
		}
	})
}

// TestWalkingAListThroughTheEndpoint walks every order of the offerings, backwards and forwards.
func TestWalkingAListThroughTheEndpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.plenty()
		c := serve(t, w.Registry)
		total := int(c.get(anonymous, `{ offerings { totalCount } }`, nil).at("offerings.totalCount").(float64))
		for _, order := range []string{"TITLE", "PRICE"} {
			for _, direction := range []string{"ASC", "DESC"} {
				forwards := c.walk(fmt.Sprintf(`query ($cursor: String) { offerings(first: 7, after: $cursor, orderBy: { field: %s, direction: %s })
					{ nodes { id price } pageInfo { more: hasNextPage behind: hasPreviousPage cursor: endCursor } } }`, order, direction), false)
				backwards := c.walk(fmt.Sprintf(`query ($cursor: String) { offerings(last: 7, before: $cursor, orderBy: { field: %s, direction: %s })
					{ nodes { id price } pageInfo { more: hasPreviousPage behind: hasNextPage cursor: startCursor } } }`, order, direction), true)
				if len(forwards) != total || fmt.Sprint(forwards) != fmt.Sprint(backwards) {
					t.Errorf("%s %s: %d forwards, %d backwards, want %d, and the same", order, direction, len(forwards), len(backwards), total)
				}
				if order == "PRICE" && forwards[total-1].(map[string]any)["price"] != nil {
					t.Errorf("%s: the offering without a price is not the last", direction)
				}
			}
		}
	})
}

// walk walks all pages of the offerings and returns the objects in the order of the list.
func (c *client) walk(query string, backwards bool) []any {
	c.t.Helper()
	var walked []any
	var cursor any
	for page := 0; ; page++ {
		a := c.get(anonymous, query, map[string]any{"cursor": cursor})
		nodes := objects(a, "offerings")
		if backwards {
			walked = append(append([]any{}, nodes...), walked...)
		} else {
			walked = append(walked, nodes...)
		}
		if a.at("offerings.pageInfo.behind") != (page > 0) {
			c.t.Fatalf("page %d: behind is %v", page, a.at("offerings.pageInfo.behind"))
		}
		if a.at("offerings.pageInfo.more") != true || page > 100 {
			return walked
		}
		cursor = a.at("offerings.pageInfo.cursor")
	}
}

// TestPagesOfManyParentsAreThoseOfEach compares the pages below a list with those below each of its objects.
func TestPagesOfManyParentsAreThoseOfEach(t *testing.T) {
	page := `participants(filter: { gender: [F, M] }, orderBy: { field: PROVINCE, direction: DESC }, %s) {
		totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { cardNumber } }`
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 20)
		c := serve(t, w.Registry)
		cursor := c.get(officer, "{ cohort(number: 13) { "+fmt.Sprintf(page, "first: 4")+" } }", nil).at("cohort.participants.pageInfo.endCursor")
		for _, bounds := range []string{"first: 3", "last: 3", "first: 0", fmt.Sprintf("first: 3, after: %q", cursor), fmt.Sprintf("last: 2, before: %q", cursor)} {
			asked := fmt.Sprintf(page, bounds)
			together := c.get(officer, "{ cohorts { nodes { number "+asked+" } } }", nil)
			for i, number := range []int{12, 13} {
				alone := c.get(officer, fmt.Sprintf("{ cohort(number: %d) { %s } }", number, asked), nil).at("cohort.participants")
				if diff := cmp.Diff(alone, together.at(fmt.Sprintf("cohorts.nodes.%d.participants", i))); diff != "" {
					t.Errorf("%s, cohort %d: %s", bounds, number, diff)
				}
			}
		}
	})
}
