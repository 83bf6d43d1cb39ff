package payload_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// refused parses a body that must be refused.
func refused(t *testing.T, body []byte) *payload.Error {
	t.Helper()
	event, err := payload.Parse(body)
	var e *payload.Error
	if !errors.As(err, &e) {
		t.Fatalf("parsed as %#v with error %v, want an *Error", event, err)
	}
	if event != nil {
		t.Errorf("an event comes with the error: %#v", event)
	}
	return e
}

func TestRefusedBodies(t *testing.T) {
	good := string(purchaseWith("", ""))
	deep := func(levels int) string { return strings.Repeat(`[`, levels) + strings.Repeat(`]`, levels) }
	edit := func(old, replacement string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return strings.Replace(good, old, replacement, 1)
	}
	tests := []struct {
		name, body, path, typ string
	}{
		{"empty", ``, "", ""},
		{"white space", ` `, "", ""},
		{"not JSON", `type=purchase.completed`, "", ""},
		{"cut short", good[:len(good)-1], "", ""},
		{"byte order mark", "\ufeff" + good, "", ""},
		{"trailing comma", edit(`"1234567890123456",`, `"1234567890123456",,`), "", ""},
		{"trailing value", good + `{}`, "", ""},
		{"trailing bracket", good + `}`, "", ""},
		{"comment", `/* */` + good, "", ""},
		{"single quotes", `{'type':1}`, "", ""},
		{"control character in a string", edit(`"INV/1"`, "\"INV\t1\""), "", ""},
		{"invalid UTF-8 in a value", edit(`Menjahit`, "Menja\xffhit"), "", ""},
		{"invalid UTF-8 in a name", edit(`"mode"`, "\"mode\xc0\""), "", ""},
		{"encoded surrogate", edit(`Menjahit`, "\xed\xa0\x80"), "", ""},
		{"null", `null`, "", ""},
		{"number", `12`, "", ""},
		{"string", `"purchase.completed"`, "", ""},
		{"array of bodies", `[` + good + `]`, "", ""},
		{"unpaired high surrogate", edit(`Menjahit`, `\ud83d`), "", "purchase.completed"},
		{"unpaired low surrogate", edit(`Menjahit`, `\uDE00\ud83d`), "", "purchase.completed"},
		{"two high surrogates", edit(`Menjahit`, `\ud83d\ud83d`), "", "purchase.completed"},
		{"high surrogate before a letter", edit(`Menjahit`, `\ud83d\u0041`), "", "purchase.completed"},
		{"high surrogate before U+E000", edit(`Menjahit`, `\ud83d\ue000`), "", "purchase.completed"},
		{"array 17 levels deep", edit(`"mode"`, `"x":`+deep(15)+`,"mode"`), "data.*." + strings.Repeat("*.", 13) + "*", "purchase.completed"},
		{"array 5000 levels deep", edit(`"mode"`, `"x":`+deep(5000)+`,"mode"`), "data.*." + strings.Repeat("*.", 13) + "*", "purchase.completed"},

		{"type twice", edit(`"type":`, `"type":"purchase.voided","type":`), "type", ""},
		{"type three times", edit(`"type":`, `"type":"a","type":"b","type":`), "type", ""},
		{"data twice", edit(`"data":`, `"data":{},"data":`), "data", "purchase.completed"},
		{"amount twice", edit(`"amount":`, `"amount":1,"amount":`), "data.amount", "purchase.completed"},
		{"amount twice, once null", edit(`"amount":`, `"amount":null,"amount":`), "data.amount", "purchase.completed"},
		{"amount twice, once escaped", edit(`"amount":`, `"\u0061mount":1,"amount":`), "data.amount", "purchase.completed"},
		{"unknown name twice", edit(`"type":`, `"0812345678":1,"0812345678":1,"type":`), "*", "purchase.completed"},
		{"name twice far below", edit(`"mode"`, `"x":{"y":[{"amount":1,"amount":1}]},"mode"`), "data.*.*.*.amount", "purchase.completed"},
		{"empty name twice", edit(`"mode"`, `"":1,"":1,"mode"`), "data.*", "purchase.completed"},

		{"no type", edit(`"type":"purchase.completed",`, ``), "type", ""},
		{"type null", edit(`"purchase.completed"`, `null`), "type", ""},
		{"type a number", edit(`"purchase.completed"`, `7`), "type", ""},
		{"type empty", edit(`"purchase.completed"`, `""`), "type", ""},
		{"type in another case of its name", edit(`"type"`, `"Type"`), "type", ""},
		{"no timestamp", edit(`"timestamp":"2021-04-06T10:45:00Z",`, ``), "timestamp", "purchase.completed"},
		{"timestamp a number", edit(`"2021-04-06T10:45:00Z"`, `1617705900`), "timestamp", "purchase.completed"},
		{"timestamp without an offset", edit(`"2021-04-06T10:45:00Z"`, `"2021-04-06T10:45:00"`), "timestamp", "purchase.completed"},
		{"no data", `{"type":"purchase.voided","timestamp":"2021-04-06T10:45:00Z"}`, "data", "purchase.voided"},
		{"data null", `{"type":"purchase.voided","timestamp":"2021-04-06T10:45:00Z","data":null}`, "data", "purchase.voided"},
		{"data an array", `{"type":"purchase.voided","timestamp":"2021-04-06T10:45:00Z","data":[]}`, "data", "purchase.voided"},
		{"data a string", `{"type":"purchase.voided","timestamp":"2021-04-06T10:45:00Z","data":"{}"}`, "data", "purchase.voided"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := refused(t, []byte(tt.body))
			if e.Path != tt.path || e.Type != tt.typ || e.Reason != rules.ReasonMalformed {
				t.Errorf("path %q type %q reason %s, want path %q type %q", e.Path, e.Type, e.Reason, tt.path, tt.typ)
			}
			checkDiscreet(t, e)
		})
	}
}

