package db

import (
	"context"
	"errors"
	"strings"

	"github.com/lib/pq"

	"gelombang/internal/db/stmtcache"
)

// prepared is how many statements each connection keeps. Our own texts are fewer; those put together from an analyst's
// filters have no number. A server needs some 10 to 50 kB for one, and 250 kB for an INSERT of 128 rows.
const prepared = 256

// Short returns a context for statements that look up rows by their keys (column = $1, or [Dialect.Any]), in
// milliseconds. On Postgres such a statement stays prepared on its connection, where the same plan soon serves all
// values; and in [DB.Read] and [DB.Fresh] nobody waits beside it for the end of ctx: once begun it runs to its own, or
// for [Config.ReadTimeout] at the most. A statement that has not begun when ctx ends does not begin, and the rows of one
// that has are closed as ever.
//
// It is not for what is sorted and cut by a LIMIT, nor for a filter that few rows meet for one value and many for another:
// for all values at once Postgres may walk through another index than for the values at hand. A page of 51 rows by
// cohort, status and id took 1.1 ms so, and 0.25 ms planned for its values. On SQLite it means nothing.
func Short(ctx context.Context) context.Context { return stmtcache.Short(ctx) }

// How statements run on Postgres was measured with a table of 200,000 rows and two cores, in microseconds of processor
// time for one, server and driver together:
//
//	                                   one by its key   rows of 50 keys   a page by LIMIT
//	not prepared, planned each time                85               291               281
//	prepared, plan_cache_mode custom               60               292               258
//	prepared, plan_cache_mode auto                 50               233             1,136
//	prepared, plan_cache_mode generic              49               228             1,168
//	auto, without the driver's watcher             48               221
//
// So plan_cache_mode stays as it is (auto comes to the generic plan by itself), and what is not known to be safe with a
// generic plan is not prepared. To prepare it under force_custom_plan is no way out: that setting also holds for the
// plans inside the server, those of PL/pgSQL and of the checks of foreign keys, and 128 rows with two of those took 8.0 ms
// to insert instead of 1.1. Prepared, an INSERT of 128 rows and 10 columns takes 0.4 ms instead of 2.8.
func onServer(cfg Config) stmtcache.Policy {
	if cfg.Unprepared {
		return stmtcache.Policy{}
	}
	return stmtcache.Policy{Size: prepared, OnePlan: insertsValues, Stale: stale}
}

// unwatched is for pools whose statements are bounded by the applications' timeout.
func unwatched(cfg Config) stmtcache.Policy {
	p := onServer(cfg)
	p.Unwatched = cfg.ReadTimeout > 0
	return p
}

func embedded(cfg Config) stmtcache.Policy {
	p := stmtcache.Policy{Embedded: true}
	if !cfg.Unprepared {
		p.Size = prepared
	}
	return p
}

// insertsValues reports whether the text is an INSERT that looks nothing up.
func insertsValues(text string) bool {
	return strings.HasPrefix(text, "INSERT INTO ") && strings.Contains(text, ") VALUES (") && !strings.Contains(text, "SELECT")
}

// stale reports whether the error says that a prepared statement is not valid any more.
func stale(err error) bool {
	var pqErr *pq.Error
	if !errors.As(err, &pqErr) {
		return false
	}
	switch pqErr.Code {
	case "0A000": // feature_not_supported: also that a cached plan must not change its result type
		return true
	case "26000": // invalid_sql_statement_name: the session has lost it, as by DISCARD ALL
		return true
	}
	return false
}
