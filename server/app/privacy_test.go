package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
	"gelombang/server/auth"
	"gelombang/server/simulate"
)

func TestLogsHoldNoPersonalData(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	token, err := auth.Mint([]byte(jwtSecret), auth.Grant{
		Issuer: "gelombang", Audience: "gelombang", Viewer: viewer.Viewer{Role: viewer.Participant, Subject: card}, IssuedAt: evening, ExpiresAt: evening.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, body string, header map[string]string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			request.Header.Set(name, value)
		}
		do(t, request)
	}
	bearer := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
	query := fmt.Sprintf(`{"query":"query($c: CardNumber!) { participant(cardNumber: $c) { status contact { name email phone } } }","variables":{"c":%q}}`, card)
	send(http.MethodPost, "/graphql", query, bearer)
	send(http.MethodPost, "/graphql?card="+card, fmt.Sprintf(`{"query":"{ %s(x: \"%s %s\") }`, nik, name, email), bearer)
	send(http.MethodPost, "/graphql", query, map[string]string{"Authorization": "Bearer " + token + "x", "X-Request-Id": card})
	send(http.MethodGet, "/"+card+"?email="+email, "", nil)
	send(http.MethodGet, "/graphiql/"+card, "", nil)
	send(card, "/graphql", "", nil)
	send(http.MethodPost, "/webhooks/"+card, name, map[string]string{"webhook-id": nik})
	if status, _, _ := do(t, r.purchase(t.Context(), t, "INV-1")); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	// Authentic, but not what the contract says.
	signer, err := simulate.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	request, err := signer.Request(t.Context(), server, simulate.Message{Platform: "tokopedia", ID: "msg_x", Body: []byte(`{"type":"` + name + `","` + email + `":"` + phone + `"}`)}, evening)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, body := do(t, request); status != http.StatusAccepted {
		t.Fatalf("%d %s, want 202", status, body)
	}
	r.finish(t)
	log := r.log.String()
	if !strings.Contains(log, "request_id=") || !strings.Contains(log, "route=/graphql") {
		t.Fatalf("the log has no requests:\n%s", log)
	}
	for _, personal := range []string{card, name, "Siti", email, phone, nik, token, secret, jwtSecret} {
		if i := strings.Index(log, personal); i >= 0 {
			t.Errorf("the log holds %q: …%s…", personal, log[max(0, i-200):min(len(log), i+100)])
		}
	}
}
