package counters_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"gelombang/ent/migrations"
	"gelombang/internal/counters"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry/registrytest"
)

// spoil makes five rows of four cubes wrong: too much, too little, one that is missing, one of which there is nothing,
// and one that has the right number and the wrong sum.
func spoil(t *testing.T, d *db.DB) {
	t.Helper()
	part := map[db.Dialect]string{db.Postgres: "", db.SQLite: "_low"}[d.Dialect]
	for _, statement := range []string{
		"UPDATE purchase_days SET n = n + 2, amount" + part + " = amount" + part + " + 500000 WHERE day = (SELECT MIN(day) FROM purchase_days)",
		"DELETE FROM purchase_days WHERE day = (SELECT MAX(day) FROM purchase_days WHERE NOT voided)",
		"UPDATE purchase_offerings SET n = n - 1 WHERE NOT voided",
		"INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, " + strings.Join(parts(d, "amount"), ", ") + ")" +
			" VALUES (99, 1, '', 'F', '', 'ACCEPTED', FALSE, 0, 1" + strings.Repeat(", 3", len(parts(d, "amount"))) + ")",
		"UPDATE participant_places SET balance" + part + " = balance" + part + " + 1 WHERE bought",
	} {
		exec(t, d.Write, statement)
	}
}

// parts are the columns in which a sum of rupiah is kept.
func parts(d *db.DB, column string) []string {
	if d.Dialect == db.SQLite {
		return []string{column + "_high", column + "_low"}
	}
	return []string{column}
}

// TestWhatDiffersIsToldAndRepaired and the sums of the other groups stay.
func TestWhatDiffersIsToldAndRepaired(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		seen(t, d)
		spoil(t, d)
		var told []int
		found, err := counters.Check(context.Background(), d, func(done, of int) { told = append(told, done, of) })
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"purchase_days": 2, "purchase_offerings": 1, "purchase_people": 1, "participant_places": 1}
		got := map[string]int{}
		for _, f := range found {
			got[f.Table] = f.Groups
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("groups that differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int{0, 6, 1, 6, 2, 6, 3, 6, 4, 6, 5, 6, 6, 6}, told); diff != "" {
			t.Errorf("progress:\n%s", diff)
		}
		sample := []string{"cohort_id 99, platform_id 1, province -, gender F, age_band -, evidence ACCEPTED, voided false: n is 1 and should be 0, amount is " +
			map[db.Dialect]string{db.Postgres: "3", db.SQLite: "3000000003"}[d.Dialect] + " and should be 0"}
		for _, f := range found {
			if f.Table == "purchase_people" && cmp.Diff(sample, f.Sample) != "" {
				t.Errorf("the sample is %q", f.Sample)
			}
			if f.Table == "purchase_days" && !strings.Contains(strings.Join(f.Sample, "\n"), "day 2021-04-04T00:00:00+07:00") {
				t.Errorf("the sample is %q", f.Sample)
			}
		}

		repaired, err := counters.Repair(context.Background(), d, nil)
		if err != nil || repaired != 5 {
			t.Errorf("repaired %d groups (%v), want 5", repaired, err)
		}
		agree(t, d)
		after := rowsOf(t, d)
		if repaired, err = counters.Repair(context.Background(), d, nil); err != nil || repaired != 0 {
			t.Errorf("repaired %d groups of none (%v)", repaired, err)
		}
		if again := rowsOf(t, d); again != after {
			t.Errorf("a repair of nothing wrote\n%s\nand it was\n%s", again, after)
		}
	})
}

