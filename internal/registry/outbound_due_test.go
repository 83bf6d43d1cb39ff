package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestWhatCanBeSentAgain lists the states, and what stands in the way.
func TestWhatCanBeSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		resend := func(id int) error {
			_, err := f.ResendMessage(context.Background(), registrytest.Admin, id)
			return err
		}
		for _, end := range []registry.Attempt{arrived, usedUp, refused} {
			id := tell(t, f, d, rules.EventSettlement, nil)[0]
			if err := resend(id); registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("while it waits: %v", err)
			}
			attempted(t, f.Registry, id, end)
			before := message(t, d, id)
			f.Clock.Set(f.Now().Add(time.Hour))
			if err := resend(id); err != nil {
				t.Errorf("after %s: %v", end.Outcome, err)
			}
			wantDue(t, f, id)
			again := begin(t, f.Registry, id)
			if again.MessageID != before.MessageID || again.Attempt != 2 {
				t.Errorf("after %s it is sent again as %v", end.Outcome, again)
			}
			if _, err := f.RecordAttempt(context.Background(), id, registry.Attempt{Number: 2, Outcome: rules.AttemptAgain}); err != nil {
				t.Fatal(err)
			}
			f.Clock.Set(f.Now().Add(48 * time.Hour))
			if n, err := f.PruneOutbound(context.Background(), 24*time.Hour); err != nil || n != 1 {
				t.Errorf("%d bodies are removed: %v", n, err)
			}
			if err := resend(id); registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("without its body: %v", err)
			}
		}
		if err := resend(1 << 40); registry.CodeOf(err) != registry.NotFound {
			t.Errorf("a message that is not there: %v", err)
		}
		waiting := tell(t, f, d, rules.EventSettlement, nil)
		f.Clock.Set(f.Now().Add(48 * time.Hour))
		if n, err := f.PruneOutbound(context.Background(), 24*time.Hour); err != nil || n != 0 {
			t.Errorf("%d bodies of messages that wait are removed: %v", n, err)
		}
		begin(t, f.Registry, waiting[0])
	})
}

// TestWhatIsDueIsFoundByEndpoint in the order in which it is due, but for what is excepted.
func TestWhatIsDueIsFoundByEndpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ctx := context.Background()
		one, _ := newEndpoint(t, f, "one", "", rules.EventSettlement)
		other, _ := newEndpoint(t, f, "other", "", rules.EventSettlement)
		newEndpoint(t, f, "idle", "", rules.EventReminder)
		var ones, others []int
		for range 3 {
			ids := tell(t, f, d, rules.EventSettlement, nil)
			ones, others = append(ones, ids[0]), append(others, ids[1])
			f.Clock.Set(f.Now().Add(time.Second))
		}
		attempted(t, f.Registry, ones[0], busy) // which makes it the last, in a minute
		attempted(t, f.Registry, others[1], arrived)
		due := func(want []int, found []int, err error) {
			t.Helper()
			if diff := cmp.Diff(want, found, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("due (-want +got):\n%s%v", diff, err)
			}
		}
		endpoints := func(want []int, except ...int) {
			t.Helper()
			found, err := f.DueEndpoints(ctx, except)
			due(want, found, err)
		}
		messages := func(want []int, endpoint, limit int, except ...int) {
			t.Helper()
			found, err := f.DueMessages(ctx, endpoint, limit, except)
			due(want, found, err)
		}
		endpoints([]int{one.ID, other.ID})
		endpoints([]int{other.ID}, one.ID)
		endpoints(nil, one.ID, other.ID)
		messages([]int{ones[1], ones[2]}, one.ID, 10)
		messages([]int{others[0], others[2]}, other.ID, 10)
		messages([]int{others[0]}, other.ID, 1)
		messages([]int{others[2]}, other.ID, 1, others[0])
		f.Clock.Set(f.Now().Add(time.Minute))
		messages([]int{ones[1], ones[2], ones[0]}, one.ID, 10)
	})
}
