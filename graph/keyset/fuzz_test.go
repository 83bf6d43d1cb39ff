package keyset_test

import (
	"errors"
	"testing"

	"gelombang/graph/keyset"
)

// FuzzCursor hands over cursors that nobody made.
func FuzzCursor(f *testing.F) {
	order := keyset.Order{Name: "o", Terms: []keyset.Term{{Column: "a", Kind: keyset.Text, Nullable: true}, {Column: "b", Kind: keyset.Instant}, {Column: "id", Kind: keyset.Integer}}}
	for _, values := range [][]any{{"x", int64(1), int64(2)}, {nil, int64(1), int64(2)}, {"x"}, {1, 2, 3}} {
		cursor, err := order.Cursor(values)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		page, err := keyset.NewPage(order, keyset.Request{After: &cursor}, keyset.Sizes{Largest: 1})
		if err != nil && !errors.Is(err, keyset.ErrBadCursor) {
			t.Fatal(err)
		}
		var args keyset.Args
		if err == nil && len(page.Where(&args)) != 1 {
			t.Fatal("the cursor does not bound the page")
		}
	})
}
