package graph_test

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gelombang/graph"
	"gelombang/graph/throttle"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// TestWhoAsksTooOftenIsToldWhenToComeBack asks three times where two are allowed, by every kind of request.
func TestWhoAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	limits := throttle.Limits{}
	for _, role := range viewer.Roles() {
		limits[role] = throttle.Limit{PerSecond: 0.01, Burst: 2}
	}
	limits[viewer.Admin] = throttle.Limit{}
	ok := asJSON(t, map[string]any{"query": "{ __typename }"})
	tests := []struct {
		name               string
		asking             viewer.Viewer
		method, body, kind string
		limited            bool
	}{
		{"anonymous", anonymous, "POST", ok, "application/json", true},
		{"anonymous, by GET", anonymous, "GET", "", "", true},
		{"a participant", recipient(w.cards13[0]), "POST", ok, "application/json", true},
		{"a platform", tokopedia, "POST", ok, "application/json", true},
		{"an analyst", analyst, "POST", ok, "application/json", true},
		{"an officer", officer, "POST", ok, "application/json", true},
		{"what cannot be parsed", supervisor, "POST", "{", "application/json", true},
		{"a form", officer, "POST", "a=b", "application/x-www-form-urlencoded", true},
		{"a role without a limit", admin, "POST", ok, "application/json", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			registered := prometheus.NewRegistry()
			c := serveWith(t, w.Registry, func(cfg *graph.Config) { cfg.Limits, cfg.Metrics = limits, registered })
			send := func() reply {
				return c.exchange(tt.asking, tt.method, "?query=%7B__typename%7D", tt.body, map[string]string{"Content-Type": tt.kind})
			}
			for range 2 {
				if a := send(); a.status == http.StatusTooManyRequests {
					t.Fatalf("refused below the limit: %s", a.text)
				}
			}
			a := send()
			if !tt.limited {
				if a.status != http.StatusOK {
					t.Errorf("%d %s", a.status, a.text)
				}
				return
			}
			if a.status != http.StatusTooManyRequests || a.code() != "RATE_LIMITED" || a.Data != nil {
				t.Errorf("%d %s", a.status, a.text)
			}
			if after, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || after < 1 || after > 100 {
				t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
			}
			if got := a.header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: %q", got)
			}
			if got := outcomes(t, registered)[throttle.Name(tt.asking.Role)+" rate_limited"]; got != 1 {
				t.Errorf("%v are counted as refused for the rate, want 1", got)
			}
		})
	}
}

// TestAddressesWithoutATokenAreToldApart hands in where requests come from.
func TestAddressesWithoutATokenAreToldApart(t *testing.T) {
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(cfg *graph.Config) {
		cfg.Limits = throttle.Limits{viewer.Anonymous: {PerSecond: 0.01, Burst: 1}}
		cfg.ClientAddress = func(r *http.Request) netip.Addr { return netip.MustParseAddr(r.Header.Get("Test-From")) }
	})
	for _, step := range []struct {
		from   string
		status int
	}{{"192.0.2.1", 200}, {"192.0.2.2", 200}, {"192.0.2.1", 429}, {"2001:db8::1", 200}, {"2001:db8::2", 429}} {
		a := c.exchange(anonymous, http.MethodGet, "?query=%7B__typename%7D", "", map[string]string{"Test-From": step.from})
		if a.status != step.status {
			t.Errorf("%s: %d %s, want %d", step.from, a.status, a.text, step.status)
		}
	}
}

// TestSoManyOperationsAtOnce holds the database's answers back.
func TestSoManyOperationsAtOnce(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	asked, release := make(chan struct{}), make(chan struct{})
	h := broken{fail: func() error {
		asked <- struct{}{}
		<-release
		return errors.New("released")
	}}
	c := serveWith(t, w.Registry, func(cfg *graph.Config) {
		cfg.Read, cfg.Limits = h, throttle.Limits{viewer.Analyst: {AtOnce: 2}}
	})
	ask := func() reply {
		return c.exchange(analyst, http.MethodPost, "", `{"query":"{ platform(code: \"tokopedia\") { name } }"}`, nil)
	}
	ended := make(chan int, 2)
	for range 2 {
		go func() {
			a := ask()
			ended <- a.status
		}()
		select {
		case <-asked:
		case <-time.After(time.Minute):
			t.Fatal("an operation below the limit was not begun")
		}
	}
	if a := ask(); a.status != http.StatusTooManyRequests || a.code() != "RATE_LIMITED" || a.header.Get("Retry-After") != "1" {
		t.Errorf("a third: %d %s", a.status, a.text)
	}
	if a := c.exchange(anonymous, http.MethodGet, "?query=%7B__typename%7D", "", nil); a.status != http.StatusOK {
		t.Errorf("somebody else: %d %s", a.status, a.text)
	}
	close(release)
	for range 2 {
		if status := <-ended; status != http.StatusOK {
			t.Errorf("an operation below the limit: %d", status)
		}
	}
	go func() { <-asked }()
	if a := ask(); a.status != http.StatusOK {
		t.Errorf("after they ended: %d %s", a.status, a.text)
	}
}

// TestOutcomesAreCounted is the table of which request counts as what.
func TestOutcomesAreCounted(t *testing.T) {
	registered := prometheus.NewRegistry()
	c := serveWith(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry, func(cfg *graph.Config) { cfg.Metrics = registered })
	for _, query := range []string{"{ __typename }", "{ offerings(first: -1) { totalCount } }", "{ nothing }", ""} {
		c.exchange(analyst, http.MethodPost, "", asJSON(t, map[string]any{"query": query}), nil)
	}
	want := map[string]float64{"analyst answered": 1, "analyst errors": 1, "analyst rejected": 1, "analyst refused": 1}
	if diff := cmp.Diff(want, outcomes(t, registered)); diff != "" {
		t.Error(diff)
	}
}

// outcomes are the counted requests by role and outcome.
func outcomes(t *testing.T, registered *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registered.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			counted[labels["role"]+" "+labels["outcome"]] = m.GetCounter().GetValue()
		}
	}
	return counted
}
