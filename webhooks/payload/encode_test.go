package payload_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/payload/payloadtest"
)

func TestParseIsTheInverseOfEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		event := payloadtest.Events().Draw(t, "event")
		body, err := payload.Encode(event)
		if err != nil {
			t.Fatal(err)
		}
		got, err := payload.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		if got != event {
			t.Fatal(cmp.Diff(event, got))
		}
	})
}

func TestEncodeWritesCanonicalBytes(t *testing.T) {
	at := time.Date(2021, 4, 6, 17, 44, 59, 120_000_999, rules.WIB)
	tests := []struct {
		name  string
		event rules.Event
		want  string
	}{
		{
			"optional fields left out, times in UTC cut to the microsecond",
			rules.PurchaseCompleted{Timestamp: at, InvoiceCode: "INV<1>", CardNumber: "1234567890123456", CourseCode: "C2", Amount: 500_000, PurchasedAt: at},
			`{"type":"purchase.completed","timestamp":"2021-04-06T10:44:59.12Z","data":{"invoice_code":"INV<1>","card_number":"1234567890123456","course_code":"C2","amount":500000,"purchased_at":"2021-04-06T10:44:59.12Z"}}`,
		},
		{
			"optional fields written",
			rules.PurchaseCompleted{Timestamp: at, InvoiceCode: "1", CardNumber: "1234567890123456", CourseCode: "C2", PurchasedAt: at, ScheduleCode: "S", CourseTitle: "T & U", Provider: "P", Category: "K", Mode: rules.ModeBlended},
			`{"type":"purchase.completed","timestamp":"2021-04-06T10:44:59.12Z","data":{"invoice_code":"1","card_number":"1234567890123456","course_code":"C2","amount":0,"purchased_at":"2021-04-06T10:44:59.12Z","schedule_code":"S","course_title":"T & U","provider":"P","category":"K","mode":"blended"}}`,
		},
		{
			"offering",
			rules.OfferingUpserted{Timestamp: at, CourseCode: "C2", Title: "T", Provider: "P", Category: "K", Mode: rules.ModeOnline, Price: 1, URL: "https://contoh.id/?a=1&b=2"},
			`{"type":"offering.upserted","timestamp":"2021-04-06T10:44:59.12Z","data":{"course_code":"C2","title":"T","provider":"P","category":"K","mode":"online","price":1,"url":"https://contoh.id/?a=1&b=2"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := payload.Encode(tt.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEncodeRefusesWhatParseWouldRefuse(t *testing.T) {
	at := time.Date(2021, 4, 6, 0, 0, 0, 0, time.UTC)
	good := rules.OfferingUpserted{Timestamp: at, CourseCode: "C2", Title: "T", Provider: "P", Category: "K", Mode: rules.ModeOnline, URL: "https://contoh.id"}
	with := func(edit func(*rules.OfferingUpserted)) rules.Event {
		e := good
		edit(&e)
		return e
	}
	if _, err := payload.Encode(good); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		event rules.Event
		path  string
	}{
		{"no code", with(func(e *rules.OfferingUpserted) { e.CourseCode = "" }), "data.course_code"},
		{"negative price", with(func(e *rules.OfferingUpserted) { e.Price = -1 }), "data.price"},
		{"no mode", with(func(e *rules.OfferingUpserted) { e.Mode = "" }), "data.mode"},
		{"unknown mode", with(func(e *rules.OfferingUpserted) { e.Mode = "HYBRID" }), "data.mode"},
		{"mode as the contract writes it", with(func(e *rules.OfferingUpserted) { e.Mode = "online" }), ""},
		{"invalid UTF-8", with(func(e *rules.OfferingUpserted) { e.Title = "T\xff" }), ""},
		{"no time", with(func(e *rules.OfferingUpserted) { e.Timestamp = time.Time{} }), "timestamp"},
		{"year 10000", with(func(e *rules.OfferingUpserted) { e.Timestamp = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, err := payload.Encode(tt.event)
			var e *payload.Error
			if !errors.As(err, &e) || body != nil {
				t.Fatalf("encoded as %s with error %v", body, err)
			}
			if e.Path != tt.path || e.Type != rules.TypeOfferingUpserted || e.Reason != rules.ReasonMalformed {
				t.Errorf("refused with %+v, want path %q", e, tt.path)
			}
		})
	}
}

// foreign is an event that is not of the contract.
type foreign struct{ rules.OfferingWithdrawn }

func TestEncodeRefusesForeignEvents(t *testing.T) {
	for _, event := range []rules.Event{nil, foreign{}, &rules.OfferingWithdrawn{}} {
		if body, err := payload.Encode(event); err == nil {
			t.Errorf("%T encoded as %s", event, body)
		}
	}
}
