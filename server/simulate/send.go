package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Sender delivers messages to one server.
type Sender struct {
	Server  *url.URL          // required
	Signers map[string]Signer // by platform code; required for every platform that sends
	Clock   func() time.Time  // the timestamp of signatures; required
	Client  *http.Client      // required; see [NewClient]
	// RetryFor is how long a delivery is tried again after a failure that may pass: no answer, 429
	// or 5xx. Zero tries once.
	RetryFor time.Duration
}

// NewClient returns a client for some number of requests at a time. It does not follow redirects: a
// sender of webhooks takes them for failures.
func NewClient(concurrency int) *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: concurrency, MaxConnsPerHost: concurrency},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Answer is what the server answered to one request.
type Answer struct {
	Status int // 0 when there was no answer
	Body   []byte
	Took   time.Duration
	Err    error // why there was no answer
}

// Acknowledged reports whether the sender is done with the delivery.
func (a Answer) Acknowledged() bool { return a.Status >= 200 && a.Status < 300 }

// noReason stands for a reason that the answer does not give, or not as we know them.
const noReason = "no reason given"

// reasons are words in capitals; anything else is not repeated.
var reasons = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// Reason is why the server keeps the delivery in quarantine, as the answer says it.
func (a Answer) Reason() string {
	var body struct{ Reason string }
	if err := json.Unmarshal(a.Body, &body); err != nil || !reasons.MatchString(body.Reason) {
		return noReason
	}
	return body.Reason
}

// mayPass reports whether it is worth trying again.
func (a Answer) mayPass() bool {
	return a.Status == 0 || a.Status == http.StatusTooManyRequests || a.Status >= http.StatusInternalServerError
}

// The waits between attempts double from the first to the last, and are drawn between half and all of
// it, so that senders that failed together do not return together.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

// Deliver sends a message until it is acknowledged, refused for good, or the time for retries is over.
// observe is told every answer; the last one is returned.
func (s *Sender) Deliver(ctx context.Context, m Message, observe func(Answer)) (Answer, error) {
	end := time.Now().Add(s.RetryFor)
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		answer, err := s.once(ctx, m)
		if err != nil {
			return Answer{}, err
		}
		observe(answer)
		pause := wait/2 + time.Duration(rand.Int64N(int64(wait/2)+1))
		if answer.Acknowledged() || !answer.mayPass() || time.Now().Add(pause).After(end) {
			return answer, ctx.Err()
		}
		if err := sleep(ctx, pause); err != nil {
			return answer, err
		}
	}
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// once sends a message once. Its error says that the message cannot be sent at all.
func (s *Sender) once(ctx context.Context, m Message) (Answer, error) {
	signer, ok := s.Signers[m.Platform]
	if !ok {
		return Answer{}, fmt.Errorf("no secret for the platform %s", m.Platform)
	}
	request, err := signer.Request(ctx, s.Server, m, s.Clock())
	if err != nil {
		return Answer{}, err
	}
	began := time.Now()
	response, err := s.Client.Do(request)
	took := time.Since(began)
	if err != nil {
		return noAnswer(took, err), nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		// The status alone does not say that the answer is whole.
		return noAnswer(took, err), nil
	}
	return Answer{Status: response.StatusCode, Body: body, Took: took}, nil
}

// noAnswer is an answer as well: the server may come back.
func noAnswer(took time.Duration, why error) Answer { return Answer{Took: took, Err: why} }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
