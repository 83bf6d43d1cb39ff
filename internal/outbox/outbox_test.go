package outbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/ent"
	"gelombang/ent/outboundattempt"
	"gelombang/ent/outboundmessage"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/outbox"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/outbound"
	"gelombang/webhooks/signature"
)

// schedule is how many attempts the schedule has: one, and one after each delay.
const schedule = 10

// senderFunc is a sender that answers by itself.
type senderFunc func(ctx context.Context, e outbound.Endpoint, m outbound.Message) outbound.Result

func (f senderFunc) Send(ctx context.Context, e outbound.Endpoint, m outbound.Message) outbound.Result {
	return f(ctx, e, m)
}

// always answers with the result.
func always(r outbound.Result) senderFunc {
	return func(context.Context, outbound.Endpoint, outbound.Message) outbound.Result { return r }
}

var (
	delivered = outbound.Result{Outcome: outbound.Delivered, Status: 204, Took: 12 * time.Millisecond}
	busy      = outbound.Result{Outcome: outbound.Again, Status: 503, Problem: outbound.ProblemStatus}
	timeout   = outbound.Result{Outcome: outbound.Again, Problem: outbound.ProblemTimeout}
	gone      = outbound.Result{Outcome: outbound.Gone, Status: 410, Problem: outbound.ProblemStatus}
	private   = outbound.Result{Outcome: outbound.Refused, Problem: outbound.ProblemPrivateAddress}
)

func newMessage(t testing.TB, f *registrytest.Fixture, name, url string, scheme signature.Scheme) (id int, shown string) {
	t.Helper()
	ep, shown, err := f.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{
		Name: name, URL: url, Events: []rules.OutboundEvent{rules.EventSettlement}, Scheme: scheme,
	})
	if err != nil {
		t.Fatal(err)
	}
	return newTest(t, f, ep.ID), shown
}

