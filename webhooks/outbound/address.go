package outbound

import "net/netip"

// Policy says which URLs and addresses may be called. The zero value allows https to public addresses.
type Policy struct {
	// AllowPrivate are networks that may be called although they are private, such as 10.1.0.0/16 for a gateway
	// within. Link-local and multicast addresses, tunnels, and the metadata services of clouds stay refused.
	AllowPrivate []netip.Prefix
	// AllowHTTP allows plain http, for development and tests: to the networks of AllowPrivate and nowhere else,
	// since messages hold personal data.
	AllowHTTP bool
}

// checkAddr returns what speaks against calling an address, or ProblemNone. plain says that it would be called
// without TLS.
func (p Policy) checkAddr(addr netip.Addr, plain bool) Problem {
	addr = addr.Unmap()
	if nat64.Contains(addr) { // what a network with IPv6 only calls an IPv4 address
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	switch {
	case !addr.IsValid(), within(never, addr):
		return ProblemPrivateAddress
	case within(p.AllowPrivate, addr):
		return ProblemNone
	case addr.Is6() && !globalUnicast.Contains(addr), within(special, addr):
		return ProblemPrivateAddress
	case plain:
		return ProblemPlainHTTP
	default:
		return ProblemNone
	}
}

// within reports whether a network holds the address. None holds one with a zone, so that such an address is
// refused as lying outside of what is public.
func within(networks []netip.Prefix, addr netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

var (
	// nat64 is the well-known prefix of RFC 6052; the IPv4 address is its last four bytes.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
	// globalUnicast is all of IPv6 that has been given out for the public Internet. Loopback, unique local
	// (fc00::/7), site-local and IPv4-compatible addresses lie outside.
	globalUnicast = netip.MustParsePrefix("2000::/3")
)

// special are the networks that are not part of the public Internet, by IANA's registries of special-purpose
// addresses for IPv4 and, within 2000::/3, IPv6:
// https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry.
var special = prefixes(
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // shared by the customers of a carrier's NAT
	"127.0.0.0/8",     // loopback
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.31.196.0/24", // AS112
	"192.52.193.0/24", // AMT
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"192.175.48.0/24", // AS112
	"198.18.0.0/15",   // benchmarking
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation

	"2001::/23",         // protocol assignments: benchmarking, ORCHID, anycast
	"2001:db8::/32",     // documentation
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation
)

// never are addresses that no setting allows: nothing there is an endpoint, and much is worth stealing.
var never = prefixes(
	"0.0.0.0/8",      // this host, this network
	"169.254.0.0/16", // link-local; at 169.254.169.254 and 169.254.170.2 the metadata of most clouds
	"224.0.0.0/4",    // multicast
	"240.0.0.0/4",    // reserved, broadcast

	"100.100.100.200/32", // metadata: Alibaba Cloud
	"168.63.129.16/32",   // Azure's host agent; a public address by its number
	"192.0.0.192/32",     // metadata: Oracle Cloud, earlier
	"fd00:ec2::254/128",  // metadata: AWS
	"fd20:ce::254/128",   // metadata: Google Cloud

	"::/128",    // unspecified
	"2001::/32", // Teredo: an IPv4 address within
	"2002::/16", // 6to4: an IPv4 address within
	"fe80::/10", // link-local
	"ff00::/8",  // multicast
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}
