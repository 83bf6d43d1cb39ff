package counters_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// within runs statements in a transaction that ends with the test at the latest, and in which nothing waits for long.
func within(t *testing.T, d *db.DB, statements ...string) *sql.Tx {
	t.Helper()
	tx, err := d.Write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	exec(t, tx, "SET LOCAL lock_timeout = '10s'")
	for _, statement := range statements {
		exec(t, tx, statement)
	}
	return tx
}

func commit(t *testing.T, tx *sql.Tx) {
	t.Helper()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func lanes(t *testing.T, x db.Execer) int {
	t.Helper()
	n := 0
	err := db.Query(context.Background(), x, func(rows *sql.Rows) error { return rows.Scan(&n) }, "SELECT COUNT(DISTINCT lane) FROM participant_places")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhoWritesAtTheSameTimeDoesNotWait though what they write is counted in the same groups.
func TestWhoWritesAtTheSameTimeDoesNotWait(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	registrytest.New(t, d).Cohort13(3)
	var open []*sql.Tx
	for i := range 3 {
		open = append(open, within(t, d, fmt.Sprintf("UPDATE participants SET review_open = TRUE WHERE card_number = '%016d'", 3113000000000001+i)))
	}
	for _, tx := range open {
		commit(t, tx)
	}
	if n := lanes(t, d.Write); n != 3 {
		t.Errorf("%d lanes were used by 3 who wrote at the same time", n)
	}
	agree(t, d)
	commit(t, within(t, d, "UPDATE participants SET review_open = FALSE"))
	if n := lanes(t, d.Write); n != 3 {
		t.Errorf("%d lanes were used after a fourth who wrote alone", n)
	}
}

// TestMoreWritersThanLanesShareThem and need not wait for the lane.
func TestMoreWritersThanLanesShareThem(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	registrytest.New(t, d).Cohort13(1)
	holder, err := d.Analysis.Conn(t.Context()) // not one of the writers' connections
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close() }()
	if _, err := holder.ExecContext(t.Context(), "SELECT pg_advisory_lock(20210410, lane) FROM generate_series(0, 15) lane"); err != nil {
		t.Fatal(err)
	}
	commit(t, within(t, d, "UPDATE participants SET review_open = TRUE"))
	agree(t, d)
	if _, err := holder.ExecContext(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
}

// TestALaneIsKeptToTheEndOfTheTransaction and not longer, also where a part of it is taken back.
func TestALaneIsKeptToTheEndOfTheTransaction(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	lane := func(tx *sql.Tx) (n int) {
		t.Helper()
		if err := tx.QueryRow("SELECT gelombang_lane()").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first, second := within(t, d, "SELECT gelombang_lane()"), within(t, d)
	if a, b := lane(first), lane(second); a != 0 || b != 1 || lane(second) != 1 {
		t.Errorf("the lanes are %d and %d, want 0 and 1", a, b)
	}
	third := within(t, d, "SAVEPOINT part", "SELECT gelombang_lane()", "ROLLBACK TO SAVEPOINT part")
	commit(t, first)
	if n := lane(third); n != 0 {
		t.Errorf("the lane is %d after the part was taken back that took another", n)
	}
	commit(t, second)
	commit(t, third)

	conn, err := d.Write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	again := func() *sql.Tx {
		t.Helper()
		tx, err := conn.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	tx := again()
	if n := lane(tx); n != 0 {
		t.Errorf("the lane is %d when nobody has any", n)
	}
	commit(t, tx)
	other := within(t, d, "SELECT gelombang_lane()")
	tx = again()
	if n := lane(tx); n != 1 {
		t.Errorf("the lane is %d on a connection that had 0 before, which another has now", n)
	}
	commit(t, tx)
	commit(t, other)
}

// TestAPurchaseAndACorrectionOfItsBuyerMeet: whoever comes second waits for the other and counts what that one wrote.
func TestAPurchaseAndACorrectionOfItsBuyerMeet(t *testing.T) {
	const (
		buys = `INSERT INTO purchases (invoice_code, amount, purchased_at, received_at, evidence, delivery_id, offering_id, participant_id, platform_id)
			SELECT 'DIRECT', amount, purchased_at, received_at, evidence, delivery_id, offering_id, participant_id, platform_id FROM purchases WHERE invoice_code = 'INV-1'`
		corrects = "UPDATE participants SET province = '32', gender = 'F'"
	)
	for name, order := range map[string][2]string{"purchase first": {buys, corrects}, "correction first": {corrects, buys}} {
		t.Run(name, func(t *testing.T) {
			d := dbtest.New(t, db.Postgres)
			seen(t, d)
			first, second := within(t, d, order[0]), within(t, d)
			done := make(chan error)
			go func() {
				_, err := second.ExecContext(t.Context(), order[1])
				done <- err
			}()
			waits := false
			for !waits {
				select {
				case err := <-done:
					t.Fatalf("the second did not wait (%v)", err)
				default:
				}
				if err := d.Read.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(&waits); err != nil {
					t.Fatal(err)
				}
			}
			commit(t, first)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			commit(t, second)
			agree(t, d)
		})
	}
}

// TestFourSubmittersAtOnce record purchases of the same people at the same platforms: nothing is lost, and they do not
// all write in one lane.
func TestFourSubmittersAtOnce(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	f := registrytest.New(t, d)
	cards := f.Cohort13(60)
	const submitters, groups, size = 4, 15, 8
	var work [submitters][][]registry.Submission
	for s := range work {
		for g := range groups {
			var group []registry.Submission
			for i := range size {
				n := (g*size + i*7 + s) % len(cards)
				group = append(group, f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d-%d-%d", s, g, i), cards[n], registrytest.Evening.AddDate(0, 0, -i))))
			}
			work[s] = append(work[s], group)
		}
	}
	var all sync.WaitGroup
	failed := make([]error, submitters)
	for s := range work {
		all.Go(func() {
			for _, group := range work[s] {
				for _, r := range f.Submit(context.Background(), group) {
					if r.Err != nil || r.Status != registry.Applied {
						failed[s] = fmt.Errorf("%+v", r)
					}
				}
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	agree(t, d)
	var counted int
	if err := d.Read.QueryRow("SELECT SUM(n) FROM purchase_days").Scan(&counted); err != nil || counted != submitters*groups*size {
		t.Errorf("%d purchases are counted (%v), want %d", counted, err, submitters*groups*size)
	}
	var deadlocks int
	if err := d.Read.QueryRow("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&deadlocks); err != nil || deadlocks > 0 {
		t.Errorf("%d deadlocks (%v)", deadlocks, err)
	}
	if n := lanes(t, d.Write); n < 2 {
		t.Errorf("four submitters used %d lane", n)
	}
}
