package openapi_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi-validator/errors"
	"pgregory.net/rapid"

	"gelombang/webhooks/payload"
	"gelombang/webhooks/payload/payloadtest"
	"gelombang/webhooks/signature"
)

var (
	signedAt = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
	secret   = bytes.Repeat([]byte{7}, 32)
)

const path = "/webhooks/tokopedia"

// standard and pmo return the headers of a signed request.
func standard(body []byte) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	signature.SetStandardHeaders(h, "msg_1", signedAt, signature.SignV1(secret, "msg_1", signedAt, body))
	return h
}

func pmo(body []byte) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	signature.SetPMOHeaders(h, "tokopedia", signedAt, signature.SignPMO(secret, "tokopedia", signedAt, path, body))
	return h
}

func post(t testing.TB, h http.Header, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "https://prakerja.example"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = h
	return r
}

// describe lists what a validator found, down to the schema's errors.
func describe(errs []*errors.ValidationError) string {
	var b strings.Builder
	for _, err := range errs {
		b.WriteString(err.Message + ": " + err.Reason + "\n")
		for _, cause := range err.SchemaValidationErrors {
			b.WriteString("  " + cause.FieldPath + ": " + cause.Reason + "\n")
		}
	}
	return b.String()
}

func TestEncodedEventsMatchTheDocument(t *testing.T) {
	v := newValidator(t)
	rapid.Check(t, func(rt *rapid.T) {
		body, err := payload.Encode(payloadtest.Events().Draw(rt, "event"))
		if err != nil {
			rt.Fatal(err)
		}
		for name, h := range map[string]http.Header{"standard": standard(body), "pmo": pmo(body)} {
			if ok, errs := v.ValidateHttpRequestSync(post(t, h, body)); !ok {
				rt.Fatalf("%s: %s\n%s", name, body, describe(errs))
			}
		}
	})
}

func TestExamplesMatchTheDocument(t *testing.T) {
	v := newValidator(t)
	for name, example := range read(t).Components.Examples {
		if ok, errs := v.ValidateHttpRequestSync(post(t, standard(example.Value), example.Value)); !ok {
			t.Errorf("%s: %s", name, describe(errs))
		}
	}
}

func TestAcceptedBodiesMatchTheDocument(t *testing.T) {
	examples := read(t).Components.Examples
	tests := []struct{ name, example, old, replacement string }{
		{"longest code", "PurchaseCompleted", `INV/20210406/0001`, strings.Repeat("é", 128)},
		{"longest title", "OfferingUpserted", `Menjahit dasar`, strings.Repeat("語", 500)},
		{"longest url", "OfferingUpserted", `https://contoh.id/kelas/menjahit-dasar`, "https://contoh.id/" + strings.Repeat("x", 1982)},
		{"least amount", "PurchaseCompleted", `500000`, `0`},
		{"greatest amount", "PurchaseCompleted", `500000`, `1000000000000000`},
		{"greatest count", "CompleteThrough", `81250`, `1000000000000000`},
		{"no schedule", "PurchaseCompleted", `"schedule_code": "2021-04-12",`, ``},
		{"schedule null", "PurchaseCompleted", `"2021-04-12"`, `null`},
		{"title null", "PurchaseCompleted", `"Menjahit dasar"`, `null`},
		{"provider null", "PurchaseCompleted", `"Lembaga Contoh"`, `null`},
		{"category null", "PurchaseCompleted", `"Keterampilan"`, `null`},
		{"mode null", "PurchaseCompleted", `"online"`, `null`},
		{"time in UTC with a fraction", "PurchaseCompleted", `"purchased_at": "2021-04-06T17:44:59+07:00"`, `"purchased_at": "2021-04-06T10:44:59.123456789Z"`},
		{"unknown field", "PurchaseCompleted", `"amount"`, `"discount": {"code": "X"}, "amount"`},
		{"unknown field of the envelope", "PurchaseCompleted", `"type"`, `"version": 2, "type"`},
		{"withdrawal with the fields of an offering", "OfferingUpserted", `offering.upserted`, `offering.withdrawn`},
	}
	v := newValidator(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			example := string(examples[tt.example].Value)
			body := []byte(strings.Replace(example, tt.old, tt.replacement, 1))
			if string(body) == example {
				t.Fatal("the edit changes nothing")
			}
			if _, err := payload.Parse(body); err != nil {
				t.Error(err)
			}
			if ok, errs := v.ValidateHttpRequestSync(post(t, standard(body), body)); !ok {
				t.Errorf("the document refuses it: %s", describe(errs))
			}
		})
	}
}

