// Package dbtest runs a test on both databases: on a fresh SQLite file and on a fresh database of a
// real Postgres. It is for tests only.
//
// The Postgres is, in this order: the server at GELOMBANG_TEST_DATABASE_URL, whose user may create
// databases; or a throw-away cluster, started from the newest binaries found on this machine and
// stopped when the test binary ends. Without either, the Postgres half is left out and says so;
// with CI=true it fails instead.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/db"
)

// Each runs fn on SQLite and on Postgres, as subtests, with a migrated and otherwise empty database.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) { fn(t, New(t, dialect)) })
	}
}

// New returns a migrated, empty database of the dialect, closed when the test ends. On Postgres it is a
// copy of one that was migrated before.
func New(t testing.TB, dialect db.Dialect) *db.DB {
	t.Helper()
	if dialect == db.SQLite {
		return Open(t, Config(t, dialect))
	}
	server := Server(t)
	if err := server.makeTemplate(); err != nil {
		t.Fatalf("make a template database: %v", err)
	}
	return Open(t, onPostgres(server.fresh(t, " TEMPLATE "+server.template)))
}

// Config returns the configuration of a fresh database, not yet migrated, for tests that open it
// themselves, several times or from another process.
func Config(t testing.TB, dialect db.Dialect) db.Config {
	t.Helper()
	if dialect == db.SQLite {
		return db.Config{DataDir: t.TempDir()}
	}
	return onPostgres(PostgresURL(t))
}

// onPostgres bounds statements as a server does, but so that a busy machine fails no test.
func onPostgres(address string) db.Config {
	return db.Config{URL: address, ReadTimeout: 30 * time.Second, AnalysisTimeout: time.Minute}
}

// Open opens and migrates the database, and closes it when the test ends.
func Open(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return d
}

var databases atomic.Int64

// PostgresURL returns the address of a fresh, empty database, dropped when the test ends. It skips the
// test where no Postgres can be had, and fails it there with CI=true.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return Server(t).fresh(t, "")
}

// fresh creates a database, dropped when the test ends, and returns its address.
func (p *Postgres) fresh(t testing.TB, options string) string {
	t.Helper()
	name := unusedName()
	if err := p.exec("CREATE DATABASE " + name + options); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := p.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Logf("drop %s: %v", name, err)
		}
	})
	return p.url(name)
}

func unusedName() string {
	return fmt.Sprintf("gelombang_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), databases.Add(1))
}

// makeTemplate migrates a database that others are copied from, once. It is left behind on a server that is
// not ours, under a name of this process.
func (p *Postgres) makeTemplate() error {
	p.templateMu.Lock()
	defer p.templateMu.Unlock()
	if p.template != "" {
		return nil
	}
	name := unusedName()
	if err := p.exec("CREATE DATABASE " + name); err != nil {
		return err
	}
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: p.url(name)})
	if err != nil {
		return err
	}
	_, err = d.Migrate(ctx)
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	p.template = name
	return nil
}
