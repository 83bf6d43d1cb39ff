package app //nolint:testpackage // the function is not for others

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var testProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:aaaa::/48")}

func TestTheAddressThatARequestCameFrom(t *testing.T) {
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody in between", "192.0.2.1", nil, "192.0.2.1"},
		{"a stranger who says to be somebody else", "192.0.2.1", []string{"203.0.113.9"}, "192.0.2.1"},
		{"a stranger who says to be a proxy", "192.0.2.1", []string{"10.0.0.1"}, "192.0.2.1"},
		{"one proxy", "10.0.0.1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"two proxies", "10.0.0.1", []string{"192.0.2.1, 10.9.9.9"}, "192.0.2.1"},
		{"two proxies, in two lines", "10.0.0.1", []string{"192.0.2.1", "10.9.9.9"}, "192.0.2.1"},
		{"one who says to be somebody else to the proxy", "10.0.0.1", []string{"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},
		{"one who says to be a proxy to the proxy", "10.0.0.1", []string{"10.7.7.7, 192.0.2.1, 10.9.9.9"}, "192.0.2.1"},
		{"one who writes nonsense to the proxy", "10.0.0.1", []string{"x, 192.0.2.1"}, "192.0.2.1"},
		{"nonsense of the proxy", "10.0.0.1", []string{"192.0.2.1, unknown"}, "10.0.0.1"},
		{"nothing after the comma", "10.0.0.1", []string{"192.0.2.1,"}, "10.0.0.1"},
		{"an empty header", "10.0.0.1", []string{""}, "10.0.0.1"},
		{"a proxy that asks itself", "10.0.0.1", nil, "10.0.0.1"},
		{"only proxies", "10.0.0.1", []string{"10.1.1.1, 10.2.2.2"}, "10.0.0.1"},
		{"with a port", "10.0.0.1", []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{"IPv6", "2001:db8:aaaa::1", []string{"2001:db8:1::7"}, "2001:db8:1::7"},
		{"IPv6 in brackets", "10.0.0.1", []string{"[2001:db8:1::7]"}, "2001:db8:1::7"},
		{"IPv6 with a port", "10.0.0.1", []string{"[2001:db8:1::7]:4711"}, "2001:db8:1::7"},
		{"IPv6 with a zone", "10.0.0.1", []string{"fe80::1%eth0"}, "fe80::1"},
		{"IPv4 written in IPv6", "::ffff:10.0.0.1", []string{"::ffff:192.0.2.1, ::ffff:10.9.9.9"}, "192.0.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clientAddress(netip.MustParseAddr(tt.peer), tt.forwarded, testProxies); got != netip.MustParseAddr(tt.want) {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
	if got := clientAddress(netip.Addr{}, []string{"192.0.2.1"}, testProxies); got.IsValid() {
		t.Errorf("a Unix socket's peer has no address, but %v is found", got)
	}
	if got := clientAddress(netip.MustParseAddr("10.0.0.1"), []string{"192.0.2.1"}, nil); got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("%v is believed without any trusted proxy", got)
	}
}

// TestNobodyChoosesTheirAddress lets a client write whatever it likes before what the proxies add.
func TestNobodyChoosesTheirAddress(t *testing.T) {
	client := netip.MustParseAddr("192.0.2.1")
	rapid.Check(t, func(t *rapid.T) {
		written := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"10.0.0.1", "203.0.113.9", ",", "::1", ""}))).Draw(t, "written")
		proxies := rapid.SliceOfN(rapid.SampledFrom([]string{"10.1.1.1", "10.2.2.2:80", "[2001:db8:aaaa::7]"}), 0, 3).Draw(t, "proxies")
		added := strings.Join(append([]string{client.String()}, proxies...), ", ")
		forwarded := append(written, added)
		if rapid.Bool().Draw(t, "one line") {
			forwarded = []string{strings.Join(forwarded, ", ")}
		}
		if got := clientAddress(netip.MustParseAddr("10.0.0.1"), forwarded, testProxies); got != client {
			t.Errorf("%q: %v", forwarded, got)
		}
		if got := clientAddress(client, forwarded, testProxies); got != client {
			t.Errorf("without a proxy, %q: %v", forwarded, got)
		}
	})
}

func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "192.0.2.1", "10.0.0.1, 192.0.2.1", "[::1]:80,unknown", "fe80::1%eth0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		peer := netip.MustParseAddr("10.0.0.1")
		got := clientAddress(peer, []string{forwarded}, testProxies)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("%v", got)
		}
		if got != peer && isProxy(got, testProxies) {
			t.Errorf("a proxy is taken for who asks: %v", got)
		}
	})
}
