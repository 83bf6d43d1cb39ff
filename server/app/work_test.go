package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/server/app"
	"gelombang/server/config"
)

// TestAServerSendsOurWebhooks that another process wrote, without being told.
func TestAServerSendsOurWebhooks(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			got := make(chan string, 1)
			receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("webhook-id") }))
			t.Cleanup(receiver.Close)
			cfg := testConfig(t, dbtest.Config(t, dialect), &logbook{awaited: map[string]chan struct{}{}})
			cfg.Messages = config.Messages{PrivateEndpoints: "127.0.0.0/8", PlainEndpoints: true, PerMinute: 1, Connections: 1}
			s, err := app.New(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			if _, err := s.Listen(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- s.Serve(ctx) }()

			admin := viewer.System("test")
			ep, _, err := s.Registry().CreateEndpoint(t.Context(), admin, registry.CreateEndpoint{Name: "pmo", URL: receiver.URL, Events: []rules.OutboundEvent{rules.EventSettlement}})
			if err != nil {
				t.Fatal(err)
			}
			m, err := s.Registry().TestEndpoint(t.Context(), admin, ep.ID)
			if err != nil {
				t.Fatal(err)
			}
			select {
			case id := <-got:
				if id != m.MessageID {
					t.Errorf("got %q, want %q", id, m.MessageID)
				}
			case <-time.After(time.Minute):
				t.Error("nothing was sent")
			}
			stop()
			if err := <-done; err != nil {
				t.Errorf("serve: %v", err)
			}
		})
	}
}
