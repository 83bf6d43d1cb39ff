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
// of them, and prints how long it took, how long its transactions held their locks at most, and how long a group of
// reports took, with the extension and without.
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
		dying, server, _ := dies(f, d, 2) // granted, and given to nobody yet
		granted, err := server.ExtendDeadline(dying, registrytest.Officer, registry.ExtendDeadline{
			Cohort: 13, Scope: rules.ExtendCohort, LastDay: wib("2021-04-15T00:00:00"), Reference: "SE 1/2021", Reason: "flood",
		})
		if err != nil || granted.AppliedAt != nil {
			t.Fatalf("granted %v (%v)", granted, err)
		}
		var chunks []time.Duration
		began, done := time.Now(), make(chan time.Duration)
		go func() {
			chunks = raiseAll(t, f)
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
		for _, x := range []struct {
			what  string
			waits []time.Duration
		}{{"groups of 64 alone", alone}, {"groups of 64 meanwhile", meanwhile}, {"batches", chunks}} {
			waits := x.waits
			slices.Sort(waits)
			t.Logf("%d %s: half within %v, 99 of 100 within %v, the longest %v", len(waits), x.what, waits[len(waits)/2].Round(time.Microsecond), waits[len(waits)*99/100].Round(time.Microsecond), waits[len(waits)-1].Round(time.Microsecond))
		}
		t.Logf("%d deadlines in %v", rows, took.Round(time.Millisecond))
	})
}

// raiseAll does all that is due and returns how long each transaction took.
func raiseAll(t *testing.T, f *registrytest.Fixture) []time.Duration {
	t.Helper()
	due, err := f.DueRaises(context.Background())
	if err != nil || len(due) != 1 {
		t.Errorf("due: %v (%v)", due, err)
		return nil
	}
	var took []time.Duration
	for {
		began := time.Now()
		p, err := f.RaiseChunk(context.Background(), due[0].ID)
		took = append(took, time.Since(began))
		if err != nil || p.Finished {
			if err != nil {
				t.Error(err)
			}
			return took
		}
	}
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
