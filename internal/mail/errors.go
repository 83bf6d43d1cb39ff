package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
)

// Kind says what became of a message, and so what a caller does next.
type Kind string

// The kinds.
const (
	// Refused is for ever: the server will not take this message for this recipient (5xx). It was not sent, and
	// trying again is of no use. The session goes on.
	Refused Kind = "REFUSED"
	// Later is for now: the server would not take this message at this time (4xx). It was not sent. The session
	// goes on.
	Later Kind = "LATER"
	// Unavailable is not about this recipient: no connection, no TLS, no sign-in, a sender that is refused, a
	// connection lost before the message's end. It was surely not sent. The session is over.
	Unavailable Kind = "UNAVAILABLE"
	// Uncertain is a connection lost, or given up, after the message's end and before the server's word on it: it
	// may have been sent, or not. The session is over.
	Uncertain Kind = "UNCERTAIN"
	// BadAddress is an address that is not even tried. It was not sent. The session goes on.
	BadAddress Kind = "BAD_ADDRESS"
	// BadMessage is a message that is not even tried, whoever it is for: a subject of two lines, no text, a header
	// that is ours to set. It is a mistake in the program or in a text. It was not sent. The session goes on.
	BadMessage Kind = "BAD_MESSAGE"
)

// Step is where in the dialogue an error arose.
type Step string

// The steps, in order.
const (
	StepCompose   Step = "compose" // before anything is said to the server
	StepConnect   Step = "connect"
	StepTLS       Step = "tls"
	StepHello     Step = "hello"
	StepAuth      Step = "auth"
	StepReset     Step = "reset"
	StepSender    Step = "sender"
	StepRecipient Step = "recipient"
	StepBody      Step = "body"   // the message itself, but for its end
	StepAccept    Step = "accept" // the end of the message and the server's word on it
)

// Error is the one type of error of [Mailer.Open] and [Session.Send]. It holds neither the recipient's address nor
// what the server said, which may repeat it, so that it can be logged and counted.
type Error struct {
	Kind     Kind
	Step     Step
	Code     int    // the server's reply code, 400 to 599; 0 if it did not reply
	Enhanced string // its enhanced status code, such as "5.1.1"; may be empty

	cause error
}

// Error says what happened and where.
func (e *Error) Error() string {
	text := fmt.Sprintf("mail: %s at step %s", words[e.Kind], e.Step)
	if e.Code != 0 {
		text += fmt.Sprintf(", code %d", e.Code)
	}
	if e.Enhanced != "" {
		text += " " + e.Enhanced
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

var words = map[Kind]string{
	Refused: "refused for ever", Later: "refused for now", Unavailable: "server not available, nothing was sent",
	Uncertain: "connection lost, may have been sent", BadAddress: "not an address that can be tried", BadMessage: "not a message that can be sent",
}

// Unwrap returns the fault of the network, of TLS or of the context behind the error, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// enhancedCode is an enhanced status code at the start of a reply (RFC 2034).
var enhancedCode = regexp.MustCompile(`^([45]\.\d{1,3}\.\d{1,3})(?:\s|$)`)

// failure makes an error of what a step returned. Whatever is not a reply of the server's ends the session.
func failure(ctx context.Context, step Step, err error) *Error {
	e := &Error{Kind: Unavailable, Step: step}
	if step == StepAccept {
		e.Kind = Uncertain
	}
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code < 400 || reply.Code > 599 {
		if e.cause = ctx.Err(); e.cause == nil {
			e.cause = plainCause(err)
		}
		return e
	}
	e.Code = reply.Code
	if found := enhancedCode.FindStringSubmatch(reply.Msg); found != nil {
		e.Enhanced = found[1]
	}
	e.Kind = kindOf(step, reply.Code)
	return e
}

// kindOf reads a reply code. One that says no to the connection, to us or to our sender is about none of the
// recipients: taken for their refusal, it would have all their addresses counted as dead.
func kindOf(step Step, code int) Kind {
	switch step {
	case StepSender, StepRecipient, StepBody, StepAccept:
	default:
		return Unavailable
	}
	switch {
	case code == 421: // the server is closing
		return Unavailable
	case code == 530, code == 534, code == 535, code == 538: // sign in first, or in another way
		return Unavailable
	case code < 500:
		return Later
	case step == StepSender:
		return Unavailable
	}
	return Refused
}

// plainCause returns the part of an error that is about the network or TLS, and nil for any other: texts of
// go-mail and of net/textproto repeat what the server said.
func plainCause(err error) error {
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, errNoSignIn, errNoTLS, errNotLoopback} {
		if errors.Is(err, known) {
			return known
		}
	}
	var (
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		network     *net.OpError
	)
	switch {
	case errors.As(err, &authority):
		return authority
	case errors.As(err, &hostname):
		return hostname
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &record):
		return record
	case errors.As(err, &alert):
		return alert
	case errors.As(err, &network):
		return network
	}
	return nil
}