// checkDiscreet fails if the error's text holds a value of the test bodies.
func checkDiscreet(t *testing.T, e *payload.Error) {
	t.Helper()
	for _, value := range []string{"INV", "12345678", "C2", "Menja", "Contoh", "08123", "secret"} {
		if strings.Contains(e.Error(), value) {
			t.Errorf("the error shows a value: %v", e)
		}
	}
}

func TestRefusedFields(t *testing.T) {
	codes := []string{`""`, `" A"`, `"A "`, `"A\u0000"`, `"A\nB"`, `"A\u007f"`, `"\u0085"`, `"A\u200bB"`, `"A\u00a0B"`, `"\u202eA"`, quote(strings.Repeat("é", 129)), `7`, `true`, `{}`, `["secret"]`}
	texts := []string{`""`, `" "`, `"\u3000"`, `"A\u0000"`, `"A\nB"`, `"A\tB"`, `"\u007f"`, `"\u009f"`, quote(strings.Repeat("語", 501)), `7`, `false`, `{}`, `[]`}
	modes := []string{`""`, `"ONLINE"`, `"Online"`, `"hybrid"`, `" online"`, `1`, `{}`}
	cards := []string{`""`, `"123456789012345"`, `"12345678901234567"`, `"1234 5678 9012 3456"`, `"123456789012345a"`, `"١٢٣٤٥٦٧٨"`, `"１２３４５６７８９０１２３４５６"`, `" 234567890123456"`, `1234567890123456`}
	integers := []string{`-1`, `-0`, `1.0`, `0.5`, `1e3`, `1E3`, `10e-1`, `1000000000000001`, `9007199254740993`, `9223372036854775808`, `1e999999999`, `"500000"`, `true`, `[1]`, strings.Repeat("9", 5000)}
	times := []string{
		`""`, `"2021-04-06"`, `"2021-04-06T17:44:59"`, `"2021-04-06T17:44Z"`, `"2021-04-06 17:44:59Z"`, `"2021-04-06t17:44:59z"`, `"2021-04-06T17:44:59,5Z"`, `"2021-04-06T17:44:59.Z"`,
		`"2021-04-06T7:44:59Z"`, `"2021-04-06T17:44:60Z"`, `"2021-04-06T24:00:00Z"`, `"2021-02-29T00:00:00Z"`, `"2021-13-01T00:00:00Z"`, `"2021-04-06T17:44:59+0700"`, `"2021-04-06T17:44:59+07"`, `"2021-04-06T17:44:59+24:00"`, `"2021-04-06T17:44:59+07:60"`,
		`"2021-04-06T17:44:59 +07:00"`, `" 2021-04-06T17:44:59Z"`, `"2021-04-06T17:44:59ZZ"`, `"1999-12-31T23:59:59Z"`, `"2000-01-01T00:00:00+00:01"`, `"2101-01-01T00:00:00Z"`, `"0000-01-01T00:00:00Z"`, `"12021-04-06T17:44:59Z"`, `1617705900`, `{}`,
	}
	urls := []string{`""`, `"contoh.id"`, `"/kelas"`, `"//contoh.id"`, `"ftp://contoh.id"`, `"javascript:alert(1)"`, `"https:contoh.id"`, `"https://"`, `"https:///kelas"`, `"https://:443/"`, `"https://contoh.id/a b"`, `"https://contoh.id/\u0000"`,
		`"https://contoh.id/%zz"`, `"https://a:b@contoh.id/"`, `"https://[::1"`, `"HTTPS://contoh.id"`, quote("https://contoh.id/" + strings.Repeat("a", 1983)), `7`}

	kinds := map[string][]string{
		"invoice_code": codes, "course_code": codes, "schedule_code": codes, "category": codes, "programme": codes, "stage": codes,
		"course_title": texts, "title": texts, "provider": texts, "reason": texts,
		"mode": modes, "card_number": cards, "amount": integers, "price": integers, "count": integers,
		"purchased_at": times, "voided_at": times, "reached_at": times, "through": times, "url": urls,
	}
	for typ, data := range dataOf {
		for field := range data {
			values, ok := kinds[field]
			if !ok {
				t.Fatalf("no values for %s", field)
			}
			if !slices.Contains(optionalOf[typ], field) {
				values = append([]string{"", "null"}, values...)
			}
			for _, value := range values {
				e := refused(t, message(typ, field, value))
				if e.Path != "data."+field || e.Type != typ || e.Reason != rules.ReasonMalformed {
					t.Errorf("%s with %s = %.40s: refused with %+v", typ, field, value, e)
				}
				checkDiscreet(t, e)
			}
		}
	}
}

