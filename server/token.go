package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/internal/viewer"
	"gelombang/server/auth"
	"gelombang/server/config"
)

// tokenCommand prints a development token.
type tokenCommand struct {
	Role     string        `required:"" placeholder:"ROLE" help:"participant, platform, analyst, officer, supervisor or admin."`
	Subject  string        `placeholder:"TEXT" help:"Who it is for; a participant's is the card number. Required for a participant; otherwise the role's name."`
	Platform string        `placeholder:"CODE" help:"The platform that a token of the role platform speaks for."`
	TTL      time.Duration `name:"ttl" default:"1h" placeholder:"D" help:"How long it is valid, at most 720h (default ${default})."`

	Database config.Database `embed:""`
	Tokens   config.Tokens   `embed:""`
}

// Help is shown by --help.
func (tokenCommand) Help() string {
	return `For development: signs with GELOMBANG_JWT_SECRET, or with the secret that the server keeps beside its embedded database. Where a JWKS is set, tokens come from the identity provider, and this command refuses.

Examples:

	gelombang token --role officer --subject siti
	gelombang token --role platform --platform tokopedia --ttl 8h
	TOKEN=$(gelombang token --role analyst)
	curl -H "Authorization: Bearer $TOKEN" …`
}

// Run implements the command.
func (c *tokenCommand) Run(t *terminal) error {
	if c.Tokens.JWKS != "" {
		return usage(errors.New("GELOMBANG_JWT_JWKS is set: tokens come from the identity provider. For a development token set GELOMBANG_JWT_SECRET instead"))
	}
	if err := errors.Join(c.Database.Check(), c.Tokens.Check(c.Database.Embedded())); err != nil {
		return usage(err)
	}
	who, err := c.viewer()
	if err != nil {
		return usage(err)
	}
	keys, err := tokenKeys(c.Tokens, c.Database)
	if err != nil {
		return err
	}
	now := time.Now()
	token, err := auth.Mint(keys.Secret, auth.Grant{
		Issuer: keys.Issuer, Audience: keys.Audience, Viewer: who, IssuedAt: now, ExpiresAt: now.Add(c.TTL),
	})
	if errors.Is(err, auth.ErrInvalid) {
		return usage(fmt.Errorf("such a token would be refused: %w", err))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, token)
	return err
}

// maxTTL bounds how long a development token is good for: it cannot be taken back.
const maxTTL = 30 * 24 * time.Hour

// tokenRoles are the roles that a token can have, as they are written on the command line.
func tokenRoles() []string {
	var names []string
	for _, role := range viewer.Roles() {
		if role != viewer.Anonymous {
			names = append(names, strings.ToLower(string(role)))
		}
	}
	return names
}

// viewer is who the token is for. What a server would refuse is refused by [auth.Mint].
func (c *tokenCommand) viewer() (viewer.Viewer, error) {
	v := viewer.Viewer{Role: viewer.Role(strings.ToUpper(c.Role)), Subject: c.Subject, Platform: c.Platform}
	switch {
	case v.Role == viewer.Anonymous || !slices.Contains(viewer.Roles(), v.Role):
		return v, fmt.Errorf("--role: unknown role %q: set %s", c.Role, oneOf(tokenRoles()))
	case c.TTL <= 0 || c.TTL > maxTTL:
		return v, fmt.Errorf("--ttl is %v: set more than 0s and at most %v, such as 8h", c.TTL, maxTTL)
	case v.Role == viewer.Participant && c.Subject == "":
		return v, errors.New("a participant's token needs --subject, the 16 digits of the card number")
	case v.Role == viewer.Platform && c.Platform == "":
		return v, errors.New("a platform's token needs --platform, its code")
	case v.Role != viewer.Platform && c.Platform != "":
		return v, errors.New("--platform is for the role platform only")
	}
	if v.Subject == "" {
		v.Subject = strings.ToLower(c.Role)
	}
	return v, nil
}
