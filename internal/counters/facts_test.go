package counters_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/counters"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// agree fails the test unless every counter is what the facts come to.
func agree(t interface {
	Helper()
	Fatalf(string, ...any)
}, d *db.DB) {
	t.Helper()
	found, err := counters.Check(context.Background(), d, nil)
	if err != nil || len(found) > 0 {
		t.Fatalf("the counters differ: %+v (%v)", found, err)
	}
}

func exec(t interface {
	Helper()
	Fatalf(string, ...any)
}, x db.Execer, query string, args ...any) {
	t.Helper()
	if _, err := x.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// ledger writes facts as SQL has it, past the registry: whatever the columns can hold.
type ledger struct {
	d                   *db.DB
	delivery, platforms int
	people, sales       int // how many there have been: their ids
}

// newLedger prepares what the facts refer to: cohorts 12 and 13, platforms, and offerings 1 to 3.
func newLedger(t *testing.T, d *db.DB) *ledger {
	t.Helper()
	f := registrytest.New(t, d)
	for number, day := range map[int]int{12: 3, 13: 10} {
		f.Cohort(number, time.Date(2021, 3, day, 12, 0, 0, 0, rules.WIB), 0)
	}
	f.Send(f.Message("tokopedia", registrytest.Bought("STRANGER", "9999999999999999", registrytest.Evening)))
	l := &ledger{d: d, platforms: len(f.Platforms)}
	if err := d.Read.QueryRow("SELECT MIN(id) FROM deliveries").Scan(&l.delivery); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		exec(t, d.Write, "INSERT INTO offerings (id, platform_id, course_code, title, listed, created_at, updated_at) VALUES ($1, 1, $2, 'Course', TRUE, $3, $3)",
			i+1, fmt.Sprintf("C-%d", i), db.Instant(registrytest.Evening))
	}
	return l
}

func either[T any](t *rapid.T, label string, of ...T) T { return rapid.SampledFrom(of).Draw(t, label) }

// orNull is the text, or null for the empty one.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// moment is an instant near the ends of days in WIB.
func moment(t *rapid.T, label string) time.Time {
	midnight := time.Date(2021, 3, 20, 0, 0, 0, 0, rules.WIB).AddDate(0, 0, rapid.IntRange(0, 2).Draw(t, label+" day"))
	return db.Instant(midnight.Add(either(t, label+" from midnight", 0, -time.Microsecond, 7*time.Hour, 17*time.Hour, -7*time.Hour, 23*time.Hour)))
}

func perhaps(t *rapid.T, label string) any {
	if rapid.Bool().Draw(t, label+" at all") {
		return moment(t, label)
	}
	return nil
}

var participantColumns = []string{
	"id", "cohort_id", "card_number", "province", "gender", "age_band", "education", "deadline", "first_purchase_id", "revoked_at", "review_open", "balance", "created_at", "updated_at",
}

func (l *ledger) participant(t *rapid.T) []any {
	l.people++
	var first any
	if rapid.Bool().Draw(t, "has a first purchase, perhaps not here yet") {
		first = l.sales + rapid.IntRange(1, 4).Draw(t, "first purchase")
	}
	return []any{
		l.people, either(t, "cohort", 12, 13), fmt.Sprintf("%016d", l.people), orNull(either(t, "province", "", "31", "32")), orNull(either(t, "gender", "", "F", "M")),
		orNull(either(t, "age band", "", "UNDER_18", "FROM_65")), orNull(either(t, "education", "", "SD", "S1")), moment(t, "deadline"), first,
		perhaps(t, "revoked"), rapid.Bool().Draw(t, "under review"), rapid.Int64Range(-2, 3).Draw(t, "balance") * 500_000, moment(t, "created"), moment(t, "updated"),
	}
}

var purchaseColumns = []string{
	"id", "participant_id", "platform_id", "offering_id", "delivery_id", "invoice_code", "amount", "purchased_at", "received_at", "evidence", "voided_at",
}

