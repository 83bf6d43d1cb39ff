package jobs

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"gelombang/internal/db"
)

// newClient gives River the writing pool: it changes what it looks at, and must see its own changes.
func newClient(d *db.DB, rc *river.Config) (*river.Client[*sql.Tx], error) {
	if d.Dialect == db.Postgres {
		return river.NewClient(silentPostgres{riverdatabasesql.New(d.Write)}, rc)
	}
	return river.NewClient(silentSQLite{riversqlite.New(d.Write)}, rc)
}

// silentPostgres does not notify of jobs: nobody listens, and transactions that notify commit one after the other.
type silentPostgres struct{ *riverdatabasesql.Driver }

func (silentPostgres) SupportsListener() bool     { return false }
func (silentPostgres) SupportsListenNotify() bool { return false }

// silentSQLite does not either: each notice would be a row more to write and to clear away.
type silentSQLite struct{ *riversqlite.Driver }

func (silentSQLite) SupportsListener() bool     { return false }
func (silentSQLite) SupportsListenNotify() bool { return false }

// quiet is a log for River, whose everyday (that it started, cleaned up, that a job failed, which we say ourselves) is
// for those who look for something.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, hushed(level))
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = hushed(r.Level)
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

func hushed(level slog.Level) slog.Level {
	if level == slog.LevelInfo {
		return slog.LevelDebug
	}
	return level
}
