package graph

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"time"
)

// admit takes the request from what the viewer may ask, before anything of it is read. At its end done must be
// called.
func (x exchange) admit(ctx context.Context) (done func(), refused *refusal) {
	done, wait := x.throttle.Admit(ctx, x.asking, x.clientAddress(x.r))
	if done != nil {
		return done, nil
	}
	return nil, &refusal{
		status: http.StatusTooManyRequests, code: codeRateLimited, wait: wholeSeconds(wait),
		message: "you ask more often, or more at once, than your role may: wait as long as Retry-After says",
	}
}

// wholeSeconds rounds up, to 1 at least: a client that comes back too early is refused again.
func wholeSeconds(wait time.Duration) int { return max(1, int(math.Ceil(wait.Seconds()))) }

// peer is the address of the connection's other end; the zero address when it has none, as on a Unix socket.
func peer(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr()
}
