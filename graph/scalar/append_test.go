package scalar_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"pgregory.net/rapid"

	"gelombang/graph/scalar"
	"gelombang/internal/rules"
)

// TestAppendedAsMarshalled: what the direct writer appends is what gqlgen writes.
func TestAppendedAsMarshalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		whole := rapid.Int64().Draw(t, "whole")
		float := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e20, 1e21, 1e-7})).Draw(t, "float")
		at := time.Unix(rapid.Int64Range(-70_000_000_000, 260_000_000_000).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond"))
		same(t, "String", scalar.MarshalString(text), scalar.AppendString(nil, text))
		same(t, "ID", graphql.MarshalID(text), scalar.AppendID(nil, text))
		same(t, "Name", scalar.MarshalName(text), scalar.AppendName(nil, text))
		same(t, "CardNumber", scalar.MarshalCardNumber(text), scalar.AppendCardNumber(nil, text))
		same(t, "Int", scalar.MarshalInt(int(whole)), scalar.AppendInt(nil, int(whole)))
		same(t, "Rupiah", scalar.MarshalRupiah(whole), scalar.AppendRupiah(nil, whole))
		same(t, "Float", scalar.MarshalFloat(float), scalar.AppendFloat(nil, float))
		same(t, "Boolean", graphql.MarshalBoolean(whole > 0), scalar.AppendBoolean(nil, whole > 0))
		sameTime(t, scalar.MarshalDateTime(at), scalar.AppendDateTime, at)
		sameTime(t, scalar.MarshalDate(at), scalar.AppendDate, at)
	})
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, rules.WIB)
	for _, at := range []time.Time{last, last.Add(1), {}} {
		sameTime(t, scalar.MarshalDateTime(at), scalar.AppendDateTime, at)
		sameTime(t, scalar.MarshalDate(at), scalar.AppendDate, at)
	}
}

func same(t rapid.TB, name string, want graphql.Marshaler, got []byte) {
	t.Helper()
	var b bytes.Buffer
	want.MarshalGQL(&b)
	if b.String() != string(got) {
		t.Errorf("%s: appended %s, marshalled %s", name, got, b.String())
	}
}

func sameTime(t rapid.TB, want graphql.Marshaler, appended func([]byte, time.Time) ([]byte, bool), at time.Time) {
	t.Helper()
	got, is := appended([]byte("x"), at)
	if null := want == graphql.Null; null == is || null && string(got) != "x" {
		t.Errorf("%v: appended %s, %t, and marshalled null: %t", at, got, is, null)
	} else if !null {
		same(t, at.String(), want, got[1:])
	}
}
