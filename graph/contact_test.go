package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
)

// TestAContactThatCannotBeDecryptedIsNull spoils one contact of two, and asks for both, by several ways.
func TestAContactThatCannotBeDecryptedIsNull(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		w.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3113000000000099", Name: "Budi"}})
		spoilt := w.ids(w.cards13[0])[0]
		if _, err := d.Write.ExecContext(t.Context(), "UPDATE participants SET contact = $1 WHERE id = $2", []byte("not a ciphertext"), spoilt); err != nil {
			t.Fatal(err)
		}
		c := serve(t, w.Registry)
		a := c.get(officer, `{ participants(filter: { cohort: 13 }) { nodes { cardNumber contact { name } firstPurchase { participant { contact { name } } } } } }`, nil)
		contacts := map[any]any{}
		for i := range objects(a, "participants") {
			contacts[a.at(fmt.Sprintf("participants.nodes.%d.cardNumber", i))] = a.at(fmt.Sprintf("participants.nodes.%d.contact.name", i))
		}
		if len(contacts) != 4 || contacts[w.cards13[0]] != nil || contacts["3113000000000099"] != "Budi" {
			t.Errorf("contacts: %v", contacts)
		}
		said := fmt.Sprintf("participant=%d ", spoilt)
		if strings.Count(c.log.String(), "level=ERROR") != 1 || !strings.Contains(c.log.String(), said) {
			t.Errorf("want one line with %q: %s", said, c.log)
		}
		if strings.Contains(c.log.String(), w.cards13[0]) {
			t.Errorf("the card is in the log: %s", c.log)
		}
	})
}
