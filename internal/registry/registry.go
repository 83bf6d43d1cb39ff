// Package registry is the only writer of domain state. Every change goes the same way: authorise,
// load what is concerned and lock it, ask package rules, persist the facts, append to the history;
// all in one transaction with one Now.
//
// It holds no rule of its own: what a purchase means or when a deadline falls is decided in package
// rules. It does not know HTTP or GraphQL.
package registry

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
)

// Config is what a registry needs. Every field is required, but for those that say otherwise.
type Config struct {
	DB       *db.DB
	Secrets  *secrets.Keyring
	Settings rules.Settings
	// Clock is the present; time.Now outside demonstrations and tests.
	Clock func() time.Time
	Log   *slog.Logger
	// Parse reads the bytes of a delivery again when it is retried: payload.Parse.
	Parse func(body []byte) (rules.Event, error)
	// Enqueue orders work that follows from what a transaction writes, in the same transaction. Optional: without it
	// the work is found by the functions that look for what is due, which time drives.
	Enqueue func(ctx context.Context, tx *db.Tx, jobs ...Job) error
	// CheckURL says what is wrong with the address of an endpoint, in words that are shown to the person who gave it and
	// that hold no part of it. Optional: without it an address is https and has a host.
	CheckURL func(raw string) error
}

// Registry writes domain state. It is safe for concurrent use, and several may share one database.
type Registry struct {
	db       *db.DB
	secrets  *secrets.Keyring
	settings rules.Settings
	clock    func() time.Time
	log      *slog.Logger
	parse    func(body []byte) (rules.Event, error)
	enqueue  func(ctx context.Context, tx *db.Tx, jobs ...Job) error
	checkURL func(raw string) error

	keysVersion atomic.Int64
}

// New returns a registry.
func New(cfg Config) (*Registry, error) {
	if cfg.DB == nil || cfg.Secrets == nil || cfg.Clock == nil || cfg.Log == nil || cfg.Parse == nil || cfg.Settings == (rules.Settings{}) {
		return nil, errors.New("registry: every field of the configuration is required")
	}
	if cfg.Enqueue == nil {
		cfg.Enqueue = func(context.Context, *db.Tx, ...Job) error { return nil }
	}
	if cfg.CheckURL == nil {
		cfg.CheckURL = checkHTTPS
	}
	return &Registry{
		db: cfg.DB, secrets: cfg.Secrets, settings: cfg.Settings, clock: cfg.Clock, log: cfg.Log, parse: cfg.Parse,
		enqueue: cfg.Enqueue, checkURL: cfg.CheckURL,
	}, nil
}

// Now returns the present by the registry's clock: UTC, whole microseconds.
func (r *Registry) Now() time.Time { return db.Instant(r.clock()) }

// Settings returns the parameters of the rules in force.
func (r *Registry) Settings() rules.Settings { return r.settings }

// DB returns the database, for reading.
func (r *Registry) DB() *db.DB { return r.db }
