package dbtest_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestEachGivesAFreshDatabaseOfEitherDialect twice, so that what the first left would be seen by the second.
func TestEachGivesAFreshDatabaseOfEitherDialect(t *testing.T) {
	var seen []db.Dialect
	for range 2 {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			ctx := context.Background()
			seen = append(seen, d.Dialect)
			if err := d.CheckVersion(ctx); err != nil {
				t.Errorf("not migrated: %v", err)
			}
			if n, err := d.Client().Province.Query().Count(ctx); n != 0 || err != nil {
				t.Errorf("%d rows in a fresh database (%v)", n, err)
			}
			err := d.InTx(ctx, time.Unix(0, 0), func(tx *db.Tx) error {
				return tx.Client.Province.Create().SetID("31").SetName("DKI Jakarta").Exec(ctx)
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	if len(seen) == 0 || seen[0] != db.SQLite {
		t.Errorf("ran on %v", seen)
	}
}

// TestTwoPoolsOfOneConfigurationShareADatabase as two servers do.
func TestTwoPoolsOfOneConfigurationShareADatabase(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			one, two := dbtest.Open(t, cfg), dbtest.Open(t, cfg)
			if _, err := one.Write.Exec("INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta')"); err != nil {
				t.Fatal(err)
			}
			if n, err := two.Client().Province.Query().Count(context.Background()); n != 1 || err != nil {
				t.Errorf("the other pool sees %d rows (%v)", n, err)
			}
		})
	}
}

// TestARestartLosesNothingThatWasCommitted though it is as hard as a crash, and the address stays.
func TestARestartLosesNothingThatWasCommitted(t *testing.T) {
	cluster := dbtest.NewCluster(t)
	address, err := cluster.CreateDatabase("gelombang")
	if err != nil {
		t.Fatal(err)
	}
	if got := cluster.URL("gelombang"); got != address {
		t.Errorf("the address is %s, and was %s", got, address)
	}
	d := dbtest.Open(t, db.Config{URL: address})
	if _, err := d.Write.Exec("INSERT INTO provinces (id, name) VALUES ('31', 'DKI Jakarta')"); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	conn, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	var n int
	if err := conn.QueryRow("SELECT COUNT(*) FROM provinces").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows after the restart (%v)", n, err)
	}
}