// TestRefusedBodiesDoNotMatchTheDocument edits the examples. What JSON Schema cannot say (numbers
// such as 5e5, names that occur twice) is not here; the document says it in words.
func TestRefusedBodiesDoNotMatchTheDocument(t *testing.T) {
	examples := read(t).Components.Examples
	tests := []struct{ name, example, old, replacement string }{
		{"no type", "PurchaseCompleted", `"type": "purchase.completed",`, ``},
		{"unknown type", "PurchaseCompleted", `purchase.completed`, `purchase.refunded`},
		{"type of another event", "PurchaseCompleted", `purchase.completed`, `purchase.voided`},
		{"no timestamp", "PurchaseVoided", `"timestamp": "2021-04-07T09:00:00+07:00",`, ``},
		{"timestamp a number", "PurchaseVoided", `"timestamp": "2021-04-07T09:00:00+07:00"`, `"timestamp": 1617760800`},
		{"timestamp without an offset", "PurchaseVoided", `"timestamp": "2021-04-07T09:00:00+07:00"`, `"timestamp": "2021-04-07T09:00:00"`},
		{"data a string", "OfferingWithdrawn", `{ "course_code": "MENJAHIT-01" }`, `"MENJAHIT-01"`},
		{"data empty", "OfferingWithdrawn", `"course_code": "MENJAHIT-01"`, ``},
		{"no invoice", "PurchaseCompleted", `"invoice_code": "INV/20210406/0001",`, ``},
		{"invoice null", "PurchaseCompleted", `"INV/20210406/0001"`, `null`},
		{"invoice empty", "PurchaseCompleted", `"INV/20210406/0001"`, `""`},
		{"invoice a number", "PurchaseCompleted", `"INV/20210406/0001"`, `20210406`},
		{"invoice too long", "PurchaseCompleted", `INV/20210406/0001`, strings.Repeat("x", 129)},
		{"invoice with a space at the end", "PurchaseCompleted", `0406/0001`, `0406/0001 `},
		{"invoice with a control character", "PurchaseCompleted", `INV/`, `INV\u0000`},
		{"invoice with a zero-width space", "PurchaseCompleted", `INV/`, `INV\u200b`},
		{"card of 15 digits", "PurchaseCompleted", `0000000000000001`, `000000000000001`},
		{"card of 17 digits", "PurchaseCompleted", `0000000000000001`, `00000000000000001`},
		{"card with letters", "PurchaseCompleted", `0000000000000001`, `000000000000000a`},
		{"card a number", "PurchaseCompleted", `"0000000000000001"`, `1000000000000001`},
		{"amount negative", "PurchaseCompleted", `500000`, `-1`},
		{"amount with a fraction", "PurchaseCompleted", `500000`, `500000.5`},
		{"amount beyond the bound", "PurchaseCompleted", `500000`, `1000000000000001`},
		{"amount a string", "PurchaseCompleted", `500000`, `"500000"`},
		{"purchased on no day", "PurchaseCompleted", `"purchased_at": "2021-04-06`, `"purchased_at": "2021-02-29`},
		{"purchased with a comma", "PurchaseCompleted", `"purchased_at": "2021-04-06T17:44:59`, `"purchased_at": "2021-04-06T17:44:59,5`},
		{"title empty", "PurchaseCompleted", `"Menjahit dasar"`, `""`},
		{"title of spaces", "OfferingUpserted", `"Menjahit dasar"`, `"  "`},
		{"title too long", "OfferingUpserted", `Menjahit dasar`, strings.Repeat("語", 501)},
		{"title with a line break", "OfferingUpserted", `Menjahit dasar`, `Menjahit\ndasar`},
		{"mode in capitals", "PurchaseCompleted", `"online"`, `"ONLINE"`},
		{"mode unknown", "OfferingUpserted", `"online"`, `"hybrid"`},
		{"mode null where it is required", "OfferingUpserted", `"online"`, `null`},
		{"no price", "OfferingUpserted", `"price": 500000,`, ``},
		{"url without a scheme", "OfferingUpserted", `https://contoh.id`, `contoh.id`},
		{"url of another scheme", "OfferingUpserted", `https://`, `ftp://`},
		{"url without a host", "OfferingUpserted", `https://contoh.id/`, `https:///`},
		{"url with a port only", "OfferingUpserted", `contoh.id/`, `:443/`},
		{"url with a user name", "OfferingUpserted", `contoh.id`, `a@contoh.id`},
		{"url with a space", "OfferingUpserted", `menjahit-dasar`, `menjahit dasar`},
		{"url with a broken escape", "OfferingUpserted", `menjahit-dasar`, `%zz`},
		{"url too long", "OfferingUpserted", `menjahit-dasar`, strings.Repeat("x", 2000)},
		{"no reason", "PurchaseVoided", `"reason": "Kelas dibatalkan oleh lembaga"`, `"why": ""`},
		{"no through", "CompleteThrough", `"through"`, `"until"`},
		{"count negative", "CompleteThrough", `81250`, `-1`},
		{"no stage", "AlumniStageReached", `"stage"`, `"step"`},
	}
	v := newValidator(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			example := string(examples[tt.example].Value)
			body := []byte(strings.Replace(example, tt.old, tt.replacement, 1))
			if string(body) == example {
				t.Fatal("the edit changes nothing")
			}
			if _, err := payload.Parse(body); err == nil {
				t.Error("Parse accepts it")
			}
			if ok, _ := v.ValidateHttpRequestSync(post(t, standard(body), body)); ok {
				t.Errorf("the document accepts it: %s", body)
			}
		})
	}
}

