package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"gelombang/internal/viewer"
	"gelombang/server/auth"
)

func TestKeysAreReadAgainForAnUnknownKeyIDButNotForEveryOne(t *testing.T) {
	before, after := newProvider(t), newProvider(t)
	oldSet, newSet := []byte(`{"keys":[]}`), after.jwks(t)
	var current atomic.Pointer[[]byte]
	current.Store(&oldSet)
	var readings atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		readings.Add(1)
		_, _ = w.Write(*current.Load())
	}))
	t.Cleanup(server.Close)
	v := newVerifier(t, auth.Config{JWKS: server.URL, Client: server.Client()})
	if got := readings.Load(); got != 1 {
		t.Fatalf("%d readings at the start, want 1", got)
	}

	current.Store(&newSet)
	rotated := sign(t, jwt.SigningMethodRS256, after.rsa, officer(), kid("rsa"))
	got, err := v.Verify(t.Context(), rotated)
	if err != nil || got.Role != viewer.Officer {
		t.Fatalf("a token under a new key was refused: %v", err)
	}
	for range 20 {
		forged := sign(t, jwt.SigningMethodRS256, before.rsa, officer(), kid("made up"))
		if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrInvalid) {
			t.Fatalf("error %v, want %v", err, auth.ErrInvalid)
		}
	}
	if got := readings.Load(); got != 2 {
		t.Errorf("%d readings, want 2: made-up key ids must not make us ask again and again", got)
	}
}

func TestAProviderThatIsDownAtTheStartDoesNotStopUs(t *testing.T) {
	p := newProvider(t)
	set := p.jwks(t)
	var up atomic.Bool
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write(set)
	}))
	t.Cleanup(server.Close)
	v := newVerifier(t, auth.Config{JWKS: server.URL, Client: server.Client()})
	up.Store(true)
	if _, err := v.Verify(t.Context(), sign(t, jwt.SigningMethodES256, p.ecdsa, officer(), kid("ecdsa"))); err != nil {
		t.Errorf("refused, although the provider is up again: %v", err)
	}
}
