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
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"entgo.io/ent/dialect"
	"modernc.org/sqlite"

	"gelombang/ent"
	"gelombang/internal/db/stmtcache"
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
	// MaxConns bounds each Postgres pool; that for analysis has half as many, at least 2. Zero means 16: on two cores 8, 12
	// and 16 answered alike, a fifth more than 4 and than 32.
	MaxConns int
	// ReadTimeout is how long a statement of the reading pool may take before Postgres cancels it. It is the net
	// below the contexts of the callers, so it is longer than theirs. A statement_timeout in the address wins.
	// Optional: zero sets none. SQLite has no such thing.
	ReadTimeout time.Duration
	// AnalysisTimeout is the same for the pool for analysis. [DB.Snapshot] has its own.
	AnalysisTimeout time.Duration
	// Unprepared keeps no prepared statements on the connections, as is needed behind a pooler that lends a connection of
	// its own for one transaction and does not know them.
	Unprepared bool
}

// DB is an open database. On Postgres the pools to read with go to the replica if there is one; on SQLite there
// is one writing connection, since SQLite has one writer.
type DB struct {
	Dialect Dialect
	// Write is for transactions; no statement of it has a timeout of ours.
	Write *sql.DB
	// Read is for the short queries of the applications.
	Read *sql.DB
	// Analysis is for the queries and exports of analysts and of PMO staff, which take long: in a small pool of their
	// own they wait for each other, and not the applications for them. Nothing can be written through it.
	Analysis *sql.DB
	// Fresh reads what was committed last, never from a replica: for what is asked of the answers to mutations. It has
	// few connections, so that however much is asked, the intake keeps its own. Nothing can be written through it.
	Fresh *sql.DB

	reader  *ent.Client
	primary *ent.Client
}

// ErrNoDatabase says that nobody has made the embedded database yet.
var ErrNoDatabase = errors.New("there is no database")

// CheckExists returns an error that wraps [ErrNoDatabase] when the configuration is of an embedded database that has
// not been made: [Open] would make it. Whether there is a Postgres, Open says.
func (cfg Config) CheckExists() error {
	if cfg.URL != "" {
		return nil
	}
	_, err := os.Stat(cfg.file())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in %s", ErrNoDatabase, cfg.DataDir)
	}
	if err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	return nil
}

// file is the name of the embedded database.
func (cfg Config) file() string { return filepath.Join(cfg.DataDir, "gelombang.db") }

// Open opens the database and checks that it answers. It does not migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.URL == "" {
		return openSQLite(ctx, cfg)
	}
	return openPostgres(ctx, cfg)
}

// Close closes the pools.
func (d *DB) Close() error {
	return errors.Join(d.Write.Close(), d.Read.Close(), d.Analysis.Close(), d.Fresh.Close())
}

// Client returns an ent client that reads outside any transaction, from the replica if there is one.
func (d *DB) Client() *ent.Client { return d.reader }

// Primary returns an ent client that reads what was committed last: never from a replica, which may lag.
func (d *DB) Primary() *ent.Client { return d.primary }

// Ping checks that the pools answer. One whose connections are all at work is not asked: whoever asks would wait for
// them, and the pool evidently reaches its database. That it is busy is no reason to send nobody to this server.
func (d *DB) Ping(ctx context.Context) error {
	for _, pool := range []struct {
		*sql.DB
		name string
	}{{d.Write, "the database"}, {d.Read, "the read database"}, {d.Analysis, "the database for analysis"}, {d.Fresh, "the database"}} {
		if s := pool.Stats(); s.InUse >= s.MaxOpenConnections {
			continue
		}
		if err := pool.PingContext(ctx); err != nil {
			return fmt.Errorf("%s does not answer: %w", pool.name, err)
		}
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
	if err := makePrivate(cfg.file()); err != nil {
		return nil, err
	}
	// The writer switches the file to WAL before any reader looks at it.
	write, err := sqlitePool(cfg, writing, 1)
	if err != nil {
		return nil, err
	}
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite in %s: %w", cfg.DataDir, err), write.Close())
	}
	read, err := sqlitePool(cfg, reading, max(4, runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	analysis, err := sqlitePool(cfg, analysing, 2)
	if err != nil {
		return nil, errors.Join(err, write.Close(), read.Close())
	}
	fresh, err := sqlitePool(cfg, reading, 2)
	if err != nil {
		return nil, errors.Join(err, write.Close(), read.Close(), analysis.Close())
	}
	return newDB(SQLite, write, read, analysis, fresh), nil
}

func sqlitePool(cfg Config, use sqliteUse, connections int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(sqliteDSN(cfg.file(), use))
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	pool := sql.OpenDB(stmtcache.Wrap(connector, embedded(cfg)))
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
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

// sqliteUse is what the connections of a pool are for, as their settings.
type sqliteUse struct {
	txlock    string
	tempStore string
	readOnly  bool
}

// What is sorted for an export may be larger than memory. SQLite's files for it are its owner's only and have no
// name; personal data are encrypted there as they are in the tables.
var (
	writing   = sqliteUse{txlock: "immediate", tempStore: "MEMORY"}
	reading   = sqliteUse{txlock: "deferred", tempStore: "MEMORY", readOnly: true}
	analysing = sqliteUse{txlock: "deferred", tempStore: "FILE", readOnly: true}
)

// sqliteDSN stores instants as integer microseconds, which sort and compare as numbers, and reads
// them back as UTC.
func sqliteDSN(file string, use sqliteUse) string {
	q := url.Values{
		"_txlock":              {use.txlock},
		"_time_integer_format": {"unix_micro"},
		"_inttotime":           {"1"},
		"_pragma": {
			"busy_timeout(10000)",
			"journal_mode(WAL)",
			"synchronous(FULL)",
			"foreign_keys(1)",
			"temp_store(" + use.tempStore + ")",
			"cache_size(-16384)", // 16 MiB for each connection
			"secure_delete(1)",   // what is erased is overwritten, not only unlinked
		},
	}
	if use.readOnly {
		q.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

func newDB(d Dialect, write, read, analysis, fresh *sql.DB) *DB {
	out := &DB{Dialect: d, Write: write, Read: read, Analysis: analysis, Fresh: fresh, reader: entClient(d, read)}
	out.primary = out.reader // SQLite's readers see every commit, and leave the writer alone
	if d == Postgres {
		out.primary = entClient(d, write)
	}
	return out
}

// dialect names as ent knows them.
var entDialect = map[Dialect]string{Postgres: dialect.Postgres, SQLite: dialect.SQLite}