func (l *ledger) purchase(t *rapid.T) []any {
	l.sales++
	return []any{
		l.sales, rapid.IntRange(1, l.people).Draw(t, "buyer"), rapid.IntRange(1, l.platforms).Draw(t, "platform"), rapid.IntRange(1, 3).Draw(t, "offering"), l.delivery,
		fmt.Sprintf("INV-%d", l.sales), either[int64](t, "amount", 0, 1, 250_000, 1_000_000_000_000_000), moment(t, "purchased"), moment(t, "received"),
		either(t, "evidence", rules.Evidence("").Values()...), perhaps(t, "voided"),
	}
}

// insert writes up to four rows at once: in one statement or, on Postgres, also by COPY.
func (l *ledger) insert(t *rapid.T, table string, columns []string, row func(*rapid.T) []any) {
	bulk := db.Bulk{Table: table, Columns: columns}
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		bulk.Rows = append(bulk.Rows, row(t))
	}
	copied := l.d.Dialect == db.Postgres && rapid.Bool().Draw(t, "by COPY")
	err := l.d.InTx(context.Background(), registrytest.Evening, func(tx *db.Tx) error {
		if copied {
			return copyIn(tx, bulk)
		}
		return bulk.Insert(context.Background(), tx, nil)
	})
	if err != nil {
		t.Fatalf("insert into %s: %v", table, err)
	}
}

func copyIn(tx *db.Tx, b db.Bulk) (err error) {
	stmt, err := tx.Prepare("COPY " + b.Table + " (" + strings.Join(b.Columns, ", ") + ") FROM STDIN")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	for _, row := range b.Rows {
		if _, err := stmt.Exec(row...); err != nil {
			return err
		}
	}
	_, err = stmt.Exec()
	return err
}

// correct sets a column of some rows at once.
func (l *ledger) correct(t *rapid.T) {
	set := either(t, "correction", l.corrections(t)...)
	ids := rapid.SliceOfNDistinct(rapid.IntRange(1, max(l.people, l.sales)), 1, 4, rapid.ID[int]).Draw(t, "of rows")
	exec(t, l.d.Write, "UPDATE "+set.table+" SET "+set.column+" = $1 WHERE "+l.d.Dialect.Any("id", 2), set.value, l.d.Dialect.Ints(ids))
}

type correction struct {
	table, column string
	value         any
}

func (l *ledger) corrections(t *rapid.T) []correction {
	sale := l.purchase(t)
	person := l.participant(t)
	l.people, l.sales = l.people-1, l.sales-1
	var all []correction
	for i, column := range participantColumns {
		if column != "id" && column != "card_number" {
			all = append(all, correction{"participants", column, person[i]})
		}
	}
	for i, column := range purchaseColumns {
		if column != "id" && column != "invoice_code" && column != "delivery_id" {
			all = append(all, correction{"purchases", column, sale[i]})
		}
	}
	return all
}

// settle makes a purchase of theirs the first one of some participants, as the registry does.
func (l *ledger) settle(t *rapid.T) {
	exec(t, l.d.Write, "UPDATE participants SET first_purchase_id = (SELECT MIN(q.id) FROM purchases q WHERE q.participant_id = participants.id), balance = balance - 1 WHERE id % 2 = $1",
		rapid.IntRange(0, 1).Draw(t, "whose"))
}

// forget removes the last two participants with what they bought.
func (l *ledger) forget(t *rapid.T) {
	l.people = max(1, l.people-2)
	exec(t, l.d.Write, "DELETE FROM purchases WHERE participant_id > $1", l.people)
	exec(t, l.d.Write, "DELETE FROM participants WHERE id > $1", l.people)
}

func (l *ledger) clear(t *rapid.T) {
	exec(t, l.d.Write, "DELETE FROM purchases")
	exec(t, l.d.Write, "DELETE FROM participants")
	l.people, l.sales = 0, 0
}

