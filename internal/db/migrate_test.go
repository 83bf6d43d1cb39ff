package db_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"gelombang/ent/migrations"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// open opens a fresh database that is not migrated.
func open(t *testing.T, dialect db.Dialect) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), dbtest.Config(t, dialect))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func eachUnmigrated(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) { fn(t, open(t, dialect)) })
	}
}

func goosed(t *testing.T, d *db.DB) *goose.Provider {
	t.Helper()
	dir, err := fs.Sub(migrations.Files, string(d.Dialect))
	if err != nil {
		t.Fatal(err)
	}
	dialect := goose.DialectSQLite3
	if d.Dialect == db.Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.Write, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// objects lists what is in the database, but for what keeps its version.
func objects(t *testing.T, d *db.DB) []string {
	t.Helper()
	query := "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND tbl_name NOT LIKE 'goose%' ORDER BY 1"
	if d.Dialect == db.Postgres {
		query = `SELECT kind || ' ' || nspname || ' ' || name FROM pg_namespace JOIN (
			SELECT 'relation' AS kind, relname AS name, relnamespace AS schema FROM pg_class
			UNION ALL SELECT 'function', proname, pronamespace FROM pg_proc
			UNION ALL SELECT 'default privilege', defaclacl::text, defaclnamespace FROM pg_default_acl
			UNION ALL SELECT 'schema', '', oid FROM pg_namespace) x ON x.schema = pg_namespace.oid
			WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' AND name NOT LIKE 'goose%' ORDER BY 1`
	}
	var names []string
	err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}, query)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestMigrationsCanBeWalkedUpAndDown one by one, and leave nothing behind at the bottom.
func TestMigrationsCanBeWalkedUpAndDown(t *testing.T) {
	eachUnmigrated(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		p := goosed(t, d)
		levels := [][]string{objects(t, d)}
		for range p.ListSources() {
			if _, err := p.UpByOne(ctx); err != nil {
				t.Fatal(err)
			}
			levels = append(levels, objects(t, d))
		}
		if len(levels[len(levels)-1]) < 10 {
			t.Fatalf("at the top there are only %v", levels[len(levels)-1])
		}
		for level := len(levels) - 2; level >= 0; level-- {
			if _, err := p.Down(ctx); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(levels[level], objects(t, d)); diff != "" {
				t.Errorf("after the way down to %d (-before +after):\n%s", level, diff)
			}
		}
		if n, err := d.Migrate(ctx); err != nil || n != len(levels)-1 {
			t.Errorf("migrated %d again: %v", n, err)
		}
		if rest := drift(t, d); rest != "" {
			t.Errorf("after the second way up the migrations lack:\n%s", rest)
		}
	})
}

// TestBothDialectsHaveTheSameVersions by the names of the files.
func TestBothDialectsHaveTheSameVersions(t *testing.T) {
	var names [2][]string
	for i, dialect := range []string{"postgres", "sqlite"} {
		files, err := fs.Glob(migrations.Files, dialect+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names[i] = append(names[i], path.Base(f))
		}
	}
	if diff := cmp.Diff(names[0], names[1]); diff != "" || len(names[0]) == 0 || !slices.IsSorted(names[0]) {
		t.Errorf("migrations (-postgres +sqlite):\n%s", diff)
	}
}

// TestAnOlderDatabaseIsToldFromANewerOne before, at and after our version.
func TestAnOlderDatabaseIsToldFromANewerOne(t *testing.T) {
	eachUnmigrated(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.CheckVersion(ctx); !errors.Is(err, db.ErrPendingMigrations) {
			t.Errorf("an empty database: %v", err)
		}
		states, err := d.MigrationStatus(ctx)
		if err != nil || len(states) == 0 || states[0].Applied || states[0].Version != 1 || !strings.HasSuffix(states[0].Name, ".sql") {
			t.Errorf("the status of an empty database is %+v (%v)", states, err)
		}
		for _, want := range []int{len(states), 0} {
			if n, err := d.Migrate(ctx); n != want || err != nil {
				t.Errorf("migrated %d (%v), want %d", n, err, want)
			}
		}
		if err := d.CheckVersion(ctx); err != nil {
			t.Errorf("our own version: %v", err)
		}
		if states, err = d.MigrationStatus(ctx); err != nil || !states[len(states)-1].Applied {
			t.Errorf("the status of our own version is %+v (%v)", states, err)
		}
		mustExec(t, d.Write, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)", true)
		_, migrated := d.Migrate(ctx)
		_, status := d.MigrationStatus(ctx)
		for what, err := range map[string]error{"migrate": migrated, "check": d.CheckVersion(ctx), "status": status} {
			if !errors.Is(err, db.ErrNewerDatabase) {
				t.Errorf("%s a newer database: %v", what, err)
			}
		}
	})
}

// TestServersThatStartTogetherMigrateOnce, for Postgres has a lock for it.
func TestServersThatStartTogetherMigrateOnce(t *testing.T) {
	cfg := dbtest.Config(t, db.Postgres)
	counts, errs := make([]int, 2), make([]error, 2)
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() {
			d, err := db.Open(context.Background(), cfg)
			if err != nil {
				errs[i] = err
				return
			}
			counts[i], errs[i] = d.Migrate(context.Background())
			errs[i] = errors.Join(errs[i], d.Close())
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if err := errors.Join(errs...); err != nil || sum != len(goosed(t, dbtest.Open(t, cfg)).ListSources()) {
		t.Errorf("migrated %v: %v", counts, err)
	}
}
