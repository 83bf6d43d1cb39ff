package webhooks_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/webhooks/signature"
)

const unauthorized = `{"error":"unauthorized"}`

// forgeries are requests that must be refused, each made from a good one by a single change.
func forgeries(in *intake) map[string]func(r *request) {
	at := in.Clock.Now()
	v1 := func(secret []byte, id string, at time.Time, body []byte) string {
		return signature.SignV1(secret, id, at, body)
	}
	resign := func(r *request, id string, at time.Time) {
		signature.SetStandardHeaders(r.header, id, at, v1(in.secret, id, at, r.body))
	}
	pmo := func(r *request, code string, at time.Time, path string, sig string) {
		r.header = http.Header{}
		if sig == "" {
			sig = signature.SignPMO(in.signKey, clientCode, at, path, r.body)
		}
		signature.SetPMOHeaders(r.header, code, at, sig)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	return map[string]func(r *request){
		"no headers":            func(r *request) { r.header = http.Header{} },
		"no id":                 func(r *request) { r.header.Del("webhook-id") },
		"no timestamp":          func(r *request) { r.header.Del("webhook-timestamp") },
		"no signature":          func(r *request) { r.header.Del("webhook-signature") },
		"empty id":              func(r *request) { r.header.Set("webhook-id", "") },
		"empty timestamp":       func(r *request) { r.header.Set("webhook-timestamp", "") },
		"empty signature":       func(r *request) { r.header.Set("webhook-signature", "") },
		"two ids":               func(r *request) { r.header.Add("webhook-id", "msg_x") },
		"two equal ids":         func(r *request) { r.header.Add("webhook-id", r.header.Get("webhook-id")) },
		"two timestamps":        func(r *request) { r.header.Add("webhook-timestamp", r.header.Get("webhook-timestamp")) },
		"two signature headers": func(r *request) { r.header.Add("webhook-signature", r.header.Get("webhook-signature")) },
		"another id":            func(r *request) { r.header.Set("webhook-id", "msg_other") },
		"an id of 129":          func(r *request) { resign(r, strings.Repeat("a", 129), at) },
		"an id with a dot":      func(r *request) { resign(r, "msg.1", at) },
		"an id with a slash":    func(r *request) { resign(r, "msg/1", at) },
		"an id not in ASCII":    func(r *request) { resign(r, "msg_é", at) },
		"another timestamp":     func(r *request) { r.header.Set("webhook-timestamp", fmt.Sprint(at.Unix()+1)) },
		"stale by a second":     func(r *request) { resign(r, "msg_stale", at.Add(-301*time.Second)) },
		"ahead by a second":     func(r *request) { resign(r, "msg_ahead", at.Add(301*time.Second)) },
		"a timestamp in ms":     func(r *request) { r.header.Set("webhook-timestamp", fmt.Sprint(at.UnixMilli())) },
		"a negative timestamp":  func(r *request) { r.header.Set("webhook-timestamp", "-1617705900") },
		"a timestamp with +":    func(r *request) { r.header.Set("webhook-timestamp", "+1617705900") },
		"a hexadecimal time":    func(r *request) { r.header.Set("webhook-timestamp", "0x606c44ec") },
		"a time of 12 digits":   func(r *request) { r.header.Set("webhook-timestamp", "000"+fmt.Sprint(at.Unix())[1:]) },
		"a body changed":        func(r *request) { r.body = bytes.Replace(r.body, []byte("250000"), []byte("250001"), 1) },
		"a body with a space":   func(r *request) { r.body = append(r.body, ' ') },
		"a body cut":            func(r *request) { r.body = r.body[:len(r.body)-1] },
		"no body":               func(r *request) { r.body = nil },
		"another secret": func(r *request) {
			r.header.Set("webhook-signature", v1(bytes.Repeat([]byte{1}, 32), r.header.Get("webhook-id"), at, r.body))
		},
		"the empty secret": func(r *request) {
			r.header.Set("webhook-signature", v1(nil, r.header.Get("webhook-id"), at, r.body))
		},
		"a secret of zeros": func(r *request) {
			r.header.Set("webhook-signature", v1(make([]byte, 32), r.header.Get("webhook-id"), at, r.body))
		},
		"the secret as text": func(r *request) {
			r.header.Set("webhook-signature", v1([]byte(signature.FormatSecret(in.secret)), r.header.Get("webhook-id"), at, r.body))
		},
		"v1 under another version": func(r *request) {
			r.header.Set("webhook-signature", strings.Replace(r.header.Get("webhook-signature"), "v1,", "v2,", 1))
		},
		"v1 called v1a": func(r *request) {
			r.header.Set("webhook-signature", strings.Replace(r.header.Get("webhook-signature"), "v1,", "v1a,", 1))
		},
		"no version": func(r *request) {
			r.header.Set("webhook-signature", strings.TrimPrefix(r.header.Get("webhook-signature"), "v1,"))
		},
		"a signature cut": func(r *request) {
			sig := r.header.Get("webhook-signature")
			r.header.Set("webhook-signature", sig[:len(sig)-4])
		},
		"a signature in URL base64": func(r *request) {
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.header.Get("webhook-signature"), "v1,"))
			if err != nil {
				in.t.Fatal(err)
			}
			r.header.Set("webhook-signature", "v1,"+base64.RawURLEncoding.EncodeToString(raw))
		},
		"nine signatures": func(r *request) {
			r.header.Set("webhook-signature", strings.TrimSuffix(strings.Repeat(r.header.Get("webhook-signature")+" ", 9), " "))
		},
		"v1a of another key": func(r *request) {
			r.header.Set("webhook-signature", signature.SignV1a(other, r.header.Get("webhook-id"), at, r.body))
		},
		"v1a of another body": func(r *request) {
			r.header.Set("webhook-signature", signature.SignV1a(in.private, r.header.Get("webhook-id"), at, []byte("{}")))
		},
		"another platform's path":  func(r *request) { r.path = "/webhooks/pintaria" },
		"an unknown platform":      func(r *request) { r.path = "/webhooks/nobody" },
		"no platform":              func(r *request) { r.path = "/webhooks/" },
		"a path below a platform":  func(r *request) { r.path = "/webhooks/tokopedia/x" },
		"a doubled slash":          func(r *request) { r.path = "/webhooks//tokopedia" },
		"a platform in capitals":   func(r *request) { r.path = "/webhooks/TOKOPEDIA" },
		"a trailing slash":         func(r *request) { r.path = "/webhooks/tokopedia/" },
		"both schemes at once":     func(r *request) { r.header.Set("client_code", clientCode); r.header.Set("signature", "00") },
		"pmo, another path signed": func(r *request) { pmo(r, clientCode, at, "/webhooks/pintaria", "") },
		"pmo, another client code": func(r *request) { pmo(r, "other", at, r.path, "") },
		"pmo, upper-case hex": func(r *request) {
			pmo(r, clientCode, at, r.path, strings.ToUpper(signature.SignPMO(in.signKey, clientCode, at, r.path, r.body)))
		},
		"pmo, stale":          func(r *request) { pmo(r, clientCode, at.Add(-301*time.Second), r.path, "") },
		"pmo, ahead":          func(r *request) { pmo(r, clientCode, at.Add(301*time.Second), r.path, "") },
		"pmo, both spellings": func(r *request) { pmo(r, clientCode, at, r.path, ""); r.header.Set("client-code", clientCode) },
		"pmo, without a code": func(r *request) {
			pmo(r, clientCode, at, r.path, "")
			delete(r.header, "client_code")
			r.header.Del("client_code")
			r.header.Del("client-code")
		},
		"pmo, the v1 secret": func(r *request) {
			pmo(r, clientCode, at, r.path, signature.SignPMO(in.secret, clientCode, at, r.path, r.body))
		},
		"pmo, query is signed": func(r *request) { pmo(r, clientCode, at, r.path+"?a=1", ""); r.path += "?a=1" },
	}
}

