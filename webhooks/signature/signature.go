// Package signature verifies and makes the signatures of webhook messages. It works on bytes: a
// request's headers, its path and its raw body, never a re-encoded one. The present is a
// parameter named now. It knows nothing of deliveries, databases or HTTP answers.
//
// Two families of headers are understood, and a request uses exactly one of them:
//
//   - Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature. The signed content
//     is "id.timestamp.body". The list of signatures may hold v1 (HMAC-SHA256) and v1a (ed25519).
//   - pmo, the scheme with which the platforms already call the programme: client_code, timestamp,
//     signature. The signed content is client_code + timestamp + "POST" + path + body, under
//     HMAC-SHA1. It has no message id; the SHA-256 of the signed content stands in for it.
//
// The specification of the former is at
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
package signature

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"time"
)

// Scheme is a way of signing. A key verifies its own scheme and no other.
type Scheme string

// The schemes.
const (
	// StandardV1 is Standard Webhooks "v1": HMAC-SHA256 under a shared secret.
	StandardV1 Scheme = "STANDARD_V1"
	// StandardV1a is Standard Webhooks "v1a": ed25519, of which we hold the public key only.
	StandardV1a Scheme = "STANDARD_V1A"
	// PMO is HMAC-SHA1 under a shared sign key, named by a client code.
	PMO Scheme = "PMO"
)

// Values lists the schemes, for the schema.
func (Scheme) Values() []string {
	return []string{string(StandardV1), string(StandardV1a), string(PMO)}
}

// Key is one verification key of a platform.
type Key struct {
	ID     int64 // returned in [Verified.KeyID]
	Scheme Scheme
	// Secret is the shared secret: for STANDARD_V1 the 24 to 64 decoded bytes of a "whsec_"
	// secret, for PMO the bytes of the sign key as they are. Not used by STANDARD_V1A.
	Secret []byte `json:"-"` // a list of keys in a structured log would show it
	// Public is the public key of STANDARD_V1A.
	Public ed25519.PublicKey
	// ClientCode is the sender's client code under PMO; the request must name the same.
	ClientCode string
	// NotBefore is the first instant at which the key verifies (inclusive); zero for no bound.
	NotBefore time.Time
	// NotAfter is the instant from which the key no longer verifies (exclusive); zero for no bound.
	NotAfter time.Time
}

// String names the key by its id and scheme. It never shows the secret.
func (k Key) String() string { return fmt.Sprintf("key %d (%s)", k.ID, k.Scheme) }

// GoString is [Key.String], so that %#v does not show the secret either.
func (k Key) GoString() string { return k.String() }

// LogValue is [Key.String], so that a structured log does not show the secret either.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// ActiveAt reports whether the key verifies at the given instant.
func (k Key) ActiveAt(now time.Time) bool {
	started := k.NotBefore.IsZero() || !now.Before(k.NotBefore)
	ended := !k.NotAfter.IsZero() && !now.Before(k.NotAfter)
	return started && !ended
}

// sound reports whether the key can tell a right signature from a wrong one. An empty secret, a
// secret of zero bytes (the same to HMAC, which pads with zeros) and a weak public key cannot.
func (k Key) sound() bool {
	switch k.Scheme {
	case StandardV1:
		return checkSecret(k.Secret) == nil
	case StandardV1a:
		return checkPublicKey(k.Public) == nil
	case PMO:
		return checkSignKey(k.Secret) == nil
	default:
		return false
	}
}
