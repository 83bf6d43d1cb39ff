package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/jobs"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/seed"
	"gelombang/webhooks/payload"
)

// Store is what the registry needs, for the server and for the commands that work beside it.
type Store struct {
	Database db.Config        // required
	Migrate  bool             // bring a Postgres to our version; the embedded database always is, but for AsItIs
	AsItIs   bool             // neither database is brought to our version: one of another is an error; not with Migrate
	Secrets  *secrets.Keyring // required
	Settings rules.Settings   // required
	Clock    func() time.Time // required; time.Now outside demonstrations and tests
	Log      *slog.Logger     // required
	// CheckURL says what is wrong with the address of an endpoint. Optional, see [registry.Config].
	CheckURL func(string) error
}

// Open opens the database at the version of this program, with its reference data. Close the
// registry's database after use. The error for a database that is not brought to our version wraps
// [db.ErrPendingMigrations] or [db.ErrNewerDatabase].
func (s Store) Open(ctx context.Context) (_ *registry.Registry, err error) {
	d, err := db.Open(ctx, s.Database)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := s.bring(ctx, d); err != nil {
		return nil, err
	}
	orders, err := jobs.New(jobs.Config{DB: d, Log: s.Log, Kinds: ordered(nil)})
	if err != nil {
		return nil, err
	}
	r, err := registry.New(registry.Config{
		DB: d, Secrets: s.Secrets, Settings: s.Settings, Clock: s.Clock, Log: s.Log, Parse: payload.Parse, Enqueue: orders.Enqueue, CheckURL: s.CheckURL,
	})
	if err != nil {
		return nil, err
	}
	if err := r.CheckKeysets(ctx); err != nil {
		return nil, err
	}
	if err := reference(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// bring sees to the database's version. The embedded one is brought to ours; a Postgres only if asked,
// since several servers may share it and it is somebody's decision.
func (s Store) bring(ctx context.Context, d *db.DB) error {
	if s.AsItIs {
		return d.CheckVersion(ctx)
	}
	if !s.Migrate && d.Dialect == db.Postgres {
		err := d.CheckVersion(ctx)
		if errors.Is(err, db.ErrPendingMigrations) {
			return fmt.Errorf("%w, or start with --migrate", err)
		}
		return err
	}
	applied, err := d.Migrate(ctx)
	if err != nil {
		return err
	}
	if applied > 0 {
		s.Log.InfoContext(ctx, "the database was migrated", slog.Int("migrations", applied))
	}
	return nil
}

// reference adds the reference data that is missing.
func reference(ctx context.Context, r *registry.Registry) error {
	err := seed.Reference(ctx, r)
	if db.Classify(err) == db.ClassUnique {
		// Another server on the same new database was at it at the same time.
		err = seed.Reference(ctx, r)
	}
	if err != nil {
		return fmt.Errorf("reference data: %w", err)
	}
	return nil
}
