package signature_test

import (
	"bytes"
	"crypto/ed25519"
	"net/http"
	"time"

	"gelombang/webhooks/signature"
)

const (
	path       = "/webhooks/tokopedia"
	messageID  = "msg_2nT9"
	clientCode = "tokopedia"
	tolerance  = 300 * time.Second
)

var (
	now  = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
	body = []byte(`{"type":"purchase.completed"}`)

	secret  = bytes.Repeat([]byte{7}, 32)
	private = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
	signKey = []byte("a sign key")

	keyV1  = signature.Key{ID: 1, Scheme: signature.StandardV1, Secret: secret}
	keyV1a = signature.Key{ID: 2, Scheme: signature.StandardV1a, Public: private.Public().(ed25519.PublicKey)}
	keyPMO = signature.Key{ID: 3, Scheme: signature.PMO, Secret: signKey, ClientCode: clientCode}
	all    = []signature.Key{keyV1, keyV1a, keyPMO}
)

// signV1, signV1a and signPMO are the headers of a good request, signed at the given instant.
func signV1(at time.Time) http.Header {
	h := http.Header{}
	signature.SetStandardHeaders(h, messageID, at, signature.SignV1(secret, messageID, at, body))
	return h
}

func signV1a(at time.Time) http.Header {
	h := http.Header{}
	signature.SetStandardHeaders(h, messageID, at, signature.SignV1a(private, messageID, at, body))
	return h
}

func signPMO(at time.Time) http.Header {
	h := http.Header{}
	signature.SetPMOHeaders(h, clientCode, at, signature.SignPMO(signKey, clientCode, at, path, body))
	return h
}

func verify(h http.Header, keys ...signature.Key) (signature.Verified, error) {
	return signature.Verify(h, path, body, keys, now, tolerance)
}
