package signature_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"gelombang/webhooks/signature"
)

// vector is one entry of testdata/signature_vectors.json.
type vector struct {
	Scheme, Source      string
	Secret              string
	Seed                string `json:"ed25519_seed"`
	PublicKey           string `json:"public_key"`
	ClientCode          string `json:"client_code"`
	SignKey             string `json:"sign_key"`
	ID, Timestamp, Body string
	Method, Path        string
	Signature           string
}

func (v vector) signedAt(t *testing.T) time.Time {
	t.Helper()
	seconds, err := strconv.ParseInt(v.Timestamp, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0)
}

func (v vector) headers() http.Header {
	h := http.Header{}
	if v.Scheme == "pmo" {
		h.Set("client_code", v.ClientCode)
		h.Set("timestamp", v.Timestamp)
		h.Set("signature", v.Signature)
		return h
	}
	h.Set("webhook-id", v.ID)
	h.Set("webhook-timestamp", v.Timestamp)
	h.Set("webhook-signature", v.Signature)
	return h
}

func (v vector) key(t *testing.T) signature.Key {
	t.Helper()
	k := signature.Key{ID: 1}
	var err error
	switch {
	case v.SignKey != "":
		k.Scheme, k.ClientCode = signature.PMO, v.ClientCode
		k.Secret, err = signature.ParsePMOKey(v.ClientCode, v.SignKey)
	case v.Secret != "":
		k.Scheme = signature.StandardV1
		k.Secret, err = signature.ParseSecret(v.Secret)
	default:
		k.Scheme = signature.StandardV1a
		k.Public, err = signature.ParsePublicKey(v.PublicKey)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign makes the vector's signature with our own signers.
func (v vector) sign(t *testing.T) string {
	t.Helper()
	at, body := v.signedAt(t), []byte(v.Body)
	switch k := v.key(t); k.Scheme {
	case signature.PMO:
		return signature.SignPMO(k.Secret, v.ClientCode, at, v.Path, body)
	case signature.StandardV1:
		return signature.SignV1(k.Secret, v.ID, at, body)
	default:
		seed, err := base64.StdEncoding.DecodeString(v.Seed)
		if err != nil {
			t.Fatal(err)
		}
		return signature.SignV1a(ed25519.NewKeyFromSeed(seed), v.ID, at, body)
	}
}

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/signature_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(data, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) < 3 {
		t.Fatalf("%d vectors, want one of each scheme at least", len(vs))
	}
	return vs
}

func TestPublishedVectorsVerify(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Scheme+" "+v.Source, func(t *testing.T) {
			k := v.key(t)
			got, err := signature.Verify(v.headers(), v.Path, []byte(v.Body), []signature.Key{k}, v.signedAt(t), 0)
			if err != nil {
				t.Fatal(err)
			}
			if got.KeyID != k.ID || got.Scheme != k.Scheme || !got.SignedAt.Equal(v.signedAt(t)) {
				t.Errorf("got %+v for %v", got, k)
			}
			if v.ID != "" && got.MessageID != v.ID {
				t.Errorf("message id %q, want %q", got.MessageID, v.ID)
			}
		})
	}
}

func TestOurSignersMakeThePublishedVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Scheme+" "+v.Source, func(t *testing.T) {
			if got := v.sign(t); got != v.Signature {
				t.Errorf("signed %s, want %s", got, v.Signature)
			}
		})
	}
}

func TestPublishedVectorsFailWithAnotherBody(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Scheme+" "+v.Source, func(t *testing.T) {
			_, err := signature.Verify(v.headers(), v.Path, []byte(v.Body+" "), []signature.Key{v.key(t)}, v.signedAt(t), 0)
			if signature.Code(err) != "bad_signature" {
				t.Errorf("got %v, want bad_signature", err)
			}
		})
	}
}
