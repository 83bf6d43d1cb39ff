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

// TestDriftIsSeen guards the test above: it must notice a column that the migrations lack.
func TestDriftIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.Write.Exec("ALTER TABLE provinces DROP COLUMN name"); err != nil {
			t.Fatal(err)
		}
		if rest := drift(t, d); !strings.Contains(rest, "name") {
			t.Errorf("a missing column was not noticed, only %q", rest)
		}
	})
}

func drift(t *testing.T, d *db.DB) string {
	t.Helper()
	var out bytes.Buffer
	err := d.InTx(context.Background(), fixedNow, func(tx *db.Tx) error {
		return tx.Client.Schema.WriteTo(context.Background(), &out, schema.WithDropColumn(true), schema.WithDropIndex(true), migrate.WithForeignKeys(true))
	})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("BEGIN;", "", "COMMIT;", "").Replace(out.String())
	return strings.TrimSpace(text)
}
