package main

import (
	"errors"
	"fmt"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/viewer"
	"gelombang/server/auth"
	"gelombang/server/config"
)

// acting is what the commands take for which it matters who gives them: a list is approved by another person than the
// one who prepared it, so that whoever may open the database is not enough.
type acting struct {
	Token config.Secret `env:"GELOMBANG_TOKEN" group:"tokens" placeholder:"TOKEN" help:"Your access token: what is done is done in your name. Better set in the environment, where other users of the machine cannot read it."`

	Tokens  config.Tokens `embed:""`
	storage `embed:""`
}

// as opens the registry and runs fn for whom the token names. The database must be there, at our version.
func (a acting) as(t *terminal, fn func(*registry.Registry, viewer.Viewer) error) error {
	if err := errors.Join(a.Database.Check(), a.Rules.Check(), a.Tokens.Check(a.Database.Embedded())); err != nil {
		return usage(err)
	}
	if a.Token == "" {
		return usage(errors.New("say who you are: set GELOMBANG_TOKEN to your access token. For development, 'gelombang token --role officer --subject NAME' prints one"))
	}
	if err := checkExists(a.Database); err != nil {
		return err
	}
	who, err := a.who(t)
	if err != nil {
		return usage(fmt.Errorf("GELOMBANG_TOKEN: %w", err))
	}
	return a.reading(t, func(r *registry.Registry) error { return fn(r, who) })
}

// who is whom the token names.
func (a acting) who(t *terminal) (viewer.Viewer, error) {
	keys, err := tokenKeys(a.Tokens, a.Database)
	if err != nil {
		return viewer.Viewer{}, err
	}
	keys.Clock, keys.Log = time.Now, t.log
	verifier, err := auth.NewVerifier(t.ctx, keys)
	if err != nil {
		return viewer.Viewer{}, err
	}
	return verifier.Verify(t.ctx, string(a.Token))
}
