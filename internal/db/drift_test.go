package db_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"

	"gelombang/ent/migrate"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestMigrationsMatchTheSchema applies every migration and asks ent what it would still change.
func TestMigrationsMatchTheSchema(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if rest := drift(t, d); rest != "" {
			t.Errorf("the migrations lack:\n%s", rest)
		}
	})
}

// TestDriftIsSeen guards the test above: it must notice a column that the migrations lack, and an index that the
// schema does not know, also one beside the only one that it need not know.
func TestDriftIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mustExec(t, d.Write, "ALTER TABLE extensions DROP COLUMN reason")
		mustExec(t, d.Write, "CREATE INDEX offering_search_too ON offerings (search)")
		for _, want := range []string{"reason", "offering_search_too"} {
			if rest := drift(t, d); !strings.Contains(rest, want) {
				t.Errorf("%s was not noticed, only %q", want, rest)
			}
		}
	})
}

// unknownToEnt is one index of Postgres: it is on an expression, which ent has no words for. A test of the searches
// sees whether it is there and used. What else the schema lacks ent does not look at: the views of the schema
// analytics, SQLite's offerings_search with its triggers, and River's tables, which a test of package jobs compares.
const unknownToEnt = `DROP INDEX "offering_search";`

func drift(t *testing.T, d *db.DB) string {
	t.Helper()
	var out bytes.Buffer
	err := d.InTx(context.Background(), fixedNow, func(tx *db.Tx) error {
		return tx.Client.Schema.WriteTo(context.Background(), &out, schema.WithDropColumn(true), schema.WithDropIndex(true), migrate.WithForeignKeys(true))
	})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("BEGIN;", "", "COMMIT;", "", unknownToEnt, "").Replace(out.String())
	return strings.TrimSpace(text)
}
