package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestAMessageIsDeliveredExactlyWhenAnAttemptWas plays random attempts, some of them cut off and recorded late, against a
// clock, and compares with what the words say.
func TestAMessageIsDeliveredExactlyWhenAnAttemptWas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ends := map[rules.OutboundState]int{}
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			ep, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{
				Name: time.Duration(n).String(), URL: "https://example.org", Events: []rules.OutboundEvent{rules.EventSettlement},
			})
			if err != nil {
				rt.Fatal(err)
			}
			m, err := f.TestEndpoint(context.Background(), registrytest.Admin, ep.ID)
			if err != nil {
				rt.Fatal(err)
			}
			story := &outboundStory{f: f, id: m.ID, next: f.Now()}
			rt.Repeat(map[string]func(*rapid.T){
				"":       func(rt *rapid.T) { story.check(rt, message(t, d, m.ID)) },
				"wait":   story.wait,
				"begin":  story.begin,
				"record": story.record,
			})
			ends[message(t, d, m.ID).State]++
			if _, err := f.DisableEndpoint(context.Background(), registrytest.Admin, ep.ID); err != nil {
				rt.Fatal(err)
			}
		})
		for _, s := range []rules.OutboundState{rules.OutboundPending, rules.OutboundDelivered, rules.OutboundFailed} {
			if ends[s] == 0 {
				t.Errorf("no message ended %s: %v", s, ends)
			}
		}
	})
}

// outboundStory is what should be true of one message.
type outboundStory struct {
	f                       *registrytest.Fixture
	id                      int
	begun                   int
	open                    []int // attempts that were begun and not recorded
	next                    time.Time
	delivered, ended, noEnd bool // some attempt was delivered; no more is made; (of the latest) it is still open
}

func (s *outboundStory) wait(rt *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, registry.AttemptLease, time.Hour}).Draw(rt, "wait")
	s.f.Clock.Set(s.f.Now().Add(d))
}

func (s *outboundStory) begin(rt *rapid.T) {
	out, err := s.f.BeginAttempt(context.Background(), s.id)
	due := !s.ended && !s.f.Now().Before(s.next)
	if due && s.noEnd && s.begun >= registry.MaxSends { // cut off once too often
		due, s.ended = false, true
	}
	if (err == nil) != due || (err != nil && !errors.Is(err, registry.ErrNothingToSend)) {
		rt.Fatalf("due: %v; begun %v: %v", due, out, err)
	}
	if err != nil {
		return
	}
	s.begun++
	if out.Attempt != s.begun {
		rt.Fatalf("attempt %d is the %d. one", out.Attempt, s.begun)
	}
	s.open, s.next, s.noEnd = append(s.open, s.begun), s.f.Now().Add(registry.AttemptLease), true
}

func (s *outboundStory) record(rt *rapid.T) {
	if len(s.open) == 0 {
		rt.Skip("none is open")
	}
	i := rapid.IntRange(0, len(s.open)-1).Draw(rt, "which")
	a := rapid.SampledFrom([]registry.Attempt{busy, busy, busy, arrived, usedUp, gone, refused}).Draw(rt, "outcome")
	a.Number = s.open[i]
	s.open = append(s.open[:i:i], s.open[i+1:]...)
	again, err := s.f.RecordAttempt(context.Background(), s.id, a)
	if err != nil {
		rt.Fatal(err)
	}
	latest := a.Number == s.begun && !s.ended
	switch {
	case a.Outcome == rules.AttemptDelivered:
		s.delivered, s.ended = true, true
	case a.Outcome == rules.AttemptGone: // whichever it was, nothing more is sent
		s.ended = true
	case latest && a.Again == 0:
		s.ended = true
	case latest:
		s.next, s.noEnd = s.f.Now().Add(a.Again), false
	}
	want := time.Duration(0)
	if latest && a.Outcome == rules.AttemptAgain {
		want = a.Again
	}
	if again != want {
		rt.Fatalf("after %s again after %s, want %s", a.Outcome, again, want)
	}
}

func (s *outboundStory) check(rt *rapid.T, m *ent.OutboundMessage) {
	want := rules.OutboundPending
	switch {
	case s.delivered:
		want = rules.OutboundDelivered
	case s.ended:
		want = rules.OutboundFailed
	}
	if m.State != want || m.Attempts != s.begun || len(m.Edges.AttemptsMade) != s.begun {
		rt.Fatalf("%s after %d attempts with %d in the log, want %s after %d", m.State, m.Attempts, len(m.Edges.AttemptsMade), want, s.begun)
	}
}
