package payload_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

func TestParseReadsEveryType(t *testing.T) {
	const card = "1234567890123456"
	var (
		sent   = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
		bought = time.Date(2021, 4, 6, 10, 44, 59, 123456000, time.UTC)
	)
	tests := []struct {
		name string
		body string
		want rules.Event
	}{
		{
			"purchase, smallest",
			`{"type":"purchase.completed","timestamp":"2021-04-06T10:45:00Z","data":{"invoice_code":"1","card_number":"1234567890123456","course_code":"2","amount":0,"purchased_at":"2021-04-06T17:44:59.123456+07:00"}}`,
			rules.PurchaseCompleted{Timestamp: sent, InvoiceCode: "1", CardNumber: card, CourseCode: "2", PurchasedAt: bought},
		},
		{
			"purchase, fullest",
			` { "data" : { "mode":"blended", "category":"Bahasa Asing", "provider":"PT Contoh", "course_title":"Inggris \u0026 Jepang",
			 "schedule_code":"S-1", "purchased_at":"2021-04-06T17:44:59.1234569999+07:00", "amount":1000000000000000, "course_code":"C 2",
			 "card_number":"1234567890123456", "invoice_code":"INV/1", "later":{"a":[{"b":null}]} }, "timestamp":"2021-04-06T10:45:00-00:00", "type":"purchase.completed", "id":7 } `,
			rules.PurchaseCompleted{
				Timestamp: sent, InvoiceCode: "INV/1", CardNumber: card, CourseCode: "C 2", Amount: 1_000_000_000_000_000, PurchasedAt: bought,
				ScheduleCode: "S-1", CourseTitle: "Inggris & Jepang", Provider: "PT Contoh", Category: "Bahasa Asing", Mode: rules.ModeBlended,
			},
		},
		{
			"purchase, optional fields null",
			`{"type":"purchase.completed","timestamp":"2021-04-06T10:45:00Z","data":{"invoice_code":"1","card_number":"1234567890123456","course_code":"2","amount":1,"purchased_at":"2021-04-06T10:44:59.123456Z","schedule_code":null,"course_title":null,"provider":null,"category":null,"mode":null}}`,
			rules.PurchaseCompleted{Timestamp: sent, InvoiceCode: "1", CardNumber: card, CourseCode: "2", Amount: 1, PurchasedAt: bought},
		},
		{
			"void",
			`{"type":"purchase.voided","timestamp":"2021-04-06T10:45:00Z","data":{"invoice_code":"INV/1","voided_at":"2021-04-06T17:44:59.123456+07:00","reason":"Dibatalkan pembeli"}}`,
			rules.PurchaseVoided{Timestamp: sent, InvoiceCode: "INV/1", VoidedAt: bought, Reason: "Dibatalkan pembeli"},
		},
		{
			"offering",
			`{"type":"offering.upserted","timestamp":"2021-04-06T10:45:00Z","data":{"course_code":"C2","title":"Menjahit","provider":"PT Contoh","category":"Mode","mode":"offline","price":500000,"url":"https://contoh.id/kelas?k=2"}}`,
			rules.OfferingUpserted{Timestamp: sent, CourseCode: "C2", Title: "Menjahit", Provider: "PT Contoh", Category: "Mode", Mode: rules.ModeOffline, Price: 500_000, URL: "https://contoh.id/kelas?k=2"},
		},
		{
			"withdrawal, smallest",
			`{"type":"offering.withdrawn","timestamp":"2021-04-06T10:45:00Z","data":{"course_code":"C2"}}`,
			rules.OfferingWithdrawn{Timestamp: sent, CourseCode: "C2"},
		},
		{
			"withdrawal with the fields of an offering",
			`{"type":"offering.withdrawn","timestamp":"2021-04-06T10:45:00Z","data":{"course_code":"C2","title":"Menjahit","provider":"PT Contoh","category":"Mode","mode":"online","price":1,"url":"https://contoh.id"}}`,
			rules.OfferingWithdrawn{Timestamp: sent, CourseCode: "C2"},
		},
		{
			"statement of completeness",
			`{"type":"purchases.complete_through","timestamp":"2021-04-06T10:45:00Z","data":{"through":"2021-04-06T00:00:00+07:00","count":12000,"amount":6000000000}}`,
			rules.CompleteThrough{Timestamp: sent, Through: time.Date(2021, 4, 5, 17, 0, 0, 0, time.UTC), Count: 12_000, Amount: 6_000_000_000},
		},
		{
			"alumni stage",
			`{"type":"alumni.stage_reached","timestamp":"2021-04-06T10:45:00Z","data":{"programme":"KUR","card_number":"1234567890123456","stage":"approved","reached_at":"2021-04-06T10:44:59.123456Z"}}`,
			rules.AlumniStageReached{Timestamp: sent, Programme: "KUR", CardNumber: card, Stage: "approved", ReachedAt: bought},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := payload.Parse([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if !inUTC(got) {
				t.Error("the times are not in UTC")
			}
		})
	}
}

// inUTC reports whether the event time is in UTC, which a comparison of instants does not see.
func inUTC(e rules.Event) bool { return e.EventTime().Location() == time.UTC }

func TestParseAcceptsValuesAtTheirBounds(t *testing.T) {
	tests := []struct{ name, field, value string }{
		{"code of 128 characters", "invoice_code", quote(strings.Repeat("é", 128))},
		{"code with punctuation", "invoice_code", quote(`INV#1/2021-04 (A) "b" \c`)},
		{"code escaped", "invoice_code", `"\u0041\ud83d\ude00"`},
		{"escaped backslash before a u", "invoice_code", `"\\ud800"`},
		{"title of 500 characters", "course_title", quote(strings.Repeat("語", 500))},
		{"title with spaces at both ends", "course_title", `" Menjahit "`},
		{"title with a joiner", "course_title", quote("a\u200db")},
		{"amount 0", "amount", `0`},
		{"amount 10^15", "amount", `1000000000000000`},
		{"first second of 2000", "purchased_at", `"2000-01-01T00:00:00Z"`},
		{"first second of 2000, elsewhere 1999", "purchased_at", `"1999-12-31T23:00:00-01:00"`},
		{"last second of 2100", "purchased_at", `"2100-12-31T23:59:59.999999999Z"`},
		{"leap day", "purchased_at", `"2024-02-29T00:00:00+07:00"`},
		{"greatest offset", "purchased_at", `"2021-04-06T00:00:00+23:59"`},
		{"one digit of a second", "purchased_at", `"2021-04-06T00:00:00.1Z"`},
		{"card of zeros", "card_number", `"0000000000000000"`},
		{"mode online", "mode", `"online"`},
		{"an unknown field in another case", "Amount", `"x"`},
		{"an unknown field 16 levels deep", "x", strings.Repeat("[", 14) + strings.Repeat("]", 14)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := payload.Parse(purchaseWith(tt.field, tt.value)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTimesAreCutNotRounded(t *testing.T) {
	event, err := payload.Parse(purchaseWith("purchased_at", `"2021-04-08T23:59:59.999999999+07:00"`))
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2021, 4, 8, 16, 59, 59, 999_999_000, time.UTC)
	if got := event.(rules.PurchaseCompleted).PurchasedAt; !got.Equal(want) {
		t.Errorf("got %v, want %v: rounding would make a purchase in time late", got, want)
	}
}
