// Package mail sends e-mail to one recipient at a time through a mail server (SMTP), and says of every message
// whether it was surely sent, surely not, or perhaps. It knows nothing of participants, decides nothing, and
// keeps nothing: whom to write to, when to try again and what to count is the caller's.
//
// Composing is go-mail's. The dialogue is held by go-mail's smtp client, one step at a time, because its sending
// client reports a failure as text and does not tell the steps before the message's end from those after it.
//
// Addresses are plain: a local part of ASCII letters, digits and signs without quotes, and a domain. A domain in
// other letters is written in its ASCII form (IDNA, "xn--"); a local part in other letters is refused as a
// [BadAddress], since few servers take it (SMTPUTF8) and those on the way to them may not.
package mail

import (
	"crypto/x509"
	"errors"
	"os"
	"time"
)

// The time limits where [Config] has none.
const (
	defaultTimeout       = 30 * time.Second
	defaultAcceptTimeout = 5 * time.Minute
)

// Config says through which server, and in whose name, e-mail is sent.
type Config struct {
	// URL names the server, and is required: "smtp://user:password@host:587", where STARTTLS is required, or
	// "smtps://user:password@host:465", where TLS comes first. The port may be left out, and so may the user, for
	// a server that asks for none. "?tls=none" turns TLS off, for loopback addresses only.
	URL string
	// From is the sender as people see it, and is required: "Kartu Prakerja <no-reply@example.org>". Its domain
	// ends the Message-ID.
	From string
	// ReplyTo is where answers go, in the form of From; empty means to From.
	ReplyTo string
	// ReturnPath is the address that is told of messages which could not be delivered; empty means From.
	ReturnPath string
	// HELO is the name that we give ourselves; empty means the machine's.
	HELO string
	// Timeout bounds the connecting and each step of the dialogue; zero means 30 seconds.
	Timeout time.Duration
	// AcceptTimeout bounds the wait for the server's word on a whole message. A server may think long about it, and
	// whoever hangs up meanwhile does not know whether it was sent. Zero means 5 minutes.
	AcceptTimeout time.Duration
	// RootCAs are the authorities that may have signed the server's certificate; nil means the machine's.
	RootCAs *x509.CertPool
}

// Mailer opens sessions with a mail server. It is safe for concurrent use.
type Mailer struct {
	server                    server
	from, replyTo, returnPath mailbox
	helo                      string
	timeout, acceptTimeout    time.Duration
	roots                     *x509.CertPool
}

// New checks the configuration without connecting. Its errors say what to mend, and hold no password.
func New(c Config) (*Mailer, error) {
	m := &Mailer{
		helo: c.HELO, roots: c.RootCAs,
		timeout: c.Timeout, acceptTimeout: c.AcceptTimeout,
	}
	var err error
	if m.server, err = parseServer(c.URL); err != nil {
		return nil, err
	}
	if m.from, err = parseMailbox("the sender", c.From); err != nil {
		return nil, err
	}
	m.returnPath = m.from
	if c.ReplyTo != "" {
		if m.replyTo, err = parseMailbox("the address for answers", c.ReplyTo); err != nil {
			return nil, err
		}
	}
	if c.ReturnPath != "" {
		if m.returnPath, err = parseMailbox("the return path", c.ReturnPath); err != nil {
			return nil, err
		}
	}
	if c.Timeout < 0 || c.AcceptTimeout < 0 {
		return nil, errors.New("mail: a time limit is negative: give a positive one, or none")
	}
	if c.Timeout == 0 {
		m.timeout = defaultTimeout
	}
	if c.AcceptTimeout == 0 {
		m.acceptTimeout = max(defaultAcceptTimeout, m.timeout)
	}
	if m.helo == "" {
		m.helo = machineName()
	}
	if m.helo, err = asciiDomain(m.helo); err != nil {
		return nil, errors.New("mail: the name for HELO is not a host name: give one such as mail.example.org")
	}
	return m, nil
}

// Server returns the host and port of the mail server, for logs.
func (m *Mailer) Server() string { return m.server.address() }

// machineName returns the machine's name, or "localhost" if it has none that a server would take.
func machineName() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	if _, err := asciiDomain(name); err != nil {
		return "localhost"
	}
	return name
}
