package outbound_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gelombang/webhooks/outbound"
)

func TestStatusDecidesTheOutcome(t *testing.T) {
	tests := []struct {
		status  int
		outcome outbound.Outcome
		problem outbound.Problem
	}{
		{200, outbound.Delivered, ""},
		{202, outbound.Delivered, ""},
		{204, outbound.Delivered, ""},
		{299, outbound.Delivered, ""},
		{300, outbound.Again, "redirect"},
		{301, outbound.Again, "redirect"},
		{302, outbound.Again, "redirect"},
		{303, outbound.Again, "redirect"},
		{304, outbound.Again, "redirect"},
		{307, outbound.Again, "redirect"},
		{308, outbound.Again, "redirect"},
		{400, outbound.Again, "status"},
		{401, outbound.Again, "status"},
		{404, outbound.Again, "status"},
		{410, outbound.Gone, "status"},
		{429, outbound.Again, "status"},
		{500, outbound.Again, "status"},
		{502, outbound.Again, "status"},
		{503, outbound.Again, "status"},
		{599, outbound.Again, "status"},
	}
	elsewhere := &inbox{}
	target := plainServer(t, elsewhere)
	status := 0
	server := plainServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target.URL)
		w.WriteHeader(status)
	}))
	s := newSender(t, outbound.Config{Policy: loopback})
	for _, tt := range tests {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			status = tt.status
			got := s.Send(t.Context(), endpoint(server.URL), message)
			if got.Outcome != tt.outcome || got.Problem != tt.problem || got.Status != tt.status {
				t.Errorf("%d: got %+v, want %s %q", tt.status, got, tt.outcome, tt.problem)
			}
		})
	}
	if elsewhere.count() != 0 {
		t.Errorf("%d redirects were followed", elsewhere.count())
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	now := time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
	tests := []struct {
		name   string
		status int
		value  string
		want   time.Duration
	}{
		{"seconds", 429, "120", 2 * time.Minute},
		{"a date", 429, "Tue, 06 Apr 2021 10:50:00 GMT", 5 * time.Minute},
		{"seconds, the server is down", 503, "30", 30 * time.Second},
		{"a date that is past", 503, "Tue, 06 Apr 2021 10:40:00 GMT", 0},
		{"for ever", 429, "99999999999999999999", 24 * time.Hour},
		{"a date far off", 429, "Fri, 31 Dec 9999 23:59:59 GMT", 24 * time.Hour},
		{"nothing", 429, "", 0},
		{"with a success", 200, "120", 0},
		{"with the end", 410, "120", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := plainServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.value != "" {
					w.Header().Set("Retry-After", tt.value)
				}
				w.WriteHeader(tt.status)
			}))
			s := newSender(t, outbound.Config{Policy: loopback, Now: func() time.Time { return now }})
			if got := s.Send(t.Context(), endpoint(server.URL), message); got.RetryAfter != tt.want || got.Status != tt.status {
				t.Errorf("got %+v, want %v", got, tt.want)
			}
		})
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		connections := make(map[string]bool)
		server := tlsServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			connections[r.RemoteAddr] = true
			_, _ = w.Write(make([]byte, 60<<10)) // less than is read
		}), http2)
		s := newSender(t, outbound.Config{Policy: loopback, RootCAs: trust(server)})
		for range 5 {
			if got := s.Send(t.Context(), endpoint(server.URL), message); got.Outcome != outbound.Delivered {
				t.Fatalf("got %+v", got)
			}
		}
		if len(connections) != 1 {
			t.Errorf("HTTP/2 %t: %d connections for 5 messages", http2, len(connections))
		}
	}
}

func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	s := outbound.NewSender(outbound.Config{Policy: loopback})
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		if got := s.Send(b.Context(), endpoint(server.URL), message); got.Outcome != outbound.Delivered {
			b.Fatalf("got %+v", got)
		}
	}
}
