package app_test

import (
	"net/http"
	"net/url"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/server/simulate"
	"gelombang/webhooks/signature"
)

// What the simulator signs under the scheme pmo includes the path, so that it has to be tried where it is
// served.
func TestTheServerTakesBothSchemesFromTheSimulator(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	_, _, err := r.Registry().CreatePlatformKey(t.Context(), viewer.System("test"), registry.NewPlatformKey{
		Platform: "pintaria", Scheme: signature.PMO, ClientCode: "PINTARIA", Secret: "0123456789abcdef0123456789abcdef", NotBefore: evening.Add(-1),
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		platform, secret string
		status           int
	}{
		{"tokopedia", secret, http.StatusOK},
		{"pintaria", "pmo:PINTARIA:0123456789abcdef0123456789abcdef", http.StatusOK},
		{"pintaria", "pmo:PINTARIA:another0another0another0another0", http.StatusUnauthorized},
		{"pintaria", "pmo:OTHER:0123456789abcdef0123456789abcdef", http.StatusUnauthorized},
		{"tokopedia", "pmo:PINTARIA:0123456789abcdef0123456789abcdef", http.StatusUnauthorized},
		{"pintaria", secret, http.StatusUnauthorized},
	} {
		signer, err := simulate.NewSigner(tt.secret)
		if err != nil {
			t.Fatal(err)
		}
		m, err := simulate.NewMessage(tt.platform, "msg_1", rules.PurchaseCompleted{
			Timestamp: evening, InvoiceCode: "INV-1", CardNumber: card, CourseCode: "C-1", Amount: 150_000, PurchasedAt: evening,
		})
		if err != nil {
			t.Fatal(err)
		}
		request, err := signer.Request(t.Context(), server, m, evening)
		if err != nil {
			t.Fatal(err)
		}
		if status, _, body := do(t, request); status != tt.status {
			t.Errorf("%s with %.20s…: %d %s, want %d", tt.platform, tt.secret, status, body, tt.status)
		}
	}
	r.finish(t)
}
