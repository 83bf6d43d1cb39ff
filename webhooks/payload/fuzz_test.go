package payload_test

import (
	"bytes"
	"errors"
	"testing"

	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// FuzzParse looks for a panic, for an error of another kind, and for a body that parses to an
// event which the contract cannot express.
func FuzzParse(f *testing.F) {
	for typ, data := range dataOf {
		f.Add(message(typ, "", ""))
		for field := range data {
			f.Add(message(typ, field, ""))
			f.Add(message(typ, field, "null"))
			f.Add(message(typ, field, `"\ud83d\ude00"`))
			f.Add(message(typ, field, `1e3`))
			f.Add(message(typ, field, `{"a":[{"a":1,"a":2}]}`))
		}
	}
	f.Add([]byte(`{"type":"purchase.refunded","timestamp":"2021-04-06T10:45:00+07:00"}`))
	f.Add([]byte("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := payload.Parse(body)
		if err != nil {
			checkError(t, err)
			return
		}
		again, err := payload.Encode(event)
		if err != nil {
			t.Fatalf("parsed, but cannot be encoded: %v", err)
		}
		same, err := payload.Parse(again)
		if err != nil || same != event {
			t.Fatalf("another event after a round trip: %#v, %#v, %v", event, same, err)
		}
		if twice, err := payload.Encode(same); err != nil || !bytes.Equal(again, twice) {
			t.Fatalf("not canonical: %s, %s, %v", again, twice, err)
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *payload.Error
	if !errors.As(err, &e) || e.Problem == "" {
		t.Fatalf("not an *Error with a problem: %#v", err)
	}
	if e.Reason != rules.ReasonMalformed && e.Reason != rules.ReasonUnsupportedType {
		t.Fatalf("reason %q", e.Reason)
	}
}
