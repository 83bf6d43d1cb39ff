package signature_test

import (
	"bytes"
	"net/http"
	"testing"

	"gelombang/webhooks/signature"
)

func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1000)
	v1, v1a, pmo := http.Header{}, http.Header{}, http.Header{}
	signature.SetStandardHeaders(v1, messageID, now, signature.SignV1(secret, messageID, now, body))
	signature.SetStandardHeaders(v1a, messageID, now, signature.SignV1a(private, messageID, now, body))
	signature.SetPMOHeaders(pmo, clientCode, now, signature.SignPMO(signKey, clientCode, now, path, body))
	for _, bm := range []struct {
		name string
		h    http.Header
		key  signature.Key
	}{{"v1", v1, keyV1}, {"v1a", v1a, keyV1a}, {"pmo", pmo, keyPMO}} {
		b.Run(bm.name, func(b *testing.B) {
			keys := []signature.Key{bm.key}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := signature.Verify(bm.h, path, body, keys, now, tolerance); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
