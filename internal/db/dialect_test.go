package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// item is a row of the table that these tests make for themselves.
type item struct {
	ID   int
	Name string
	At   time.Time // zero for NULL
}

func newItems(t *testing.T, d *db.DB) {
	t.Helper()
	mustExec(t, d.Write, "CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT NOT NULL, at TIMESTAMPTZ NULL)")
}

func items(t *testing.T, d *db.DB) []item {
	t.Helper()
	var all []item
	err := db.Query(context.Background(), d.Read, func(rows *sql.Rows) error {
		var x item
		var at db.Time
		if err := rows.Scan(&x.ID, &x.Name, &at); err != nil {
			return err
		}
		x.At = at.Time
		all = append(all, x)
		return nil
	}, "SELECT id, name, at FROM items ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBulkWritesEveryRowOnce at the edges of its runs of powers of two.
func TestBulkWritesEveryRowOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newItems(t, d)
		for _, n := range []int{0, 1, 2, 3, 127, 128, 129, 255, 1000} {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				mustExec(t, d.Write, "DELETE FROM items")
				bulk(t, d, n)
			})
		}
	})
}

// bulk inserts n rows and changes them all.
func bulk(t *testing.T, d *db.DB, n int) {
	t.Helper()
	ctx := context.Background()
	var want []item
	var fresh, changed [][]any
	for i := range n {
		x := item{ID: i + 1, Name: fmt.Sprintf("changed %d", i)}
		if i%3 > 0 {
			x.At = fixedNow.Add(time.Duration(i) * time.Microsecond)
		}
		want = append(want, x)
		fresh = append(fresh, []any{x.ID, "new", db.Time{Time: fixedNow}})
		changed = append(changed, []any{x.ID, x.Name, db.Time{Time: x.At}})
	}
	var returned []int
	err := d.InTx(ctx, fixedNow, func(tx *db.Tx) error {
		insert := db.Bulk{Table: "items", Columns: []string{"id", "name", "at"}, Rows: fresh, Suffix: "RETURNING id"}
		err := insert.Insert(ctx, tx, func(rows *sql.Rows) error {
			var id int
			err := rows.Scan(&id)
			returned = append(returned, id)
			return err
		})
		if err != nil {
			return err
		}
		return db.Bulk{Table: "items", Columns: []string{"name", "at"}, Rows: changed}.Update(ctx, tx, []string{"BIGINT", "TEXT", "TIMESTAMPTZ"})
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(returned)
	if len(returned) != n || len(slices.Compact(returned)) != n {
		t.Errorf("%d ids came back for %d rows", len(returned), n)
	}
	if diff := cmp.Diff(want, items(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestBulkOutsideATransaction runs on a pool, which does not tell its dialect.
func TestBulkOutsideATransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newItems(t, d)
		rows := [][]any{{1, "one", db.Time{}}, {2, "two", db.Time{Time: fixedNow}}, {3, "three", db.Time{}}}
		if err := (db.Bulk{Table: "items", Columns: []string{"id", "name", "at"}, Rows: rows}).Insert(context.Background(), d.Write, nil); err != nil {
			t.Fatal(err)
		}
		err := db.Bulk{Table: "items", Columns: []string{"name"}, Rows: [][]any{{3, "drei"}, {9, "nobody"}}}.Update(context.Background(), d.Write, []string{"BIGINT", "TEXT"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]item{{1, "one", time.Time{}}, {2, "two", fixedNow}, {3, "drei", time.Time{}}}, items(t, d)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// TestAnyOfAList passes lists of every length and texts that would break a list written by hand.
func TestAnyOfAList(t *testing.T) {
	names := []string{"plain", `"quoted"`, "with, comma", "{braces}", `back\slash`, "emoji 🌊", "NULL", ""}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newItems(t, d)
		for i, name := range names {
			mustExec(t, d.Write, "INSERT INTO items (id, name) VALUES ($1, $2)", i+1, name)
		}
		count := func(column string, list any) int {
			t.Helper()
			var n int
			if err := d.Read.QueryRow("SELECT COUNT(*) FROM items WHERE "+d.Dialect.Any(column, 1), list).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, tt := range []struct {
			column string
			list   any
			want   int
		}{
			{"name", d.Dialect.Texts(nil), 0},
			{"name", d.Dialect.Texts([]string{}), 0},
			{"name", d.Dialect.Texts(names), len(names)},
			{"name", d.Dialect.Texts([]string{"nobody", `"quoted"`, `"quoted"`}), 1},
			{"id", d.Dialect.Ints(nil), 0},
			{"id", d.Dialect.Ints([]int{-1, 1, 2, 1 << 40}), 2},
			{"id", d.Dialect.Ints(make([]int, 1000)), 0},
		} {
			if got := count(tt.column, tt.list); got != tt.want {
				t.Errorf("%s of %v: %d, want %d", tt.column, tt.list, got, tt.want)
			}
		}
	})
}

// TestQueryClosesItsRows whatever the callback says: SQLite has one connection to write with.
func TestQueryClosesItsRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newItems(t, d)
		mustExec(t, d.Write, "INSERT INTO items (id, name) VALUES (1, 'one'), (2, 'two')")
		for range 40 { // more than there are connections
			calls := 0
			err := db.Query(context.Background(), d.Write, func(*sql.Rows) error {
				calls++
				return sql.ErrNoRows
			}, "SELECT id FROM items")
			if calls != 1 || err != sql.ErrNoRows { //nolint:errorlint // exactly this one
				t.Fatalf("%d calls, %v", calls, err)
			}
		}
	})
}
