package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gelombang/ent"
	"gelombang/ent/outboundattempt"
	"gelombang/ent/outboundmessage"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// outboundConfig is the configuration of the fixture's registry, to be changed.
func outboundConfig(f *registrytest.Fixture, d *db.DB) registry.Config {
	return registry.Config{
		DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Clock: f.Clock.Now, Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	}
}

// tell tells the event in a transaction and returns the ids of the messages that it made.
func tell(t *testing.T, f *registrytest.Fixture, d *db.DB, e rules.OutboundEvent, data any) []int {
	t.Helper()
	return made(t, d, func() error {
		return d.InTx(context.Background(), f.Now(), func(tx *db.Tx) error { return f.Tell(context.Background(), tx, e, data) })
	})
}

// made returns the ids of the messages that fn makes.
func made(t *testing.T, d *db.DB, fn func() error) []int {
	t.Helper()
	last := 0
	if ids := messageIDs(t, d, 0); len(ids) > 0 {
		last = ids[len(ids)-1]
	}
	if err := fn(); err != nil {
		t.Fatal(err)
	}
	return messageIDs(t, d, last)
}

func messageIDs(t *testing.T, d *db.DB, after int) []int {
	t.Helper()
	ids, err := d.Client().OutboundMessage.Query().Where(outboundmessage.IDGT(after)).Order(outboundmessage.ByID()).IDs(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func message(t testing.TB, d *db.DB, id int) *ent.OutboundMessage {
	t.Helper()
	m, err := d.Client().OutboundMessage.Query().Where(outboundmessage.ID(id)).
		WithAttemptsMade(func(q *ent.OutboundAttemptQuery) { q.Order(outboundattempt.ByAttempt()) }).Only(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if (m.SettledAt == nil) != (m.State == rules.OutboundPending) || (m.NextAt == nil) != (m.SettledAt != nil) {
		t.Errorf("message %d is %s, settled at %v, tried next at %v", id, m.State, m.SettledAt, m.NextAt)
	}
	return m
}

func wantStates(t *testing.T, d *db.DB, ids []int, want ...rules.OutboundState) {
	t.Helper()
	var got []rules.OutboundState
	for _, id := range ids {
		got = append(got, message(t, d, id).State)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the states of the messages (-want +got):\n%s", diff)
	}
}

// begin begins the attempt that is due.
func begin(t *testing.T, r *registry.Registry, id int) *registry.Outgoing {
	t.Helper()
	out, err := r.BeginAttempt(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// attempted begins the attempt that is due and records what became of it.
func attempted(t *testing.T, r *registry.Registry, id int, a registry.Attempt) time.Duration {
	t.Helper()
	a.Number = begin(t, r, id).Attempt
	again, err := r.RecordAttempt(context.Background(), id, a)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

var (
	arrived = registry.Attempt{Outcome: rules.AttemptDelivered, Status: 204, Took: 30 * time.Millisecond}
	busy    = registry.Attempt{Outcome: rules.AttemptAgain, Status: 503, Problem: "status", Again: time.Minute}
	usedUp  = registry.Attempt{Outcome: rules.AttemptAgain, Status: 503, Problem: "status"}
	gone    = registry.Attempt{Outcome: rules.AttemptGone, Status: 410, Problem: "status"}
	refused = registry.Attempt{Outcome: rules.AttemptRefused, Problem: "private_address"}
)

// TestEachEndpointIsToldWhatItAskedFor in words that are published.
func TestEachEndpointIsToldWhatItAskedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		alerts, _ := newEndpoint(t, f, "alerts", "", rules.EventAlertRaised, rules.EventAlertCleared)
		all, _ := newEndpoint(t, f, "all", "", rules.EventAlertRaised, rules.EventAlertCleared, rules.EventSettlement, rules.EventReminder)
		for _, tt := range []struct {
			event rules.OutboundEvent
			data  any
			kind  string
			to    []int
		}{
			{rules.EventAlertRaised, 1, "alert.raised", []int{alerts.ID, all.ID}},
			{rules.EventAlertCleared, 1, "alert.cleared", []int{alerts.ID, all.ID}},
			{rules.EventSettlement, registry.Step("approved"), "settlement.approved", []int{all.ID}},
			{rules.EventSettlement, 1, "settlement.changed", []int{all.ID}},
			{rules.EventTest, 1, "", nil},
		} {
			var to []int
			for _, id := range tell(t, f, d, tt.event, tt.data) {
				m := message(t, d, id)
				to = append(to, m.EndpointID)
				var body struct {
					Type, Timestamp string
					Data            any
				}
				out := begin(t, f.Registry, id)
				if err := json.Unmarshal(out.Body, &body); err != nil || body.Type != tt.kind || body.Timestamp != f.Now().Format(time.RFC3339Nano) || body.Data == nil {
					t.Errorf("%s: the body says %+v: %v", tt.event, body, err)
				}
				if out.MessageID != m.MessageID || len(m.MessageID) < 20 || m.MessageID[:4] != "msg_" || out.URL == "" || m.Event != tt.event {
					t.Errorf("%s: sends %v of message %s", tt.event, out, m.MessageID)
				}
			}
			if diff := cmp.Diff(tt.to, to); diff != "" {
				t.Errorf("%s (-want +told):\n%s", tt.event, diff)
			}
		}
	})
}

// TestWhatIsRolledBackIsNotTold and is not due.
func TestWhatIsRolledBackIsNotTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		changed := errors.New("changed our mind")
		for _, end := range []error{changed, nil} {
			err := d.InTx(context.Background(), f.Now(), func(tx *db.Tx) error {
				if err := f.Tell(context.Background(), tx, rules.EventSettlement, nil); err != nil {
					return err
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			ids := messageIDs(t, d, 0)
			if (end == nil) != (len(ids) == 1) {
				t.Errorf("after %v there are messages %v", end, ids)
			}
			wantDue(t, f, ids...)
		}
	})
}

// TestAnAttemptBelongsToOneServer lets two servers, several times at once, begin the same one.
func TestAnAttemptBelongsToOneServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		servers := []*registry.Registry{f.Registry, f.Another(d)}
		for range 10 {
			id := tell(t, f, d, rules.EventSettlement, nil)[0]
			var wg sync.WaitGroup
			results, start := make([]error, 8), make(chan struct{})
			for i := range results {
				wg.Go(func() {
					<-start
					_, results[i] = servers[i%2].BeginAttempt(context.Background(), id)
				})
			}
			close(start)
			wg.Wait()
			began := 0
			for _, err := range results {
				var early *registry.TooEarlyError
				switch {
				case err == nil:
					began++
				case !errors.As(err, &early) || early.Wait != registry.AttemptLease:
					t.Errorf("not begun: %v", err)
				}
			}
			if m := message(t, d, id); began != 1 || m.Attempts != 1 || len(m.Edges.AttemptsMade) != 1 {
				t.Errorf("begun %d times, %d attempts", began, m.Attempts)
			}
		}
	})
}

