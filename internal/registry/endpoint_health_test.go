package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestTheHealthOfAnEndpoint follows one endpoint; what another gets is none of its business.
func TestTheHealthOfAnEndpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ep, _ := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		newEndpoint(t, f, "another", "", rules.EventSettlement)
		type health struct {
			Waiting, Failed int
			Delivered       *time.Time
			Failure         *registry.FailedAttempt
		}
		want := func(said string, want health) {
			t.Helper()
			all, err := f.EndpointsHealth(context.Background(), ep.ID)
			if err != nil || len(all) != 1 || all[0].Endpoint.ID != ep.ID {
				t.Fatalf("%s: %v, %v", said, all, err)
			}
			got := health{all[0].Waiting, all[0].Failed, all[0].LastDelivered, all[0].LastFailure}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", said, diff)
			}
		}
		began := f.Now()
		want("nothing was sent", health{})

		first, second := tell(t, f, d, rules.EventSettlement, nil), tell(t, f, d, rules.EventSettlement, nil)
		attempted(t, f.Registry, second[1], usedUp) // the other endpoint's
		out := begin(t, f.Registry, first[0])
		want("the first is under way", health{Waiting: 2})

		record := busy
		record.Number = out.Attempt
		if _, err := f.RecordAttempt(context.Background(), out.ID, record); err != nil {
			t.Fatal(err)
		}
		failure := &registry.FailedAttempt{MessageID: out.MessageID, At: began, Status: 503, Problem: "status"}
		want("it is tried again", health{Waiting: 2, Failure: failure})

		f.Clock.Set(began.Add(time.Minute))
		attempted(t, f.Registry, second[0], arrived)
		at := f.Now()
		want("the second has arrived", health{Waiting: 1, Delivered: &at, Failure: failure})

		f.Clock.Set(began.Add(2 * time.Minute))
		attempted(t, f.Registry, first[0], refused)
		failure = &registry.FailedAttempt{MessageID: out.MessageID, At: f.Now(), Problem: "private_address"}
		want("the first is given up", health{Failed: 1, Delivered: &at, Failure: failure})

		if all, err := f.EndpointsHealth(context.Background()); err != nil || len(all) != 2 || all[0].Endpoint.Name != "another" || all[0].Failed != 1 {
			t.Errorf("all endpoints: %v, %v", all, err)
		}
	})
}
