package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"gelombang/internal/viewer"
)

// Grant is what a development token says.
type Grant struct {
	Issuer, Audience string
	Viewer           viewer.Viewer
	IssuedAt         time.Time
	ExpiresAt        time.Time // exclusive
}

// Mint signs a development token with the shared secret. It refuses a viewer that [Verifier.Verify]
// would not accept, with an error that wraps [ErrInvalid].
func Mint(secret []byte, g Grant) (string, error) {
	if len(secret) == 0 {
		return "", errors.New("auth: no secret to sign with")
	}
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    g.Issuer,
			Audience:  jwt.ClaimStrings{g.Audience},
			Subject:   g.Viewer.Subject,
			IssuedAt:  jwt.NewNumericDate(g.IssuedAt),
			ExpiresAt: jwt.NewNumericDate(g.ExpiresAt),
		},
		Role:     string(g.Viewer.Role),
		Platform: g.Viewer.Platform,
	}
	if _, err := c.viewer(); err != nil {
		return "", err
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}
