package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/searchtext"
)

// chance says which of n, from 0.
type chance func(n int) int

func oneOfThese[T any](c chance, from ...T) T { return from[c(len(from))] }

// crowd puts rows of every kind into the tables of a world, behind the registry's back: what a list makes of its
// rows does not depend on how they came about. The values are few, so that there are ties, and null is among them.
// No row that was there before changes.
type crowd struct {
	*world
	t     testing.TB
	db    *db.DB
	made  int
	first map[string]int // the greatest row id of each table when the crowd was founded
}

// crowdTables are the tables that the crowd puts rows into, those first that others lead to.
var crowdTables = []string{"cohorts", "offerings", "deliveries", "participants", "purchases", "reviews", "history", "settlements", "settlement_entries", "outbound_messages"}

// newCrowd founds a crowd in a world of both cohorts and fills it.
func newCrowd(t testing.TB, d *db.DB) *crowd {
	t.Helper()
	w := newWorld(t, d, 6)
	w.pastReviews()
	w.endpoint("first")
	w.endpoint("second")
	c := &crowd{world: w, t: t, db: d}
	state := uint64(13)
	c.fill(func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	})
	c.first = map[string]int{}
	for _, table := range crowdTables {
		c.first[table] = c.number("SELECT COALESCE(MAX(id), 0) FROM " + table)
	}
	return c
}

func (c *crowd) fill(next chance) {
	for table, n := range map[string]int{"offerings": 8, "participants": 14, "deliveries": 12, "cohorts": 2} {
		for range n {
			c.add(table, next)
		}
	}
	for range 22 {
		c.add("purchases", next)
	}
	for range 12 {
		c.add("reviews", next)
		c.add("history", next)
		c.add("outbound_messages", next)
	}
	for range 4 {
		c.add("settlements", next)
	}
	for range 14 {
		c.add("settlement_entries", next)
	}
	c.exec(`UPDATE participants SET first_purchase_id = (SELECT MIN(p.id) FROM purchases p WHERE p.participant_id = participants.id) WHERE first_purchase_id IS NULL AND id % 3 > 0`)
}

// disperse takes away what was added since the crowd was founded, but for the history: nobody can.
func (c *crowd) disperse() {
	c.t.Helper()
	for _, table := range slices.Backward(crowdTables) {
		if table != "history" {
			c.exec("DELETE FROM "+table+" WHERE id > $1", c.first[table])
		}
	}
}

// instants of the crowd: ties, microseconds, and both sides of the deadlines.
func (c *crowd) instant(next chance) time.Time {
	at := oneOfThese(next, wib(1, 9, 0), wib(1, 9, 0).Add(time.Microsecond), wib(2, 9, 0), wib(2, 0, 0), wib(2, 0, 0).Add(-time.Microsecond), wib(6, 17, 45), wib(9, 0, 0))
	return db.Instant(at)
}

func (c *crowd) maybe(next chance) any { return oneOfThese[any](next, nil, c.instant(next)) }

// some returns the id of some row of the table.
func (c *crowd) some(table string, next chance) int {
	c.t.Helper()
	return c.number("SELECT id FROM "+table+" ORDER BY id LIMIT 1 OFFSET $1", next(c.number("SELECT COUNT(*) FROM "+table)))
}

// founder returns the id of a participant who stays: what is in the history cannot be taken away.
func (c *crowd) founder(next chance) int {
	c.t.Helper()
	n := c.number("SELECT COUNT(*) FROM participants WHERE card_number LIKE '3113%'")
	return c.number("SELECT id FROM participants WHERE card_number LIKE '3113%' ORDER BY id LIMIT 1 OFFSET $1", next(n))
}

