package registry_test

import (
	"context"
	"testing"

	"gelombang/ent/offering"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

func searchOf(t *testing.T, d *db.DB, code string) string {
	t.Helper()
	o, err := d.Client().Offering.Query().Where(offering.CourseCode(code)).Only(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return o.Search
}

// TestAnOfferingKeepsItsWordsForSearches however it came to be, and when it changes.
func TestAnOfferingKeepsItsWordsForSearches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(1)
		at := wib("2021-04-01T10:00:00")
		want := func(what, code, text string) {
			t.Helper()
			if got := searchOf(t, d, code); got != text {
				t.Errorf("%s: %q, want %q", what, got, text)
			}
		}
		put := func(title string) {
			t.Helper()
			if _, err := f.PutOffering(context.Background(), registrytest.Admin, registry.Offering{Platform: "tokopedia", CourseCode: "P", Title: title, Provider: "Kafé-Ku", Category: "Kuliner", Price: 1}); err != nil {
				t.Fatal(err)
			}
		}
		put("Éclair")
		want("entered", "P", "eclair kafe ku kuliner")
		put("Roti 100%")
		want("changed", "P", "roti 100 kafe ku kuliner")
		bought := registrytest.Bought("A", cards[0], at)
		bought.CourseCode, bought.CourseTitle = "S", "Kue BASAH"
		f.Send(f.Message("tokopedia", bought))
		want("sold", "S", "kue basah")
		f.Send(f.Message("tokopedia", upserted("S", "Kue Kering", at)))
		want("described by the platform", "S", "kue kering pt contoh mode")
		f.Send(f.Message("tokopedia", upserted("U", "Batik", at)))
		want("new from the platform", "U", "batik pt contoh mode")
	})
}

// TestRenewSearchMendsWhatAMigrationLeft and only that.
func TestRenewSearchMendsWhatAMigrationLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		for _, code := range []string{"A", "B", "C"} {
			f.Send(f.Message("tokopedia", upserted(code, "Éclair "+code, wib("2021-04-01T10:00:00"))))
		}
		if _, err := d.Write.Exec("UPDATE offerings SET search = 'éclair' WHERE course_code <> 'B'"); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{2, 0} {
			if n, err := f.RenewSearch(context.Background()); n != want || err != nil {
				t.Errorf("renewed %d (%v), want %d", n, err, want)
			}
		}
		if got := searchOf(t, d, "C"); got != "eclair c pt contoh mode" {
			t.Errorf("renewed to %q", got)
		}
	})
}
