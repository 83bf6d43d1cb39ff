package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"gelombang/internal/viewer"
	"gelombang/server/auth"
)

var (
	now    = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
	secret = []byte("a development secret of 32 bytes")
)

const card = "1300000000000042"

func clock() time.Time { return now }

// officer is an acceptable set of claims.
func officer() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "gelombang", "aud": "gelombang", "sub": "siti", "role": "OFFICER",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// with returns the officer's claims with others set, or removed if nil.
func with(changes map[string]any) jwt.MapClaims {
	c := officer()
	maps.Copy(c, changes)
	for name, value := range changes {
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	maps.Copy(token.Header, header)
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func sharedSecretVerifier(t *testing.T) *auth.Verifier {
	t.Helper()
	return newVerifier(t, auth.Config{Secret: secret})
}

func newVerifier(t *testing.T, cfg auth.Config) *auth.Verifier {
	t.Helper()
	cfg.Issuer, cfg.Audience, cfg.Leeway, cfg.Clock, cfg.Log = "gelombang", "gelombang", 10*time.Second, clock, slog.New(slog.DiscardHandler)
	v, err := auth.NewVerifier(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSharedSecretTokens(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	hs := func(claims jwt.MapClaims) string { return sign(t, jwt.SigningMethodHS256, secret, claims, nil) }
	valid := hs(officer())
	parts := strings.Split(valid, ".")
	claimsOf := func(claims string) string { return base64.RawURLEncoding.EncodeToString([]byte(claims)) }

	tests := []struct {
		name  string
		token string
		want  viewer.Viewer
		err   error
	}{
		{"officer", valid, viewer.Viewer{Role: viewer.Officer, Subject: "siti"}, nil},
		{"admin", hs(with(map[string]any{"role": "ADMIN"})), viewer.Viewer{Role: viewer.Admin, Subject: "siti"}, nil},
		{"supervisor", hs(with(map[string]any{"role": "SUPERVISOR"})), viewer.Viewer{Role: viewer.Supervisor, Subject: "siti"}, nil},
		{"analyst", hs(with(map[string]any{"role": "ANALYST"})), viewer.Viewer{Role: viewer.Analyst, Subject: "siti"}, nil},
		{"participant", hs(with(map[string]any{"role": "PARTICIPANT", "sub": card})), viewer.Viewer{Role: viewer.Participant, Subject: card}, nil},
		{"platform", hs(with(map[string]any{"role": "PLATFORM", "platform": "tokopedia"})), viewer.Viewer{Role: viewer.Platform, Subject: "siti", Platform: "tokopedia"}, nil},
		{"a platform claim of another role gives nothing", hs(with(map[string]any{"platform": "tokopedia"})), viewer.Viewer{Role: viewer.Officer, Subject: "siti"}, nil},
		{"several audiences", hs(with(map[string]any{"aud": []string{"other", "gelombang"}})), viewer.Viewer{Role: viewer.Officer, Subject: "siti"}, nil},
		{"expired within the leeway", hs(with(map[string]any{"exp": now.Add(-9 * time.Second).Unix()})), viewer.Viewer{Role: viewer.Officer, Subject: "siti"}, nil},
		{"not before within the leeway", hs(with(map[string]any{"nbf": now.Add(9 * time.Second).Unix()})), viewer.Viewer{Role: viewer.Officer, Subject: "siti"}, nil},

		{"expired", hs(with(map[string]any{"exp": now.Add(-11 * time.Second).Unix()})), viewer.Viewer{}, auth.ErrExpired},
		{"expired and signed by somebody else", sign(t, jwt.SigningMethodHS256, []byte("another secret of at least 32 bytes"), with(map[string]any{"exp": now.Add(-time.Hour).Unix()}), nil), viewer.Viewer{}, auth.ErrInvalid},
		{"no exp", hs(with(map[string]any{"exp": nil})), viewer.Viewer{}, auth.ErrInvalid},
		{"exp that is text", hs(with(map[string]any{"exp": "never"})), viewer.Viewer{}, auth.ErrInvalid},
		{"future nbf", hs(with(map[string]any{"nbf": now.Add(11 * time.Second).Unix()})), viewer.Viewer{}, auth.ErrInvalid},
		{"issued in the future", hs(with(map[string]any{"iat": now.Add(11 * time.Second).Unix()})), viewer.Viewer{}, auth.ErrInvalid},
		{"no iss", hs(with(map[string]any{"iss": nil})), viewer.Viewer{}, auth.ErrInvalid},
		{"wrong iss", hs(with(map[string]any{"iss": "gelombang.example"})), viewer.Viewer{}, auth.ErrInvalid},
		{"no aud", hs(with(map[string]any{"aud": nil})), viewer.Viewer{}, auth.ErrInvalid},
		{"wrong aud", hs(with(map[string]any{"aud": "other"})), viewer.Viewer{}, auth.ErrInvalid},
		{"empty list of aud", hs(with(map[string]any{"aud": []string{}})), viewer.Viewer{}, auth.ErrInvalid},

		{"no role", hs(with(map[string]any{"role": nil})), viewer.Viewer{}, auth.ErrInvalid},
		{"unknown role", hs(with(map[string]any{"role": "ROOT"})), viewer.Viewer{}, auth.ErrInvalid},
		{"role in small letters", hs(with(map[string]any{"role": "officer"})), viewer.Viewer{}, auth.ErrInvalid},
		{"role anonymous", hs(with(map[string]any{"role": "ANONYMOUS"})), viewer.Viewer{}, auth.ErrInvalid},
		{"a list of roles", hs(with(map[string]any{"role": []string{"OFFICER"}})), viewer.Viewer{}, auth.ErrInvalid},
		{"another role in capitals", hs(with(map[string]any{"role": "ANALYST", "Role": "ADMIN"})), viewer.Viewer{}, auth.ErrInvalid},
		{"another exp in capitals", hs(with(map[string]any{"exp": now.Add(-time.Hour).Unix(), "EXP": now.Add(time.Hour).Unix()})), viewer.Viewer{}, auth.ErrInvalid},
		{"no sub", hs(with(map[string]any{"sub": nil})), viewer.Viewer{}, auth.ErrInvalid},
		{"sub with a line break", hs(with(map[string]any{"sub": "siti\nadmin"})), viewer.Viewer{}, auth.ErrInvalid},
		{"sub too long", hs(with(map[string]any{"sub": strings.Repeat("s", 129)})), viewer.Viewer{}, auth.ErrInvalid},
		{"platform without platform", hs(with(map[string]any{"role": "PLATFORM"})), viewer.Viewer{}, auth.ErrInvalid},
		{"participant with 15 digits", hs(with(map[string]any{"role": "PARTICIPANT", "sub": card[1:]})), viewer.Viewer{}, auth.ErrInvalid},
		{"participant with a letter", hs(with(map[string]any{"role": "PARTICIPANT", "sub": "130000000000004x"})), viewer.Viewer{}, auth.ErrInvalid},
		{"participant with Arabic digits", hs(with(map[string]any{"role": "PARTICIPANT", "sub": "١٢٣٤٥٦٧٨١٢٣٤٥٦٧٨"})), viewer.Viewer{}, auth.ErrInvalid},

		{"alg none", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, officer(), nil), viewer.Viewer{}, auth.ErrInvalid},
		{"alg None, in another case", claimsOf(`{"alg":"None","typ":"JWT"}`) + "." + parts[1] + ".", viewer.Viewer{}, auth.ErrInvalid},
		{"no alg", claimsOf(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2], viewer.Viewer{}, auth.ErrInvalid},
		{"HS384 with the right secret", sign(t, jwt.SigningMethodHS384, secret, officer(), nil), viewer.Viewer{}, auth.ErrInvalid},
		{"RS256", sign(t, jwt.SigningMethodRS256, rsaKey, officer(), nil), viewer.Viewer{}, auth.ErrInvalid},
		{"another secret", sign(t, jwt.SigningMethodHS256, []byte("another secret of at least 32 bytes"), officer(), nil), viewer.Viewer{}, auth.ErrInvalid},
		{"no secret", sign(t, jwt.SigningMethodHS256, []byte{}, officer(), nil), viewer.Viewer{}, auth.ErrInvalid},
		{"critical extensions", sign(t, jwt.SigningMethodHS256, secret, officer(), map[string]any{"crit": []string{"exp"}}), viewer.Viewer{}, auth.ErrInvalid},
		{"other claims under the same signature", parts[0] + "." + claimsOf(`{"iss":"gelombang","aud":"gelombang","sub":"siti","role":"ADMIN","exp":1617800000}`) + "." + parts[2], viewer.Viewer{}, auth.ErrInvalid},
		{"no signature", parts[0] + "." + parts[1] + ".", viewer.Viewer{}, auth.ErrInvalid},
		{"two parts", parts[0] + "." + parts[1], viewer.Viewer{}, auth.ErrInvalid},
		{"four parts", valid + "." + parts[2], viewer.Viewer{}, auth.ErrInvalid},
		{"empty", "", viewer.Viewer{}, auth.ErrInvalid},
		{"a space before", " " + valid, viewer.Viewer{}, auth.ErrInvalid},
		{"too long", hs(with(map[string]any{"padding": strings.Repeat("x", 9000)})), viewer.Viewer{}, auth.ErrInvalid},
	}
	v := sharedSecretVerifier(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), tt.token)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("viewer (-want +got):\n%s", diff)
			}
			if err != nil && tt.token != "" && strings.Contains(err.Error(), tt.token) {
				t.Errorf("the error repeats the token: %v", err)
			}
		})
	}
}

