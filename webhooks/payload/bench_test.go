package payload_test

import (
	"testing"

	"gelombang/webhooks/payload"
)

func BenchmarkParse(b *testing.B) {
	body := purchaseWith("", "")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := payload.Parse(body); err != nil {
			b.Fatal(err)
		}
	}
}
