package stmtcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"gelombang/internal/db/stmtcache"
	"gelombang/internal/dbtest"
)

const plain = "SELECT CAST($1 AS bigint)"

// numbered are texts that differ.
func numbered(i int) string { return fmt.Sprintf("%s /* %d */", plain, i) }

// TestATextIsPreparedOnce however often it is run: on a server when it is seen for the second time.
func TestATextIsPreparedOnce(t *testing.T) {
	on(t, 8, func(t *testing.T, pool *sql.DB, count *counting) {
		first := int64(1)
		if isPostgres(t) {
			first = 0
		}
		for i, want := range []int64{first, 1, 1, 1} {
			echo(t, pool, plain, i)
			if got := count.prepared.Load(); got != want {
				t.Errorf("run %d times, prepared %d times, want %d", i+1, got, want)
			}
		}
		tx, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		echo(t, tx, plain, 7)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if got := count.prepared.Load(); got != 1 {
			t.Errorf("prepared %d times with a transaction", got)
		}
	})
}

// TestOnAServerOnlyWhatIsSafeIsKept since its plan may be used for other values.
func TestOnAServerOnlyWhatIsSafeIsKept(t *testing.T) {
	pool, count := onPostgres(t, dbtest.PostgresURL(t), stmtcache.Policy{Size: 8, OnePlan: func(text string) bool { return text == numbered(1) }})
	for _, tt := range []struct {
		name string
		ctx  context.Context
		text string
		want int64
	}{
		{"neither", t.Context(), numbered(0), 0},
		{"a text with one plan", t.Context(), numbered(1), 1},
		{"short", stmtcache.Short(t.Context()), numbered(2), 1},
	} {
		before := count.prepared.Load()
		for range 3 {
			var got int
			if err := pool.QueryRowContext(tt.ctx, tt.text, 5).Scan(&got); err != nil || got != 5 {
				t.Errorf("%s: %d, %v", tt.name, got, err)
			}
		}
		if got := count.prepared.Load() - before; got != tt.want {
			t.Errorf("%s: prepared %d times, want %d", tt.name, got, tt.want)
		}
	}
}

// TestTextsWithoutArgumentsArePassedThrough because they may hold several statements.
func TestTextsWithoutArgumentsArePassedThrough(t *testing.T) {
	on(t, 8, func(t *testing.T, pool *sql.DB, count *counting) {
		for range 3 {
			exec(t, pool, "CREATE TABLE once (a bigint); INSERT INTO once VALUES (1); DROP TABLE once")
			exec(t, pool, "BEGIN; COMMIT")
			var n int
			if err := pool.QueryRowContext(stmtcache.Short(t.Context()), "SELECT 5").Scan(&n); err != nil || n != 5 {
				t.Errorf("%d, %v", n, err)
			}
		}
		if got := count.prepared.Load(); got != 0 {
			t.Errorf("%d were prepared", got)
		}
	})
}

// TestTheStatementUsedLongestAgoIsGivenUp and closed.
func TestTheStatementUsedLongestAgoIsGivenUp(t *testing.T) {
	on(t, 2, func(t *testing.T, pool *sql.DB, count *counting) {
		for _, i := range []int{1, 1, 2, 2, 1, 3, 3} { // 2 is given up for 3
			echo(t, pool, numbered(i), i)
		}
		if prepared, open := count.prepared.Load(), count.open.Load(); prepared != 3 || open != 2 {
			t.Errorf("%d were prepared, and %d are open", prepared, open)
		}
		echo(t, pool, numbered(1), 1)
		echo(t, pool, numbered(3), 3)
		if got := count.prepared.Load(); got != 3 {
			t.Errorf("what was kept was prepared again: %d", got)
		}
		echo(t, pool, numbered(2), 2)
		echo(t, pool, numbered(2), 2)
		if prepared, open := count.prepared.Load(), count.open.Load(); prepared != 4 || open != 2 {
			t.Errorf("after the first has come back, %d were prepared, and %d are open", prepared, open)
		}
	})
}

