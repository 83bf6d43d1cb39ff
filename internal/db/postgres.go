package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"gelombang/internal/db/stmtcache"
)

// noJIT is for what the applications ask. Where the estimate of a plan is high and there is little to do, compiling it
// took 100 ms of 230, and nothing they ask for lasts so long that it pays.
const noJIT = "off"

// idleAnalysis is how long a transaction of the pool for analysis may wait for its client: one whose reader has
// stalled must not hold back the cleaning of the tables (VACUUM), nor on a replica the replay.
const idleAnalysis = time.Minute

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	maxConns := cfg.MaxConns
	if maxConns == 0 {
		maxConns = 16
	}
	write, err := postgresPool(ctx, cfg.URL, maxConns, onServer(cfg), nil)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	// Pools of their own for reading, also without a replica: queries must not keep the intake waiting.
	address, name := cfg.ReadURL, "GELOMBANG_READ_DATABASE_URL"
	if address == "" {
		address, name = cfg.URL, "DATABASE_URL"
	}
	read, err := postgresPool(ctx, address, maxConns, unwatched(cfg), map[string]string{
		"statement_timeout": milliseconds(cfg.ReadTimeout), "jit": noJIT,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), write.Close())
	}
	analysis, err := postgresPool(ctx, address, max(2, maxConns/2), onServer(cfg), map[string]string{
		"statement_timeout":                   milliseconds(cfg.AnalysisTimeout),
		"idle_in_transaction_session_timeout": milliseconds(idleAnalysis),
		"default_transaction_read_only":       "on",
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), write.Close(), read.Close())
	}
	fresh, err := postgresPool(ctx, cfg.URL, max(2, maxConns/4), unwatched(cfg), map[string]string{
		"statement_timeout": milliseconds(cfg.ReadTimeout), "default_transaction_read_only": "on", "jit": noJIT,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("DATABASE_URL: %w", err), write.Close(), read.Close(), analysis.Close())
	}
	return newDB(Postgres, write, read, analysis, fresh), nil
}

// milliseconds is a timeout as Postgres reads it, empty if it is zero. Postgres would take 0 for none.
func milliseconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatInt(max(1, d.Milliseconds()), 10)
}

// postgresPool opens a pool whose connections begin with the run-time parameters that are not empty.
func postgresPool(ctx context.Context, address string, maxConns int, policy stmtcache.Policy, parameters map[string]string) (*sql.DB, error) {
	dsn, err := postgresDSN(address)
	if err != nil {
		return nil, err
	}
	cfg, err := pq.NewConfig(dsn)
	if err != nil {
		// The driver's error may repeat the address, and with it the password.
		return nil, errors.New("not an address that the Postgres driver accepts; the form is postgres://user:password@host:5432/database?sslmode=require")
	}
	addParameters(&cfg, parameters)
	// Of a timeout that the operator has set we cannot say whether it is one.
	policy.Unwatched = policy.Unwatched && cfg.Runtime["statement_timeout"] == parameters["statement_timeout"]
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, errors.New("not an address that the Postgres driver accepts")
	}
	pool := sql.OpenDB(stmtcache.Wrap(connector, policy))
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to Postgres: %w", err), pool.Close())
	}
	return pool, nil
}

// addParameters adds those that are not empty and that the operator has not set: as a parameter of the address
// (statement_timeout=…), in its options (options=-c statement_timeout=…) or in PGOPTIONS. The server would put
// a parameter of ours above an option of theirs. What is set for the role or the database only, ours overrides.
func addParameters(cfg *pq.Config, parameters map[string]string) {
	options := strings.ReplaceAll(cfg.Options, "-", "_") // --statement-timeout=… is the same
	for name, value := range parameters {
		if _, set := cfg.Runtime[name]; !set && value != "" && !strings.Contains(options, name) {
			cfg.Runtime[name] = value
		}
	}
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
