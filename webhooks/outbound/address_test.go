package outbound_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"gelombang/webhooks/outbound"
)

// refusedAddresses are at least one of each network that is not of the public Internet, at its edges where the
// edges matter.
var refusedAddresses = []string{
	"0.0.0.0", "0.1.2.3", // this host
	"10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", // private
	"100.64.0.0", "100.127.255.255", // carrier's NAT
	"127.0.0.1", "127.255.255.254", // loopback
	"169.254.0.1", "169.254.169.254", "169.254.170.2", // link-local, with the metadata of clouds
	"100.100.100.200", "168.63.129.16", "192.0.0.192", // the metadata of others
	"192.0.2.1", "198.51.100.1", "203.0.113.1", // documentation
	"192.88.99.1",                  // 6to4 relays
	"198.18.0.0", "198.19.255.255", // benchmarking
	"224.0.0.1", "239.255.255.255", // multicast
	"240.0.0.1", "255.255.255.255", // reserved, broadcast
	"::", "::1", // unspecified, loopback
	"fe80::1", "febf::1", "fec0::1", // link-local, site-local
	"fc00::1", "fd00:ec2::254", "fd20:ce::254", // unique local, with the metadata of clouds
	"ff02::1",                // multicast
	"2001:db8::1", "3fff::1", // documentation
	"2001:2::1",                    // benchmarking
	"100::1", "5f00::1", "4000::1", // discard, segment routing, not given out
	"::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", // IPv4-mapped
	"::10.0.0.1", "::ffff:0:10.0.0.1", // IPv4-compatible, IPv4-translated
	"64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", // NAT64
	"64:ff9b:1::10.0.0.1",              // NAT64 of one's own network
	"2002:a00:1::1", "2002:808:808::1", // 6to4, of 10.0.0.1 and 8.8.8.8
	"2001:0:808:808::f5ff:fffe", // Teredo
}

// public are addresses beside them. Nothing connects to them here.
var public = []string{
	"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
	"198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15",
	"2001:200::1", "2400:cb00::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
	"::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
}

func literal(scheme, address string) string {
	return scheme + "://" + net.JoinHostPort(address, "443") + "/"
}

func TestAddressOutsideThePublicInternetIsRefused(t *testing.T) {
	for _, address := range refusedAddresses {
		if err := (outbound.Policy{}).CheckURL(literal("https", address)); err == nil {
			t.Errorf("%s may be called", address)
		}
	}
	for _, address := range public {
		if err := (outbound.Policy{}).CheckURL(literal("https", address)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNameThatResolvesToARefusedAddressIsRefusedWhenDialled(t *testing.T) {
	dns := &names{}
	for i, address := range refusedAddresses {
		dns.add(fmt.Sprintf("name-%d.example", i), address)
	}
	s := newSender(t, outbound.Config{Resolver: dns.resolver()})
	for i, address := range refusedAddresses {
		url := fmt.Sprintf("https://name-%d.example/", i)
		if err := (outbound.Policy{}).CheckURL(url); err != nil {
			t.Fatalf("a name cannot be judged beforehand: %v", err)
		}
		got := s.Send(t.Context(), endpoint(url), message)
		if got.Outcome != outbound.Refused || got.Problem != outbound.ProblemPrivateAddress {
			t.Errorf("a name at %s: got %+v", address, got)
		}
	}
}

func TestNameMayNotResolveToTheServerItself(t *testing.T) {
	box := &inbox{}
	server := tlsServer(t, box, true)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	dns := &names{}
	dns.add(hostname, "127.0.0.1", "::ffff:127.0.0.1")
	c := outbound.Config{RootCAs: trust(server), Resolver: dns.resolver()}

	got := newSender(t, c).Send(t.Context(), endpoint("https://"+hostname+":"+port), message)
	if got.Outcome != outbound.Refused || got.Problem != outbound.ProblemPrivateAddress || box.count() != 0 {
		t.Errorf("got %+v, and %d messages arrived", got, box.count())
	}
	c.Policy = loopback
	got = newSender(t, c).Send(t.Context(), endpoint("https://"+hostname+":"+port), message)
	if got.Outcome != outbound.Delivered || box.count() != 1 {
		t.Errorf("with leave: got %+v, and %d messages arrived", got, box.count())
	}
}

// The name is harmless at the first attempt, and points into our network at the second.
func TestNameThatIsBoundAnewIsRefused(t *testing.T) {
	first, second := &inbox{}, &inbox{}
	allowed := plainServer(t, closing(first))
	_, port, _ := net.SplitHostPort(allowed.Listener.Addr().String())
	within, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Fatal(err)
	}
	inner := &httptest.Server{Listener: within, Config: &http.Server{Handler: second}}
	inner.Start()
	t.Cleanup(inner.Close)
	dns := &names{}
	dns.add(hostname, "127.0.0.1")
	dns.add(hostname, "127.0.0.2")
	s := newSender(t, outbound.Config{Policy: loopback, Resolver: dns.resolver()})
	for i, want := range []outbound.Outcome{outbound.Delivered, outbound.Refused} {
		if got := s.Send(t.Context(), endpoint("http://"+hostname+":"+port), message); got.Outcome != want {
			t.Errorf("attempt %d: got %+v, want %s", i+1, got, want)
		}
	}
	if first.count() != 1 || second.count() != 0 {
		t.Errorf("%d messages arrived at the first address, %d at the second", first.count(), second.count())
	}
}

// closing has the connection closed after each answer.
func closing(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		h.ServeHTTP(w, r)
	})
}