// TestAnErrorLeavesTheStatementUsable whether the values are wrong or their number.
func TestAnErrorLeavesTheStatementUsable(t *testing.T) {
	on(t, 8, func(t *testing.T, pool *sql.DB, _ *counting) {
		const insert = "INSERT INTO unique_numbers (n) VALUES ($1)"
		exec(t, pool, "CREATE TABLE unique_numbers (n bigint PRIMARY KEY)")
		ctx := stmtcache.Short(t.Context())
		for i := range 4 {
			if _, err := pool.ExecContext(ctx, insert, i); err != nil {
				t.Errorf("%d: %v", i, err)
			}
			if _, err := pool.ExecContext(ctx, insert, i); err == nil {
				t.Errorf("%d was inserted twice", i)
			}
			if _, err := pool.QueryContext(ctx, insert+" RETURNING n", i); err == nil { //nolint:rowserrcheck,sqlclosecheck // there are none
				t.Errorf("%d was inserted twice, and returned", i)
			}
			if _, err := pool.ExecContext(ctx, insert); err == nil {
				t.Error("nothing was inserted")
			}
		}
		var n int
		if err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM unique_numbers WHERE n >= $1", 0).Scan(&n); err != nil || n != 4 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// TestValuesAndColumnsAreTheDrivers whether a statement is kept or not.
func TestValuesAndColumnsAreTheDrivers(t *testing.T) {
	for _, size := range []int{0, 8} {
		pool, _ := onPostgres(t, dbtest.PostgresURL(t), stmtcache.Policy{Size: size})
		for range 3 {
			rows := query(t, pool, "SELECT cardinality($1::text[]) AS n, $2::numeric(9, 2) AS amount, $3::varchar(40) AS name, $4::timestamptz AS at, $5::bytea AS body",
				[]string{"a", "b"}, "12.30", "Siti", time.Unix(1, 0), []byte{1, 0, 2})
			types, err := rows.ColumnTypes()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range types {
				length, _ := c.Length()
				precision, scale, _ := c.DecimalSize()
				got = append(got, fmt.Sprint(c.Name(), " ", c.DatabaseTypeName(), " ", c.ScanType(), " ", length < 100, " ", precision, " ", scale))
			}
			want := []string{"n INT4 int32 true 0 0", "amount NUMERIC interface {} true 9 2", "name VARCHAR string true 0 0", "at TIMESTAMPTZ time.Time true 0 0", "body BYTEA []uint8 false 0 0"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			var n int
			var amount, name string
			var at time.Time
			var body []byte
			for rows.Next() {
				if err := rows.Scan(&n, &amount, &name, &at, &body); err != nil {
					t.Error(err)
				}
			}
			if n != 2 || amount != "12.30" || name != "Siti" || at.Unix() != 1 || string(body) != "\x01\x00\x02" {
				t.Errorf("%d, %s, %s, %v, %v", n, amount, name, at, body)
			}
			closeRows(t, rows)
		}
	}
}

// TestManyAtOnceGetTheirOwnAnswers while statements are prepared, given up and cancelled.
func TestManyAtOnceGetTheirOwnAnswers(t *testing.T) {
	on(t, 3, func(t *testing.T, pool *sql.DB, _ *counting) {
		pool.SetMaxOpenConns(4)
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range 150 {
					value := worker*1000 + i
					ctx, cancel := context.WithCancel(stmtcache.Short(t.Context()))
					if i%10 == 0 {
						go cancel()
					}
					var got int
					err := pool.QueryRowContext(ctx, numbered(i%5), value).Scan(&got)
					if err == nil && got != value || err != nil && i%10 != 0 {
						t.Errorf("%d, %v; want %d", got, err, value)
					}
					cancel()
				}
			})
		}
		wg.Wait()
	})
}

// TestAnUnwatchedStatementDoesNotBeginTooLate after it has waited for its connection.
func TestAnUnwatchedStatementDoesNotBeginTooLate(t *testing.T) {
	connector, err := pq.NewConnector(dbtest.PostgresURL(t) + "&binary_parameters=yes")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := stmtcache.Wrap(connector, stmtcache.Policy{Size: 8, Unwatched: true}).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(stmtcache.Short(t.Context()))
	cancel()
	args := []driver.NamedValue{{Ordinal: 1, Value: int64(1)}}
	if _, err := conn.(driver.QueryerContext).QueryContext(ctx, plain, args); !errors.Is(err, context.Canceled) {
		t.Errorf("a query: %v", err)
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, plain, args); !errors.Is(err, context.Canceled) {
		t.Errorf("a command: %v", err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// TestCopyIsPassedThrough and nothing else runs before its end.
func TestCopyIsPassedThrough(t *testing.T) {
	pool, _ := onPostgres(t, dbtest.PostgresURL(t), stmtcache.Policy{Size: 8})
	exec(t, pool, "CREATE TABLE copied (n bigint, name text)")
	echo(t, pool, plain, 1)
	echo(t, pool, plain, 2) // is kept from here on
	for _, text := range []string{`COPY "copied" ("n", "name") FROM STDIN`, " copy copied FROM STDIN"} {
		tx, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		echo(t, tx, plain, 3)
		stmt, err := tx.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if _, err := stmt.ExecContext(t.Context(), i, "Siti"); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.QueryRowContext(stmtcache.Short(t.Context()), plain, 4).Scan(new(int)); err == nil {
			t.Error("a query was answered in the midst of a COPY")
		}
		if _, err := stmt.ExecContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(stmt.Close(), tx.Commit()); err != nil { //nolint:sqlclosecheck // before the commit
			t.Fatal(err)
		}
		echo(t, pool, plain, 5)
	}
	var n int
	if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM copied").Scan(&n); err != nil || n != 200 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// TestAConnectionThatIsLostIsReplaced with the statements it kept.
func TestAConnectionThatIsLostIsReplaced(t *testing.T) {
	address := dbtest.PostgresURL(t)
	pool, count := onPostgres(t, address, stmtcache.Policy{Size: 8})
	other, _ := onPostgres(t, address, stmtcache.Policy{})
	for i := range 4 {
		echo(t, pool, plain, i)
	}
	var pid int
	if err := pool.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	exec(t, other, "SELECT pg_terminate_backend($1, 10000)", pid)
	// The driver says of the first that its outcome is unknown.
	_ = pool.QueryRowContext(stmtcache.Short(t.Context()), plain, 4).Scan(new(int))
	for i := range 4 {
		echo(t, pool, plain, i)
	}
	if got := count.prepared.Load(); got != 2 {
		t.Errorf("prepared %d times on two connections", got)
	}
}
