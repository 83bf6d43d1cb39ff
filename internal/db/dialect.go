package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// Dialect is a database's kind. Both accept $1, $2, … as parameters, CAST, RETURNING, ON CONFLICT,
// window functions and UPDATE … FROM; what differs is here.
type Dialect string

// The dialects.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)

// ForUpdate is the clause that locks the selected rows until the end of the transaction. Rows that refer to them may be
// inserted all the while: no key is ever changed. SQLite has one writer and needs none.
func (d Dialect) ForUpdate() string {
	if d == Postgres {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// ForShare is the clause that keeps the selected rows as they are until the end of the transaction. Several may hold it,
// and it excludes those who hold [Dialect.ForUpdate].
func (d Dialect) ForShare() string {
	if d == Postgres {
		return " FOR SHARE"
	}
	return ""
}

// Any is a condition that column is one of the elements of the parameter numbered n, which is
// an [Ints] or [Texts]. The text of the statement does not depend on how many there are.
func (d Dialect) Any(column string, n int) string {
	if d == Postgres {
		return fmt.Sprintf("%s = ANY($%d)", column, n)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", column, n)
}

// Ints is a list parameter for [Dialect.Any].
func (d Dialect) Ints(v []int) any {
	if d == Postgres {
		return pq.Array(v)
	}
	return jsonList(v)
}

// Texts is a list parameter for [Dialect.Any].
func (d Dialect) Texts(v []string) any {
	if d == Postgres {
		return pq.Array(v)
	}
	return jsonList(v)
}

func jsonList[T int | string](v []T) string {
	if v == nil {
		return "[]"
	}
	b, err := json.Marshal(v)
	if err != nil {
		// Integers and strings always have a JSON form.
		return "[]"
	}
	return string(b)
}

// Execer runs statements: a *sql.Tx or a *sql.DB.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// maxBulkRows is the most rows in one statement. Rows go in runs of powers of two, so that the
// statements' texts stay few, whatever the number of rows.
const maxBulkRows = 128

// Bulk is a set of rows for one table.
type Bulk struct {
	Table   string
	Columns []string
	Rows    [][]any
	// Suffix follows the VALUES, for example "ON CONFLICT … DO NOTHING RETURNING id".
	Suffix string
}

// Insert inserts the rows in as few statements as it can and calls each, if there is a RETURNING in
// the suffix, for every row that comes back.
func (b Bulk) Insert(ctx context.Context, tx Execer, each func(*sql.Rows) error) error {
	for rows := b.Rows; len(rows) > 0; {
		n := maxBulkRows
		for n > len(rows) {
			n /= 2
		}
		args := make([]any, 0, n*len(b.Columns))
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		rows = rows[n:]
		if err := b.run(ctx, tx, n, args, each); err != nil {
			return fmt.Errorf("insert into %s: %w", b.Table, err)
		}
	}
	return nil
}

func (b Bulk) run(ctx context.Context, tx Execer, n int, args []any, each func(*sql.Rows) error) error {
	query := "INSERT INTO " + b.Table + " (" + strings.Join(b.Columns, ", ") + ") VALUES " + valuesList(tx, n, len(b.Columns), nil) + " " + b.Suffix
	if each == nil {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}
	return Query(ctx, tx, each, query, args...)
}

// Update sets columns of the rows whose id is the first element of each row. Types name the SQL
// type of every element, the id included, because a bare VALUES list has none.
func (b Bulk) Update(ctx context.Context, tx Execer, types []string) error {
	for rows := b.Rows; len(rows) > 0; {
		n := maxBulkRows
		for n > len(rows) {
			n /= 2
		}
		args := make([]any, 0, n*(len(b.Columns)+1))
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		rows = rows[n:]
		set := make([]string, len(b.Columns))
		for i, c := range b.Columns {
			set[i] = c + " = v." + c
		}
		query := "WITH v (id, " + strings.Join(b.Columns, ", ") + ") AS (VALUES " + valuesList(tx, n, len(types), types) + ") UPDATE " + b.Table +
			" SET " + strings.Join(set, ", ") + " FROM v WHERE " + b.Table + ".id = v.id"
		if _, err := tx.ExecContext(Short(ctx), query, args...); err != nil { // by its key
			return fmt.Errorf("update %s: %w", b.Table, err)
		}
	}
	return nil
}

// valuesList writes n groups of w parameters, cast to types if there are any. SQLite looks every $1, $2, …
// up among all those before it, so that it gets ? instead.
func valuesList(tx Execer, n, w int, types []string) string {
	var sb strings.Builder
	t, ok := tx.(*Tx)
	plain := ok && t.Dialect == SQLite
	parameter := func(i int) string {
		if plain {
			return "?"
		}
		return "$" + strconv.Itoa(i)
	}
	for i := range n {
		if i > 0 {
			sb.WriteString(", ")
		}
		sb.WriteByte('(')
		for j := range w {
			if j > 0 {
				sb.WriteString(", ")
			}
			if types == nil {
				sb.WriteString(parameter(i*w + j + 1))
			} else {
				sb.WriteString("CAST(" + parameter(i*w+j+1) + " AS " + types[j] + ")")
			}
		}
		sb.WriteByte(')')
	}
	return sb.String()
}

// Query runs a query, calls each for every row and closes the rows.
func Query(ctx context.Context, tx Execer, each func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
