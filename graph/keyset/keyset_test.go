package keyset_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// create makes a table with every kind of column, with and without null.
const create = `CREATE TABLE items (id bigint PRIMARY KEY, number bigint, word varchar, at %s NOT NULL, rank bigint NOT NULL, share double precision)`

func table(t *testing.T, d *db.DB) {
	t.Helper()
	instant := map[db.Dialect]string{db.Postgres: "timestamptz", db.SQLite: "datetime"}[d.Dialect]
	if _, err := d.Write.Exec(fmt.Sprintf(create, instant)); err != nil {
		t.Fatal(err)
	}
}

// terms draws an order: up to three terms with ties and nulls, then the id.
func terms(t *rapid.T) []keyset.Term {
	choices := []keyset.Term{
		{Column: "i.number", Kind: keyset.Integer, Nullable: true},
		{Column: "i.word", Kind: keyset.Text, Nullable: true},
		{Column: "i.at", Kind: keyset.Instant},
		{Column: "i.rank", Kind: keyset.Integer},
		{Column: "i.share", Kind: keyset.Float, Nullable: true},
	}
	drawn := rapid.Permutation(choices).Draw(t, "terms")[:rapid.IntRange(0, 3).Draw(t, "how many terms")]
	drawn = append(drawn, keyset.Term{Column: "i.id", Kind: keyset.Integer})
	for i := range drawn {
		drawn[i].Desc = rapid.Bool().Draw(t, "descending")
	}
	return drawn
}

func fill(t *rapid.T, d *db.DB) int {
	base := time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
	if _, err := d.Write.Exec("DELETE FROM items"); err != nil {
		t.Fatal(err)
	}
	n := rapid.IntRange(0, 25).Draw(t, "rows")
	bulk := db.Bulk{Table: "items", Columns: []string{"id", "number", "word", "at", "rank", "share"}}
	for id := range n {
		var number, word, share any
		if v := rapid.IntRange(-2, 2).Draw(t, "number"); v != 0 {
			number = v
		}
		if v := rapid.SampledFrom([]string{"", "null", "a", "b", "ä", "B", "a b", `"`}).Draw(t, "word"); v != "null" {
			word = v
		}
		if v := rapid.SampledFrom([]float64{0, 1. / 3, 0.1, math.Nextafter(0.1, 1), -1e300, 5e-324, 1 << 60}).Draw(t, "share"); v != 0 {
			share = v
		}
		at := base.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "at")) * time.Microsecond)
		bulk.Rows = append(bulk.Rows, []any{id, number, word, db.Instant(at), rapid.IntRange(0, 2).Draw(t, "rank"), share})
	}
	if err := bulk.Insert(context.Background(), d.Write, nil); err != nil {
		t.Fatal(err)
	}
	return n
}

