package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"gelombang/internal/viewer"
)

// claims are the registered claims and two of our own: role, one of the names of package viewer in
// capitals, and platform, the code of the platform that a token of the role PLATFORM speaks for.
type claims struct {
	jwt.RegisteredClaims
	Role     string `json:"role"`
	Platform string `json:"platform,omitempty"`
}

// names are the claims that are read.
var names = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "role", "platform"}

// UnmarshalJSON implements json.Unmarshaler. Left to itself, encoding/json takes a name in any case, and of
// two the last; who somebody is must not depend on that.
func (c *claims) UnmarshalJSON(raw []byte) error {
	if err := checkNames(raw); err != nil {
		return err
	}
	type plain claims
	return json.Unmarshal(raw, (*plain)(c))
}

// checkNames refuses a claim that is read and occurs twice, or with other capitals.
func checkNames(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("%w: the claims are not a JSON object", ErrInvalid)
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("%w: the claims are not JSON", ErrInvalid)
		}
		key, _ := name.(string)
		known := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, key) })
		if known >= 0 && (names[known] != key || seen[key]) {
			return fmt.Errorf("%w: a claim occurs twice, or in capitals", ErrInvalid)
		}
		seen[key] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%w: the claims are not JSON", ErrInvalid)
		}
	}
	return nil
}

const (
	cardDigits       = 16
	maxSubjectBytes  = 128
	maxPlatformBytes = 64
)

// viewer returns who the claims name.
func (c claims) viewer() (viewer.Viewer, error) {
	role := viewer.Role(c.Role)
	// A token for nobody in particular is a mistake of who issued it.
	if role == viewer.Anonymous || !slices.Contains(viewer.Roles(), role) {
		return viewer.Viewer{}, fmt.Errorf("%w: unknown role", ErrInvalid)
	}
	// What a person of the PMO does is recorded under the subject, and nobody approves their own work.
	if !isVisible(c.Subject, maxSubjectBytes) {
		return viewer.Viewer{}, fmt.Errorf("%w: no usable subject", ErrInvalid)
	}
	v := viewer.Viewer{Role: role, Subject: c.Subject}
	switch role {
	case viewer.Participant:
		if !isCardNumber(c.Subject) {
			return viewer.Viewer{}, fmt.Errorf("%w: the subject of a participant is not a card number", ErrInvalid)
		}
	case viewer.Platform:
		if !isVisible(c.Platform, maxPlatformBytes) {
			return viewer.Viewer{}, fmt.Errorf("%w: a platform's token without a platform", ErrInvalid)
		}
		v.Platform = c.Platform
	default:
	}
	return v, nil
}

// isCardNumber reports whether s is 16 digits.
func isCardNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == cardDigits
}

// isVisible reports whether s is 1 to limit visible ASCII characters.
func isVisible(s string, limit int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= limit
}
