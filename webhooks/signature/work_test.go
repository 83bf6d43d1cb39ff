package signature

import (
	"bytes"
	"crypto/ed25519"
	"hash"
	"net/http"
	"testing"
	"time"
)

// work counts what a call of verify costs.
type work struct {
	HMACs, HashedBytes, Ed25519 int
}

// countingMAC counts the bytes of content that go through a hash.
type countingMAC struct {
	hash.Hash
	bytes *int
}

func (c countingMAC) Write(p []byte) (int, error) {
	*c.bytes += len(p)
	return c.Hash.Write(p)
}

func measure(h http.Header, body []byte, keys []Key, now time.Time) (work, error) {
	var w work
	counting := primitives{
		newMAC: func(algorithm func() hash.Hash, secret []byte) hash.Hash {
			w.HMACs++
			return countingMAC{library.newMAC(algorithm, secret), &w.HashedBytes}
		},
		verifyEd25519: func(public ed25519.PublicKey, message, sig []byte) bool {
			w.Ed25519++
			return library.verifyEd25519(public, message, sig)
		},
	}
	_, err := counting.verify(h, "/webhooks/p", body, keys, now, time.Minute)
	return w, err
}

func TestRefusalCostsTheSameWorkWhateverIsWrong(t *testing.T) {
	now := time.Unix(1617705900, 0)
	body := bytes.Repeat([]byte("x"), 1000)
	secret := bytes.Repeat([]byte{1}, 32)
	private := ed25519.NewKeyFromSeed(secret)
	v1 := Key{ID: 1, Scheme: StandardV1, Secret: secret}
	v1a := Key{ID: 2, Scheme: StandardV1a, Public: private.Public().(ed25519.PublicKey)}
	pmo := Key{ID: 3, Scheme: PMO, Secret: secret, ClientCode: "p"}
	retired := v1
	retired.NotAfter = now

	standard := func(at time.Time, sigs ...string) http.Header {
		h := http.Header{}
		SetStandardHeaders(h, "msg", at, sigs...)
		return h
	}
	good := standard(now, SignV1(secret, "msg", now, body))
	bad := standard(now, SignV1(secret, "msg", now, nil))
	stale := standard(now.Add(-time.Hour), SignV1(secret, "msg", now, body))
	goodA := standard(now, SignV1a(private, "msg", now, body))
	goodPMO := http.Header{}
	SetPMOHeaders(goodPMO, "p", now, SignPMO(secret, "p", now, "/webhooks/p", body))

	one := work{HMACs: 1, HashedBytes: len("msg.1617705900.") + 1000}
	oneA := one
	oneA.Ed25519 = 1
	onePMO := work{HMACs: 1, HashedBytes: len("p1617705900POST/webhooks/p") + 1000}
	// Nothing of the headers is hashed when they are malformed; the body is.
	noHeaders := work{HMACs: 1, HashedBytes: len("..") + 1000}

	tests := []struct {
		name string
		h    http.Header
		keys []Key
		want work
		code string
	}{
		{"right", good, []Key{v1}, one, "ok"},
		{"bad signature", bad, []Key{v1}, one, "bad_signature"},
		{"stale", stale, []Key{v1}, one, "stale"},
		{"unknown platform", good, nil, one, "no_usable_key"},
		{"retired key", good, []Key{retired}, one, "no_usable_key"},
		{"empty secret", good, []Key{{Scheme: StandardV1}}, one, "no_usable_key"},
		{"key of another scheme", good, []Key{v1a}, one, "no_usable_key"},
		{"no headers", http.Header{}, []Key{v1}, noHeaders, "missing_header"},
		{"no headers, unknown platform", http.Header{}, nil, noHeaders, "missing_header"},
		{"ed25519, right", goodA, []Key{v1a}, oneA, "ok"},
		{"ed25519, unknown platform", goodA, nil, oneA, "no_usable_key"},
		{"ed25519, key of another scheme", goodA, []Key{v1}, oneA, "no_usable_key"},
		{"pmo, right", goodPMO, []Key{pmo}, onePMO, "ok"},
		{"pmo, unknown platform", goodPMO, nil, onePMO, "no_usable_key"},
		{"pmo, key of another scheme", goodPMO, []Key{v1}, onePMO, "no_usable_key"},
		{"every usable key is tried after a match", good, []Key{v1, v1}, work{HMACs: 2, HashedBytes: 2 * one.HashedBytes}, "ok"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := measure(tt.h, body, tt.keys, now)
			if got != tt.want || Code(err) != tt.code {
				t.Errorf("%+v and %s, want %+v and %s", got, Code(err), tt.want, tt.code)
			}
		})
	}
}

func TestDummyKeyNeverCounts(t *testing.T) {
	now := time.Unix(1617705900, 0)
	body := []byte("{}")
	byDummy := http.Header{}
	SetStandardHeaders(byDummy, "msg", now,
		SignV1(dummySecret, "msg", now, body),
		SignV1a(ed25519.NewKeyFromSeed(dummySecret), "msg", now, body))
	pmoByDummy := http.Header{}
	SetPMOHeaders(pmoByDummy, "p", now, SignPMO(dummySecret, "p", now, "/webhooks/p", body))
	for name, h := range map[string]http.Header{"standard": byDummy, "pmo": pmoByDummy} {
		if _, err := Verify(h, "/webhooks/p", body, nil, now, time.Minute); Code(err) != "no_usable_key" {
			t.Errorf("%s: got %v, want no_usable_key", name, err)
		}
	}
}