// load reads a page as the lists do, and the cursor of each row.
func load(t *rapid.T, d *db.DB, page keyset.Page) (ids []int, cursors []string, more bool) {
	var args keyset.Args
	query := "SELECT i.id, " + columns(page.Order().Terms) + " FROM items i"
	if conditions := page.Where(&args); len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	query += " ORDER BY " + page.OrderBy() + " LIMIT " + args.Add(page.Limit())
	type row struct {
		id     int
		values []any
	}
	var rows []row
	err := db.Query(context.Background(), d.Write, func(scan *sql.Rows) error {
		r := row{}
		targets := []any{&r.id}
		var numbers [5]sql.NullInt64
		var words [5]sql.NullString
		var times [5]db.Time
		var floats [5]sql.NullFloat64
		for i, term := range page.Order().Terms {
			targets = append(targets, map[keyset.Kind]any{keyset.Integer: &numbers[i], keyset.Text: &words[i], keyset.Instant: &times[i], keyset.Float: &floats[i]}[term.Kind])
		}
		if err := scan.Scan(targets...); err != nil {
			return err
		}
		for i, term := range page.Order().Terms {
			switch {
			case term.Kind == keyset.Integer && numbers[i].Valid:
				r.values = append(r.values, numbers[i].Int64)
			case term.Kind == keyset.Text && words[i].Valid:
				r.values = append(r.values, words[i].String)
			case term.Kind == keyset.Instant && !times[i].IsZero():
				r.values = append(r.values, times[i].Time)
			case term.Kind == keyset.Float && floats[i].Valid:
				r.values = append(r.values, floats[i].Float64)
			default:
				r.values = append(r.values, nil)
			}
		}
		rows = append(rows, r)
		return nil
	}, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	rows, more = keyset.Cut(page, rows)
	for _, r := range rows {
		cursor, err := page.Order().Cursor(r.values)
		if err != nil {
			t.Fatal(err)
		}
		ids, cursors = append(ids, r.id), append(cursors, cursor)
	}
	return ids, cursors, more
}

func columns(terms []keyset.Term) string {
	names := make([]string, len(terms))
	for i, term := range terms {
		names[i] = term.Column
	}
	return strings.Join(names, ", ")
}

func beyond(t *rapid.T, d *db.DB, condition func(*keyset.Args) string) bool {
	var args keyset.Args
	c := condition(&args)
	if c == "" {
		return false
	}
	found := false
	err := db.Query(context.Background(), d.Write, func(*sql.Rows) error { found = true; return nil }, "SELECT 1 FROM items i WHERE "+c+" LIMIT 1", args...)
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return found
}

func page(t *rapid.T, order keyset.Order, r keyset.Request) keyset.Page {
	p, err := keyset.NewPage(order, r, keyset.Sizes{Default: 20, Largest: 100})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestWalkingAllPagesYieldsEveryRowOnce walks random tables in random orders by pages of random sizes, and
// holds both walks against one list without pages.
func TestWalkingAllPagesYieldsEveryRowOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		rapid.Check(t, func(t *rapid.T) {
			n := fill(t, d)
			order := keyset.Order{Name: "items", Terms: terms(t)}
			hundred := 100
			whole, _, _ := load(t, d, page(t, order, keyset.Request{First: &hundred}))
			if len(whole) != n {
				t.Fatalf("the whole list has %d rows, want %d", len(whole), n)
			}
			checkNullsLast(t, d, order, whole)
			if got := walk(t, d, order, false, n); !slices.Equal(got, whole) {
				t.Fatalf("forwards %v, want %v", got, whole)
			}
			if got := walk(t, d, order, true, n); !slices.Equal(got, whole) {
				t.Fatalf("backwards %v, want %v", got, whole)
			}
		})
	})
}

func walk(t *rapid.T, d *db.DB, order keyset.Order, backwards bool, n int) []int {
	var walked []int
	var cursor *string
	for {
		size := rapid.IntRange(1, 7).Draw(t, "page size")
		r := keyset.Request{First: &size, After: cursor}
		if backwards {
			r = keyset.Request{Last: &size, Before: cursor}
		}
		p := page(t, order, r)
		ids, cursors, more := load(t, d, p)
		behind := beyond(t, d, p.BeyondStart)
		if backwards {
			behind = beyond(t, d, p.BeyondEnd)
		}
		if behind != (len(walked) > 0) {
			t.Fatalf("something lies behind the page: %v, after %d rows", behind, len(walked))
		}
		if backwards {
			walked = append(append([]int{}, ids...), walked...)
		} else {
			walked = append(walked, ids...)
		}
		if len(walked) > n {
			t.Fatalf("walked %d rows of %d", len(walked), n)
		}
		if more != (len(walked) < n) {
			t.Fatalf("more is %v after %d of %d rows", more, len(walked), n)
		}
		if !more {
			return walked
		}
		cursor = &cursors[len(cursors)-1]
		if backwards {
			cursor = &cursors[0]
		}
	}
}

