package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"gelombang/ent/migrations"
)

// ErrNewerDatabase says that the database was migrated by a newer version of this program, which
// this one must not write to.
var ErrNewerDatabase = errors.New("the database is newer than this program: run the newer version, or restore the database from before its migration")

// ErrPendingMigrations says that the database is older than this program.
var ErrPendingMigrations = errors.New("the database has pending migrations: run `migrate up`")

// MigrationState is one migration and whether it has been applied.
type MigrationState struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate applies every pending migration and returns how many there were. On Postgres a session lock
// keeps two servers from migrating at once. It returns [ErrNewerDatabase] for a newer database.
func (d *DB) Migrate(ctx context.Context) (int, error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	if err := refuseNewer(ctx, p); err != nil {
		return 0, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	return len(results), nil
}

// CheckVersion returns [ErrPendingMigrations] or [ErrNewerDatabase] unless the database has exactly
// the version of this program.
func (d *DB) CheckVersion(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if err := refuseNewer(ctx, p); err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("look for pending migrations: %w", err)
	}
	if pending {
		return ErrPendingMigrations
	}
	return nil
}

// MigrationStatus lists the migrations of this program, oldest first.
func (d *DB) MigrationStatus(ctx context.Context) ([]MigrationState, error) {
	p, err := d.provider()
	if err != nil {
		return nil, err
	}
	if err := refuseNewer(ctx, p); err != nil {
		return nil, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	states := make([]MigrationState, len(all))
	for i, s := range all {
		states[i] = MigrationState{Version: s.Source.Version, Name: s.Source.Path, Applied: s.State == goose.StateApplied}
	}
	return states, nil
}

func refuseNewer(ctx context.Context, p *goose.Provider) error {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("version %d, ours is %d: %w", current, target, ErrNewerDatabase)
	}
	return nil
}

func (d *DB) provider() (*goose.Provider, error) {
	gd, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.Dialect == Postgres {
		gd = goose.DialectPostgres
		// Asks every second, for five minutes, whether another server has finished.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, fmt.Errorf("migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	dir, err := fs.Sub(migrations.Files, string(d.Dialect))
	if err != nil {
		return nil, fmt.Errorf("embedded migrations: %w", err)
	}
	p, err := goose.NewProvider(gd, d.Write, dir, options...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}
