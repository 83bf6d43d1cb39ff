package globalid_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gelombang/graph/globalid"
)

func TestDecodeIsTheInverseOfEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Z][A-Za-z]{0,15}`).Draw(t, "type")
		row := rapid.IntMin(0).Draw(t, "row")
		gotName, gotRow, ok := globalid.Decode(globalid.Encode(name, row))
		if !ok || gotName != name || gotRow != row {
			t.Fatalf("%s %d %v", gotName, gotRow, ok)
		}
	})
}

func TestDecodeTakesNothingElse(t *testing.T) {
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, in := range []string{
		"", "x", "Cohort:13", raw("Cohort"), raw("Cohort:"), raw("Cohort:x"), raw("Cohort:-1"), raw("Cohort:+1"), raw("Cohort:013"), raw("Cohort:1 "),
		raw("Cohort:99999999999999999999"), raw("Cohort:13") + "=", base64.StdEncoding.EncodeToString([]byte("Cohort:1")), strings.Repeat("A", 100), "Q29ob3J0OjE\n",
	} {
		if name, row, ok := globalid.Decode(in); ok {
			t.Errorf("%q is taken for %s %d", in, name, row)
		}
	}
}

func TestRowIsOfItsTypeOnly(t *testing.T) {
	if _, ok := globalid.Row("Review", globalid.Encode("Delivery", 1)); ok {
		t.Error("a delivery is taken for a review")
	}
	if row, ok := globalid.Row("Review", globalid.Encode("Review", 7)); !ok || row != 7 {
		t.Error("a review is not taken for one")
	}
}
