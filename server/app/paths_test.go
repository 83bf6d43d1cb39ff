package app_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
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
		// By hand: a client would tidy the path up.
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(response.Body.Close(), conn.Close()); err != nil {
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
