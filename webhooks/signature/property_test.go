package signature_test

import (
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/webhooks/signature"
)

// signed is a request as it travels; every one of its parts is covered by the signature, or is it.
type signed struct {
	sender, timestamp, sig, path string
	body                         []byte
	pmo                          bool
}

func (s signed) headers() http.Header {
	if s.pmo {
		return http.Header{"Client_code": {s.sender}, "Timestamp": {s.timestamp}, "Signature": {s.sig}}
	}
	return http.Header{"Webhook-Id": {s.sender}, "Webhook-Timestamp": {s.timestamp}, "Webhook-Signature": {s.sig}}
}

func (s signed) verify() (signature.Verified, error) {
	return signature.Verify(s.headers(), s.path, s.body, all, now, tolerance)
}

func drawSigned(t *rapid.T) signed {
	at := now.Add(time.Duration(rapid.IntRange(-299, 299).Draw(t, "seconds")) * time.Second)
	id := rapid.StringMatching(`[A-Za-z0-9_-]{1,128}`).Draw(t, "id")
	s := signed{sender: id, path: path, body: rapid.SliceOf(rapid.Byte()).Draw(t, "body")}
	h := http.Header{}
	switch rapid.SampledFrom(all).Draw(t, "key").Scheme {
	case signature.PMO:
		s.pmo, s.sender = true, clientCode
		signature.SetPMOHeaders(h, clientCode, at, signature.SignPMO(signKey, clientCode, at, path, s.body))
		s.timestamp, s.sig = h.Get("timestamp"), h.Get("signature")
		return s
	case signature.StandardV1:
		signature.SetStandardHeaders(h, id, at, signature.SignV1(secret, id, at, s.body))
	default:
		signature.SetStandardHeaders(h, id, at, signature.SignV1a(private, id, at, s.body))
	}
	s.timestamp, s.sig = h.Get("webhook-timestamp"), h.Get("webhook-signature")
	return s
}

// flip returns the text with one bit flipped.
func flip(t *rapid.T, s string) string {
	b := []byte(s)
	bit := rapid.IntRange(0, 8*len(b)-1).Draw(t, "bit")
	b[bit/8] ^= 1 << (bit % 8)
	return string(b)
}

func TestWhatIsSignedVerifies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if _, err := drawSigned(t).verify(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnyFlippedBitIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSigned(t)
		switch part := rapid.SampledFrom([]string{"sender", "timestamp", "signature", "body", "path"}).Draw(t, "part"); {
		case part == "timestamp":
			s.timestamp = flip(t, s.timestamp)
		case part == "signature":
			s.sig = flip(t, s.sig)
		case part == "body" && len(s.body) > 0:
			s.body = []byte(flip(t, string(s.body)))
		case part == "path" && s.pmo:
			s.path = flip(t, s.path)
		default: // the sender, also in place of an empty body and of a path that is not signed
			s.sender = flip(t, s.sender)
		}
		if got, err := s.verify(); err == nil {
			t.Fatalf("verified as %+v", got)
		}
	})
}
