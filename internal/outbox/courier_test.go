package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/ent/outboundmessage"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/outbox"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/outbound"
)

// patience is how long a test waits for what must happen. Its length costs nothing when it does.
const patience = 60 * time.Second

// courier runs a courier until the test ends, or the function that it returns is called.
func courier(t *testing.T, r *registry.Registry, log slog.Handler, s outbox.Sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		outbox.NewCourier(outbox.CourierConfig{Registry: r, Sender: s, Log: slog.New(log)}).Run(ctx)
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// lines passes on what is logged, line by line.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happened")
	}
	var none T
	return none
}

func newEndpoint(t *testing.T, f *registrytest.Fixture, name, url string) int {
	t.Helper()
	ep, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{
		Name: name, URL: url, Events: []rules.OutboundEvent{rules.EventSettlement},
	})
	if err != nil {
		t.Fatal(err)
	}
	return ep.ID
}

// newTests writes so many messages to the endpoint, as slowly as tests may be ordered.
func newTests(t *testing.T, f *registrytest.Fixture, endpoint, n int) {
	t.Helper()
	for i := range n {
		if i%5 == 0 {
			f.Clock.Set(f.Now().Add(time.Minute))
		}
		newTest(t, f, endpoint)
	}
}

func count(t *testing.T, d *db.DB, endpoint int, state rules.OutboundState) int {
	t.Helper()
	n, err := d.Primary().OutboundMessage.Query().Where(outboundmessage.EndpointID(endpoint), outboundmessage.StateEQ(state)).Count(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// receiver is a server on this machine.
func receiver(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewTLSServer(answer)
	t.Cleanup(s.Close)
	return s
}

// caller is a sender that may call the receivers.
func caller(t *testing.T, receivers ...*httptest.Server) *outbound.Sender {
	t.Helper()
	loopback := outbound.Policy{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	// All have the same certificate, of package httptest.
	pool := receivers[0].Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s := outbound.NewSender(outbound.Config{Policy: loopback, RootCAs: pool, Timeout: 10 * patience})
	t.Cleanup(s.Close)
	return s
}

// TestEndpointsThatHangKeepNobodyWaiting, although more waits for them, and has waited longer, than could be sent at once.
func TestEndpointsThatHangKeepNobodyWaiting(t *testing.T) {
	for _, tt := range []struct{ hanging, each int }{{1, 200}, {7, 30}} {
		t.Run(fmt.Sprintf("%d that hang", tt.hanging), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) { hang(t, d, tt.hanging, tt.each) })
		})
	}
}

func hang(t *testing.T, d *db.DB, hanging, each int) {
	f := registrytest.New(t, d)
	var asked atomic.Int64
	deaf := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // else it is not seen that the caller hangs up
		<-r.Context().Done()
	})
	const healthy = 50
	good := receiver(t, func(http.ResponseWriter, *http.Request) {})
	calls, arrived := caller(t, good, deaf), make(chan struct{}, healthy)
	s := senderFunc(func(ctx context.Context, e outbound.Endpoint, m outbound.Message) outbound.Result {
		result := calls.Send(ctx, e, m)
		if result.Outcome == outbound.Delivered {
			arrived <- struct{}{}
		}
		return result
	})
	var deafs []int
	for i := range hanging {
		deafs = append(deafs, newEndpoint(t, f, fmt.Sprintf("deaf %d", i), deaf.URL))
		newTests(t, f, deafs[i], each)
	}
	well := newEndpoint(t, f, "good", good.URL)
	newTests(t, f, well, healthy)

	stop := courier(t, f.Registry, slog.DiscardHandler, s)
	for range healthy {
		await(t, arrived)
	}
	for _, id := range deafs {
		if n := count(t, d, id, rules.OutboundPending); n != each {
			t.Errorf("%d of %d messages wait for an endpoint that hangs", n, each)
		}
	}
	// At most 8 at once of each, and no second attempt: none has ended.
	if n := asked.Load(); n > int64(8*hanging) {
		t.Errorf("%d messages are under way to %d endpoints", n, hanging)
	}
	stop()
	if n := count(t, d, well, rules.OutboundDelivered); n != healthy {
		t.Errorf("%d of %d are delivered", n, healthy)
	}
	if due, err := f.DueEndpoints(context.Background(), nil); err != nil || len(due) != hanging {
		t.Errorf("something is due for %d endpoints, want %d: %v", len(due), hanging, err)
	}
}

