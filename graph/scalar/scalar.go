// Package scalar reads and writes the scalars of the GraphQL schema: instants and days in WIB, card
// numbers, rupiah, and text.
//
// An input that is not well formed is an error that says what form is wanted and never repeats the
// value, which may be personal data.
package scalar

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"gelombang/internal/rules"
)

// Error is an input that is not well formed. It says what form is wanted.
type Error string

func (e Error) Error() string { return string(e) }

// The errors.
const (
	ErrString     Error = "must be text in UTF-8 without the character U+0000"
	ErrInt        Error = "must be a whole number of 32 bits"
	ErrFloat      Error = "must be a number"
	ErrDateTime   Error = "must be an instant as in RFC 3339, between the years 1 and 9999 in WIB, such as 2021-04-08T23:59:59+07:00; for the beginning of a day write 2021-04-08T00:00:00+07:00"
	ErrDate       Error = "must be a day such as 2021-04-08"
	ErrCardNumber Error = "must be the 16 digits of a card number, as text"
	ErrRupiah     Error = "must be a whole number of rupiah"
)

// write returns a marshaller that writes JSON text as it is.
func write(text string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, text) // gqlgen's writer is a buffer
	})
}

// MarshalString writes text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads text. Postgres cannot hold U+0000 in text, so it is refused here, once for all.
func UnmarshalString(v any) (string, error) {
	s, ok := v.(string)
	if !ok || strings.ContainsRune(s, 0) {
		return "", ErrString
	}
	return s, nil
}

// MarshalInt writes a whole number.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads a whole number within the 32 bits of GraphQL's Int.
func UnmarshalInt(v any) (int, error) {
	n, err := graphql.UnmarshalInt64(v)
	if _, text := v.(string); text || err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, ErrInt
	}
	return int(n), nil
}

// MarshalFloat writes a finite number.
func MarshalFloat(f float64) graphql.Marshaler { return graphql.MarshalFloat(f) }

// UnmarshalFloat reads a finite number. What is none, as the text "NaN", would compare as it likes in each database.
func UnmarshalFloat(v any) (float64, error) {
	f, err := graphql.UnmarshalFloat(v)
	if _, text := v.(string); text || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, ErrFloat
	}
	return f, nil
}

// lastYear is the last that RFC 3339 can write.
const lastYear = 9999

// MarshalDateTime writes an instant in WIB, with as many digits of a second as it needs. One after the year
// 9999 is null, which gqlgen makes an error of where null may not be.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.In(rules.WIB).Year() > lastYear {
		return graphql.Null
	}
	return write(strconv.Quote(t.In(rules.WIB).Format(time.RFC3339Nano)))
}

// UnmarshalDateTime reads an instant, and cuts off what is finer than [rules.Resolution].
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, ErrDateTime
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, ErrDateTime
	}
	t = t.UTC().Truncate(rules.Resolution)
	if t.Year() < 1 || t.In(rules.WIB).Year() > lastYear || t.IsZero() {
		return time.Time{}, ErrDateTime
	}
	return t, nil
}

// MarshalDate writes the WIB day of an instant; null after the year 9999, as [MarshalDateTime].
func MarshalDate(t time.Time) graphql.Marshaler {
	if t.In(rules.WIB).Year() > lastYear {
		return graphql.Null
	}
	return write(strconv.Quote(t.In(rules.WIB).Format(time.DateOnly)))
}

// UnmarshalDate reads a day and returns its 00:00 WIB.
func UnmarshalDate(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, ErrDate
	}
	t, err := time.ParseInLocation(time.DateOnly, s, rules.WIB)
	if err != nil || t.UTC().Year() < 1 {
		return time.Time{}, ErrDate
	}
	return t, nil
}

// MarshalCardNumber writes a card number as it is given: in full, or masked by [Mask].
func MarshalCardNumber(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalCardNumber reads 16 digits.
func UnmarshalCardNumber(v any) (string, error) {
	s, ok := v.(string)
	if !ok || len(s) != 16 {
		return "", ErrCardNumber
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return "", ErrCardNumber
		}
	}
	return s, nil
}

// Mask hides all of a card number but its last four digits.
func Mask(card string) string {
	const shown = 4
	if len(card) <= shown {
		return strings.Repeat("*", len(card))
	}
	return strings.Repeat("*", len(card)-shown) + card[len(card)-shown:]
}

// MarshalRupiah writes an amount as a JSON number.
func MarshalRupiah(amount int64) graphql.Marshaler {
	return write(strconv.FormatInt(amount, 10))
}

// UnmarshalRupiah reads an amount: a whole number, or the digits of one as text.
func UnmarshalRupiah(v any) (int64, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case json.Number:
		return parseRupiah(v.String())
	case string:
		return parseRupiah(v)
	default:
		return 0, ErrRupiah
	}
}

func parseRupiah(s string) (int64, error) {
	amount, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strings.HasPrefix(s, "+") {
		return 0, ErrRupiah
	}
	return amount, nil
}

// MarshalName writes the name of a value of an enum.
func MarshalName(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalName reads the name of a value of an enum; that it is one has been validated.
func UnmarshalName(v any) (string, error) { return UnmarshalString(v) }
