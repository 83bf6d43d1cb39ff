package db_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// finding is how each database asks for offerings with a word that begins with the parameter, as written there.
var finding = map[db.Dialect]string{
	db.SQLite:   "SELECT course_code FROM offerings WHERE id IN (SELECT rowid FROM offerings_search WHERE offerings_search MATCH $1 || '*') ORDER BY course_code",
	db.Postgres: "SELECT course_code FROM offerings WHERE array_to_tsvector(string_to_array(search, ' ')) @@ CAST($1 || ':*' AS tsquery) ORDER BY course_code",
}

const newOffering = "INSERT INTO offerings (course_code, title, provider, listed, created_at, updated_at, platform_id) SELECT $1, $2, $3, true, $4, $4, id FROM platforms"

func newPlatform(t *testing.T, d *db.DB) {
	t.Helper()
	mustExec(t, d.Write, "INSERT INTO platforms (code, name, kind, created_at) VALUES ('tokopedia', 'Tokopedia', 'marketplace', $1)", db.Instant(fixedNow))
}

// TestTheMigrationFillsInWhatSearchesLookAt for offerings that exist already.
func TestTheMigrationFillsInWhatSearchesLookAt(t *testing.T) {
	eachUnmigrated(t, func(t *testing.T, d *db.DB) {
		if _, err := goosed(t, d).UpTo(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		newPlatform(t, d)
		at := db.Instant(fixedNow)
		mustExec(t, d.Write, newOffering, "A", "  -- Membuat ROTI 100%!", "", at)
		mustExec(t, d.Write, newOffering, "B", "---", "'Dapur' & Kafé (Digital)", at)
		mustExec(t, d.Write, newOffering, "C", "", "", at)
		if _, err := d.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		for word, want := range map[string][]string{"rot": {"A"}, "100": {"A"}, "dapur": {"B"}, "digi": {"B"}, "oti": nil} {
			if diff := cmp.Diff(want, names(t, d.Read, finding[d.Dialect], word)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", word, diff)
			}
		}
	})
}

// TestSearchesFollowTheOfferings when they are added, changed and removed.
func TestSearchesFollowTheOfferings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newPlatform(t, d)
		for _, code := range []string{"A", "B", "C"} {
			mustExec(t, d.Write, newOffering, code, "", "", db.Instant(fixedNow))
		}
		mustExec(t, d.Write, "UPDATE offerings SET search = 'roti kukus'")
		mustExec(t, d.Write, "UPDATE offerings SET search = 'batik' WHERE course_code = 'B'")
		mustExec(t, d.Write, "UPDATE offerings SET title = 'Roti', search = search WHERE course_code = 'C'")
		mustExec(t, d.Write, "DELETE FROM offerings WHERE course_code = 'A'")
		for word, want := range map[string][]string{"kuk": {"C"}, "roti": {"C"}, "batik": {"B"}} {
			if diff := cmp.Diff(want, names(t, d.Read, finding[d.Dialect], word)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", word, diff)
			}
		}
		if d.Dialect == db.SQLite {
			mustExec(t, d.Write, "INSERT INTO offerings_search (offerings_search, rank) VALUES ('integrity-check', 1)")
		}
	})
}