// TestAnAttemptThatWasCutOffIsMadeAgain after its lease, found by who looks for what is due, under the same webhook-id.
func TestAnAttemptThatWasCutOffIsMadeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		id := tell(t, f, d, rules.EventSettlement, nil)[0]
		wantDue(t, f, id)
		first := begin(t, f.Registry, id)
		wantDue(t, f)
		f.Clock.Set(f.Now().Add(registry.AttemptLease - time.Microsecond))
		wantDue(t, f)
		if _, err := f.BeginAttempt(context.Background(), id); !errors.Is(err, registry.ErrNothingToSend) {
			t.Fatalf("within the lease: %v", err)
		}
		f.Clock.Set(f.Now().Add(time.Microsecond))
		wantDue(t, f, id)
		second := begin(t, f.Registry, id)
		if second.MessageID != first.MessageID || second.Attempt != 2 || string(second.Body) != string(first.Body) {
			t.Errorf("made again as %v", second)
		}
		log := message(t, d, id).Edges.AttemptsMade
		if len(log) != 2 || log[0].Problem != registry.ProblemCutOff || log[1].Problem != registry.ProblemUnfinished {
			t.Errorf("the log is %v", log)
		}
	})
}

// wantDue compares the messages that are due, whatever their endpoint.
func wantDue(t *testing.T, f *registrytest.Fixture, want ...int) {
	t.Helper()
	endpoints, err := f.DueEndpoints(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, e := range endpoints {
		due, err := f.DueMessages(context.Background(), e, 100, nil)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, due...)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

// TestAMessageThatIsCutOffAgainAndAgainIsGivenUp instead of ending one server after the other.
func TestAMessageThatIsCutOffAgainAndAgainIsGivenUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		id := tell(t, f, d, rules.EventSettlement, nil)[0]
		for range registry.MaxSends {
			begin(t, f.Registry, id)
			f.Clock.Set(f.Now().Add(registry.AttemptLease))
		}
		if _, err := f.BeginAttempt(context.Background(), id); !errors.Is(err, registry.ErrNothingToSend) {
			t.Error(err)
		}
		wantStates(t, d, []int{id}, rules.OutboundFailed)
		if _, err := f.ResendMessage(context.Background(), registrytest.Admin, id); err != nil {
			t.Fatal(err)
		}
		if again := attempted(t, f.Registry, id, arrived); again != 0 {
			t.Errorf("again after %s", again)
		}
		wantStates(t, d, []int{id}, rules.OutboundDelivered)
	})
}

