package outbound

import (
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gelombang/webhooks/signature"
)

// signingKeyPrefix begins a private key of v1a; what follows is the base64 of the 32 bytes of the seed and the
// 32 bytes of the public key.
const signingKeyPrefix = "whsk_"

// ErrSecret says that a text is no secret to sign with. It holds no part of the text.
var ErrSecret = errors.New("outbound: not a secret in the form whsec_… or whsk_…")

// NewSigningKey makes a private key of v1a, "whsk_…", from a source of randomness, for which production code passes
// crypto/rand.Reader. It returns the source's error. A secret of v1 comes from [signature.NewSecret].
func NewSigningKey(random io.Reader) (string, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return "", fmt.Errorf("outbound: make a signing key: %w", err)
	}
	return signingKeyPrefix + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(seed)), nil
}

// PublicKey returns the public key, "whpk_…", of a private key of v1a: what the receiver verifies with. It returns
// [ErrSecret] for anything else, a secret of v1 included.
func PublicKey(signingKey string) (string, error) {
	private, err := parseSigningKey(signingKey)
	if err != nil {
		return "", err
	}
	return signature.FormatPublicKey(ed25519.PublicKey(private[ed25519.SeedSize:])), nil
}

// CheckSecret says whether a text can be used to sign: "whsec_" and the base64 of 24 to 64 bytes for v1, or
// "whsk_" and the base64 of 64 bytes for v1a. The error is [ErrSecret].
func CheckSecret(text string) error {
	_, err := newSigner(text)
	return err
}

// signer makes one entry of the header webhook-signature.
type signer func(id string, at time.Time, body []byte) string

func newSigner(secret string) (signer, error) {
	if strings.HasPrefix(secret, signingKeyPrefix) {
		private, err := parseSigningKey(secret)
		if err != nil {
			return nil, err
		}
		return func(id string, at time.Time, body []byte) string {
			return signature.SignV1a(private, id, at, body)
		}, nil
	}
	shared, err := signature.ParseSecret(secret)
	if err != nil {
		return nil, ErrSecret
	}
	return func(id string, at time.Time, body []byte) string { return signature.SignV1(shared, id, at, body) }, nil
}

// parseSigningKey makes the public half anew: signatures under one seed and two public keys give the seed away.
func parseSigningKey(text string) (ed25519.PrivateKey, error) {
	encoded, ok := strings.CutPrefix(text, signingKeyPrefix)
	if !ok || strings.ContainsAny(encoded, "\r\n") {
		return nil, ErrSecret
	}
	given, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(given) != ed25519.PrivateKeySize {
		return nil, ErrSecret
	}
	private := ed25519.NewKeyFromSeed(given[:ed25519.SeedSize])
	if subtle.ConstantTimeCompare(private, given) != 1 {
		return nil, ErrSecret
	}
	return private, nil
}
