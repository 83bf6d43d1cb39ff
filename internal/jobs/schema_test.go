package jobs

import (
	"context"
	"database/sql"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"gelombang/ent/migrations"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

func migrator(t *testing.T, d *db.DB) *rivermigrate.Migrator[*sql.Tx] {
	t.Helper()
	if d.Dialect == db.Postgres {
		m, err := rivermigrate.New(riverdatabasesql.New(d.Write), nil)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m, err := rivermigrate.New(riversqlite.New(d.Write), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var says = regexp.MustCompile(`(?m)^-- River migration: (\d+)$`)

// version is the newest of River's migrations that ours say they hold.
func version(t *testing.T, dialect db.Dialect) int {
	t.Helper()
	files, err := fs.Glob(migrations.Files, string(dialect)+"/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	newest := 0
	for _, name := range files {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range says.FindAllStringSubmatch(string(text), -1) {
			n, err := strconv.Atoi(found[1])
			if err != nil {
				t.Fatal(err)
			}
			newest = max(newest, n)
		}
	}
	return newest
}

// TestOurMigrationsAreAsNewAsRivers and make the very same tables. Where it fails after River was raised, what River's
// newer migrations do must become a migration of ours, which says "River migration: N".
func TestOurMigrationsAreAsNewAsRivers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, ours *db.DB) {
		rivers, err := db.Open(t.Context(), dbtest.Config(t, ours.Dialect))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := rivers.Close(); err != nil {
				t.Error(err)
			}
		}()
		m := migrator(t, rivers)
		newest := slices.MaxFunc(m.AllVersions(), func(a, b rivermigrate.Migration) int { return a.Version - b.Version }).Version
		if got := version(t, ours.Dialect); got != newest {
			t.Errorf("River's newest migration is %d, ours say %d", newest, got)
		}
		if _, err := m.Migrate(t.Context(), rivermigrate.DirectionUp, nil); err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(shape(t, rivers), func(line string) bool { return strings.Contains(line, "river_migration") })
		if len(want) < 5 {
			t.Fatalf("River made only %v", want)
		}
		if diff := cmp.Diff(want, shape(t, ours)); diff != "" {
			t.Errorf("River's tables (-River's +ours):\n%s", diff)
		}
	})
}

// shape describes everything whose name begins with river: tables with their columns, constraints and indexes,
// functions, types and triggers.
func shape(t *testing.T, d *db.DB) []string {
	t.Helper()
	query := "SELECT sql FROM sqlite_master WHERE tbl_name LIKE 'river%' AND sql IS NOT NULL ORDER BY 1"
	if d.Dialect == db.Postgres {
		query = `WITH tables AS (SELECT oid, relname, relpersistence FROM pg_class WHERE relkind = 'r' AND relname LIKE 'river%')
			SELECT line FROM (
				SELECT 'table ' || relname || ' ' || relpersistence::text AS line FROM tables
				UNION ALL SELECT 'column ' || concat_ws(' ', relname, lpad(attnum::text, 2, '0'), attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
					FROM tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
				UNION ALL SELECT 'constraint ' || concat_ws(' ', relname, conname, pg_get_constraintdef(c.oid)) FROM tables JOIN pg_constraint c ON conrelid = tables.oid
				UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM tables JOIN pg_index ON indrelid = oid
				UNION ALL SELECT 'trigger ' || pg_get_triggerdef(g.oid) FROM tables JOIN pg_trigger g ON tgrelid = tables.oid
				UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'river%'
				UNION ALL SELECT 'type ' || typname || ' ' || string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_type t JOIN pg_enum ON enumtypid = t.oid WHERE typname LIKE 'river%' GROUP BY typname
			) x ORDER BY line COLLATE "C"`
	}
	var lines []string
	err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		lines = append(lines, line)
		return err
	}, query)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
