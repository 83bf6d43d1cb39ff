package registry_test

import (
	"context"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

func TestOldBodiesGoAndTheirMessagesAreStillKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		old := f.Message("tokopedia", registrytest.Bought("INV-old", card, wib("2021-04-01T10:00:00")))
		waiting := f.Message("tokopedia", registrytest.Bought("INV-waiting", "9999000000000000", wib("2021-04-01T10:00:00")))
		f.Send(old, waiting)
		f.Clock.Set(registrytest.Evening.Add(30 * 24 * time.Hour))
		young := f.Message("tokopedia", registrytest.Bought("INV-young", card, wib("2021-04-02T10:00:00")))
		f.Send(young)
		for want := 1; want >= 0; want-- {
			if n, err := f.PruneBodies(context.Background(), 24*time.Hour); err != nil || n != want {
				t.Fatalf("%d bodies removed, %v; want %d", n, err, want)
			}
		}
		var kept int
		if err := d.Write.QueryRow("SELECT COUNT(*) FROM deliveries WHERE body IS NOT NULL").Scan(&kept); err != nil || kept != 2 {
			t.Errorf("%d bodies are left, %v; want that in quarantine and the young one", kept, err)
		}
		if r := f.Send(old)[0]; r.Status != registry.Duplicate {
			t.Errorf("the old message again: %s, want a duplicate", r.Status)
		}
		if s := stateOf(t, d, card, f.Now()); s.Status != rules.StatusPurchased || len(s.Purchases) != 2 {
			t.Errorf("the purchases changed: %+v", s)
		}
	})
}
