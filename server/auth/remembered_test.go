package auth_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"gelombang/internal/viewer"
	"gelombang/server/auth"
)

// movable returns a verifier, and what sets its clock to so long after the tests' present.
func movable(t *testing.T, key []byte) (*auth.Verifier, func(time.Duration)) {
	t.Helper()
	at := now
	v, err := auth.NewVerifier(t.Context(), auth.Config{
		Issuer: "gelombang", Audience: "gelombang", Leeway: 10 * time.Second, Secret: key, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return at },
	})
	if err != nil {
		t.Fatal(err)
	}
	return v, func(d time.Duration) { at = now.Add(d) }
}

func TestARememberedTokenExpiresAsAnyOther(t *testing.T) {
	v, move := movable(t, secret)
	token := sign(t, jwt.SigningMethodHS256, secret, with(map[string]any{"nbf": now.Unix(), "exp": now.Add(30 * time.Second).Unix()}), nil)
	for _, tt := range []struct {
		after time.Duration
		want  error
	}{
		{0, nil}, {29 * time.Second, nil}, {39 * time.Second, nil}, {41 * time.Second, auth.ErrExpired},
		{0, nil}, {-11 * time.Second, auth.ErrInvalid}, // a clock that was set back, to before the token begins
	} {
		move(tt.after)
		who, err := v.Verify(t.Context(), token)
		if !errors.Is(err, tt.want) {
			t.Errorf("after %s: %v, want %v", tt.after, err, tt.want)
		}
		if want := (viewer.Viewer{Role: viewer.Officer, Subject: "siti"}); err == nil && !cmp.Equal(who, want) {
			t.Errorf("after %s: %+v, want %+v", tt.after, who, want)
		}
	}
}

// TestAWithdrawnKeyIsForgottenWithinAMinute changes the secret in place, as a key that a provider no longer lists.
func TestAWithdrawnKeyIsForgottenWithinAMinute(t *testing.T) {
	key := append([]byte(nil), secret...)
	v, move := movable(t, key)
	token := sign(t, jwt.SigningMethodHS256, secret, officer(), nil)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	key[0]++
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatalf("the token was not remembered: %v", err)
	}
	move(time.Minute)
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, auth.ErrInvalid) {
		t.Fatalf("after a minute: %v, want %v", err, auth.ErrInvalid)
	}
}

func TestWhatIsNotValidIsNotRemembered(t *testing.T) {
	v, _ := movable(t, secret)
	forged := sign(t, jwt.SigningMethodHS256, []byte("another secret of at least 32 bytes"), officer(), nil)
	for range 2 {
		if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrInvalid) {
			t.Fatalf("%v, want %v", err, auth.ErrInvalid)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v, err := auth.NewVerifier(b.Context(), auth.Config{Issuer: "gelombang", Audience: "gelombang", Secret: secret, Log: slog.New(slog.DiscardHandler), Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, officer()).SignedString(secret)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
