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

// New returns a migrated, empty database of the dialect, closed when the test ends.
func New(t testing.TB, dialect db.Dialect) *db.DB {
	t.Helper()
	return Open(t, Config(t, dialect))
}

// Config returns the configuration of a fresh database, not yet migrated, for tests that open it
// themselves, several times or from another process.
func Config(t testing.TB, dialect db.Dialect) db.Config {
	t.Helper()
	if dialect == db.SQLite {
		return db.Config{DataDir: t.TempDir()}
	}
	return db.Config{URL: PostgresURL(t)}
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
	server := Server(t)
	name := fmt.Sprintf("gelombang_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), databases.Add(1))
	if err := server.exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := server.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Logf("drop %s: %v", name, err)
		}
	})
	return server.url(name)
}
