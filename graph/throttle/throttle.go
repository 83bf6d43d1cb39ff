// Package throttle bounds how often each viewer may ask, and how much at once, so that one of them does not take
// what all the others need. It counts in this process only: with several servers behind one address a viewer may
// ask each of them as often.
package throttle

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/lru"
	"golang.org/x/time/rate"

	"gelombang/internal/viewer"
)

// remembered is how many viewers of one role are kept account of, some 15 MB of them. Beyond that whoever asked
// longest ago is forgotten, and begins anew. The roles are kept apart, so that addresses without a token, of
// which anybody may have many, push out nobody else.
const remembered = 1 << 16

// Throttle keeps account of who asked how often. Its methods may be called at the same time.
type Throttle struct {
	limits Limits
	clock  func() time.Time
	mu     sync.Mutex
	seen   map[viewer.Role]*lru.LRU[*account]
}

// account is one viewer's.
type account struct {
	requests *rate.Limiter // nil when any number is allowed
	mu       sync.Mutex
	underWay int
}

// New returns a throttle. The clock should be monotonic, as that of time.Now is.
func New(limits Limits, clock func() time.Time) *Throttle {
	t := &Throttle{limits: limits, clock: clock, seen: map[viewer.Role]*lru.LRU[*account]{}}
	for role, limit := range limits {
		if limit != (Limit{}) {
			t.seen[role] = lru.New[*account](remembered)
		}
	}
	return t
}

// Admit reports whether a request of the viewer, from the address, may be answered now. If so, done must be
// called at its end. If not, wait is how long the viewer had better wait, more than 0.
func (t *Throttle) Admit(ctx context.Context, v viewer.Viewer, client netip.Addr) (done func(), wait time.Duration) {
	limit, limited := t.limits[v.Role]
	if !limited || limit == (Limit{}) {
		return func() {}, 0
	}
	a := t.account(ctx, v.Role, key(v, client), limit)
	if wait := a.reserve(t.clock()); wait > 0 {
		return nil, wait
	}
	if !a.begin(limit.AtOnce) {
		return nil, time.Second
	}
	return a.end, 0
}

func (t *Throttle) account(ctx context.Context, role viewer.Role, key string, limit Limit) *account {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a, ok := t.seen[role].Get(ctx, key); ok {
		return a
	}
	a := &account{}
	if limit.PerSecond > 0 {
		a.requests = rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst)
	}
	t.seen[role].Add(ctx, key, a)
	return a
}

// reserve takes one request from the account, or returns how long it takes until there is one.
func (a *account) reserve(now time.Time) time.Duration {
	if a.requests == nil {
		return 0
	}
	r := a.requests.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now) // who is refused does not wait longer for it
	}
	return wait
}

func (a *account) begin(most int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if most > 0 && a.underWay >= most {
		return false
	}
	a.underWay++
	return true
}

func (a *account) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.underWay--
}

// key tells the viewers of one role apart. Whoever has an IPv6 address has a network of them, at least a /64.
func key(v viewer.Viewer, client netip.Addr) string {
	switch v.Role {
	case viewer.Anonymous:
		client = client.Unmap().WithZone("")
		if client.Is6() {
			network, err := client.Prefix(64)
			if err == nil {
				client = network.Addr()
			}
		}
		return string(client.AsSlice())
	case viewer.Platform:
		return v.Platform
	case viewer.Participant, viewer.Analyst, viewer.Officer, viewer.Supervisor, viewer.Admin:
		return v.Subject
	default:
		return v.Subject
	}
}
