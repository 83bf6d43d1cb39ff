package signature_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gelombang/webhooks/signature"
)

// FuzzVerify looks for a panic, and for a request that verifies without a right signature. It
// judges by signing what was received: unlike Verify it decodes nothing.
func FuzzVerify(f *testing.F) {
	for _, h := range []http.Header{signV1(now), signV1a(now), signPMO(now)} {
		f.Add(h.Get("webhook-id"), h.Get("webhook-timestamp"), h.Get("webhook-signature"),
			h.Get("client_code"), "", h.Get("timestamp"), h.Get("signature"), path, body)
	}
	f.Add("a", "1", "v1, v1a, v2,", "", "x", "", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, id, stamp, sigs, client, hyphen, pmoStamp, pmoSig, path string, body []byte) {
		h := http.Header{}
		for name, value := range map[string]string{
			"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": sigs,
			"client_code": client, "client-code": hyphen, "timestamp": pmoStamp, "signature": pmoSig,
		} {
			if value != "" {
				h.Set(name, value)
			}
		}
		got, err := signature.Verify(h, path, body, all, now, tolerance)
		if err != nil {
			if code := signature.Code(err); code == "other" || code == "ok" {
				t.Errorf("error without a code: %v", err)
			}
			return
		}
		seconds, err := strconv.ParseInt(stamp+pmoStamp, 10, 64)
		if err != nil {
			t.Fatalf("verified with a timestamp that is none: %v", err)
		}
		at := time.Unix(seconds, 0)
		var right bool
		switch got.Scheme {
		case signature.StandardV1:
			right = contains(sigs, signature.SignV1(secret, id, at, body))
		case signature.StandardV1a:
			right = contains(sigs, signature.SignV1a(private, id, at, body)) // ed25519 is deterministic
		case signature.PMO:
			right = client+hyphen == clientCode && pmoSig == signature.SignPMO(signKey, clientCode, at, path, body)
		}
		if !right {
			t.Errorf("verified without a right signature: %+v", got)
		}
	})
}

func contains(list, sig string) bool {
	for entry := range strings.SplitSeq(list, " ") {
		if entry == sig {
			return true
		}
	}
	return false
}