func newTest(t testing.TB, f *registrytest.Fixture, endpoint int) int {
	t.Helper()
	m, err := f.TestEndpoint(context.Background(), registrytest.Admin, endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func message(t testing.TB, d *db.DB, id int) *ent.OutboundMessage {
	t.Helper()
	m, err := d.Client().OutboundMessage.Query().Where(outboundmessage.ID(id)).WithEndpoint().
		WithAttemptsMade(func(q *ent.OutboundAttemptQuery) { q.Order(outboundattempt.ByAttempt()) }).Only(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func deliver(t testing.TB, r *registry.Registry, s outbox.Sender, id int) time.Duration {
	t.Helper()
	again, err := outbox.Deliver(context.Background(), r, s, id)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestAMessageIsTriedUntilItArrivesOrTheScheduleEnds plays random answers against a clock. Between the attempts it is
// called too early, as a second server would.
func TestAMessageIsTriedUntilItArrivesOrTheScheduleEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		n := 0
		ends := map[rules.OutboundState]int{}
		rapid.Check(t, func(rt *rapid.T) {
			n++
			id, _ := newMessage(t, f, strconv.Itoa(n), "https://example.org", signature.StandardV1)
			asked := busy
			asked.RetryAfter = rapid.SampledFrom([]time.Duration{0, time.Second, 12 * time.Hour}).Draw(rt, "Retry-After")
			answers := rapid.SliceOfN(rapid.SampledFrom([]outbound.Result{busy, busy, timeout, asked, asked, delivered, gone, private}), schedule+1, schedule+1).Draw(rt, "answers")
			var webhookID string
			sent := 0
			s := senderFunc(func(_ context.Context, _ outbound.Endpoint, m outbound.Message) outbound.Result {
				if sent > 0 && m.ID != webhookID {
					rt.Fatalf("attempt %d is of %s, the one before of %s", sent+1, m.ID, webhookID)
				}
				webhookID = m.ID
				sent++
				return answers[sent-1]
			})
			for more := true; more; {
				before := sent
				again := deliver(t, f.Registry, s, id)
				if sent != before+1 {
					rt.Fatalf("%d attempts at once, %s after the last", sent-before, again)
				}
				if more = again > 0; !more {
					break
				}
				low, _ := outbound.Delay(sent, func() float64 { return 0 })
				high, _ := outbound.Delay(sent, func() float64 { return 1 })
				asked := answers[sent-1].RetryAfter
				if again < max(low-time.Microsecond, asked) || again > max(high, asked) {
					rt.Fatalf("attempt %d is followed after %s, want %s to %s, and at least %s", sent, again, low, high, asked)
				}
				early := min(again, max(time.Microsecond, time.Duration(rapid.Float64Range(0, 1).Draw(rt, "early")*float64(again))))
				due := f.Now().Add(again)
				f.Clock.Set(due.Add(-early))
				if wait := deliver(t, f.Registry, s, id); wait <= 0 || sent != before+1 {
					rt.Fatalf("%s too early: %d attempts, and waits %s", early, sent-before, wait)
				}
				f.Clock.Set(due)
			}
			f.Clock.Set(f.Now().Add(48 * time.Hour))
			if before := sent; deliver(t, f.Registry, s, id) != 0 || sent != before {
				rt.Fatal("sent once more after its end")
			}
			m := message(t, d, id)
			last := answers[sent-1].Outcome
			arrived := last == outbound.Delivered
			if (m.State == rules.OutboundDelivered) != arrived || m.SettledAt == nil || len(m.Edges.AttemptsMade) != sent || sent > schedule ||
				(last == outbound.Again && sent < schedule) {
				rt.Fatalf("%s after %d attempts, the last %s", m.State, sent, last)
			}
			for i, a := range answers[:sent-1] {
				if a.Outcome != outbound.Again {
					rt.Fatalf("sent again after %s of attempt %d", a.Outcome, i+1)
				}
			}
			if (m.Edges.Endpoint.DisabledAt != nil) != (last == outbound.Gone) {
				rt.Fatalf("after %s the endpoint is disabled at %v", last, m.Edges.Endpoint.DisabledAt)
			}
			ends[m.State]++
			if _, err := f.DisableEndpoint(context.Background(), registrytest.Admin, m.EndpointID); err != nil {
				rt.Fatal(err)
			}
		})
		if ends[rules.OutboundDelivered] == 0 || ends[rules.OutboundFailed] == 0 {
			t.Errorf("the messages ended %v", ends)
		}
	})
}

// TestAllAttemptsOfTheScheduleAreMade about three days long.
func TestAllAttemptsOfTheScheduleAreMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		id, _ := newMessage(t, f, "pmo", "https://example.org", signature.StandardV1)
		for n := 1; n <= schedule; n++ {
			again := deliver(t, f.Registry, always(busy), id)
			if (again > 0) != (n < schedule) {
				t.Fatalf("attempt %d is followed after %s", n, again)
			}
			f.Clock.Set(f.Now().Add(again))
		}
		m := message(t, d, id)
		if m.State != rules.OutboundFailed || len(m.Edges.AttemptsMade) != schedule {
			t.Errorf("%s after %d attempts", m.State, len(m.Edges.AttemptsMade))
		}
	})
}

// TestAnAttemptIsRecordedAlthoughTheProgramEnds while it is made.
func TestAnAttemptIsRecordedAlthoughTheProgramEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		id, _ := newMessage(t, f, "pmo", "https://example.org", signature.StandardV1)
		ctx, cancel := context.WithCancel(context.Background())
		s := senderFunc(func(ctx context.Context, _ outbound.Endpoint, _ outbound.Message) outbound.Result {
			if until, ok := ctx.Deadline(); !ok || time.Until(until) > registry.AttemptLease {
				t.Error("the attempt may outlast its lease")
			}
			cancel()
			<-ctx.Done()
			return outbound.Result{Outcome: outbound.Again, Problem: outbound.ProblemCancelled}
		})
		again, err := outbox.Deliver(ctx, f.Registry, s, id)
		if err != nil || again < 4*time.Second || again > 6*time.Second {
			t.Errorf("again after %s: %v", again, err)
		}
		log := message(t, d, id).Edges.AttemptsMade
		if len(log) != 1 || log[0].Outcome != rules.AttemptAgain || log[0].Problem != "cancelled" {
			t.Errorf("the log is %v", log)
		}
	})
}