// add puts one more row into the table: one that is there, with other values.
func (c *crowd) add(table string, next chance) {
	c.t.Helper()
	c.made++
	switch table {
	case "participants":
		c.newcomer(next)
	case "purchases":
		c.sale(next)
	case "deliveries":
		c.copy(table, c.some(table, next), map[string]any{
			"message_id": fmt.Sprintf("crowd_%d", c.made), "dedupe_key": fmt.Sprintf("crowd_%d", c.made), "received_at": c.instant(next), "signed_at": c.instant(next),
			"event_time": c.maybe(next), "settled_at": c.maybe(next), "attempts": next(3), "reason": oneOfThese[any](next, nil, "UNKNOWN_CARD", "MALFORMED"),
			"event_type": oneOfThese(next, "", "purchase.completed", "purchase.voided"), "card_number": oneOfThese(next, "", "9999999999999999"),
			"invoice_code": oneOfThese(next, "", "FIRST"), "course_code": oneOfThese(next, "", "C-1"), "outcome": oneOfThese(next, "APPLIED", "QUARANTINED", "DISMISSED"),
		})
	case "offerings":
		title, provider, category := oneOfThese(next, "apel", "Apel", "Zebra", "éclair", "a b", "_x"), oneOfThese(next, "", "Dapur", "dapur"), oneOfThese(next, "", "Kuliner", "Bahasa")
		c.copy(table, c.some(table, next), map[string]any{
			"course_code": fmt.Sprintf("K-%d", c.made), "title": title, "provider": provider, "category": category, "search": searchtext.Of(title, provider, category),
			"mode": oneOfThese[any](next, nil, "ONLINE", "BLENDED"), "price": oneOfThese[any](next, nil, 0, 250_000, 500_000), "url": oneOfThese(next, "", "https://example.com"),
			"listed": next(2) == 0, "sample": next(2) == 0, "withdrawn_at": c.maybe(next), "updated_at": c.instant(next),
		})
	case "cohorts":
		c.copy(table, c.some(table, next), map[string]any{
			"id": c.number("SELECT MAX(id) + 1 FROM cohorts"), "quota": 100 * next(3), "announced_at": c.instant(next), "deadline": c.instant(next),
			"basis": oneOfThese(next, "COMPUTED", "DECREED", "EXTENDED"),
		})
	case "reviews":
		purchase := c.some("purchases", next)
		c.copy(table, c.some(table, next), map[string]any{
			"opened_at": c.instant(next), "closed_at": c.instant(next), "state": oneOfThese(next, "DECIDED", "MOOT"), "decision": oneOfThese[any](next, nil, "UPHOLD", "REJECT"),
			"kind": oneOfThese(next, "LATE_EVIDENCE", "VOID_AFTER_DEADLINE"), "purchase_id": purchase,
			"participant_id": c.number("SELECT participant_id FROM purchases WHERE id = $1", purchase),
		})
	case "settlements":
		c.copy(table, c.some(table, next), map[string]any{
			"cohort_id": oneOfThese(next, 12, 13), "state": oneOfThese(next, "EXECUTED", "CLOSED", "REVERSED", "DISCARDED"), "listed": next(3),
			"prepared_at": c.instant(next), "executed_at": c.maybe(next), "finished_at": c.instant(next),
		})
	case "settlement_entries":
		c.entry(next)
	case "outbound_messages":
		c.copy(table, c.some(table, next), map[string]any{
			"endpoint_id": c.some("endpoints", next), "message_id": fmt.Sprintf("crowd_%d", c.made), "event": oneOfThese(next, "TEST", "SETTLEMENT", "ALERT_RAISED"),
			"state": oneOfThese(next, "DELIVERED", "FAILED", "CANCELLED"), "created_at": c.instant(next), "settled_at": c.instant(next), "next_at": nil,
		})
	case "history":
		c.copy(table, c.some(table, next), map[string]any{
			"recorded_at": c.instant(next), "effective_at": c.instant(next), "participant_id": c.founder(next),
			"kind": oneOfThese(next, "FACTS", "CONTACT_CORRECTED"), "cause": oneOfThese(next, "DELIVERY", "PERSON", "SETTLEMENT"),
		})
	}
}