// TestAnEndpointThatDoesNotAnswerGetsOneAtATime until it does.
func TestAnEndpointThatDoesNotAnswerGetsOneAtATime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		const deafURL = "https://example.org/deaf"
		deaf, well := newEndpoint(t, f, "deaf", deafURL), newEndpoint(t, f, "well", "https://example.org")
		newTests(t, f, deaf, 40)
		begun, answers, looked := make(chan struct{}, 40), make(chan outbound.Result), make(chan struct{}, 1)
		stop := courier(t, f.Registry, slog.DiscardHandler, senderFunc(func(ctx context.Context, e outbound.Endpoint, _ outbound.Message) outbound.Result {
			if e.URL != deafURL {
				looked <- struct{}{}
				return delivered
			}
			begun <- struct{}{}
			select {
			case a := <-answers:
				return a
			case <-ctx.Done():
				return outbound.Result{Outcome: outbound.Again, Problem: outbound.ProblemCancelled}
			}
		}))
		begin := func(n int) {
			t.Helper()
			for range n {
				await(t, begun)
			}
		}
		begin(8)
		for range 8 {
			answers <- timeout
		}
		begin(7) // one after each, until eight in a row had been silent
		for range 7 {
			answers <- timeout
		}
		begin(1)
		newTest(t, f, well)
		await(t, looked) // by then others of the first endpoint would have begun
		if n := len(begun); n > 0 {
			t.Errorf("%d are under way to an endpoint that does not answer", 1+n)
		}
		answers <- timeout
		begin(1)
		answers <- busy // which is an answer
		begin(8)
		stop()
		if n := len(begun); n > 0 {
			t.Errorf("%d too many were begun", n)
		}
	})
}

// TestServersShareWhatIsDue, and send each message once.
func TestServersShareWhatIsDue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		const all = 200
		endpoint := newEndpoint(t, f, "pmo", "https://example.org")
		newTests(t, f, endpoint, all)
		sent := make(chan string, 2*all)
		s := senderFunc(func(_ context.Context, _ outbound.Endpoint, m outbound.Message) outbound.Result {
			sent <- m.ID
			return delivered
		})
		stops := []func(){courier(t, f.Registry, slog.DiscardHandler, s), courier(t, f.Another(d), slog.DiscardHandler, s)}
		seen := map[string]bool{}
		for range all {
			seen[await(t, sent)] = true
		}
		for _, stop := range stops {
			stop()
		}
		if len(seen) != all || len(sent) > 0 || count(t, d, endpoint, rules.OutboundDelivered) != all {
			t.Errorf("%d of %d were sent, %d of them twice", len(seen), all, len(sent))
		}
	})
}

// TestAMessageThatCannotBeOpenedHoldsUpNoOther of its endpoint, and is left alone for a while.
func TestAMessageThatCannotBeOpenedHoldsUpNoOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		endpoint := newEndpoint(t, f, "pmo", "https://example.org")
		const all, broken = 100, 10 // more than are taken up at a time
		newTests(t, f, endpoint, all)
		if _, err := d.Write.Exec("UPDATE outbound_messages SET body = $1 WHERE id <= $2", []byte("nonsense"), broken); err != nil {
			t.Fatal(err)
		}
		log, sent := make(lines, 2*all), make(chan struct{}, 2*all)
		stop := courier(t, f.Registry, slog.NewTextHandler(log, nil), senderFunc(func(context.Context, outbound.Endpoint, outbound.Message) outbound.Result {
			sent <- struct{}{}
			return delivered
		}))
		for range all - broken {
			await(t, sent)
		}
		for range broken {
			if said := await(t, log); !strings.Contains(said, "could not be begun") {
				t.Errorf("the log says %s", said)
			}
		}
		stop()
		if n := count(t, d, endpoint, rules.OutboundPending); n != broken || len(log) > 0 {
			t.Errorf("%d wait, want %d; the log says %d times more", n, broken, len(log))
		}
	})
}

// TestAPanicEndsAnAttemptAndNotTheServer.
func TestAPanicEndsAnAttemptAndNotTheServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		endpoint := newEndpoint(t, f, "pmo", "https://example.org")
		newTests(t, f, endpoint, 2)
		var calls atomic.Int64
		sent := make(chan struct{})
		stop := courier(t, f.Registry, slog.DiscardHandler, senderFunc(func(context.Context, outbound.Endpoint, outbound.Message) outbound.Result {
			if calls.Add(1) == 1 {
				panic(errors.New("unexpected"))
			}
			close(sent)
			return delivered
		}))
		await(t, sent)
		stop()
		if delivered, waiting := count(t, d, endpoint, rules.OutboundDelivered), count(t, d, endpoint, rules.OutboundPending); delivered != 1 || waiting != 1 {
			t.Errorf("%d are delivered and %d wait", delivered, waiting)
		}
	})
}
