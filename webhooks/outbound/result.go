package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Outcome is what the caller does next.
type Outcome string

// The outcomes.
const (
	// Delivered: the receiver answered 2xx.
	Delivered Outcome = "delivered"
	// Again: it did not; try later, after the longer of [Delay] and [Result.RetryAfter].
	Again Outcome = "again"
	// Gone: the receiver answered 410 and wants no more messages; disable the endpoint.
	Gone Outcome = "gone"
	// Refused: we did not send it, and shall not until the URL, the secret, the message, the setting or the name's
	// address has changed.
	Refused Outcome = "refused"
)

// Problem is a short code for the log of deliveries and for metrics. It never holds anything that the other end sent.
type Problem string

// The problems. The first is that of a delivered message.
const (
	ProblemNone Problem = ""

	// With Again: the answer was not in time; the connection failed or spoke no HTTP; the handshake failed; the name
	// was not found; the caller's context was cancelled, which says nothing about the endpoint.
	ProblemTimeout    Problem = "timeout"
	ProblemConnection Problem = "connection"
	ProblemTLS        Problem = "tls"
	ProblemDNS        Problem = "dns"
	ProblemCancelled  Problem = "cancelled"

	// With Again, and ProblemStatus with Gone: the answer was 3xx, which is not followed; or another but 2xx.
	ProblemRedirect Problem = "redirect"
	ProblemStatus   Problem = "status"

	// With Refused: the address is private or reserved; plain http would leave the allowed networks; the URL, a
	// secret or the message's id or timestamp is not as it should be.
	ProblemPrivateAddress Problem = "private_address"
	ProblemPlainHTTP      Problem = "plain_http"
	ProblemURL            Problem = "url"
	ProblemSecret         Problem = "secret"
	ProblemMessage        Problem = "message"
)

// Result is what became of one attempt.
type Result struct {
	Outcome Outcome
	Status  int // of the answer; 0 if there was none
	// RetryAfter is how long the receiver asks to be left alone, at most 24 h; 0 if it does not say. It goes with
	// Again only.
	RetryAfter time.Duration
	Took       time.Duration
	Problem    Problem
}

// refusedError comes from the dialer: the address that it was to connect to must not be called.
type refusedError struct{ problem Problem }

func (e *refusedError) Error() string { return "outbound: refused: " + string(e.problem) }

// handshakeError comes from the dialer: the connection stood, the handshake of TLS failed.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "outbound: handshake: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// failure is the result of an exchange that ended without an answer. caller is the caller's context, exchange the
// one with our own time limit.
func failure(caller, exchange context.Context, err error) Result {
	var refused *refusedError
	if errors.As(err, &refused) {
		return Result{Outcome: Refused, Problem: refused.problem}
	}
	return Result{Outcome: Again, Problem: failureProblem(caller, exchange, err)}
}

func failureProblem(caller, exchange context.Context, err error) Problem {
	var (
		dns       *net.DNSError
		handshake *handshakeError
		network   net.Error
	)
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		return ProblemCancelled
	case errors.As(err, &dns):
		return ProblemDNS
	case exchange.Err() != nil, errors.As(err, &network) && network.Timeout():
		return ProblemTimeout
	case errors.As(err, &handshake):
		return ProblemTLS
	default:
		return ProblemConnection
	}
}

// answered is the result of an exchange with an answer.
func answered(status int, h http.Header, now time.Time) Result {
	r := Result{Outcome: Again, Status: status, Problem: ProblemStatus}
	switch {
	case status >= 200 && status < 300:
		r.Outcome, r.Problem = Delivered, ProblemNone
	case status == http.StatusGone:
		r.Outcome = Gone
	case status >= 300 && status < 400:
		r.Problem = ProblemRedirect
	}
	if r.Outcome == Again {
		r.RetryAfter = retryAfter(h.Get("Retry-After"), now)
	}
	return r
}
