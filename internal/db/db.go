// Package db opens the database, brings it to the right version, classifies its errors and runs
// transactions. It knows both dialects, Postgres and SQLite, so that the packages above it need
// not: they write one SQL text with $1, $2, … and the fragments of dialect.go.
//
// It does not know what the tables mean; that is the work of package registry.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/lib/pq"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"gelombang/ent"
)

// Config says which database to open.
type Config struct {
	// URL is a postgres:// or postgresql:// address. Empty means SQLite in DataDir.
	URL string
	// ReadURL is a Postgres replica for read-only queries. Optional; needs URL.
	ReadURL string
	// DataDir is the directory of the SQLite file gelombang.db, made when it is missing.
	// Required when URL is empty.
	DataDir string
	// MaxConns bounds each Postgres pool. Zero means 16.
	MaxConns int
}

// DB is an open database: a pool to write with and a pool to read with. On Postgres the latter goes to the
// replica if there is one; on SQLite there is one writing connection, since SQLite has one writer.
type DB struct {
	Dialect Dialect
	Write   *sql.DB
	Read    *sql.DB
	reader  *ent.Client
	primary *ent.Client
}

// Open opens the database and checks that it answers. It does not migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.URL == "" {
		return openSQLite(ctx, cfg)
	}
	return openPostgres(ctx, cfg)
}

// Close closes both pools.
func (d *DB) Close() error {
	return errors.Join(d.Write.Close(), d.Read.Close())
}

// Client returns an ent client that reads outside any transaction, from the replica if there is one.
func (d *DB) Client() *ent.Client { return d.reader }

// Primary returns an ent client that reads what was committed last: never from a replica, which may lag.
func (d *DB) Primary() *ent.Client { return d.primary }

// Ping checks that both pools answer.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.Write.PingContext(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if err := d.Read.PingContext(ctx); err != nil {
		return fmt.Errorf("the read database does not answer: %w", err)
	}
	return nil
}

func openSQLite(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.DataDir == "" {
		return nil, errors.New("neither a database address nor a data directory is set: set DATABASE_URL or GELOMBANG_DATA")
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file := filepath.Join(cfg.DataDir, "gelombang.db")
	if err := makePrivate(file); err != nil {
		return nil, err
	}
	// The writer switches the file to WAL before any reader looks at it.
	write, err := sql.Open("sqlite", sqliteDSN(file, "immediate", false))
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite in %s: %w", cfg.DataDir, err), write.Close())
	}
	read, err := sql.Open("sqlite", sqliteDSN(file, "deferred", true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite for reading: %w", err), write.Close())
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return newDB(SQLite, write, read), nil
}

// makePrivate makes the file, readable by its owner only, if there is none; SQLite gives the files beside it
// the same mode.
func makePrivate(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	return f.Close()
}

// sqliteDSN stores instants as integer microseconds, which sort and compare as numbers, and reads
// them back as UTC.
func sqliteDSN(file, txlock string, readOnly bool) string {
	q := url.Values{
		"_txlock":              {txlock},
		"_time_integer_format": {"unix_micro"},
		"_inttotime":           {"1"},
		"_pragma": {
			"busy_timeout(10000)",
			"journal_mode(WAL)",
			"synchronous(FULL)",
			"foreign_keys(1)",
			"temp_store(MEMORY)",
			"cache_size(-16384)", // 16 MiB for each connection
			"secure_delete(1)",   // what is erased is overwritten, not only unlinked
		},
	}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	write, err := postgresPool(ctx, cfg.URL, cfg.MaxConns)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	// A pool of its own for reading, also without a replica: queries must not keep the intake waiting.
	address, name := cfg.ReadURL, "GELOMBANG_READ_DATABASE_URL"
	if address == "" {
		address, name = cfg.URL, "DATABASE_URL"
	}
	read, err := postgresPool(ctx, address, cfg.MaxConns)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), write.Close())
	}
	return newDB(Postgres, write, read), nil
}

func postgresPool(ctx context.Context, address string, maxConns int) (*sql.DB, error) {
	dsn, err := postgresDSN(address)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		// The driver's error may repeat the address, and with it the password.
		return nil, errors.New("not an address that the Postgres driver accepts; the form is postgres://user:password@host:5432/database?sslmode=require")
	}
	if maxConns == 0 {
		maxConns = 16
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to Postgres: %w", err), pool.Close())
	}
	return pool, nil
}

// postgresDSN adds what we always want. binary_parameters sends a parameterised query in one round
// trip instead of two; UTC makes the server's arithmetic independent of its own configuration.
func postgresDSN(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errors.New("must begin with postgres:// or postgresql://")
	}
	q := u.Query()
	for key, value := range map[string]string{
		"binary_parameters": "yes", "timezone": "UTC", "application_name": "gelombang", "connect_timeout": "10",
	} {
		if !q.Has(key) {
			q.Set(key, value)
		}
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String(), nil
}

func newDB(d Dialect, write, read *sql.DB) *DB {
	out := &DB{Dialect: d, Write: write, Read: read, reader: entClient(d, read)}
	out.primary = out.reader // SQLite's readers see every commit, and leave the writer alone
	if d == Postgres {
		out.primary = entClient(d, write)
	}
	return out
}

// dialect names as ent knows them.
var entDialect = map[Dialect]string{Postgres: dialect.Postgres, SQLite: dialect.SQLite}
