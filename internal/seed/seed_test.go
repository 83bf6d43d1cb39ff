package seed_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent/offering"
	"gelombang/ent/platform"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/seed"
	"gelombang/internal/viewer"
	"gelombang/webhooks/payload"
)

var admin = viewer.System("test")

// newRegistry returns a registry on the database whose clock stands at now.
func newRegistry(t testing.TB, d *db.DB, now time.Time) *registry.Registry {
	t.Helper()
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	reg, err := registry.New(registry.Config{
		DB: d, Secrets: keys, Settings: rules.DefaultSettings(), Clock: func() time.Time { return now },
		Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// dump returns the rows of a query as text, to compare.
func dump(t testing.TB, d *db.DB, query string) []string {
	t.Helper()
	var out []string
	err := db.Query(context.Background(), d.Read, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = string(b)
			}
		}
		out = append(out, fmt.Sprintf("%v", values))
		return nil
	}, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReferenceLeavesWhatIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		reg := newRegistry(t, d, seed.Evening)
		if err := seed.Reference(ctx, reg); err != nil {
			t.Fatal(err)
		}
		platforms, err := d.Client().Platform.Query().Order(platform.ByCode()).Select(platform.FieldCode).Strings(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"bukalapak", "maubelajarapa", "pijarmahir", "pintaria", "sekolahmu", "sisnaker", "tokopedia"}
		if diff := cmp.Diff(want, platforms); diff != "" {
			t.Errorf("the platforms differ (-want +got):\n%s", diff)
		}
		provinces := dump(t, d, "SELECT id, name FROM provinces ORDER BY id")
		if len(provinces) != 34 || !slices.Contains(provinces, "[91 Papua Barat]") || !slices.Contains(provinces, "[94 Papua]") {
			t.Errorf("the provinces are %q, want the 34 of 2021", provinces)
		}
		if _, err := reg.PutPlatform(ctx, admin, registry.Platform{Code: "sisnaker", Name: "Karirhub", Active: false}); err != nil {
			t.Fatal(err)
		}
		if err := reg.PutProvinces(ctx, admin, map[string]string{"34": "Yogyakarta"}); err != nil {
			t.Fatal(err)
		}
		before := append(dump(t, d, "SELECT * FROM platforms ORDER BY id"), dump(t, d, "SELECT * FROM provinces ORDER BY id")...)
		if err := seed.Reference(ctx, reg); err != nil {
			t.Fatal(err)
		}
		after := append(dump(t, d, "SELECT * FROM platforms ORDER BY id"), dump(t, d, "SELECT * FROM provinces ORDER BY id")...)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the second time it changed:\n%s", diff)
		}
	})
}

func TestCatalogueIsASample(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		reg := newRegistry(t, d, seed.Evening)
		if err := seed.Reference(ctx, reg); err != nil {
			t.Fatal(err)
		}
		if err := seed.Catalogue(ctx, reg); err != nil {
			t.Fatal(err)
		}
		sold, err := d.Client().Offering.Query().Where(offering.Sample(true), offering.Listed(true)).WithPlatform().All(ctx)
		if err != nil {
			t.Fatal(err)
		}
		perPlatform := map[string]int{}
		for _, o := range sold {
			perPlatform[o.Edges.Platform.Code]++
			if o.Title == "" || o.Provider == "" || o.Category == "" || o.Mode == nil || o.Price == nil || *o.Price < 100_000 || *o.Price > 1_000_000 {
				t.Errorf("the offering %s lacks something: %v", o.CourseCode, o)
			}
		}
		if len(perPlatform) != 7 || len(sold) != 301 {
			t.Errorf("%d offerings are on sale: %v", len(sold), perPlatform)
		}
		before := dump(t, d, "SELECT * FROM offerings ORDER BY id")
		if err := seed.Catalogue(ctx, newRegistry(t, d, seed.Evening.Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, dump(t, d, "SELECT * FROM offerings ORDER BY id")); diff != "" {
			t.Errorf("the second time it changed:\n%s", diff)
		}
	})
}

func TestCohorts2021AreAnnouncedUpToNow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		numbers := func() []int {
			ids, err := d.Client().Cohort.Query().IDs(ctx)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(ids)
			return ids
		}
		if err := seed.Cohorts2021(ctx, newRegistry(t, d, seed.Evening)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{12, 13, 14, 15, 16}, numbers()); diff != "" {
			t.Errorf("on 6 April the cohorts differ (-want +got):\n%s", diff)
		}
		later := newRegistry(t, d, time.Date(2022, 1, 1, 0, 0, 0, 0, rules.WIB))
		_, err := later.DecreeDeadline(ctx, admin, registry.DecreeDeadline{
			Cohort: 14, LastDay: time.Date(2021, 4, 30, 0, 0, 0, 0, rules.WIB), Reference: "SK 1/2021", Reason: "test",
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := seed.Cohorts2021(ctx, later); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]int{12, 13, 14, 15, 16, 18, 19, 20, 21, 22}, numbers()); diff != "" {
			t.Errorf("in 2022 the cohorts differ (-want +got):\n%s", diff)
		}
		for number, lastDay := range map[int]string{12: "2021-04-01", 13: "2021-04-08", 14: "2021-04-30", 16: "2021-04-29", 21: "2021-10-21", 22: "2021-11-30"} {
			c, err := d.Client().Cohort.Get(ctx, number)
			if err != nil {
				t.Fatal(err)
			}
			if got := rules.LastDay(c.Deadline).Format(time.DateOnly); got != lastDay {
				t.Errorf("the last day of cohort %d is %s, want %s", number, got, lastDay)
			}
			if number != 14 && c.Basis != rules.BasisComputed {
				t.Errorf("the deadline of cohort %d is %s, want it computed", number, c.Basis)
			}
		}
	})
}
