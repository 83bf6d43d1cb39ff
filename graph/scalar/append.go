package scalar

import (
	"strconv"
	"time"

	"gelombang/internal/rules"
)

// The functions below append what the Marshal functions of the same names write, byte for byte, and of MarshalID and
// MarshalBoolean, which are gqlgen's. Those that report false append nothing and mean null.

const hexadecimal = "0123456789ABCDEF"

// AppendString appends what [MarshalString] writes. Bytes that are no UTF-8 stay as they are.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hexadecimal[c>>4], hexadecimal[c&0xf])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// AppendID appends what graphql.MarshalID writes.
func AppendID(b []byte, id string) []byte { return AppendString(b, id) }

// AppendName appends what [MarshalName] writes.
func AppendName(b []byte, s string) []byte { return AppendString(b, s) }

// AppendCardNumber appends what [MarshalCardNumber] writes.
func AppendCardNumber(b []byte, s string) []byte { return AppendString(b, s) }

// AppendBoolean appends what graphql.MarshalBoolean writes.
func AppendBoolean(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

// AppendInt appends what [MarshalInt] writes.
func AppendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// AppendFloat appends what [MarshalFloat] writes.
func AppendFloat(b []byte, f float64) []byte { return strconv.AppendFloat(b, f, 'g', -1, 64) }

// AppendRupiah appends what [MarshalRupiah] writes.
func AppendRupiah(b []byte, amount int64) []byte { return strconv.AppendInt(b, amount, 10) }

// AppendDateTime appends what [MarshalDateTime] writes. It reports false after the year 9999.
func AppendDateTime(b []byte, t time.Time) ([]byte, bool) { return appendTime(b, t, time.RFC3339Nano) }

// AppendDate appends what [MarshalDate] writes. It reports false after the year 9999.
func AppendDate(b []byte, t time.Time) ([]byte, bool) { return appendTime(b, t, time.DateOnly) }

func appendTime(b []byte, t time.Time, layout string) ([]byte, bool) {
	t = t.In(rules.WIB)
	if t.Year() > lastYear {
		return b, false
	}
	b = append(b, '"')
	b = t.AppendFormat(b, layout)
	return append(b, '"'), true
}
