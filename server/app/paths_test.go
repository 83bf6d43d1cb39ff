package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gelombang/graph/globalid"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// Whatever a sender of webhooks may take for the address, it gets the intake's answers: never a redirect,
// never 404.
func TestASenderOfWebhooksIsNeverSentAway(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	for _, path := range []string{"/webhooks", "/webhooks/", "//webhooks/tokopedia", "/webhooks//tokopedia", "/webhooks/../tokopedia", "/webhooks/tokopedia/", "///webhooks"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = path
		response, err := http.DefaultTransport.RoundTrip(request) // follows no redirect
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", path, response.StatusCode)
		}
	}
}

// The id of a delivery in the intake's answer is the one that GraphQL knows.
func TestTheAnswersDeliveryIsTheOneInTheAPI(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	status, _, body := do(t, r.purchase(t.Context(), t, "INV-1"))
	var answer struct{ Delivery string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	id, ok := globalid.Row("Delivery", answer.Delivery)
	if !ok {
		t.Fatalf("%q is not the id of a delivery", answer.Delivery)
	}
	d, err := r.Registry().DB().Client().Delivery.Get(t.Context(), id)
	if err != nil || d.InvoiceCode != "INV-1" {
		t.Errorf("%v, %v", d, err)
	}
}
