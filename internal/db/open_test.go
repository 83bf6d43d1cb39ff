package db_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestOpenRefusesWhatItCannotOpen and says what to set, without the password.
func TestOpenRefusesWhatItCannotOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		cfg  db.Config
		says string
	}{
		{"nothing", db.Config{}, "DATABASE_URL"},
		{"another database", db.Config{URL: "mysql://u:hunter2@localhost/x"}, "postgres://"},
		{"no address", db.Config{URL: "postgres://u:hunter2@local host:5432/x"}, "DATABASE_URL"},
		{"an unknown option", db.Config{URL: "postgres://u:hunter2@127.0.0.1:1/x?sslmode=sometimes"}, "DATABASE_URL"},
		{"nobody there", db.Config{URL: "postgres://u:hunter2@127.0.0.1:1/x"}, "DATABASE_URL"},
		{"a file for a directory", db.Config{DataDir: file}, "data directory"},
	} {
		d, err := db.Open(context.Background(), tt.cfg)
		if err == nil {
			t.Errorf("%s was opened", tt.name)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestWhatIsNotThereIsNotMade by looking for it.
func TestWhatIsNotThereIsNotMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cfg := db.Config{DataDir: dir}
	if err := cfg.CheckExists(); !errors.Is(err, db.ErrNoDatabase) || !strings.Contains(err.Error(), dir) {
		t.Errorf("no directory: %v", err)
	}
	if err := (db.Config{URL: "postgres://127.0.0.1:1/x", DataDir: dir}).CheckExists(); err != nil {
		t.Errorf("a Postgres: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := cfg.CheckExists(); !errors.Is(err, db.ErrNoDatabase) {
		t.Errorf("an empty directory: %v", err)
	}
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), cfg.CheckExists()); err != nil {
		t.Errorf("a database: %v", err)
	}
	if err := (db.Config{DataDir: filepath.Join(dir, "gelombang.db")}).CheckExists(); err == nil || errors.Is(err, db.ErrNoDatabase) {
		t.Errorf("a file for a directory: %v", err)
	}
}

// TestADatabaseIsOpenedAsWeRelyOnIt asks it for its settings.
func TestADatabaseIsOpenedAsWeRelyOnIt(t *testing.T) {
	settings := map[db.Dialect]map[string]string{
		db.SQLite:   {"PRAGMA journal_mode": "wal", "PRAGMA foreign_keys": "1", "PRAGMA synchronous": "2", "PRAGMA secure_delete": "1"},
		db.Postgres: {"SHOW timezone": "UTC", "SHOW application_name": "gelombang"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for query, want := range settings[d.Dialect] {
			var got string
			if err := d.Write.QueryRow(query).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %q (%v), want %q", query, got, err, want)
			}
		}
		if err := d.Ping(context.Background()); err != nil {
			t.Errorf("ping: %v", err)
		}
		for name, count := range map[string]func(context.Context) (int, error){
			"reader": d.Client().Province.Query().Count, "primary": d.Primary().Province.Query().Count,
		} {
			if n, err := count(context.Background()); n != 0 || err != nil {
				t.Errorf("the %s sees %d provinces (%v)", name, n, err)
			}
		}
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := d.Ping(context.Background()); err == nil {
			t.Error("a closed database answers")
		}
	})
}

// TestOnlyTheOwnerMayOpenTheDataDirectory because it holds everybody's data.
func TestOnlyTheOwnerMayOpenTheDataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	dbtest.Open(t, db.Config{DataDir: dir})
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has the mode %v (%v)", info.Mode(), err)
	}
}

// TestAReplicaIsReadFrom and never written to. The second database stands in for a replica.
func TestAReplicaIsReadFrom(t *testing.T) {
	primary, replica := dbtest.Config(t, db.Postgres), dbtest.Config(t, db.Postgres)
	dbtest.Open(t, primary)
	dbtest.Open(t, replica)
	d := dbtest.Open(t, db.Config{URL: primary.URL, ReadURL: replica.URL, MaxConns: 2})
	ctx := context.Background()
	err := d.InTx(ctx, fixedNow, func(tx *db.Tx) error {
		return tx.Client.Province.Create().SetID("31").SetName("DKI Jakarta").Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	lagging, err := d.Client().Province.Query().Count(ctx)
	if err != nil {
		t.Fatal(err)
	}
	written, err := d.Primary().Province.Query().Count(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if lagging != 0 || written != 1 {
		t.Errorf("the replica has %d rows, the primary %d", lagging, written)
	}
	if err := d.Ping(ctx); err != nil {
		t.Errorf("ping: %v", err)
	}
}