func TestBaseOfTheRefusedFieldsIsAccepted(t *testing.T) {
	for typ := range dataOf {
		if _, err := payload.Parse(message(typ, "", "")); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
		for _, field := range optionalOf[typ] {
			for _, value := range []string{"", "null"} {
				if _, err := payload.Parse(message(typ, field, value)); err != nil {
					t.Errorf("%s with %s = %s: %v", typ, field, value, err)
				}
			}
		}
	}
}

func TestUnknownTypeIsToldApartFromAMalformedBody(t *testing.T) {
	tests := []struct{ name, typ, shown string }{
		{"of a later contract", "purchase.refunded", "purchase.refunded"},
		{"in another case", "Purchase.Completed", "Purchase.Completed"},
		{"with a space", "purchase.completed ", ""},
		{"with markup", "<b>", ""},
		{"a number", "1234567890123456", ""},
		{"64 characters", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"65 characters", strings.Repeat("a", 65), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := refused(t, []byte(`{"type":`+quote(tt.typ)+`}`))
			if e.Reason != rules.ReasonUnsupportedType || e.Path != "type" || e.Type != tt.shown {
				t.Errorf("refused with %+v, want the type shown as %q", e, tt.shown)
			}
			if strings.Contains(e.Error(), tt.typ) {
				t.Errorf("the error shows a value: %v", e)
			}
		})
	}
}
