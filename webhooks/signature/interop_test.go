package signature_test

import (
	"net/http"
	"testing"
	"time"

	svix "github.com/svix/svix-webhooks/go"

	"gelombang/webhooks/signature"
)

// The signer and verifier of Svix, who wrote Standard Webhooks' first implementation, is not ours
// and so cannot share our mistakes.

func TestWhatSvixSignsVerifies(t *testing.T) {
	signer, err := svix.NewWebhook(signature.FormatSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"", "{}", `{"title":"Belajar menjahit – dasar"}`, "\x00\xff"} {
		sig, err := signer.Sign(messageID, now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		signature.SetStandardHeaders(h, messageID, now, sig)
		got, err := signature.Verify(h, path, []byte(body), all, now, tolerance)
		if err != nil || got.KeyID != keyV1.ID {
			t.Errorf("%q: key %d, error %v", body, got.KeyID, err)
		}
	}
}

func TestWhatWeSignSvixVerifies(t *testing.T) {
	verifier, err := svix.NewWebhook(signature.FormatSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now() // Svix compares with the real clock
	if err := verifier.Verify(body, signV1(at)); err != nil {
		t.Error(err)
	}
	if err := verifier.Verify(append(body[:len(body):len(body)], ' '), signV1(at)); err == nil {
		t.Error("Svix verifies another body")
	}
}
