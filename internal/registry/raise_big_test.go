package registry_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// fromEnvironment is the number in the variable, or else n.
func fromEnvironment(t *testing.T, variable string, n int) int {
	t.Helper()
	if s := os.Getenv(variable); s != "" {
		given, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("%s: %v", variable, err)
		}
		return given
	}
	return n
}

// fill adds participants to cohort 13 in bulk, and returns the card of each number from 0 on.
func fill(t *testing.T, d *db.DB, n int) func(i int) string {
	t.Helper()
	numbers := "generate_series(0, CAST($1 AS BIGINT) - 1) AS s(i)"
	if d.Dialect == db.SQLite {
		numbers = "(WITH RECURSIVE s(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM s WHERE i < $1 - 1) SELECT i FROM s)"
	}
	card := "'31130' || SUBSTR('00000000000' || i, LENGTH('' || i) + 1)"
	_, err := d.Write.ExecContext(context.Background(), "INSERT INTO participants (cohort_id, card_number, province, deadline, review_open, balance, created_at, updated_at)"+
		" SELECT 13, "+card+", '31', $2, $3, 1000000, $2, $2 FROM "+numbers, n, db.Instant(deadline13), false)
	if err != nil {
		t.Fatal(err)
	}
	return func(i int) string { return fmt.Sprintf("31130%011d", i) }
}

// TestALaterDeadlineForMany extends a cohort of GELOMBANG_TEST_RAISE_ROWS participants while platforms report purchases
// of them, and prints how long it took and how long a group of reports waited at most, with the extension and without.
func TestALaterDeadlineForMany(t *testing.T) {
	rows := fromEnvironment(t, "GELOMBANG_TEST_RAISE_ROWS", 5000)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(0)
		card := fill(t, d, rows)
		f.Clock.Set(deadline13.Add(-time.Hour))

		sent := 0
		report := func() time.Duration {
			group := make([]registry.Submission, 64)
			for i := range group {
				group[i] = f.Message("tokopedia", registrytest.Bought(fmt.Sprint("INV-", sent), card(rand.IntN(rows)), f.Now().Add(-time.Hour)))
				sent++
			}
			began := time.Now()
			f.Send(group...)
			return time.Since(began)
		}
		var alone, meanwhile []time.Duration
		for range 100 {
			alone = append(alone, report())
		}
		began, done := time.Now(), make(chan time.Duration)
		go func() {
			if n, err := extend(f, registry.ExtendDeadline{Scope: rules.ExtendCohort}); n != rows || err != nil {
				t.Errorf("moved %d of %d (%v)", n, rows, err)
			}
			done <- time.Since(began)
		}()
		var took time.Duration
		for took == 0 {
			select {
			case took = <-done:
			default:
				meanwhile = append(meanwhile, report())
			}
		}
		if bought := countWhere(t, d, "first_purchase_id IS NOT NULL"); bought == 0 {
			t.Error("nobody's purchase was recorded")
		}
		if early := countWhere(t, d, "deadline <> (SELECT MAX(until) FROM extensions)"); early != 0 {
			t.Errorf("%d have another deadline", early)
		}
		for _, waits := range [][]time.Duration{alone, meanwhile} {
			slices.Sort(waits)
			t.Logf("%d groups of 64: half within %v, 99 of 100 within %v, the longest %v", len(waits), waits[len(waits)/2].Round(time.Microsecond), waits[len(waits)*99/100].Round(time.Microsecond), waits[len(waits)-1].Round(time.Microsecond))
		}
		t.Logf("%d deadlines in %v", rows, took.Round(time.Millisecond))
	})
}

// countWhere counts the participants for whom the condition holds.
func countWhere(t *testing.T, d *db.DB, where string) int {
	t.Helper()
	var n int
	if err := d.Read.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM participants WHERE "+where).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