// TestARealReceiverVerifiesWhatItGets with either key during a rotation, by both schemes.
func TestARealReceiverVerifiesWhatItGets(t *testing.T) {
	for _, scheme := range []signature.Scheme{signature.StandardV1, signature.StandardV1a} {
		t.Run(string(scheme), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) { receive(t, d, scheme) })
		})
	}
}

func receive(t *testing.T, d *db.DB, scheme signature.Scheme) {
	f := registrytest.New(t, d)
	type request struct {
		header http.Header
		path   string
		body   []byte
	}
	var got []request
	status := http.StatusNoContent
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, request{r.Header, r.URL.Path, body})
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "3600")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	loopback := outbound.Policy{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	sender := outbound.NewSender(outbound.Config{Policy: loopback, RootCAs: pool, Now: f.Clock.Now})
	t.Cleanup(sender.Close)

	id, first := newMessage(t, f, "pmo", server.URL+"/hooks", scheme)
	endpoint := message(t, d, id).EndpointID
	verifies := func(shown string) bool {
		t.Helper()
		last := got[len(got)-1]
		v, err := signature.Verify(last.header, last.path, last.body, []signature.Key{receiverKey(t, scheme, shown)}, f.Now(), 5*time.Minute)
		return err == nil && v.MessageID == message(t, d, id).MessageID
	}
	if again := deliver(t, f.Registry, sender, id); again != 0 || len(got) != 1 || !verifies(first) {
		t.Fatalf("%d requests, again after %s", len(got), again)
	}
	var body struct {
		Type string
		Data map[string]string
	}
	if err := json.Unmarshal(got[0].body, &body); err != nil || body.Type != "endpoint.test" || body.Data["endpoint"] != "pmo" {
		t.Errorf("the body is %s: %v", got[0].body, err)
	}

	_, second, err := f.RotateEndpointSecret(context.Background(), registrytest.Admin, registry.RotateEndpointSecret{Endpoint: endpoint, Overlap: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after         time.Duration
		first, second bool
	}{{0, true, true}, {time.Hour - time.Microsecond, true, true}, {time.Microsecond, false, true}} {
		f.Clock.Set(f.Now().Add(tt.after))
		id = newTest(t, f, endpoint)
		deliver(t, f.Registry, sender, id)
		if diff := cmp.Diff([2]bool{tt.first, tt.second}, [2]bool{verifies(first), verifies(second)}); diff != "" {
			t.Errorf("%s later (-want +got):\n%s", tt.after, diff)
		}
	}

	status = http.StatusServiceUnavailable
	id = newTest(t, f, endpoint)
	if again := deliver(t, f.Registry, sender, id); again != time.Hour {
		t.Errorf("the receiver asks for an hour, again after %s", again)
	}
	status = http.StatusGone
	f.Clock.Set(f.Now().Add(time.Hour))
	if again := deliver(t, f.Registry, sender, id); again != 0 {
		t.Errorf("gone, and again after %s", again)
	}
	if m := message(t, d, id); m.State != rules.OutboundFailed || m.Edges.Endpoint.DisabledAt == nil || m.Edges.AttemptsMade[1].Status != http.StatusGone {
		t.Errorf("%s, endpoint disabled at %v, log %v", m.State, m.Edges.Endpoint.DisabledAt, m.Edges.AttemptsMade)
	}
}

// receiverKey is the key that a receiver makes of what it was shown.
func receiverKey(t *testing.T, scheme signature.Scheme, shown string) signature.Key {
	t.Helper()
	key := signature.Key{Scheme: scheme}
	var err error
	if scheme == signature.StandardV1a {
		key.Public, err = signature.ParsePublicKey(shown)
	} else {
		key.Secret, err = signature.ParseSecret(shown)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}