func (c *crowd) newcomer(next chance) {
	c.copy("participants", c.some("participants", next), map[string]any{
		"card_number": fmt.Sprintf("32%014d", c.made), "nik_hash": nil, "contact": nil, "import_fingerprint": nil, "first_purchase_id": nil,
		"cohort_id": oneOfThese(next, 12, 13), "province": oneOfThese[any](next, nil, "31", "32"), "regency": oneOfThese[any](next, nil, "3171", "3273"),
		"gender": oneOfThese[any](next, nil, "F", "M"), "age_band": oneOfThese[any](next, nil, "UNDER_18", "FROM_65", "FROM_18_TO_24"),
		"education": oneOfThese[any](next, nil, "SD", "S1", "D4", "NONE"), "deadline": c.instant(next), "revoked_at": oneOfThese[any](next, nil, nil, c.instant(next)),
		"review_open": next(4) == 0, "balance": oneOfThese(next, -50_000, 0, 750_000, 1_000_000),
	})
}

func (c *crowd) sale(next chance) {
	offering := c.some("offerings", next)
	bought := c.instant(next)
	received := bought.Add(oneOfThese(next, 0, -1500*time.Millisecond, 1500*time.Millisecond, 72*time.Hour))
	c.copy("purchases", c.some("purchases", next), map[string]any{
		"invoice_code": fmt.Sprintf("%s-%d", oneOfThese(next, "inv", "INV"), c.made), "amount": oneOfThese(next, 0, 250_000, 600_000), "purchased_at": bought, "received_at": received,
		"schedule_code": oneOfThese(next, "", "S-1"), "evidence": oneOfThese(next, "ACCEPTED", "ACCEPTED", "PENDING", "UPHELD", "REJECTED"), "voided_at": c.maybe(next),
		"offering_id": offering, "platform_id": c.number("SELECT platform_id FROM offerings WHERE id = $1", offering), "participant_id": c.some("participants", next),
	})
}

// entry puts somebody on a list who is not on it yet.
func (c *crowd) entry(next chance) {
	settlement := c.some("settlements", next)
	if c.number("SELECT COUNT(*) FROM settlement_entries WHERE settlement_id = $1", settlement) == c.number("SELECT COUNT(*) FROM participants") {
		c.newcomer(next)
	}
	left := " FROM participants p WHERE NOT EXISTS (SELECT 1 FROM settlement_entries e WHERE e.settlement_id = $1 AND e.participant_id = p.id)"
	c.copy("settlement_entries", c.some("settlement_entries", next), map[string]any{
		"settlement_id":  settlement,
		"participant_id": c.number("SELECT p.id"+left+" ORDER BY p.id LIMIT 1 OFFSET $2", settlement, next(c.number("SELECT COUNT(*)"+left, settlement))),
		"outcome":        oneOfThese(next, "LISTED", "REVOKED", "PASSED_OVER", "REINSTATED"),
		"passed_over":    oneOfThese[any](next, nil, nil, "EXTENDED", "PURCHASED"),
	})
}

// copy copies a row of the table, with other values in some columns.
func (c *crowd) copy(table string, id int, other map[string]any) {
	c.t.Helper()
	columns, values := c.row(table, id)
	var names, places []string
	var args []any
	for i, column := range columns {
		value, changed := other[column]
		if !changed {
			value = values[i]
		}
		if column == "id" && !changed {
			continue
		}
		args = append(args, value)
		names, places = append(names, column), append(places, fmt.Sprintf("$%d", len(args)))
	}
	c.exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
}

func (c *crowd) row(table string, id int) (columns []string, values []any) {
	c.t.Helper()
	rows, err := c.db.Write.QueryContext(c.t.Context(), "SELECT * FROM "+table+" WHERE id = $1", id)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			c.t.Error(err)
		}
	}()
	if columns, err = rows.Columns(); err != nil {
		c.t.Fatal(err)
	}
	values = make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return columns, values
}

func (c *crowd) number(query string, args ...any) int {
	c.t.Helper()
	var n int
	if err := c.db.Write.QueryRowContext(c.t.Context(), query, args...).Scan(&n); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (c *crowd) exec(query string, args ...any) {
	c.t.Helper()
	if _, err := c.db.Write.ExecContext(c.t.Context(), query, args...); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
}