// TestARepairKeepsNobodyWaiting on Postgres, and is right whatever others write before it ends: one of them has not
// committed when it begins.
func TestARepairKeepsNobodyWaiting(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	f := seen(t, d)
	spoil(t, d)
	pending, err := d.Write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, pending, "UPDATE participants SET revoked_at = deadline WHERE first_purchase_id IS NULL")
	asked := false
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := counters.Repair(ctx, d, func(done, _ int) {
		if done == 3 { // in the middle of it
			asked = true
			f.Send(f.Message("pintaria", registrytest.Bought("DURING", "3113000000000002", registrytest.Evening)))
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := pending.Commit(); err != nil || !asked {
		t.Fatal(err, asked)
	}
	agree(t, d)
}

// TestFoldMovesNoSum and leaves one row for each group, and none of zero.
func TestFoldMovesNoSum(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		seen(t, d)
		if d.Dialect == db.Postgres {
			exec(t, d.Write, "INSERT INTO purchase_offerings SELECT offering_id, evidence, voided, 7, -n, -amount FROM purchase_offerings")
			exec(t, d.Write, "UPDATE purchase_offerings SET n = 2 * n, amount = 2 * amount WHERE lane = 0")
		}
		agree(t, d)
		if _, err := counters.Fold(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		agree(t, d)
		for _, c := range counters.Cubes() {
			var odd int
			zero := "n = 0 AND " + strings.Join(parts(d, c.Measures[1].Column), " = 0 AND ") + " = 0"
			if err := d.Write.QueryRow("SELECT COUNT(*) FROM " + c.Table + " WHERE lane <> 0 OR " + zero).Scan(&odd); err != nil || odd > 0 {
				t.Errorf("%d odd rows are left in %s (%v)", odd, c.Table, err)
			}
		}
		if n, err := counters.Fold(context.Background(), d); n != 0 || err != nil {
			t.Errorf("folded %d more rows (%v)", n, err)
		}
	})
}

// TestFoldLeavesALaneThatIsTaken to whoever writes in it.
func TestFoldLeavesALaneThatIsTaken(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	seen(t, d)
	exec(t, d.Write, "INSERT INTO purchase_offerings SELECT offering_id, evidence, voided, 1 + x, n, amount FROM purchase_offerings, generate_series(0, 1) x WHERE NOT voided")
	exec(t, d.Write, "UPDATE purchase_offerings SET n = -n, amount = -amount WHERE lane = 0 AND NOT voided")
	agree(t, d)
	writer, err := d.Write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, writer, "SELECT pg_advisory_xact_lock(20210410, 1)")
	if _, err := counters.Fold(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	var lanes string
	if err := d.Write.QueryRow("SELECT string_agg(DISTINCT lane::text, ' ' ORDER BY lane::text) FROM purchase_offerings").Scan(&lanes); err != nil || lanes != "0 1" {
		t.Errorf("rows are in the lanes %q (%v), want them in 0 and in 1, which is taken", lanes, err)
	}
	if err := writer.Commit(); err != nil {
		t.Fatal(err)
	}
	agree(t, d)
}

// TestTheMigrationCountsWhatIsThere before there were counters, and its way down leaves the facts alone.
func TestTheMigrationCountsWhatIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		seen(t, d)
		exec(t, d.Write, "UPDATE participants SET province = NULL, review_open = TRUE WHERE id % 2 = 0")
		dir, err := fs.Sub(migrations.Files, string(d.Dialect))
		if err != nil {
			t.Fatal(err)
		}
		p, err := goose.NewProvider(map[db.Dialect]goose.Dialect{db.Postgres: goose.DialectPostgres, db.SQLite: goose.DialectSQLite3}[d.Dialect], d.Write, dir, goose.WithDisableGlobalRegistry(true))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.DownTo(ctx, 4); err != nil {
			t.Fatal(err)
		}
		exec(t, d.Write, "UPDATE participants SET review_open = FALSE, gender = 'F' WHERE id % 3 = 0")
		if _, err := p.Up(ctx); err != nil {
			t.Fatal(err)
		}
		agree(t, d)
		exec(t, d.Write, "UPDATE participants SET review_open = FALSE, gender = 'M'")
		agree(t, d)
		if n := strings.Count(rowsOf(t, d), "\n"); n < 6 {
			t.Errorf("there are only %d rows", n)
		}
	})
}
