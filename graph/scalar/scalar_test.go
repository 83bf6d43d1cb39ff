package scalar_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"gelombang/graph/scalar"
	"gelombang/internal/rules"
)

func TestDateTime(t *testing.T) {
	tests := []struct{ in, out string }{
		{"2021-04-08T23:59:59+07:00", "2021-04-08T23:59:59+07:00"},
		{"2021-04-08T17:00:00Z", "2021-04-09T00:00:00+07:00"},
		{"2021-04-08T16:59:59.9999999Z", "2021-04-08T23:59:59.999999+07:00"},
		{"2021-04-08T10:00:00.5-02:00", "2021-04-08T19:00:00.5+07:00"},
		{"9999-12-31T16:59:59.999999Z", "9999-12-31T23:59:59.999999+07:00"},
	}
	for _, tt := range tests {
		at, err := scalar.UnmarshalDateTime(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		var b bytes.Buffer
		scalar.MarshalDateTime(at).MarshalGQL(&b)
		if b.String() != `"`+tt.out+`"` {
			t.Errorf("%s comes out as %s, want %s", tt.in, &b, tt.out)
		}
	}
}

func TestDateIsTheWIBDay(t *testing.T) {
	day, err := scalar.UnmarshalDate("2021-04-08")
	if err != nil || !day.Equal(time.Date(2021, 4, 7, 17, 0, 0, 0, time.UTC)) {
		t.Fatalf("%v, %v", day, err)
	}
	var b bytes.Buffer
	scalar.MarshalDate(day.Add(24*time.Hour - time.Microsecond)).MarshalGQL(&b)
	if b.String() != `"2021-04-08"` {
		t.Error(b.String())
	}
}

// TestAfterTheYear9999ThereIsNull: RFC 3339 has no fifth digit for a year.
func TestAfterTheYear9999ThereIsNull(t *testing.T) {
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, rules.WIB)
	for _, marshal := range []func(time.Time) graphql.Marshaler{scalar.MarshalDateTime, scalar.MarshalDate} {
		if marshal(last) == graphql.Null {
			t.Errorf("%v is null", last)
		}
		if after := last.Add(time.Second); marshal(after) != graphql.Null {
			t.Errorf("%v is not null", after)
		}
	}
}

func TestInputsThatAreNotWellFormed(t *testing.T) {
	tests := []struct {
		name string
		read func(any) error
		bad  []any
		want scalar.Error
	}{
		{"DateTime", func(v any) error { _, err := scalar.UnmarshalDateTime(v); return err },
			[]any{"", "2021-04-08", "2021-04-08T10:00:00", "0001-01-01T00:00:00+07:00", "10000-01-01T00:00:00Z", "9999-12-31T17:00:00Z", 7, nil, true}, scalar.ErrDateTime},
		{"Date", func(v any) error { _, err := scalar.UnmarshalDate(v); return err }, []any{"", "2021-02-30", "8 April", "2021-04-08T00:00:00Z", "0001-01-01", 7, nil}, scalar.ErrDate},
		{"CardNumber", func(v any) error { _, err := scalar.UnmarshalCardNumber(v); return err },
			[]any{"", "311300000000001", "31130000000000011", "311300000000000a", "３113000000000001", json.Number("3113000000000001"), nil}, scalar.ErrCardNumber},
		{"Rupiah", func(v any) error { _, err := scalar.UnmarshalRupiah(v); return err },
			[]any{"", "1.5", "+1", "1e3", json.Number("1.0"), json.Number("9223372036854775808"), 1.0, nil, true}, scalar.ErrRupiah},
		{"Float", func(v any) error { _, err := scalar.UnmarshalFloat(v); return err }, []any{"NaN", "1.5", math.NaN(), math.Inf(1), json.Number("1e999"), true}, scalar.ErrFloat},
		{"Int", func(v any) error { _, err := scalar.UnmarshalInt(v); return err }, []any{"1", json.Number("1.5"), json.Number("2147483648"), int64(-2147483649), 1.0, true}, scalar.ErrInt},
		{"String", func(v any) error { _, err := scalar.UnmarshalString(v); return err }, []any{"a\x00b", 7, nil, true}, scalar.ErrString},
	}
	for _, tt := range tests {
		for _, bad := range tt.bad {
			if err := tt.read(bad); !errors.Is(err, tt.want) {
				t.Errorf("%s %#v: %v", tt.name, bad, err)
			}
		}
	}
}

func TestRupiahIsExactTo64Bits(t *testing.T) {
	for _, in := range []any{json.Number("9223372036854775807"), "9223372036854775807", int64(9223372036854775807)} {
		amount, err := scalar.UnmarshalRupiah(in)
		var b bytes.Buffer
		scalar.MarshalRupiah(amount).MarshalGQL(&b)
		if err != nil || b.String() != "9223372036854775807" {
			t.Errorf("%#v: %s, %v", in, &b, err)
		}
	}
}

func TestMaskLeavesFourDigits(t *testing.T) {
	for in, want := range map[string]string{"3113000000001234": "************1234", "1234": "****", "": "", "12345": "*2345"} {
		if got := scalar.Mask(in); got != want {
			t.Errorf("%s is masked as %s", in, got)
		}
	}
}
