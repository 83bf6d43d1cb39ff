package signature

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

const (
	secretPrefix    = "whsec_"
	publicKeyPrefix = "whpk_"

	// Standard Webhooks asks for secrets between 192 and 512 bits.
	minSecretBytes = 24
	maxSecretBytes = 64
	// A new secret is as long as the hash that it keys.
	newSecretBytes = 32

	maxSignKeyBytes = 128
)

// NewSecret makes a secret of 32 bytes from a source of randomness, for which production code
// passes crypto/rand.Reader. It returns the source's error.
func NewSecret(random io.Reader) ([]byte, error) {
	secret := make([]byte, newSecretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("signature: make a secret: %w", err)
	}
	return secret, nil
}

// ParseSecret parses a shared secret of STANDARD_V1: "whsec_" and the base64 of 24 to 64 bytes.
// It returns [ErrMalformedKey] or [ErrWeakKey].
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, fmt.Errorf("%w: a secret starts with %q", ErrMalformedKey, secretPrefix)
	}
	secret, ok := decodeBase64(encoded)
	if !ok {
		return nil, fmt.Errorf("%w: the secret is not padded base64", ErrMalformedKey)
	}
	if err := checkSecret(secret); err != nil {
		return nil, err
	}
	return secret, nil
}

// FormatSecret is the inverse of [ParseSecret].
func FormatSecret(secret []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// ParsePublicKey parses a public key of STANDARD_V1A: "whpk_" and the base64 of 32 bytes. It
// returns [ErrMalformedKey] or [ErrWeakKey].
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	encoded, ok := strings.CutPrefix(text, publicKeyPrefix)
	if !ok {
		return nil, fmt.Errorf("%w: a public key starts with %q", ErrMalformedKey, publicKeyPrefix)
	}
	public, ok := decodeBase64(encoded)
	if !ok {
		return nil, fmt.Errorf("%w: the public key is not padded base64", ErrMalformedKey)
	}
	if err := checkPublicKey(public); err != nil {
		return nil, err
	}
	return public, nil
}

// FormatPublicKey is the inverse of [ParsePublicKey].
func FormatPublicKey(public ed25519.PublicKey) string {
	return publicKeyPrefix + base64.StdEncoding.EncodeToString(public)
}

// NewPMOKey makes a sign key of PMO from a source of randomness: 64 lower-case hex digits, which
// are themselves the key's bytes. It returns the source's error.
func NewPMOKey(random io.Reader) ([]byte, error) {
	secret, err := NewSecret(random)
	if err != nil {
		return nil, err
	}
	return hex.AppendEncode(nil, secret), nil
}

// ParsePMOKey checks a sign key of PMO, 1 to 128 visible ASCII characters, and the client code
// that it belongs to, [A-Za-z0-9_-]{1,128}. It returns the key's bytes, or [ErrMalformedKey].
func ParsePMOKey(clientCode, signKey string) ([]byte, error) {
	if !validID(clientCode) {
		return nil, fmt.Errorf("%w: a client code has 1 to %d letters, digits, '_' or '-'", ErrMalformedKey, maxIDBytes)
	}
	for i := range len(signKey) {
		if signKey[i] <= ' ' || signKey[i] > '~' {
			return nil, fmt.Errorf("%w: a sign key has visible ASCII characters only", ErrMalformedKey)
		}
	}
	if err := checkSignKey([]byte(signKey)); err != nil {
		return nil, err
	}
	return []byte(signKey), nil
}

// FormatPMOKey returns a sign key as text, the inverse of [ParsePMOKey].
func FormatPMOKey(signKey []byte) string { return string(signKey) }

func checkSecret(secret []byte) error {
	if len(secret) < minSecretBytes || len(secret) > maxSecretBytes {
		return fmt.Errorf("%w: a secret has %d to %d bytes", ErrMalformedKey, minSecretBytes, maxSecretBytes)
	}
	if blank(secret) {
		return fmt.Errorf("%w: every byte is zero", ErrWeakKey)
	}
	return nil
}

func checkSignKey(signKey []byte) error {
	if len(signKey) == 0 || len(signKey) > maxSignKeyBytes {
		return fmt.Errorf("%w: a sign key has 1 to %d bytes", ErrMalformedKey, maxSignKeyBytes)
	}
	if blank(signKey) {
		return fmt.Errorf("%w: every byte is zero", ErrWeakKey)
	}
	return nil
}

func checkPublicKey(public []byte) error {
	if len(public) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: a public key has %d bytes", ErrMalformedKey, ed25519.PublicKeySize)
	}
	if smallOrder(public) {
		return fmt.Errorf("%w: the public key has a small order", ErrWeakKey)
	}
	return nil
}

// blank reports whether every byte is zero. HMAC pads its key with zeros, so that such a secret,
// however long, equals the empty one.
func blank(secret []byte) bool {
	for _, b := range secret {
		if b != 0 {
			return false
		}
	}
	return true
}

// decodeBase64 decodes standard, padded base64. Unlike the decoder of the library in its strict
// mode it refuses line breaks too, so that every value has exactly one text.
func decodeBase64(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	return decoded, err == nil
}
