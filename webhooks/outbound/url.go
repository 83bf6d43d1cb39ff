package outbound

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxURLBytes   = 2048
	maxNameBytes  = 253
	maxLabelBytes = 63
)

// URLError says why a URL cannot be an endpoint. It holds no part of the URL: paths and queries may be secret.
type URLError struct {
	// Reason is what is wrong and what would be right, fit to be shown to the person who gave the URL.
	Reason  string
	problem Problem
}

// Error implements error.
func (e *URLError) Error() string { return "outbound: " + e.Reason }

// CheckURL says whether a URL may be stored as an endpoint: an absolute https URL (http where AllowHTTP has it) of
// at most 2048 visible ASCII characters, without user name and fragment, whose host is a name or a public address.
// What a name resolves to is not looked up here, since it may be another address tomorrow: [Sender.Send] refuses
// it on the day. The error is a [*URLError].
func (p Policy) CheckURL(raw string) error {
	_, err := p.parseURL(raw)
	if err != nil {
		return err
	}
	return nil
}

func (p Policy) parseURL(raw string) (*url.URL, *URLError) {
	bad := func(reason string) (*url.URL, *URLError) { return nil, &URLError{reason, ProblemURL} }
	if raw == "" || len(raw) > maxURLBytes {
		return bad("the URL has 1 to 2048 characters")
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] > '~' {
			return bad("the URL has visible ASCII characters only: write others as % and two hex digits, and in a host as xn--")
		}
	}
	u, err := url.Parse(raw)
	if err != nil { // its text has the URL
		return bad("this is not a URL: write https://host/path")
	}
	switch {
	case u.Scheme == "http" && !p.AllowHTTP:
		return bad("the URL begins with https://, so that nobody reads along")
	case u.Scheme != "http" && u.Scheme != "https", u.Opaque != "":
		return bad("the URL begins with https://")
	case u.User != nil:
		return bad("the URL has no user name and no password: the signature says who is calling")
	case strings.Contains(raw, "#"):
		return bad("the URL has no fragment")
	case !validPort(u):
		return bad("the port is a number from 1 to 65535")
	}
	if err := p.checkHost(u.Hostname(), u.Scheme == "http"); err != nil {
		return nil, err
	}
	return u, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// checkHost refuses what is no host, and the addresses that can be told without a lookup.
func (p Policy) checkHost(host string, plain bool) *URLError {
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		return p.checkLiteral(plain, addr)
	case !validName(host):
		return &URLError{"the host is a name such as example.org, or an address", ProblemURL}
	case loopbackName(host):
		return p.checkLiteral(plain, netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	default:
		return nil
	}
}

// checkLiteral refuses a host if none of its addresses may be called.
func (p Policy) checkLiteral(plain bool, addrs ...netip.Addr) *URLError {
	problem := ProblemNone
	for _, addr := range addrs {
		if problem = p.checkAddr(addr, plain); problem == ProblemNone {
			return nil
		}
	}
	if problem == ProblemPlainHTTP {
		return &URLError{"the URL begins with https://: plain http is for the networks that are allowed by setting", problem}
	}
	return &URLError{"the address is private or reserved, and not in a network that is allowed by setting", problem}
}

// validName reports whether host is a DNS name without a trailing dot. A name whose last label is a number is none:
// some resolvers read 127.1 and 0x7f000001 as addresses.
func validName(host string) bool {
	if len(host) > maxNameBytes {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > maxLabelBytes || strings.Trim(label, nameCharacters) != "" {
			return false
		}
		last = label
	}
	digits, hex := strings.CutPrefix(strings.ToLower(last), "0x")
	if hex {
		return strings.Trim(digits, "0123456789abcdef") != ""
	}
	return strings.Trim(digits, "0123456789") != ""
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func loopbackName(host string) bool {
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
