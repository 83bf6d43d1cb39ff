// Package outbound sends our own webhooks: one signed POST request to one endpoint, and what became of it.
//
// It keeps nothing. The outbox, the log of deliveries, the endpoints and their secrets, and when the next attempt
// is made belong to its callers; [Delay] has the schedule. Messages are signed as Standard Webhooks 1.0 says, with
// v1 or v1a, see package signature.
//
// An endpoint's URL comes from outside, so that a call must not become a way into our own network. The check is
// made on the address that is dialled, after the name was resolved: a name cannot show one address to the check
// and another to the connection. For the same reason redirects are never followed, and the proxy settings of the
// environment are ignored: a proxy resolves names itself, and only its own address would be checked. Where all
// traffic must leave through a proxy that filters, that is a change of this package and not a setting.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	defaultTimeout   = 15 * time.Second // Standard Webhooks: between 15 and 30 s
	defaultUserAgent = "Gelombang-Webhooks"

	maxHeaderBytes  = 32 << 10 // of the headers of an answer
	maxDrainedBytes = 64 << 10 // of the body of an answer: a connection is used again only if its body was read

	maxIdlePerHost = 8
	maxIdle        = 100
	idleFor        = 60 * time.Second
	pingAfter      = 10 * time.Second // of silence on an HTTP/2 connection that waits for answers
	pingTimeout    = 5 * time.Second
)

// Config is what a [Sender] needs to know. The zero value is right for production.
type Config struct {
	// Policy says which URLs and addresses may be called.
	Policy
	// Timeout bounds the whole exchange, from the lookup of the name to the end of the answer; 15 s if zero.
	Timeout time.Duration
	// UserAgent is the header User-Agent; "Gelombang-Webhooks" if empty.
	UserAgent string
	// Now is the clock by which a message without a timestamp is stamped, and a Retry-After that is a date is
	// understood; time.Now if nil. Receivers compare it with their own: it must be the real time.
	Now func() time.Time
	// RootCAs are the authorities that may vouch for endpoints; the system's if nil.
	RootCAs *x509.CertPool
	// Resolver looks names up; the system's if nil.
	Resolver *net.Resolver
}

// Sender sends messages. It may be used by several goroutines at once.
type Sender struct {
	policy    Policy
	timeout   time.Duration
	userAgent string
	now       func() time.Time
	transport *http.Transport
}

// NewSender returns a sender. [Sender.Close] ends its idle connections.
func NewSender(c Config) *Sender {
	s := &Sender{policy: c.Policy, timeout: c.Timeout, userAgent: c.UserAgent, now: c.Now}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if s.userAgent == "" {
		s.userAgent = defaultUserAgent
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.transport = &http.Transport{
		Proxy:                  nil, // see the package's comment
		DialContext:            s.dialPlain(c),
		DialTLSContext:         s.dialTLS(c),
		DisableCompression:     true, // nothing that was sent small may grow here
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleFor,
		// Without pings a connection whose other end is gone would fail every message until TCP gives it up,
		// which takes a quarter of an hour.
		HTTP2:     &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		Protocols: new(http.Protocols),
	}
	s.transport.Protocols.SetHTTP1(true)
	s.transport.Protocols.SetHTTP2(true)
	return s
}

// Close ends the connections that are kept for the next message. Those in use end with their message.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// dialer returns a dialer that refuses the addresses that the policy refuses. It asks about each address that it
// is about to connect to, which is after the lookup. Of a name with several addresses it tries those that are
// allowed; if none can be reached, the failure of the first counts.
func (s *Sender) dialer(resolver *net.Resolver, plain bool) *net.Dialer {
	return &net.Dialer{
		Timeout:  s.timeout, // a dial outlives the request that began it
		Resolver: resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return &refusedError{ProblemPrivateAddress}
			}
			if problem := s.policy.checkAddr(to.Addr(), plain); problem != ProblemNone {
				return &refusedError{problem}
			}
			return nil
		},
	}
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (s *Sender) dialPlain(c Config) dialFunc {
	dialer := s.dialer(c.Resolver, true)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return newUnread(conn), nil
	}
}

// dialTLS makes the handshake here, so that its failures can be told from those of the network.
func (s *Sender) dialTLS(c Config) dialFunc {
	dialer := s.dialer(c.Resolver, false)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		name, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		raw, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(raw, &tls.Config{
			ServerName: name,
			RootCAs:    c.RootCAs,
			MinVersion: tls.VersionTLS12,
			NextProtos: []string{"h2", "http/1.1"},
		})
		ctx, cancel := context.WithTimeout(ctx, s.timeout) // see Timeout of the dialer
		defer cancel()
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, &handshakeError{err}
		}
		if conn.ConnectionState().NegotiatedProtocol != "h2" { // which net/http finds by itself, in a *tls.Conn
			return newUnread(conn), nil
		}
		return conn, nil
	}
}