// TestForgedRequestsGetOneAnswerAndWriteNothing is the table of forged and malformed requests: whatever is
// wrong, the answer is the same to the byte, and the database is as it was.
func TestForgedRequestsGetOneAnswerAndWriteNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in := newIntake(t, d)
		cases := forgeries(in)
		if len(cases) < 40 {
			t.Fatalf("only %d cases", len(cases))
		}
		before := in.rows()
		var reference http.Header
		for name, spoil := range cases {
			t.Run(name, func(t *testing.T) {
				r := in.signed("msg_forged", in.purchase("INV-forged"))
				spoil(&r)
				code, header, text := in.send(in.url, r)
				if code != http.StatusUnauthorized || text != unauthorized {
					t.Errorf("answered %d %s, want 401 %s", code, text, unauthorized)
				}
				header.Del("Date")
				if reference == nil {
					reference = header
				}
				if fmt.Sprint(header) != fmt.Sprint(reference) {
					t.Errorf("headers %v differ from %v", header, reference)
				}
			})
		}
		if after := in.rows(); after != before {
			t.Errorf("%d rows were written", after-before)
		}
		// The request they were made from is good, so that each was refused for its own change.
		if code, _, text := in.send(in.url, in.signed("msg_forged", in.purchase("INV-forged"))); code != http.StatusOK {
			t.Errorf("the good request: %d %s", code, text)
		}
	})
}

