package graph_test

import (
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestWhoMayNotIntrospectIsNotToldWhatWasMeant: a suggestion is an answer about the schema.
func TestWhoMayNotIntrospectIsNotToldWhatWasMeant(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	mistakes := map[string]string{
		"a field":                   `{ participantz { totalCount } }`,
		"a field of several types":  `{ node(id: "a") { cardNumber } }`,
		"a field without selection": `{ programme }`,
		"an argument":               `{ cohort(nummer: 13) { number } }`,
		"an argument of a skip":     `{ programme @skip(iff: true) { now } }`,
		"a type":                    `{ node(id: "a") { ...F } } fragment F on Participants { id }`,
		"an enum value":             `{ participants(filter: { status: AWAITINGG }) { totalCount } }`,
		"an enum value as text":     `{ participants(filter: { status: "AWAITING" }) { totalCount } }`,
		"a field of an input":       `{ participants(filter: { statuss: AWAITING }) { totalCount } }`,
	}
	for what, query := range mistakes {
		for name, v := range roles("3113000000000001") {
			may := name != "nobody" && name != "anonymous" && name != "participant"
			a := c.ask(v, query, nil)
			if a.code() != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("%s, %s: %s", name, what, a.text)
			}
			told := strings.Contains(a.text, "Did you mean") || strings.Contains(a.text, "its values are") || strings.Contains(a.text, "write it without")
			if told != may {
				t.Errorf("%s, %s: suggestion %t, want %t: %s", name, what, told, may, a.text)
			}
		}
	}
}
