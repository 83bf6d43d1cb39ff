package outbound

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gelombang/webhooks/signature"
)

const (
	maxSecrets   = 8   // of one endpoint; our own verifier takes no more signatures
	maxIDBytes   = 128 // of a message
	maxTimestamp = 99_999_999_999
)

// Endpoint is where messages go, and what they are signed with. It is not for storing: it has no JSON.
type Endpoint struct {
	URL string `json:"-"` // see [Policy.CheckURL]; its query may hold a token
	// Secrets are 1 to 8 secrets, each "whsec_…" for v1 or "whsk_…" for v1a. A message is signed with every one of
	// them: during a rotation with the new and the old one, so that a receiver that has either can verify it.
	Secrets []string `json:"-"`
}

// String names the endpoint by its host. It shows neither the secrets nor the rest of the URL, which may hold one.
func (e Endpoint) String() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return "endpoint"
	}
	return "endpoint at " + u.Hostname()
}

// GoString is [Endpoint.String], so that %#v does not show the secrets either.
func (e Endpoint) GoString() string { return e.String() }

// LogValue is [Endpoint.String], so that a structured log does not show the secrets either.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.String()) }

// Message is one message to one endpoint.
type Message struct {
	// ID identifies the message for ever, [A-Za-z0-9_-]{1,128}: the same at each attempt, so that the receiver can
	// tell a message that it has had.
	ID string
	// Timestamp is the time of this attempt, not that of the event: receivers refuse one that is minutes old. Zero
	// means now, and is what callers want unless they keep the time themselves. It is cut to the second.
	Timestamp time.Time
	Body      []byte `json:"-"` // JSON; may hold personal data
}

// String names the message by its id and length. It never shows the body.
func (m Message) String() string { return fmt.Sprintf("message %s (%d bytes)", m.ID, len(m.Body)) }

// GoString is [Message.String], so that %#v does not show the body either.
func (m Message) GoString() string { return m.String() }

// LogValue is [Message.String], so that a structured log does not show the body either.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// request returns the signed request, or the problem for which it cannot be made.
func (s *Sender) request(ctx context.Context, e Endpoint, m Message) (*http.Request, Problem) {
	u, urlErr := s.policy.parseURL(e.URL)
	if urlErr != nil {
		return nil, urlErr.problem
	}
	if m.Timestamp.IsZero() {
		m.Timestamp = s.now()
	}
	if !m.valid() {
		return nil, ProblemMessage
	}
	if len(e.Secrets) == 0 || len(e.Secrets) > maxSecrets {
		return nil, ProblemSecret
	}
	signatures := make([]string, len(e.Secrets))
	for i, secret := range e.Secrets {
		sign, err := newSigner(secret)
		if err != nil {
			return nil, ProblemSecret
		}
		signatures[i] = sign(m.ID, m.Timestamp, m.Body)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(m.Body))
	if err != nil {
		return nil, ProblemURL
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", s.userAgent)
	// Present and empty is not sent, but tells net/http that it may send again what met a connection that the other
	// end was just closing: webhook-id makes it harmless.
	r.Header["Idempotency-Key"] = nil
	signature.SetStandardHeaders(r.Header, m.ID, m.Timestamp, signatures...)
	return r, ProblemNone
}

// valid reports whether receivers that are as strict as we are will read the headers. A full stop in the id would
// let a part of the body pass for a part of the id, as the specification warns.
func (m Message) valid() bool {
	unix := m.Timestamp.Unix()
	return m.ID != "" && len(m.ID) <= maxIDBytes && strings.Trim(m.ID, nameCharacters) == "" &&
		unix >= 0 && unix <= maxTimestamp
}
