package signature_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"

	"gelombang/webhooks/signature"
)

func TestEmptySecretNeverVerifies(t *testing.T) {
	// To HMAC all of these are the empty secret: anybody can sign with them.
	for name, weak := range map[string][]byte{"nil": nil, "empty": {}, "one zero": {0}, "32 zeros": make([]byte, 32), "64 zeros": make([]byte, 64)} {
		t.Run(name, func(t *testing.T) {
			v1 := signature.Key{ID: 1, Scheme: signature.StandardV1, Secret: weak}
			if _, err := verify(signedV1By(weak), v1); !errors.Is(err, signature.ErrNoUsableKey) {
				t.Errorf("v1: got %v, want %v", err, signature.ErrNoUsableKey)
			}
			pmo := signature.Key{ID: 1, Scheme: signature.PMO, ClientCode: clientCode, Secret: weak}
			h := edited(signPMO(now), "signature", signature.SignPMO(weak, clientCode, now, path, body))
			if _, err := verify(h, pmo); !errors.Is(err, signature.ErrNoUsableKey) {
				t.Errorf("pmo: got %v, want %v", err, signature.ErrNoUsableKey)
			}
		})
	}
}

func TestPublicKeyOfSmallOrderNeverVerifies(t *testing.T) {
	// With the neutral element as public key, this signature is right for every message.
	neutral := make([]byte, ed25519.PublicKeySize)
	neutral[0] = 1
	forged := make([]byte, ed25519.SignatureSize)
	forged[0] = 1
	if !ed25519.Verify(neutral, body, forged) {
		t.Fatal("the library no longer accepts the forgery; this test proves nothing")
	}
	h := edited(signV1(now), "webhook-signature", "v1a,"+base64.StdEncoding.EncodeToString(forged))
	for name, encoded := range map[string]string{
		"neutral element":          hex.EncodeToString(neutral),
		"neutral, sign bit set":    "0100000000000000000000000000000000000000000000000000000000000080",
		"neutral, not reduced":     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"all zero":                 "0000000000000000000000000000000000000000000000000000000000000000",
		"order 8, sign bit set":    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"order 2":                  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"another point of order 8": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	} {
		t.Run(name, func(t *testing.T) {
			public, err := hex.DecodeString(encoded)
			if err != nil {
				t.Fatal(err)
			}
			k := signature.Key{ID: 1, Scheme: signature.StandardV1a, Public: public}
			if _, err := verify(h, k); !errors.Is(err, signature.ErrNoUsableKey) {
				t.Errorf("Verify: got %v, want %v", err, signature.ErrNoUsableKey)
			}
			if _, err := signature.ParsePublicKey(signature.FormatPublicKey(public)); !errors.Is(err, signature.ErrWeakKey) {
				t.Errorf("ParsePublicKey: got %v, want %v", err, signature.ErrWeakKey)
			}
		})
	}
}

func TestPublicKeyOfWrongLengthNeverVerifies(t *testing.T) {
	for _, size := range []int{0, 31, 33, 64} {
		k := signature.Key{ID: 1, Scheme: signature.StandardV1a, Public: make([]byte, size)}
		if _, err := verify(signV1a(now), k); !errors.Is(err, signature.ErrNoUsableKey) {
			t.Errorf("%d bytes: got %v, want %v", size, err, signature.ErrNoUsableKey)
		}
	}
}