// checkNullsLast looks at the first term only: in either direction its nulls come after all others.
func checkNullsLast(t *rapid.T, d *db.DB, order keyset.Order, whole []int) {
	null := map[int]bool{}
	err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
		var id int
		err := rows.Scan(&id)
		null[id] = true
		return err
	}, "SELECT i.id FROM items i WHERE "+order.Terms[0].Column+" IS NULL")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(whole); i++ {
		if null[whole[i-1]] && !null[whole[i]] {
			t.Fatalf("row %d, a null, comes before row %d", whole[i-1], whole[i])
		}
	}
}

// TestAnOrderMayEndWithTermsThatAreNull walks rows that are told apart by two columns, either of which may be null.
func TestAnOrderMayEndWithTermsThatAreNull(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		const rows = `(1, 1, 'a'), (2, 1, NULL), (3, NULL, 'a'), (4, NULL, NULL), (5, 2, 'b')`
		if _, err := d.Write.Exec("INSERT INTO items (id, at, rank, number, word) SELECT id, $1, 0, number, word FROM (SELECT 0 AS id, 0 AS number, '' AS word WHERE 1 = 0 UNION ALL VALUES "+rows+") AS v", db.Instant(time.Now())); err != nil {
			t.Fatal(err)
		}
		for direction, want := range map[bool][]int{false: {1, 2, 5, 3, 4}, true: {5, 1, 2, 3, 4}} {
			order := keyset.Order{Name: "items", Terms: []keyset.Term{{Column: "i.number", Kind: keyset.Integer, Nullable: true, Desc: direction}, {Column: "i.word", Kind: keyset.Text, Nullable: true}}}
			rapid.Check(t, func(t *rapid.T) {
				if got := walk(t, d, order, false, len(want)); !slices.Equal(got, want) {
					t.Fatalf("forwards %v, want %v", got, want)
				}
				if got := walk(t, d, order, true, len(want)); !slices.Equal(got, want) {
					t.Fatalf("backwards %v, want %v", got, want)
				}
			})
		}
	})
}

// TestPagesBetweenTwoCursors asks for pages that are bounded on both sides.
func TestPagesBetweenTwoCursors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		rapid.Check(t, func(t *rapid.T) {
			n := fill(t, d)
			if n < 2 {
				return
			}
			order := keyset.Order{Name: "items", Terms: terms(t)}
			hundred := 100
			whole, cursors, _ := load(t, d, page(t, order, keyset.Request{First: &hundred}))
			from := rapid.IntRange(0, n-2).Draw(t, "after")
			to := rapid.IntRange(from+1, n-1).Draw(t, "before")
			between := page(t, order, keyset.Request{First: &hundred, After: &cursors[from], Before: &cursors[to]})
			got, _, more := load(t, d, between)
			if want := whole[from+1 : to]; more || !slices.Equal(got, want) {
				t.Fatalf("between rows %d and %d: %v, more %v; want %v", from, to, got, more, want)
			}
			if !beyond(t, d, between.BeyondStart) || !beyond(t, d, between.BeyondEnd) {
				t.Fatal("the rows of the cursors themselves lie beyond the page, and were not seen")
			}
		})
	})
}

