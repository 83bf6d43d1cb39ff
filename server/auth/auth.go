// Package auth turns the access token of a request into a viewer. Tokens are JWTs, signed either by
// an identity provider whose public keys are in a JWKS, or, for development, with a shared secret;
// never by both, so that no public key can pass for a secret.
//
// A request without a token is anonymous. A request with a token that is not valid is refused: it is
// never treated as if it had none.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"gelombang/internal/viewer"
)

// Config says which tokens are believed. Exactly one of Secret and JWKS is set.
type Config struct {
	Issuer   string           // required; the claim iss
	Audience string           // required; must be among the claim aud
	Leeway   time.Duration    // how far the issuer's clock may be from ours
	Clock    func() time.Time // required
	Log      *slog.Logger     // required

	// Secret is the shared secret of HS256.
	Secret []byte
	// JWKS is a file, or an address that is read again every hour and for unknown key ids. An
	// address that does not answer at the start is not an error: webhooks must be taken in all
	// the same. Until it answers no token is believed.
	JWKS string
	// Client fetches the JWKS. Optional.
	Client *http.Client
}

// The algorithms of each kind of key.
var (
	secretAlgorithms = []string{"HS256"}
	publicAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)

// maxTokenBytes bounds the work that a token which is not ours can cause.
const maxTokenBytes = 8 << 10

// Verifier tells valid tokens from others. It is safe for concurrent use.
type Verifier struct {
	parser *jwt.Parser
	keys   keySource
	clock  func() time.Time
	log    *slog.Logger

	remembered remembered
}

// NewVerifier returns a verifier. An address of a JWKS is read again until ctx ends.
func NewVerifier(ctx context.Context, cfg Config) (*Verifier, error) {
	if cfg.Issuer == "" || cfg.Audience == "" || cfg.Clock == nil || cfg.Log == nil {
		return nil, errors.New("auth: Issuer, Audience, Clock and Log are required")
	}
	algorithms := publicAlgorithms
	var keys keySource
	switch {
	case (len(cfg.Secret) == 0) == (cfg.JWKS == ""):
		return nil, errors.New("auth: set one of Secret and JWKS")
	case cfg.JWKS == "":
		algorithms, keys = secretAlgorithms, sharedSecret(cfg.Secret)
	default:
		var err error
		if keys, err = publicKeys(ctx, cfg); err != nil {
			return nil, err
		}
	}
	return &Verifier{
		parser: jwt.NewParser(
			jwt.WithValidMethods(algorithms),
			jwt.WithIssuer(cfg.Issuer),
			jwt.WithAudience(cfg.Audience),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(cfg.Leeway),
			jwt.WithTimeFunc(cfg.Clock),
			jwt.WithStrictDecoding(),
		),
		keys:  keys,
		clock: cfg.Clock,
		log:   cfg.Log,
	}, nil
}

// ErrExpired says that a token was valid once. Every other fault is [ErrInvalid].
var ErrExpired = errors.New("the access token has expired")

// ErrInvalid says that a token is not one of ours, or does not say who is asking.
var ErrInvalid = errors.New("the access token is not valid")

// Verify returns the viewer that a token names. Its errors wrap [ErrExpired] or [ErrInvalid] and a
// cause for the log, which does not repeat the token.
func (v *Verifier) Verify(ctx context.Context, token string) (viewer.Viewer, error) {
	if len(token) > maxTokenBytes {
		return viewer.Viewer{}, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, maxTokenBytes)
	}
	now := v.clock()
	if who, known := v.remembered.find(token, now); known {
		return who, nil
	}
	var c claims
	parsed, err := v.parser.ParseWithClaims(token, &c, v.keys(ctx))
	if err != nil {
		// The claims are looked at only when the signature is right.
		if errors.Is(err, jwt.ErrTokenExpired) {
			return viewer.Viewer{}, ErrExpired
		}
		return viewer.Viewer{}, fmt.Errorf("%w: %s", ErrInvalid, reason(err))
	}
	if _, found := parsed.Header["crit"]; found {
		// RFC 7515, section 4.1.11: extensions that we do not understand, and we know none.
		return viewer.Viewer{}, fmt.Errorf("%w: critical extensions in the header", ErrInvalid)
	}
	who, err := c.viewer()
	if err == nil { // with an expiry, which is required; what the leeway adds to it is not remembered
		v.remembered.add(token, who, now, c.ExpiresAt.Time)
	}
	return who, err
}

// reason names what is wrong without the library's text, which may repeat parts of the token.
func reason(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenMalformed, "malformed"},
		{jwt.ErrTokenUnverifiable, "no key for it"},
		{jwt.ErrTokenSignatureInvalid, "wrong algorithm or signature"},
		{jwt.ErrTokenRequiredClaimMissing, "a required claim is missing"},
		{jwt.ErrTokenInvalidIssuer, "wrong issuer"},
		{jwt.ErrTokenInvalidAudience, "wrong audience"},
		{jwt.ErrTokenNotValidYet, "not valid yet"},
		{jwt.ErrTokenUsedBeforeIssued, "issued in the future"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	return "not acceptable"
}
