package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the scheme is the programme's, not ours; HMAC-SHA1 is not broken by collisions
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"time"
)

// Verified is what is known of a request once its signature is right.
type Verified struct {
	KeyID  int64  // the key that matched; the first in the order given, if several do
	Scheme Scheme // of that key
	// MessageID identifies the message for ever: the header webhook-id, or, under PMO, the
	// lower-case hex SHA-256 of the signed content.
	MessageID string
	// SignedAt is the sender's timestamp, to the second, in UTC.
	SignedAt time.Time
}

// Verify checks a POST request's signature over its raw body under a platform's keys. path is the
// request's path as it was sent, without the query. The timestamp may differ from now by at most
// tolerance, inclusive, in either direction.
//
// The error wraps one of [ErrMissingHeader], [ErrDuplicateHeader], [ErrMalformedHeader],
// [ErrNoUsableKey], [ErrStale], [ErrFuture] or [ErrBadSignature], the first that applies in this
// order, and never holds a value that was received.
//
// Time does not tell which it was. Whatever is wrong with the request, the whole body is hashed
// under every key that could have signed it, and under a dummy key where there is none, which is
// what a caller passes for an unknown platform. Signatures are compared in constant time.
func Verify(h http.Header, path string, body []byte, keys []Key, now time.Time, tolerance time.Duration) (Verified, error) {
	return library.verify(h, path, body, keys, now, tolerance)
}

// primitives are the two operations of which every refusal must cost the same number. They are
// a parameter so that the tests can count.
type primitives struct {
	newMAC        func(func() hash.Hash, []byte) hash.Hash
	verifyEd25519 func(public ed25519.PublicKey, message, sig []byte) bool
}

var library = primitives{newMAC: hmac.New, verifyEd25519: ed25519.Verify}

// The dummy keys stand in where there is no key. They are public, so that a match under one of
// them must never count.
var (
	dummySecret = []byte("this dummy key verifies nothing.")
	dummyPublic = ed25519.PublicKey(ed25519.NewKeyFromSeed(dummySecret)[ed25519.SeedSize:])
)

func (p primitives) verify(h http.Header, path string, body []byte, keys []Key, now time.Time, tolerance time.Duration) (Verified, error) {
	m, headerErr := readHeaders(h)
	usable := m.usable(keys, now)
	match := p.firstMatch(m, usable, path, body)
	switch {
	case headerErr != nil:
		return Verified{}, headerErr
	case len(usable) == 0:
		return Verified{}, ErrNoUsableKey
	case now.Sub(m.at) > tolerance:
		return Verified{}, ErrStale
	case m.at.Sub(now) > tolerance:
		return Verified{}, ErrFuture
	case match == nil:
		return Verified{}, ErrBadSignature
	}
	id := m.sender
	if m.pmo {
		id = m.contentHash(path, body)
	}
	return Verified{KeyID: match.ID, Scheme: match.Scheme, MessageID: id, SignedAt: m.at}, nil
}

// usable returns the keys that could have signed the message: active, sound, and of a scheme of
// which the message holds a signature.
func (m message) usable(keys []Key, now time.Time) []Key {
	var usable []Key
	for _, k := range keys {
		if m.signedWith(k) && k.ActiveAt(now) && k.sound() {
			usable = append(usable, k)
		}
	}
	return usable
}

func (m message) signedWith(k Key) bool {
	switch k.Scheme {
	case StandardV1:
		return len(m.v1) > 0
	case StandardV1a:
		return len(m.v1a) > 0
	case PMO:
		return m.pmo && subtle.ConstantTimeCompare([]byte(k.ClientCode), []byte(m.sender)) == 1
	default:
		return false
	}
}

// firstMatch tries every usable key against every signature, without an early exit, and returns
// the first key that matches, nil if none does. It makes at least one HMAC over the content, and,
// if the message holds ed25519 signatures, verifies each of them at least once.
func (p primitives) firstMatch(m message, usable []Key, path string, body []byte) *Key {
	var match *Key
	hmacs, publics := 0, 0
	for i := range usable {
		k := &usable[i]
		var ok bool
		if k.Scheme == StandardV1a {
			ok = p.matchesEd25519(m, k.Public, path, body)
			publics++
		} else {
			ok = p.matchesHMAC(m, k.Secret, path, body)
			hmacs++
		}
		if ok && match == nil {
			match = k
		}
	}
	// The results of the dummy keys are thrown away; only the work is wanted.
	if hmacs == 0 {
		p.matchesHMAC(m, dummySecret, path, body)
	}
	if publics == 0 {
		p.matchesEd25519(m, dummyPublic, path, body)
	}
	return match
}

func (p primitives) matchesHMAC(m message, secret []byte, path string, body []byte) bool {
	algorithm, signatures := sha256.New, m.v1
	if m.pmo {
		algorithm, signatures = sha1.New, [][]byte{m.pmoHMAC}
	}
	mac := p.newMAC(algorithm, secret)
	m.writeContent(mac, path, body)
	want := mac.Sum(nil)
	matches := 0
	for _, got := range signatures {
		matches |= subtle.ConstantTimeCompare(got, want)
	}
	return matches == 1
}

func (p primitives) matchesEd25519(m message, public ed25519.PublicKey, path string, body []byte) bool {
	if len(m.v1a) == 0 {
		return false
	}
	var content bytes.Buffer
	m.writeContent(&content, path, body)
	matches := false
	for _, sig := range m.v1a {
		ok := p.verifyEd25519(public, content.Bytes(), sig)
		matches = matches || ok
	}
	return matches
}

// writeContent writes the signed content. Neither a hash nor a buffer returns an error.
func (m message) writeContent(w io.Writer, path string, body []byte) {
	if m.pmo {
		_, _ = io.WriteString(w, m.sender+m.timestamp+http.MethodPost+path)
	} else {
		_, _ = io.WriteString(w, m.sender+"."+m.timestamp+".")
	}
	_, _ = w.Write(body)
}

func (m message) contentHash(path string, body []byte) string {
	digest := sha256.New()
	m.writeContent(digest, path, body)
	return hex.EncodeToString(digest.Sum(nil))
}
