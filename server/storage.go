package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/secrets"
	"gelombang/internal/viewer"
	"gelombang/server/app"
	"gelombang/server/auth"
	"gelombang/server/config"
)

// storage is what the commands take that read or write the registry.
type storage struct {
	Database config.Database `embed:""`
	Rules    config.Rules    `embed:""`
}

// atTheTerminal is who acts when a command is run: whoever may open the database and its keys.
var atTheTerminal = viewer.System("command line")

// Check reports everything that is wrong with the settings.
func (s storage) Check() error { return errors.Join(s.Database.Check(), s.Rules.Check()) }

// with opens the registry, runs fn and closes it. It makes the embedded database when there is none, and migrates it.
func (s storage) with(t *terminal, fn func(*registry.Registry) error) error {
	if err := s.Check(); err != nil {
		return usage(err)
	}
	return s.open(t, false, fn)
}

// reading is the same for a command that only reads. The database must be there, at our version: in the wrong
// directory the command would else make one and find it empty.
func (s storage) reading(t *terminal, fn func(*registry.Registry) error) error {
	if err := s.Check(); err != nil {
		return usage(err)
	}
	if err := checkExists(s.Database); err != nil {
		return err
	}
	return s.open(t, true, fn)
}

// checkExists says what to set when the embedded database is not there.
func checkExists(d config.Database) error {
	err := d.Open().CheckExists()
	if errors.Is(err, db.ErrNoDatabase) {
		return usage(fmt.Errorf("%w: set GELOMBANG_DATA or DATABASE_URL to the one you mean", err))
	}
	return err
}

func (s storage) open(t *terminal, asItIs bool, fn func(*registry.Registry) error) (err error) {
	keys, err := keyring(s.Database)
	if err != nil {
		return err
	}
	r, err := app.Store{
		Database: s.Database.Open(), AsItIs: asItIs, Secrets: keys, Settings: s.Rules.Settings(), Clock: time.Now, Log: t.log,
		CheckURL: func(string) error { return nil }, // 'endpoint add' has asked its settings
	}.Open(t.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.DB().Close()) }()
	return fn(r)
}

// keyring opens the keysets. Those of the embedded database are made when they are missing.
func keyring(d config.Database) (*secrets.Keyring, error) {
	if d.Keys == "" && d.Embedded() {
		return secrets.OpenOrCreate(d.KeyDir())
	}
	keys, err := secrets.Open(d.KeyDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("GELOMBANG_KEYS names a directory without keysets: restore them, or make new ones with 'keys new DIR' if this database has none yet: %w", err)
	}
	return keys, err
}

// jwtSecretFile keeps the development secret for access tokens, in the key directory.
const jwtSecretFile = "jwt-secret"

// tokenKeys says with which keys tokens are verified, and signed if there is a secret. The settings
// have been checked.
func tokenKeys(t config.Tokens, d config.Database) (auth.Config, error) {
	cfg := auth.Config{Issuer: t.IssuerName(), Audience: t.AudienceName(), Leeway: t.Leeway, JWKS: t.JWKS, Secret: []byte(t.Secret)}
	if t.JWKS != "" || t.Secret != "" {
		return cfg, nil
	}
	secret, err := auth.KeptSecret(filepath.Join(d.KeyDir(), jwtSecretFile))
	if err != nil {
		return auth.Config{}, err
	}
	cfg.Secret = secret
	return cfg, nil
}

// field is an input field of the registry and the flag or argument that fills it.
type field struct{ name, flag string }

// misuse returns an error as a usageError if it is about what was entered, under the name of the flag.
func misuse(err error, fields ...field) error {
	var e *registry.Error
	if !errors.As(err, &e) || e.Code != registry.Invalid {
		return err
	}
	for _, f := range fields {
		if f.name == e.Field {
			return usage(fmt.Errorf("%s: %w", f.flag, err))
		}
	}
	return usage(err)
}
