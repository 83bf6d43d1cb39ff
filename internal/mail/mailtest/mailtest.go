// Package mailtest is a small mail server for tests: a real SMTP server on a loopback address that keeps the
// messages it is sent, instead of passing them on, and misbehaves when told to. It is for tests only, and a plain
// library, so that it can also run in a process of its own.
package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Security is how the server's connections are encrypted.
type Security int

// The ways, with [STARTTLS] the default.
const (
	STARTTLS Security = iota
	ImplicitTLS
	Plain
)

// Options says how the server behaves when all is well. The zero value is a server on any free port of 127.0.0.1,
// with STARTTLS, that asks nobody to sign in.
type Options struct {
	Addr           string // a loopback address with a port; empty for any free port of 127.0.0.1
	Security       Security
	User, Password string   // whom it lets sign in; without a user, everybody may send
	Mechanisms     []string // the ways of signing in that it offers, of PLAIN and LOGIN; nil means PLAIN
}

// Server is a running server. It is safe for concurrent use.
type Server struct {
	options Options
	smtp    *smtp.Server
	ln      *listener
	key     certificate
	served  chan struct{} // closed when the server has stopped accepting
	closing chan struct{} // closed when it is told to stop

	closeOnce sync.Once
	closeErr  error

	mu       sync.Mutex
	changed  *sync.Cond
	messages []Message
	faults   []*Fault
	sessions int
}

// Start starts a server. Whoever starts it closes it.
func Start(options Options) (*Server, error) {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	if options.Mechanisms == nil {
		options.Mechanisms = []string{"PLAIN"}
	}
	key, err := newCertificate()
	if err != nil {
		return nil, err
	}
	ln, err := listen(options.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, ln: ln, key: key, served: make(chan struct{}), closing: make(chan struct{})}
	s.changed = sync.NewCond(&s.mu)
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = "mail.test"
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) // a client that hangs up is no news here
	s.smtp.AllowInsecureAuth = options.Security == Plain
	var serving net.Listener = ln
	switch config := (&tls.Config{Certificates: []tls.Certificate{key.pair}, MinVersion: tls.VersionTLS12}); options.Security {
	case STARTTLS:
		s.smtp.TLSConfig = config
	case ImplicitTLS:
		serving = tls.NewListener(ln, config)
	case Plain:
	}
	go func() {
		defer close(s.served)
		_ = s.smtp.Serve(serving) // ends when the listener is closed
	}()
	return s, nil
}

// URL returns the server's address in the form that package mail takes, with the user and the password.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.Addr()}
	switch s.options.Security {
	case STARTTLS:
	case ImplicitTLS:
		u.Scheme = "smtps"
	case Plain:
		u.RawQuery = "tls=none"
	}
	if s.options.User != "" {
		u.User = url.UserPassword(s.options.User, s.options.Password)
	}
	return u.String()
}

// Addr returns the host and port that the server listens on.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Roots returns the authority that signed the server's certificate, which is the certificate itself. It is valid
// for 127.0.0.1, ::1 and localhost.
func (s *Server) Roots() *x509.CertPool { return s.key.roots() }

// CertificatePEM returns the server's certificate, for a client in another process.
func (s *Server) CertificatePEM() []byte { return s.key.pem }

// Messages returns the messages that the server has taken, in the order in which it took them.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Count returns how many messages the server has taken.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

// To returns the messages to one recipient, by its address in any capitals.
func (s *Server) To(address string) []Message {
	return slices.DeleteFunc(s.Messages(), func(m Message) bool {
		return !slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) })
	})
}

// Sessions returns how many connections have said hello; one with STARTTLS does so twice and counts once.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Forget drops the messages taken so far.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
}

// Wait waits until the server has taken n messages in all, or the context ends.
func (s *Server) Wait(ctx context.Context, n int) error {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.messages) < n {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%d of %d messages came: %w", len(s.messages), n, err)
		}
		s.changed.Wait()
	}
	return nil
}

func (s *Server) keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	s.changed.Broadcast()
}

// Close drops all connections and waits until nothing of the server runs any more. The messages stay readable. To
// close twice does nothing.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.ln.closeAll()
		<-s.served
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		// It closes the listener again, and says that it is closed.
		if err := s.smtp.Shutdown(ctx); ctx.Err() != nil {
			s.closeErr = err
		}
	})
	return s.closeErr
}
