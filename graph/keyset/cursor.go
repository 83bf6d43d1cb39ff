package keyset

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/internal/db"
)

// ErrBadCursor says that a cursor was not made by this list in this order.
var ErrBadCursor = errors.New("the cursor is not one of this list in this order: begin again without `after` and `before`, and keep `orderBy` the same from page to page")

var cursorEncoding = base64.RawURLEncoding.Strict()

// longestCursor bounds what is decoded, in characters. The longest text in an order is a title.
const longestCursor = 8192

// Cursor returns the opaque cursor of a row: the order's name and the row's values of its terms, each an
// int, int64, finite float64, string, time.Time or nil.
func (o Order) Cursor(values []any) (string, error) {
	content := make([]any, 0, len(values)+1)
	content = append(content, o.Name)
	for _, v := range values {
		if t, ok := v.(time.Time); ok {
			v = t.UnixMicro()
		}
		content = append(content, v)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	return cursorEncoding.EncodeToString(raw), nil
}

// parse is the inverse of Cursor. It returns [ErrBadCursor] for anything else.
func (o Order) parse(cursor string) ([]any, error) {
	if len(cursor) > longestCursor {
		return nil, ErrBadCursor
	}
	raw, err := cursorEncoding.DecodeString(cursor)
	if err != nil || !utf8.Valid(raw) {
		return nil, ErrBadCursor
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var content []any
	if err := dec.Decode(&content); err != nil || len(content) != len(o.Terms)+1 || content[0] != o.Name {
		return nil, ErrBadCursor
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrBadCursor
	}
	values := make([]any, len(o.Terms))
	for i, t := range o.Terms {
		if values[i], err = t.value(content[i+1]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// value checks one value of a cursor and brings it to the form of a parameter.
func (t Term) value(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		if t.Nullable {
			return nil, nil //nolint:nilnil // null is the value
		}
	case string:
		if t.Kind == Text && !strings.ContainsRune(v, 0) {
			return v, nil
		}
	case json.Number:
		if t.Kind == Float {
			return float(v)
		}
		n, err := v.Int64()
		if err != nil {
			return nil, ErrBadCursor
		}
		if t.Kind == Integer {
			return n, nil
		}
		if at := time.UnixMicro(n).UTC(); t.Kind == Instant && at.Year() >= 1 && at.Year() <= 9999 {
			return db.Instant(at), nil
		}
	}
	return nil, ErrBadCursor
}

// float reads a number as it was before it was written: JSON holds as many digits as tell it from every other.
func float(n json.Number) (any, error) {
	f, err := n.Float64()
	if err != nil {
		return nil, ErrBadCursor
	}
	return f, nil
}
