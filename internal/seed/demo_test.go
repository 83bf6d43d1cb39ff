package seed_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/seed"
)

// evening tells the scenario on the database.
func evening(t testing.TB, d *db.DB, scale float64) (*registry.Registry, seed.DemoInfo) {
	t.Helper()
	reg := newRegistry(t, d, seed.Evening)
	info, err := seed.Demo(context.Background(), reg, seed.DemoOptions{Scale: scale, Disposable: true})
	if err != nil {
		t.Fatal(err)
	}
	return reg, info
}

// TestTheScenarioIsTheSameEveryTime compares all that is not encrypted, down to the bytes of the deliveries.
func TestTheScenarioIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	queries := []string{
		"SELECT id, cohort_id, card_number, province, regency, gender, age_band, education, deadline, first_purchase_id, revoked_at, review_open, balance, created_at, updated_at FROM participants ORDER BY id",
		"SELECT id, message_id, body, headers, signed_at, received_at, outcome, reason, settled_at FROM deliveries ORDER BY id",
		"SELECT * FROM purchases ORDER BY id", "SELECT * FROM history ORDER BY id", "SELECT * FROM reviews ORDER BY id",
		"SELECT * FROM extensions ORDER BY id", "SELECT * FROM offerings ORDER BY id", "SELECT * FROM platforms ORDER BY id",
		"SELECT id, platform_id, scheme, fingerprint, not_before, not_after FROM platform_keys ORDER BY id",
	}
	one, two := dbtest.New(t, db.SQLite), dbtest.New(t, db.SQLite)
	_, first := evening(t, one, 0.0002)
	_, second := evening(t, two, 0.0002)
	_, elsewhere := evening(t, dbtest.New(t, db.Postgres), 0.0002)
	for _, info := range []seed.DemoInfo{second, elsewhere} {
		if diff := cmp.Diff(first, info); diff != "" {
			t.Errorf("what there is to see differs:\n%s", diff)
		}
	}
	for _, query := range queries {
		rows := dump(t, one, query)
		if len(rows) == 0 {
			t.Errorf("no rows: %s", query)
		}
		if diff := cmp.Diff(rows, dump(t, two, query)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
}

func TestProgressOnlyGoesForward(t *testing.T) {
	t.Parallel()
	last, done, total := "", 0, 0
	var steps []string
	_, err := seed.Demo(context.Background(), newRegistry(t, dbtest.New(t, db.SQLite), seed.Evening), seed.DemoOptions{
		Scale: 0.0001,
		Progress: func(step string, now, of int) {
			switch {
			case step != last:
				if done != total || now != 0 {
					t.Errorf("%q begins at %d when %q is at %d of %d", step, now, last, done, total)
				}
				steps = append(steps, step)
			case now <= done || now > of || of != total:
				t.Errorf("%q went from %d of %d to %d of %d", step, done, total, now, of)
			}
			last, done, total = step, now, of
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if done != total || done == 0 {
		t.Errorf("the progress ended at %d of %d", done, total)
	}
	if diff := cmp.Diff([]string{seed.StepPlan, seed.StepRecord}, steps); diff != "" {
		t.Errorf("the steps differ (-want +got):\n%s", diff)
	}
}

func TestDemoRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.New(t, db.SQLite)
	reg := newRegistry(t, d, seed.Evening)
	for _, scale := range []float64{0, -1, 1.01} {
		if _, err := seed.Demo(ctx, reg, seed.DemoOptions{Scale: scale}); err == nil {
			t.Errorf("a scale of %v was accepted", scale)
		}
	}
	if err := seed.Cohorts2021(ctx, reg); err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Demo(ctx, reg, seed.DemoOptions{Scale: 0.0001}); err == nil {
		t.Error("a database with cohorts was accepted")
	}
	if n := count(t, d.Client().Participant.Query()); n != 0 {
		t.Errorf("%d participants were registered all the same", n)
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		d := dbtest.New(b, db.SQLite)
		b.StartTimer()
		evening(b, d, 0.001)
	}
}