// TestCountersAgreeWithTheFactsWhoeverWritesThem: rows that the registry never writes, one at a time and many at once, by
// statements and by COPY, corrected in every column that a counter looks at, and removed.
func TestCountersAgreeWithTheFactsWhoeverWritesThem(t *testing.T) {
	drawCases(t, "25")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLedger(t, d)
		rapid.Check(t, func(t *rapid.T) {
			l.clear(t)
			agree(t, d)
			l.insert(t, "participants", participantColumns, l.participant)
			t.Repeat(map[string]func(*rapid.T){
				"participants": func(t *rapid.T) { l.insert(t, "participants", participantColumns, l.participant) },
				"purchases":    func(t *rapid.T) { l.insert(t, "purchases", purchaseColumns, l.purchase) },
				"correct":      l.correct,
				"first":        l.settle,
				"remove": func(t *rapid.T) {
					exec(t, d.Write, "DELETE FROM purchases WHERE id % 3 = $1", rapid.IntRange(0, 2).Draw(t, "which"))
				},
				"forget": l.forget,
				"":       func(t *rapid.T) { agree(t, d) },
			})
		})
	})
}

// rowsOf are all rows of the counters, in an order, as text: with what Postgres knows of who wrote them last.
func rowsOf(t *testing.T, d *db.DB) string {
	t.Helper()
	var all strings.Builder
	for _, c := range counters.Cubes() {
		columns := "*"
		if d.Dialect == db.Postgres {
			columns = "*, xmin"
		}
		err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
			names, err := rows.Columns()
			if err != nil {
				return err
			}
			values, targets := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				targets[i] = &values[i]
			}
			err = rows.Scan(targets...)
			fmt.Fprintln(&all, c.Table, values)
			return err
		}, "SELECT "+columns+" FROM "+c.Table+" ORDER BY 1, 2, 3, 4, 5")
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// seen is a database with a few facts of every kind.
func seen(t *testing.T, d *db.DB) *registrytest.Fixture {
	t.Helper()
	f := registrytest.New(t, d)
	cards := f.Cohort13(4)
	for i, card := range cards[:3] {
		f.Send(f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", i), card, registrytest.Evening.AddDate(0, 0, -i))))
	}
	f.Send(f.Message("tokopedia", registrytest.Voided("INV-0", registrytest.Evening)))
	agree(t, d)
	return f
}

// TestWhatNoCounterLooksAtIsNotCounted: a correction of anything else writes nothing.
func TestWhatNoCounterLooksAtIsNotCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		seen(t, d)
		before := rowsOf(t, d)
		exec(t, d.Write, "UPDATE participants SET contact = NULL, updated_at = created_at, regency = '3171', province = province, deadline = deadline")
		exec(t, d.Write, "UPDATE purchases SET void_reason = 'other', void_settled = TRUE, evidence = evidence, voided_at = CASE WHEN voided_at IS NOT NULL THEN received_at END")
		exec(t, d.Write, "UPDATE participants SET province = NULL WHERE id < 0")
		if after := rowsOf(t, d); after != before {
			t.Errorf("before\n%s\nafter\n%s", before, after)
		}
		agree(t, d)
	})
}

// TestWhatIsTakenBackLeavesNoTrace in the counters: by a whole transaction, or by a part of one.
func TestWhatIsTakenBackLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		seen(t, d)
		before := rowsOf(t, d)
		tx, err := d.Write.Begin()
		if err != nil {
			t.Fatal(err)
		}
		exec(t, tx, "UPDATE participants SET revoked_at = deadline, province = '32'")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if after := rowsOf(t, d); after != before {
			t.Errorf("before\n%s\nafter\n%s", before, after)
		}
		if tx, err = d.Write.Begin(); err != nil {
			t.Fatal(err)
		}
		exec(t, tx, "SAVEPOINT part")
		exec(t, tx, "UPDATE participants SET revoked_at = deadline, province = '32'")
		exec(t, tx, "ROLLBACK TO SAVEPOINT part")
		exec(t, tx, "UPDATE participants SET review_open = TRUE")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		agree(t, d)
	})
}
