// Package simulate sends signed webhooks as the training platforms would: one, or a load of them with
// duplicates, disorder and voids. It knows of a server only its address and the signing secrets.
package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// Message is a webhook before it is signed. Sent again, it keeps its id and its bytes; the timestamp
// and the signature are those of the attempt.
type Message struct {
	Platform string // platform code
	ID       string // of Standard Webhooks; the scheme pmo has none
	Type     string // of the event
	Invoice  string // for purchases and voids
	Body     []byte
}

// NewMessage encodes an event. It returns a [*payload.Error] for one that the contract does not allow.
func NewMessage(platform, id string, event rules.Event) (Message, error) {
	body, err := payload.Encode(event)
	if err != nil {
		return Message{}, err
	}
	m := Message{Platform: platform, ID: id, Type: event.EventType(), Body: body}
	switch e := event.(type) {
	case rules.PurchaseCompleted:
		m.Invoice = e.InvoiceCode
	case rules.PurchaseVoided:
		m.Invoice = e.InvoiceCode
	}
	return m, nil
}

// Signer signs in the name of one platform. It does not show its secret.
type Signer struct {
	secret     []byte
	clientCode string // of the scheme pmo; empty for Standard Webhooks
}

// pmoPrefix begins a secret of the scheme pmo: "pmo:", the client code, ":" and the sign key.
const pmoPrefix = "pmo:"

// NewSigner reads a secret: "whsec_…" of Standard Webhooks, or "pmo:CLIENTCODE:KEY".
func NewSigner(secret string) (Signer, error) {
	if rest, ok := strings.CutPrefix(secret, pmoPrefix); ok {
		clientCode, key, found := strings.Cut(rest, ":")
		if !found {
			return Signer{}, errors.New("a secret of the scheme pmo is written pmo:CLIENTCODE:KEY")
		}
		parsed, err := signature.ParsePMOKey(clientCode, key)
		if err != nil {
			return Signer{}, err
		}
		return Signer{secret: parsed, clientCode: clientCode}, nil
	}
	parsed, err := signature.ParseSecret(secret)
	if err != nil {
		return Signer{}, err
	}
	return Signer{secret: parsed}, nil
}

// String keeps the secret from being printed.
func (Signer) String() string { return "signer" }

// GoString keeps the secret from being printed.
func (Signer) GoString() string { return "signer" }

// ParseServer reads the address of a server, such as http://127.0.0.1:8080.
func ParseServer(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" {
		return nil, errors.New("not the address of a server: write it as http://127.0.0.1:8080")
	}
	return u, nil
}

// Request makes the signed request that delivers a message at the given instant.
func (s Signer) Request(ctx context.Context, server *url.URL, m Message, at time.Time) (*http.Request, error) {
	target := server.JoinPath("webhooks", m.Platform).String()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(m.Body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if s.clientCode != "" {
		// The path as it is sent: that of target may lack its first slash until it is a text.
		sig := signature.SignPMO(s.secret, s.clientCode, at, r.URL.EscapedPath(), m.Body)
		signature.SetPMOHeaders(r.Header, s.clientCode, at, sig)
	} else {
		signature.SetStandardHeaders(r.Header, m.ID, at, signature.SignV1(s.secret, m.ID, at, m.Body))
	}
	return r, nil
}