// provider is an identity provider's keys: one for each kind of algorithm, one for encryption and one
// shared secret that has no business there.
type provider struct {
	rsa, encryption *rsa.PrivateKey
	ecdsa           *ecdsa.PrivateKey
	ed25519         ed25519.PrivateKey
}

func newProvider(t *testing.T) provider {
	t.Helper()
	var p provider
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.encryption, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, p.ed25519, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	return p
}

// jwks is the set as published.
func (p provider) jwks(t *testing.T) []byte {
	t.Helper()
	store := jwkset.NewMemoryStorage()
	for _, key := range []struct {
		key      any
		private  bool
		metadata jwkset.JWKMetadataOptions
	}{
		{p.rsa.Public(), false, jwkset.JWKMetadataOptions{KID: "rsa", USE: jwkset.UseSig}},
		{p.encryption.Public(), false, jwkset.JWKMetadataOptions{KID: "encryption", USE: jwkset.UseEnc}},
		{p.ecdsa.Public(), false, jwkset.JWKMetadataOptions{KID: "ecdsa", ALG: jwkset.AlgES256}},
		{p.ed25519.Public(), false, jwkset.JWKMetadataOptions{KID: "ed25519"}},
		{secret, true, jwkset.JWKMetadataOptions{KID: "shared"}},
	} {
		jwk, err := jwkset.NewJWKFromKey(key.key, jwkset.JWKOptions{
			Metadata: key.metadata, Marshal: jwkset.JWKMarshalOptions{Private: key.private},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.KeyWrite(t.Context(), jwk); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := store.JSONPrivate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func kid(id string) map[string]any { return map[string]any{"kid": id} }

func TestPublicKeyTokens(t *testing.T) {
	p := newProvider(t)
	file := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(file, p.jwks(t), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := newProvider(t)
	publicDER, err := x509.MarshalPKIXPublicKey(p.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	publicJWK, err := json.Marshal(p.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		method jwt.SigningMethod
		key    any
		header map[string]any
		ok     bool
	}{
		{"RS256", jwt.SigningMethodRS256, p.rsa, kid("rsa"), true},
		{"PS512", jwt.SigningMethodPS512, p.rsa, kid("rsa"), true},
		{"ES256", jwt.SigningMethodES256, p.ecdsa, kid("ecdsa"), true},
		{"EdDSA", jwt.SigningMethodEdDSA, p.ed25519, kid("ed25519"), true},

		{"HS256 with the public key in PEM as the secret", jwt.SigningMethodHS256, publicPEM, kid("rsa"), false},
		{"HS256 with the public key in DER as the secret", jwt.SigningMethodHS256, publicDER, kid("rsa"), false},
		{"HS256 with the public key in JSON as the secret", jwt.SigningMethodHS256, publicJWK, kid("rsa"), false},
		{"HS256 with a secret that is in the set", jwt.SigningMethodHS256, secret, kid("shared"), false},
		{"alg none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid("rsa"), false},
		{"a stranger's key under a known id", jwt.SigningMethodRS256, stranger.rsa, kid("rsa"), false},
		{"a key under the id of another", jwt.SigningMethodRS256, p.rsa, kid("ecdsa"), false},
		{"an unknown id", jwt.SigningMethodRS256, p.rsa, kid("other"), false},
		{"an id that is a number", jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": 1}, false},
		{"no id", jwt.SigningMethodRS256, p.rsa, nil, false},
		{"a key for encryption", jwt.SigningMethodRS256, p.encryption, kid("encryption"), false},
		{"a key of one's own in the header", jwt.SigningMethodRS256, stranger.rsa, map[string]any{"kid": "mine", "jwk": stranger.rsa.Public()}, false},
	}
	v := newVerifier(t, auth.Config{JWKS: file})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), sign(t, tt.method, tt.key, officer(), tt.header))
			if tt.ok && (err != nil || got.Role != viewer.Officer) {
				t.Fatalf("refused: %v", err)
			}
			if !tt.ok && !errors.Is(err, auth.ErrInvalid) {
				t.Fatalf("error %v, want %v", err, auth.ErrInvalid)
			}
		})
	}
}

func TestAKeyFileThatIsNoUseIsRefusedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, path := range map[string]string{
		"absent":   filepath.Join(dir, "absent.json"),
		"not JSON": write("text.json", "-----BEGIN PUBLIC KEY-----"),
		"no keys":  write("empty.json", `{"keys":[]}`),
		"bad key":  write("bad.json", `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQ","kid":"x"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := auth.NewVerifier(context.Background(), auth.Config{
				Issuer: "i", Audience: "a", Clock: clock, Log: slog.New(slog.DiscardHandler), JWKS: path,
			})
			if err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestAVerifierHasExactlyOneKindOfKeys(t *testing.T) {
	complete := auth.Config{Issuer: "i", Audience: "a", Clock: clock, Log: slog.New(slog.DiscardHandler)}
	both, neither := complete, complete
	both.Secret, both.JWKS = secret, "jwks.json"
	for name, cfg := range map[string]auth.Config{"both": both, "neither": neither, "nothing at all": {Secret: secret}} {
		if _, err := auth.NewVerifier(context.Background(), cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMintedTokensAreAccepted(t *testing.T) {
	v := sharedSecretVerifier(t)
	for _, who := range []viewer.Viewer{
		{Role: viewer.Participant, Subject: card},
		{Role: viewer.Platform, Subject: "tokopedia", Platform: "tokopedia"},
		{Role: viewer.Admin, Subject: "admin"},
	} {
		grant := auth.Grant{Issuer: "gelombang", Audience: "gelombang", Viewer: who, IssuedAt: now, ExpiresAt: now.Add(time.Minute)}
		token, err := auth.Mint(secret, grant)
		if err != nil {
			t.Fatalf("%s: %v", who.Role, err)
		}
		got, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatalf("%s: %v", who.Role, err)
		}
		if diff := cmp.Diff(who, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who.Role, diff)
		}
		again, err := auth.Mint(secret, grant)
		if err != nil {
			t.Fatal(err)
		}
		if again != token {
			t.Errorf("%s: the same grant made another token", who.Role)
		}
	}
	for _, who := range []viewer.Viewer{{Role: viewer.Anonymous, Subject: "x"}, {Role: viewer.Platform, Subject: "x"}, {Role: viewer.Participant, Subject: "1"}} {
		if _, err := auth.Mint(secret, auth.Grant{Viewer: who}); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%+v: error %v, want %v", who, err, auth.ErrInvalid)
		}
	}
}
