package app

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// clientAddress returns the address that a request came from: the rightmost of X-Forwarded-For that is not a
// trusted proxy's, if the peer is one; otherwise the peer's. What stands further left was written by whoever asks.
// So was all of it when the peer is not a proxy, and something that is no address says nothing about who asks: then,
// and when there is no other address, the peer is all that is known.
func clientAddress(peer netip.Addr, forwarded []string, trusted []netip.Prefix) netip.Addr {
	peer = plain(peer)
	if !isProxy(peer, trusted) {
		return peer
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, ok := hopAddress(strings.TrimSpace(hop))
		if !ok {
			return peer
		}
		if !isProxy(address, trusted) {
			return address
		}
	}
	return peer
}

// hopAddress reads one address of X-Forwarded-For. Some proxies write the port with it.
func hopAddress(text string) (netip.Addr, bool) {
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return plain(address), true
	}
	withPort, err := netip.ParseAddrPort(text)
	return plain(withPort.Addr()), err == nil
}

// plain writes an address in one way only.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

func isProxy(address netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}

// clients finds where requests come from.
type clients struct {
	proxies []netip.Prefix
	log     *slog.Logger
	warn    sync.Once
}

func (c *clients) address(r *http.Request) netip.Addr {
	var peer netip.Addr // of a Unix socket there is none
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		peer = from.Addr()
	}
	forwarded := r.Header.Values("X-Forwarded-For")
	if len(forwarded) > 0 && !isProxy(plain(peer), c.proxies) {
		c.warn.Do(func() {
			c.log.WarnContext(r.Context(), "a request has X-Forwarded-For but does not come from a trusted proxy: if there is a proxy in front, everybody without a token shares one rate limit", slog.String("set", "GELOMBANG_TRUSTED_PROXIES"))
		})
	}
	return clientAddress(peer, forwarded, c.proxies)
}