func TestArgumentsThatCannotBeServed(t *testing.T) {
	order := keyset.Order{Name: "items/NUMBER/ASC", Terms: []keyset.Term{
		{Column: "number", Kind: keyset.Integer, Nullable: true}, {Column: "at", Kind: keyset.Instant}, {Column: "word", Kind: keyset.Text}, {Column: "id", Kind: keyset.Integer},
	}}
	shares := keyset.Order{Name: "shares", Terms: []keyset.Term{{Column: "share", Kind: keyset.Float}}}
	raw := func(s string) *string { c := base64.RawURLEncoding.EncodeToString([]byte(s)); return &c }
	number := func(n int) *int { return &n }
	text := func(s string) *string { return &s }
	tests := []struct {
		name string
		in   keyset.Request
		want error
	}{
		{"first and last together", keyset.Request{First: number(1), Last: number(1)}, keyset.ErrFirstAndLast},
		{"a negative first", keyset.Request{First: number(-1)}, keyset.ErrNegative},
		{"a negative last", keyset.Request{Last: number(-1)}, keyset.ErrNegative},
		{"an empty cursor", keyset.Request{After: text("")}, keyset.ErrBadCursor},
		{"not base64", keyset.Request{After: text("%%%")}, keyset.ErrBadCursor},
		{"not JSON", keyset.Request{Before: raw("hello")}, keyset.ErrBadCursor},
		{"an object", keyset.Request{After: raw(`{"o":1}`)}, keyset.ErrBadCursor},
		{"another order", keyset.Request{After: raw(`["items/NUMBER/DESC",1,1,"a",1]`)}, keyset.ErrBadCursor},
		{"too few values", keyset.Request{After: raw(`["items/NUMBER/ASC",1,1,"a"]`)}, keyset.ErrBadCursor},
		{"too many values", keyset.Request{After: raw(`["items/NUMBER/ASC",1,1,"a",1,1]`)}, keyset.ErrBadCursor},
		{"null where none can be", keyset.Request{After: raw(`["items/NUMBER/ASC",1,null,"a",1]`)}, keyset.ErrBadCursor},
		{"text for a number", keyset.Request{After: raw(`["items/NUMBER/ASC","1",1,"a",1]`)}, keyset.ErrBadCursor},
		{"a number for text", keyset.Request{After: raw(`["items/NUMBER/ASC",1,1,1,1]`)}, keyset.ErrBadCursor},
		{"a fraction", keyset.Request{After: raw(`["items/NUMBER/ASC",1.5,1,"a",1]`)}, keyset.ErrBadCursor},
		{"a number beyond 64 bits", keyset.Request{After: raw(`["items/NUMBER/ASC",9223372036854775808,1,"a",1]`)}, keyset.ErrBadCursor},
		{"an instant beyond the calendar", keyset.Request{After: raw(`["items/NUMBER/ASC",1,9223372036854775807,"a",1]`)}, keyset.ErrBadCursor},
		{"a character that Postgres cannot hold", keyset.Request{After: raw(`["items/NUMBER/ASC",1,1,"\u0000",1]`)}, keyset.ErrBadCursor},
		{"something after the JSON", keyset.Request{After: raw(`["items/NUMBER/ASC",1,1,"a",1] 1`)}, keyset.ErrBadCursor},
		{"invalid UTF-8", keyset.Request{After: raw("[\"items/NUMBER/ASC\",1,1,\"\xff\",1]")}, keyset.ErrBadCursor},
		{"longer than any", keyset.Request{After: text(strings.Repeat("A", 9000))}, keyset.ErrBadCursor},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := keyset.NewPage(order, tt.in, keyset.Sizes{Default: 20, Largest: 100}); !errors.Is(err, tt.want) {
				t.Errorf("NewPage: %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := keyset.NewPage(order, keyset.Request{After: raw(`["items/NUMBER/ASC",null,1,"a",1]`)}, keyset.Sizes{Largest: 1}); err != nil {
		t.Errorf("a cursor as we make it: %v", err)
	}
	for _, cursor := range []string{`["shares","1"]`, `["shares",null]`, `["shares",1e999]`} {
		if _, err := keyset.NewPage(shares, keyset.Request{After: raw(cursor)}, keyset.Sizes{Largest: 1}); !errors.Is(err, keyset.ErrBadCursor) {
			t.Errorf("%s: %v", cursor, err)
		}
	}
	var tooLarge *keyset.TooLargeError
	_, err := keyset.NewPage(order, keyset.Request{First: number(101)}, keyset.Sizes{Default: 20, Largest: 100})
	if !errors.As(err, &tooLarge) || tooLarge.Asked != 101 || tooLarge.Largest != 100 {
		t.Errorf("a page of 101: %v", err)
	}
}