// TestAnswersBeforeAndAfterTheSignature covers the other answers of the contract, in their order.
func TestAnswersBeforeAndAfterTheSignature(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in := newIntake(t, d)
		gzipped := func(body []byte) []byte {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			if _, err := z.Write(body); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		tests := []struct {
			name   string
			change func(r *request)
			body   []byte
			code   int
			has    string
		}{
			{"65,536 bytes are read", nil, bytes.Repeat([]byte("a"), 64<<10), http.StatusAccepted, "MALFORMED"},
			{"one more is too many", nil, bytes.Repeat([]byte("a"), 64<<10+1), http.StatusRequestEntityTooLarge, "65536"},
			{"too large comes before encoding", func(r *request) { r.header.Set("Content-Encoding", "gzip") }, bytes.Repeat([]byte("a"), 64<<10+1), http.StatusRequestEntityTooLarge, ""},
			{"encoding comes before the signature", func(r *request) { r.header = http.Header{"Content-Encoding": {"gzip"}} }, gzipped([]byte("{}")), http.StatusUnsupportedMediaType, ""},
			{"identity is an encoding, too", func(r *request) { r.header.Set("Content-Encoding", "identity") }, []byte("{}"), http.StatusUnsupportedMediaType, ""},
			{"not JSON", nil, []byte("not JSON"), http.StatusAccepted, "MALFORMED"},
			{"invalid UTF-8", nil, []byte("{\"type\":\"\xff\"}"), http.StatusAccepted, "MALFORMED"},
			{"doubled keys", nil, []byte(`{"type":"purchase.voided","type":"purchase.completed"}`), http.StatusAccepted, "MALFORMED"},
			{"an unknown type", nil, []byte(`{"type":"purchase.imagined","timestamp":"2021-04-06T10:00:00Z","data":{}}`), http.StatusAccepted, "UNSUPPORTED_TYPE"},
			{"an unknown card", nil, []byte(strings.Replace(string(in.purchase("INV-u")), in.card, "9999000011112222", 1)), http.StatusAccepted, "UNKNOWN_CARD"},
			{"a GET", func(r *request) { r.method = http.MethodGet }, nil, http.StatusMethodNotAllowed, ""},
			{"a PUT", func(r *request) { r.method = http.MethodPut }, []byte("{}"), http.StatusMethodNotAllowed, ""},
			{"a GET of an unknown platform", func(r *request) { r.method, r.path = http.MethodGet, "/webhooks/nobody" }, nil, http.StatusMethodNotAllowed, ""},
			{"the contract", func(r *request) { r.method, r.path = http.MethodGet, "/webhooks/openapi.json" }, nil, http.StatusOK, `"openapi"`},
		}
		for i, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := in.signed(fmt.Sprintf("msg_a%d", i), tt.body)
				if tt.change != nil {
					tt.change(&r)
				}
				code, _, text := in.send(in.url, r)
				if code != tt.code || !strings.Contains(text, tt.has) {
					t.Errorf("answered %d %.200s, want %d with %q", code, text, tt.code, tt.has)
				}
			})
		}
	})
}
