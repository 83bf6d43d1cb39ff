package signature_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"gelombang/webhooks/signature"
)

func TestParseSecret(t *testing.T) {
	encode := base64.StdEncoding.EncodeToString
	tests := []struct {
		name string
		text string
		want error
	}{
		{"24 bytes", "whsec_" + encode(secret[:24]), nil},
		{"32 bytes", "whsec_" + encode(secret), nil},
		{"64 bytes", "whsec_" + encode(append(secret, secret...)), nil},
		{"23 bytes", "whsec_" + encode(secret[:23]), signature.ErrMalformedKey},
		{"65 bytes", "whsec_" + encode(bytes.Repeat([]byte{1}, 65)), signature.ErrMalformedKey},
		{"nothing", "", signature.ErrMalformedKey},
		{"prefix only", "whsec_", signature.ErrMalformedKey},
		{"no prefix", encode(secret), signature.ErrMalformedKey},
		{"prefix of a public key", "whpk_" + encode(secret), signature.ErrMalformedKey},
		{"no padding", "whsec_" + strings.TrimRight(encode(secret), "="), signature.ErrMalformedKey},
		{"line break at the end", "whsec_" + encode(secret) + "\n", signature.ErrMalformedKey},
		{"line break within", "whsec_" + encode(secret)[:8] + "\r\n" + encode(secret)[8:], signature.ErrMalformedKey},
		{"space at the start", " whsec_" + encode(secret), signature.ErrMalformedKey},
		{"alphabet of URLs", "whsec_" + base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 32)), signature.ErrMalformedKey},
		{"loose bits", "whsec_" + encode(secret)[:42] + "d=", signature.ErrMalformedKey},
		{"all zero", "whsec_" + encode(make([]byte, 32)), signature.ErrWeakKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := signature.ParseSecret(tt.text)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err == nil && signature.FormatSecret(got) != tt.text {
				t.Errorf("formatted again it is another text")
			}
		})
	}
}

func TestParsePublicKey(t *testing.T) {
	good := signature.FormatPublicKey(keyV1a.Public)
	tests := []struct {
		name string
		text string
		want error
	}{
		{"32 bytes", good, nil},
		{"31 bytes", signature.FormatPublicKey(keyV1a.Public[:31]), signature.ErrMalformedKey},
		{"prefix of a secret", "whsec_" + strings.TrimPrefix(good, "whpk_"), signature.ErrMalformedKey},
		{"not base64", "whpk_?", signature.ErrMalformedKey},
		{"line break", good + "\n", signature.ErrMalformedKey},
		{"all zero", signature.FormatPublicKey(make([]byte, 32)), signature.ErrWeakKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := signature.ParsePublicKey(tt.text)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err == nil && !got.Equal(keyV1a.Public) {
				t.Errorf("parsed another key")
			}
		})
	}
}

func TestParsePMOKey(t *testing.T) {
	tests := []struct {
		name          string
		client, text  string
		wantMalformed bool
	}{
		{"the published example", "myclient_code", "my_sign_key", false},
		{"longest", strings.Repeat("c", 128), strings.Repeat("k", 128), false},
		{"no client code", "", "my_sign_key", true},
		{"client code with a space", "my client", "my_sign_key", true},
		{"client code too long", strings.Repeat("c", 129), "my_sign_key", true},
		{"no sign key", "myclient_code", "", true},
		{"sign key too long", "myclient_code", strings.Repeat("k", 129), true},
		{"sign key with a line break", "myclient_code", "my_sign_key\n", true},
		{"sign key with a space", "myclient_code", "my sign key", true},
		{"sign key not ASCII", "myclient_code", "kunci-é", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := signature.ParsePMOKey(tt.client, tt.text)
			if errors.Is(err, signature.ErrMalformedKey) != tt.wantMalformed {
				t.Fatalf("got %v, want malformed: %t", err, tt.wantMalformed)
			}
			if err == nil && signature.FormatPMOKey(got) != tt.text {
				t.Errorf("formatted again it is another text")
			}
		})
	}
}

func TestNewKeysParse(t *testing.T) {
	made, err := signature.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := signature.ParseSecret(signature.FormatSecret(made)); err != nil || !bytes.Equal(got, made) {
		t.Errorf("a new secret does not parse: %v", err)
	}
	again, err := signature.NewSecret(rand.Reader)
	if err != nil || bytes.Equal(made, again) {
		t.Errorf("two new secrets are the same, or %v", err)
	}
	pmo, err := signature.NewPMOKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := signature.ParsePMOKey(clientCode, signature.FormatPMOKey(pmo)); err != nil || !bytes.Equal(got, pmo) {
		t.Errorf("a new sign key does not parse: %v", err)
	}
}

func TestNewSecretReportsAShortSource(t *testing.T) {
	if _, err := signature.NewSecret(strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
	if _, err := signature.NewPMOKey(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want %v", err, io.EOF)
	}
}

func TestKeyNeverShowsItsSecret(t *testing.T) {
	k := signature.Key{ID: 7, Scheme: signature.PMO, Secret: []byte("tell-nobody"), ClientCode: clientCode}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("used", "key", k, "keys", []signature.Key{k}, "text", fmt.Sprintf("%v %+v %#v %s %q", k, k, k, k, k))
	for _, leak := range []string{"tell-nobody", fmt.Sprintf("%d", k.Secret), fmt.Sprintf("%x", k.Secret), base64.StdEncoding.EncodeToString(k.Secret)} {
		if strings.Contains(log.String(), leak) {
			t.Errorf("the log shows the secret: %s", log.String())
		}
	}
	if !strings.Contains(log.String(), "key 7 (PMO)") {
		t.Errorf("the log does not name the key: %s", log.String())
	}
}