// With the proxy of TestMain nothing would arrive. An address of the loopback would not show it: net/http asks no
// proxy for those.
func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	dns := &names{}
	dns.add(hostname, "127.0.0.1")
	plain, encrypted := plainServer(t, &inbox{}), tlsServer(t, &inbox{}, true)
	s := newSender(t, outbound.Config{Policy: loopback, Resolver: dns.resolver(), RootCAs: trust(encrypted)})
	for scheme, server := range map[string]*httptest.Server{"http": plain, "https": encrypted} {
		_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
		if got := s.Send(t.Context(), endpoint(scheme+"://"+hostname+":"+port), message); got.Outcome != outbound.Delivered {
			t.Errorf("%s: got %+v", scheme, got)
		}
	}
}

func TestSomeAddressesAreRefusedWhateverTheSetting(t *testing.T) {
	all := outbound.Policy{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	for _, address := range []string{
		"0.0.0.0", "::", "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "100.100.100.200",
		"168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "224.0.0.1", "ff02::1",
		"255.255.255.255", "2002:a9fe:a9fe::1", "2001:0:808:808::1",
	} {
		if err := all.CheckURL(literal("https", address)); err == nil {
			t.Errorf("%s may be called", address)
		}
	}
	for _, address := range []string{"10.0.0.1", "127.0.0.1", "::1", "fd00::1", "100.64.0.1", "::ffff:10.0.0.1"} {
		if err := all.CheckURL(literal("https", address)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestPlainHTTPStaysWithinTheAllowedNetworks(t *testing.T) {
	dns := &names{}
	dns.add("public.example", "1.1.1.1")
	dns.add("private.example", "10.0.0.1")
	s := newSender(t, outbound.Config{Policy: loopback, Resolver: dns.resolver()})
	for url, want := range map[string]outbound.Problem{
		"http://1.1.1.1/":         outbound.ProblemPlainHTTP,
		"http://public.example/":  outbound.ProblemPlainHTTP,
		"http://private.example/": outbound.ProblemPrivateAddress,
	} {
		if got := s.Send(t.Context(), endpoint(url), message); got.Outcome != outbound.Refused || got.Problem != want {
			t.Errorf("%s: got %+v, want %s", url, got, want)
		}
	}
}