func TestHeadersAreThoseOfOneScheme(t *testing.T) {
	body := []byte(read(t).Components.Examples["OfferingWithdrawn"].Value)
	edited := func(h http.Header, name, value string) http.Header {
		h = maps.Clone(h)
		h.Del(name)
		if value != "" {
			h.Set(name, value)
		}
		return h
	}
	tests := []struct {
		name string
		h    http.Header
		want bool
	}{
		{"Standard Webhooks", standard(body), true},
		{"pmo", pmo(body), true},
		{"pmo, hyphenated", edited(edited(pmo(body), "client_code", ""), "client-code", "tokopedia"), true},
		{"none", http.Header{"Content-Type": {"application/json"}}, false},
		{"no id", edited(standard(body), "webhook-id", ""), false},
		{"no timestamp", edited(standard(body), "webhook-timestamp", ""), false},
		{"no signature", edited(standard(body), "webhook-signature", ""), false},
		{"no client code", edited(pmo(body), "client_code", ""), false},
		{"no pmo timestamp", edited(pmo(body), "timestamp", ""), false},
		{"no pmo signature", edited(pmo(body), "signature", ""), false},
		{"malformed id", edited(standard(body), "webhook-id", "msg.1"), false},
		{"malformed timestamp", edited(standard(body), "webhook-timestamp", "soon"), false},
		{"malformed signature", edited(standard(body), "webhook-signature", "v1"), false},
		{"pmo signature in capitals", edited(pmo(body), "signature", strings.Repeat("A", 40)), false},
	}
	v := newValidator(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if ok, errs := v.ValidateHttpRequestSync(post(t, tt.h, body)); ok != tt.want {
				t.Errorf("valid: %t, want %t\n%s", ok, tt.want, describe(errs))
			}
		})
	}
}

func TestAnswersMatchTheDocument(t *testing.T) {
	tests := []struct {
		name   string
		status int
		header http.Header
		body   string
		want   bool
	}{
		{"applied", 200, nil, `{"status":"applied","delivery":"RGVsaXZlcnk6NDI"}`, true},
		{"duplicate", 200, nil, `{"status":"duplicate","delivery":"RGVsaXZlcnk6NDI"}`, true},
		{"applied without a delivery", 200, nil, `{"status":"applied"}`, false},
		{"quarantined as applied", 200, nil, `{"status":"quarantined","delivery":"RGVsaXZlcnk6NDI"}`, false},
		{"quarantined", 202, nil, `{"status":"quarantined","reason":"UNKNOWN_CARD"}`, true},
		{"quarantined for no reason", 202, nil, `{"status":"quarantined"}`, false},
		{"unauthorised", 401, nil, `{"error":"unauthorized"}`, true},
		{"method", 405, http.Header{"Allow": {"POST"}}, `{"error":"method not allowed"}`, true},
		{"method, without what is allowed", 405, nil, `{"error":"method not allowed"}`, false},
		{"too large", 413, nil, `{"error":"body too large"}`, true},
		{"encoded", 415, nil, `{"error":"content encoding not supported"}`, true},
		{"unavailable", 503, http.Header{"Retry-After": {"5"}}, `{"error":"unavailable"}`, true},
		{"unavailable for an unknown time", 503, nil, `{"error":"unavailable"}`, false},
		{"not found", 404, nil, `{"error":"not found"}`, false},
	}
	v := newValidator(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {"application/json"}}
			maps.Copy(h, tt.header)
			answer := &http.Response{StatusCode: tt.status, Header: h, Body: io.NopCloser(strings.NewReader(tt.body))}
			if ok, errs := v.ValidateHttpResponse(post(t, standard(nil), nil), answer); ok != tt.want {
				t.Errorf("valid: %t, want %t\n%s", ok, tt.want, describe(errs))
			}
		})
	}
}

func TestWorkedExamplesOfTheSchemesAreRight(t *testing.T) {
	schemes := read(t).Components.SecuritySchemes
	key, err := signature.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"standardSignature": signature.SignV1(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)),
		"pmoSignature":      signature.SignPMO([]byte("my_sign_key"), "myclient_code", time.Unix(1516239022, 0), "/api/v1/integration/payment/redeem-code/commit", []byte(`{"redeem_code":"code"}`)),
	}
	for scheme, want := range tests {
		if !strings.Contains(schemes[scheme].Description, "`"+want+"`") {
			t.Errorf("%s does not show %s", scheme, want)
		}
	}
}