// TestTheLogSaysWhatBecameOfEachAttempt once, whatever is repeated.
func TestTheLogSaysWhatBecameOfEachAttempt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		id := tell(t, f, d, rules.EventSettlement, nil)[0]
		began := f.Now()
		if again := attempted(t, f.Registry, id, busy); again != time.Minute {
			t.Errorf("again after %s", again)
		}
		repeated := arrived
		repeated.Number = 1
		if again, err := f.RecordAttempt(context.Background(), id, repeated); err != nil || again != 0 {
			t.Errorf("recorded again: %s, %v", again, err)
		}
		wantStates(t, d, []int{id}, rules.OutboundPending)
		f.Clock.Set(began.Add(time.Minute))
		attempted(t, f.Registry, id, arrived)
		m := message(t, d, id)
		type line struct {
			Attempt, Took, Status int
			Outcome               rules.AttemptOutcome
			Problem               string
			At                    time.Time
		}
		var log []line
		for _, a := range m.Edges.AttemptsMade {
			log = append(log, line{a.Attempt, a.TookMs, a.Status, a.Outcome, a.Problem, a.At})
		}
		want := []line{{1, 0, 503, rules.AttemptAgain, "status", began}, {2, 30, 204, rules.AttemptDelivered, "", began.Add(time.Minute)}}
		if diff := cmp.Diff(want, log); diff != "" || m.State != rules.OutboundDelivered {
			t.Errorf("%s, log (-want +got):\n%s", m.State, diff)
		}
		if _, err := f.RecordAttempt(context.Background(), id, registry.Attempt{Number: 3, Outcome: rules.AttemptDelivered}); err == nil {
			t.Error("an attempt that was not begun is recorded")
		}
	})
}

// TestAnEndpointThatIsGoneGetsNoMore of any message, and others do.
func TestAnEndpointThatIsGoneGetsNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ep, _ := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		newEndpoint(t, f, "other", "", rules.EventSettlement)
		first, second := tell(t, f, d, rules.EventSettlement, nil), tell(t, f, d, rules.EventSettlement, nil)
		late := begin(t, f.Registry, second[0])
		attempted(t, f.Registry, first[0], gone)
		wantStates(t, d, append(first, second...), rules.OutboundFailed, rules.OutboundPending, rules.OutboundFailed, rules.OutboundPending)
		if got, err := d.Client().Endpoint.Get(context.Background(), ep.ID); err != nil || got.DisabledAt == nil || got.DisabledBy != "" {
			t.Errorf("the endpoint is %v: %v", got, err)
		}
		for _, id := range []int{first[0], second[0]} {
			f.Clock.Set(f.Now().Add(24 * time.Hour))
			if _, err := f.BeginAttempt(context.Background(), id); !errors.Is(err, registry.ErrNothingToSend) {
				t.Errorf("after 410: %v", err)
			}
		}
		// One that was under way arrived all the same.
		record := arrived
		record.Number = late.Attempt
		if _, err := f.RecordAttempt(context.Background(), late.ID, record); err != nil {
			t.Fatal(err)
		}
		wantStates(t, d, second[:1], rules.OutboundDelivered)
	})
}

// TestMoreThanOneBatchIsGivenUp when an endpoint is disabled.
func TestMoreThanOneBatchIsGivenUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ep, _ := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		err := d.InTx(context.Background(), f.Now(), func(tx *db.Tx) error {
			for range 1001 {
				if err := f.Tell(context.Background(), tx, rules.EventSettlement, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.DisableEndpoint(context.Background(), registrytest.Admin, ep.ID); err != nil {
			t.Fatal(err)
		}
		n, err := d.Client().OutboundMessage.Query().Where(outboundmessage.StateEQ(rules.OutboundFailed)).Count(context.Background())
		if err != nil || n != 1001 {
			t.Errorf("%d are given up: %v", n, err)
		}
	})
}
