package db

import (
	"context"
	"fmt"
)

// The statements that give analysts access to the views of the schema analytics; the migration tries the same.
const makeAnalyst = "CREATE ROLE gelombang_analyst NOLOGIN;"

var admitAnalyst = []string{
	"GRANT USAGE ON SCHEMA analytics TO gelombang_analyst;",
	"GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO gelombang_analyst;",
	"ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO gelombang_analyst;",
}

// AnalystAccess returns the statements that are still to be run before analysts may read the views, in turn; none when
// they may. CREATE ROLE, which is the first when the role is missing, takes somebody who may make roles; the others are
// for the owner of the tables. It is for a Postgres at our version, where the login that migrates may lack the right to
// make roles; SQLite knows neither roles nor schemas, and wants none.
func (d *DB) AnalystAccess(ctx context.Context) ([]string, error) {
	if d.Dialect != Postgres {
		return nil, nil
	}
	var made, admitted bool
	// What is unknown is null to these functions, and so are their answers about it.
	err := d.Write.QueryRowContext(ctx, `SELECT to_regrole('gelombang_analyst') IS NOT NULL,
  coalesce(has_schema_privilege(to_regrole('gelombang_analyst')::oid, to_regnamespace('analytics')::oid, 'USAGE'), false)
    AND NOT EXISTS (SELECT 1 FROM pg_class
      WHERE relnamespace = to_regnamespace('analytics') AND relkind = 'v' AND NOT has_table_privilege(to_regrole('gelombang_analyst')::oid, oid, 'SELECT'))`,
	).Scan(&made, &admitted)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look for the analysts' access: %w", err)
	case !made:
		return append([]string{makeAnalyst}, admitAnalyst...), nil
	case !admitted:
		return append([]string(nil), admitAnalyst...), nil
	}
	return nil, nil
}
