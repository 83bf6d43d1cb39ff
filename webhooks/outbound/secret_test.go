package outbound_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"gelombang/webhooks/outbound"
)

func TestPublicKeyIsThatOfThePublishedPair(t *testing.T) {
	if got, err := outbound.PublicKey(signingKey); got != publicKey || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := outbound.PublicKey(secret); !errors.Is(err, outbound.ErrSecret) {
		t.Errorf("a shared secret has a public key: %v", err)
	}
}

func TestNewSigningKeySigns(t *testing.T) {
	first, err := outbound.NewSigningKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := outbound.NewSigningKey(rand.Reader)
	if err != nil || first == second {
		t.Fatalf("two keys are one, or %v", err)
	}
	if err := outbound.CheckSecret(first); err != nil {
		t.Error(err)
	}
	broken := errors.New("no randomness")
	if _, err := outbound.NewSigningKey(io.MultiReader(bytes.NewReader(make([]byte, 31)), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestCheckSecret(t *testing.T) {
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(signingKey, "whsk_"))
	encode := func(b []byte) string { return "whsk_" + base64.StdEncoding.EncodeToString(b) }
	otherHalf := bytes.Clone(raw)
	otherHalf[63] ^= 1
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"v1", secret, true},
		{"v1a", signingKey, true},
		{"nothing", "", false},
		{"v1, short", "whsec_AAAA", false},
		{"v1, all zero", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)), false},
		{"public key", publicKey, false},
		{"v1a, the seed only", encode(raw[:32]), false},
		{"v1a, the public half of another", encode(otherHalf), false},
		{"v1a, too long", encode(append(bytes.Clone(raw), 0)), false},
		{"v1a, no padding", strings.TrimRight(signingKey, "="), false},
		{"v1a, line break", signingKey + "\n", false},
		{"no prefix", strings.TrimPrefix(signingKey, "whsk_"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := outbound.CheckSecret(tt.text)
			if (err == nil) != tt.ok || (err != nil && !errors.Is(err, outbound.ErrSecret)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNeitherSecretsNorBodiesAreShown(t *testing.T) {
	e := outbound.Endpoint{URL: "https://example.org/hooks?token=s3cr3t", Secrets: []string{secret, signingKey}}
	m := outbound.Message{ID: messageID, Body: []byte(`{"phone":"s3cr3t"}`)}
	var out strings.Builder
	for _, v := range []any{e, &e, []outbound.Endpoint{e}, m, &m, []outbound.Message{m}} {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("sent", "to", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("sent", "to", v)
	}
	for _, form := range []string{"s3cr3t", "whsec_", "whsk_", "123 34 112", "0x7b, 0x22", "7b2270"} { // the last are the body as bytes
		if strings.Contains(out.String(), form) {
			t.Errorf("shown: %s", form)
		}
	}
	if !strings.Contains(out.String(), "example.org") || !strings.Contains(out.String(), messageID) {
		t.Errorf("a reader cannot tell which: %s", out.String())
	}
	stored, err := json.Marshal([]any{e, m})
	if err != nil || strings.Contains(string(stored), "whs") || strings.Contains(string(stored), "eyJ") || strings.Contains(string(stored), "s3cr3t") {
		t.Errorf("stored as %s, %v", stored, err)
	}
}
