package outbound

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Send makes one attempt to deliver a message. What the receiver answered is its status: an answer of 2xx counts
// from its first line, also if the body that follows never ends, and the body is thrown away unread but for the
// 64 KiB that it takes to use the connection again.
//
// Cancelling the context ends the attempt; whether the message arrived is then not known.
func (s *Sender) Send(ctx context.Context, e Endpoint, m Message) Result {
	began := time.Now()
	result := s.send(ctx, e, m)
	result.Took = time.Since(began)
	return result
}

func (s *Sender) send(caller context.Context, e Endpoint, m Message) Result {
	ctx, cancel := context.WithTimeout(caller, s.timeout)
	defer cancel()
	request, problem := s.request(ctx, e, m)
	if problem != ProblemNone {
		return Result{Outcome: Refused, Problem: problem}
	}
	// The transport and no client: it knows no redirects, no cookies and no referrers.
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		return failure(caller, ctx, err)
	}
	drain(response)
	return answered(response.StatusCode, response.Header, s.now())
}

// drain reads the body, within a bound, and closes it. After 101 Switching Protocols the body is the connection
// itself, which no context ends: reading from it could last for ever.
func drain(r *http.Response) {
	if r.StatusCode != http.StatusSwitchingProtocols {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrainedBytes)
	}
	_ = r.Body.Close()
}
