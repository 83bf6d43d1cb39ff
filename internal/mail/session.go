package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// farewell bounds the polite end of a session.
const farewell = 5 * time.Second

var (
	errNoTLS       = errors.New("the server does not offer STARTTLS")
	errNoSignIn    = errors.New("the server offers no way to sign in that we know (SCRAM-SHA-256, PLAIN, LOGIN)")
	errNotLoopback = errors.New("the server is not on this machine, and TLS is off")
)

// Session is one connection to the mail server, for many messages, one after the other. It is for one goroutine at
// a time. It does not reconnect: after an [Unavailable] or [Uncertain] error it is over, and the caller closes it and
// opens another.
type Session struct {
	mailer *Mailer
	conn   net.Conn // what TLS, if any, runs on
	client *smtp.Client
	used   bool
	over   bool
}

// Open connects, and signs in if the URL has a user. Its errors are of type [*Error], and [Unavailable].
func (m *Mailer) Open(ctx context.Context) (_ *Session, err error) {
	dialer := net.Dialer{Timeout: m.timeout}
	conn, err := dialer.DialContext(ctx, "tcp", m.server.address())
	if err != nil {
		return nil, failure(ctx, StepConnect, err)
	}
	s := &Session{mailer: m, conn: conn}
	defer func() {
		if err != nil {
			_ = conn.Close() // nothing was said that could be lost
		}
	}()
	defer s.hurry(ctx)()
	if failed := s.greet(ctx); failed != nil {
		return nil, failed
	}
	if failed := s.signIn(ctx); failed != nil {
		return nil, failed
	}
	return s, nil
}

// greet brings the session to where it is encrypted and both sides have said hello.
func (s *Session) greet(ctx context.Context) *Error {
	m, conn := s.mailer, s.conn
	config := &tls.Config{ServerName: m.server.host, RootCAs: m.roots, MinVersion: tls.VersionTLS12}
	switch m.server.security {
	case noTLS: // the URL said so, but localhost may be the name of another machine
		if a, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
			return failure(ctx, StepConnect, errNotLoopback)
		}
	case implicitTLS:
		secured := tls.Client(conn, config)
		if failed := s.do(ctx, StepTLS, func() error { return secured.HandshakeContext(ctx) }); failed != nil {
			return failed
		}
		conn = secured
	case startTLS:
	}
	failed := s.do(ctx, StepConnect, func() (err error) {
		s.client, err = smtp.NewClient(conn, m.server.host)
		return err
	})
	if failed != nil {
		return failed
	}
	s.client.SkipSMTPUTF8(true) // our messages are ASCII throughout
	if failed := s.do(ctx, StepHello, func() error { return s.client.Hello(m.helo) }); failed != nil {
		return failed
	}
	if m.server.security != startTLS {
		return nil
	}
	if offered, _ := s.client.Extension("STARTTLS"); !offered {
		return failure(ctx, StepTLS, errNoTLS)
	}
	return s.do(ctx, StepTLS, func() error { return s.client.StartTLS(config) })
}

// signIn proves who we are, in the best way that the server offers.
func (s *Session) signIn(ctx context.Context) *Error {
	at := s.mailer.server
	if at.user == "" {
		return nil
	}
	plain := at.security == noTLS // on this machine only
	ways := []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(at.user, at.password)},
		{"PLAIN", smtp.PlainAuth("", at.user, at.password, at.host, plain)},
		{"LOGIN", smtp.LoginAuth(at.user, at.password, at.host, plain)},
	}
	_, offers := s.client.Extension("AUTH")
	for _, way := range ways {
		for offer := range strings.FieldsSeq(offers) {
			if strings.EqualFold(offer, way.name) {
				return s.do(ctx, StepAuth, func() error { return s.client.Auth(way.auth) })
			}
		}
	}
	return failure(ctx, StepAuth, errNoSignIn)
}

// Send sends one message. Nil means that the server has taken it, and answers for it from then on. Its errors are of
// type [*Error]; see [Kind] for what each says of the message and of the session.
//
// When the context ends, the session does. A connection that the server drops while the message's last bytes are
// on their way cannot be told from one dropped after it took the message, so that is [Uncertain] too.
func (s *Session) Send(ctx context.Context, msg Message) error {
	wire, recipient, failed := s.mailer.compose(msg)
	if failed != nil {
		return failed
	}
	if s.over {
		return &Error{Kind: Unavailable, Step: StepReset, cause: net.ErrClosed}
	}
	defer s.hurry(ctx)()
	if failed := s.envelope(ctx, recipient); failed != nil {
		return failed
	}
	if failed := s.body(ctx, wire); failed != nil {
		return failed
	}
	return nil
}

// envelope says for whom a message is. Each but the first begins with a reset, which clears what the one before may
// have left half said, and finds out whether the server is still there.
func (s *Session) envelope(ctx context.Context, recipient string) *Error {
	if s.used {
		if failed := s.do(ctx, StepReset, s.client.Reset); failed != nil {
			return failed
		}
	}
	s.used = true
	if failed := s.do(ctx, StepSender, func() error {
		return s.client.Mail("<" + s.mailer.returnPath.address + ">")
	}); failed != nil {
		return failed
	}
	return s.do(ctx, StepRecipient, func() error { return s.client.Rcpt("<" + recipient + ">") })
}

// body says the message. All of it is out before its end is, so that what fails until then was surely not sent.
func (s *Session) body(ctx context.Context, wire []byte) *Error {
	var end func() error
	failed := s.do(ctx, StepBody, func() error {
		w, err := s.client.Data()
		if err != nil {
			return err
		}
		end = w.Close
		if _, err := w.Write(wire); err != nil {
			return err
		}
		return s.client.Text.W.Flush()
	})
	if failed != nil {
		return failed
	}
	return s.do(ctx, StepAccept, end)
}

// do takes a step within its time limit. After anything but the server's plain yes or no, the session is over.
func (s *Session) do(ctx context.Context, step Step, take func() error) *Error {
	limit := s.mailer.timeout
	if step == StepAccept {
		limit = s.mailer.acceptTimeout
	}
	// The deadline first: a context that ends before this line is seen below, and one that ends after it brings the
	// deadline forward again.
	err := s.conn.SetDeadline(time.Now().Add(limit))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && step == StepAccept {
		step = StepBody // the message's end was not said
	}
	if err == nil {
		err = take()
	}
	if err == nil {
		return nil
	}
	failed := failure(ctx, step, err)
	if failed.Kind == Unavailable || failed.Kind == Uncertain {
		s.over = true
	}
	return failed
}

// hurry makes the connection's reads and writes fail once the context ends. The function that it returns ends that,
// and must be called before the next step with another context.
func (s *Session) hurry(ctx context.Context) func() {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = s.conn.SetDeadline(time.Unix(1, 0)) // fails on a closed connection only, which is as good
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// Close ends the session. It takes 5 seconds at most, and what the server has taken stays taken whatever becomes of
// the goodbye. To close twice does nothing.
func (s *Session) Close() {
	if !s.over && s.conn.SetDeadline(time.Now().Add(min(farewell, s.mailer.timeout))) == nil {
		_ = s.client.Quit()
	}
	s.over = true
	_ = s.conn.Close()
}
