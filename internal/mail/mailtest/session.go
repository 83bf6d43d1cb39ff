package mailtest

import (
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection's dialogue, from its hello on.
type session struct {
	server *Server
	conn   *smtp.Conn
	signed bool
	from   string
	to     []string
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	if f, is := s.fault(nil, TurnAway); is {
		c.Reject() // says 421 and hangs up; what is said after it goes nowhere
		return nil, f.reply()
	}
	if _, secured := c.TLSConnectionState(); secured || s.options.Security != STARTTLS {
		s.mu.Lock()
		s.sessions++
		s.mu.Unlock()
	}
	return &session{server: s, conn: c}, nil
}

// AuthMechanisms lists the ways of signing in, for the answer to hello.
func (c *session) AuthMechanisms() []string {
	if c.server.options.User == "" {
		return nil
	}
	return c.server.options.Mechanisms
}

// Auth begins a sign-in.
func (c *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if o := c.server.options; user != o.User || password != o.Password {
			return smtp.ErrAuthFailed
		}
		c.signed = true
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &login{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// login is the server's side of LOGIN, which go-sasl leaves out since there is no standard for it.
type login struct {
	asked int
	user  string
	check func(user, password string) error
}

// Next asks for the user, then for the password.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// Mail begins a message.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.server.options.User != "" && !c.signed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	if f, is := c.server.fault(nil, RefuseSender, SayGoodbye); is {
		return f.reply()
	}
	c.from, c.to = from, nil
	return nil
}

// Rcpt adds a recipient.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if f, is := c.server.fault([]string{to}, RefuseRecipient, DeferRecipient); is {
		return f.reply(to)
	}
	c.to = append(c.to, to)
	return nil
}

// Data reads a message and keeps it.
func (c *session) Data(r io.Reader) error {
	f, faulty := c.server.fault(c.to, DropBeforeEnd, RefuseMessage, DeferMessage, LoseMessage, HideMessage, Dawdle)
	if faulty && f.Do == DropBeforeEnd {
		return c.drop()
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if faulty {
		switch f.Do {
		case RefuseMessage, DeferMessage:
			return f.reply(c.to...)
		case LoseMessage:
			return c.drop()
		default: // of those that take the message
		}
	}
	message, err := parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a message: " + err.Error()}
	}
	message.From, message.To, message.Received = c.from, c.to, time.Now()
	c.server.keep(message)
	if faulty && f.Do == HideMessage {
		return c.drop()
	}
	if faulty && f.Do == Dawdle {
		wait := time.NewTimer(f.Delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-c.server.closing:
		}
	}
	return nil
}

// drop closes the connection under the dialogue's feet. What go-smtp then answers goes nowhere.
func (c *session) drop() error {
	_ = c.conn.Conn().Close()
	return io.ErrClosedPipe
}

// Reset forgets a message that was begun.
func (c *session) Reset() { c.from, c.to = "", nil }

// Logout ends the dialogue.
func (c *session) Logout() error { return nil }
