package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent/delivery"
	"gelombang/ent/outboundmessage"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// alertsOf tells all alerts there have been, in their order.
func alertsOf(t *testing.T, d *db.DB) []string {
	t.Helper()
	all, err := d.Primary().Alert.Query().WithPlatform().Order().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, a := range all {
		line := fmt.Sprintf("%s %s %s", a.Edges.Platform.Code, a.Kind, a.RaisedAt.In(rules.WIB).Format("2 15:04"))
		if a.ClearedAt != nil {
			line += " to " + a.ClearedAt.In(rules.WIB).Format("2 15:04")
		}
		lines = append(lines, line)
	}
	return lines
}

// listening adds an endpoint that is told of alerts, and returns how many messages it was sent of each kind.
func listening(t *testing.T, f *registrytest.Fixture, d *db.DB) func() [2]int {
	t.Helper()
	_, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{
		Name: "PMO", URL: "https://pmo.example.id/hook", Events: []rules.OutboundEvent{rules.EventAlertRaised, rules.EventAlertCleared},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() (told [2]int) {
		for i, e := range []rules.OutboundEvent{rules.EventAlertRaised, rules.EventAlertCleared} {
			n, err := d.Primary().OutboundMessage.Query().Where(outboundmessage.EventEQ(e)).Count(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			told[i] = n
		}
		return told
	}
}

// TestASilenceBeforeTheDeadlineIsToldOnce has seven platforms, of which one falls silent 20 hours before the deadline and
// comes back after two. Two servers look every five minutes.
func TestASilenceBeforeTheDeadlineIsToldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		for _, code := range []string{"sekolahmu", "bukalapak", "maubelajar", "pijarmahir", "kemnaker"} {
			p, err := f.PutPlatform(ctx, registrytest.Admin, registry.Platform{Code: code, Name: code, Kind: "marketplace", Active: true})
			if err != nil {
				t.Fatal(err)
			}
			f.Platforms[p.Code] = p.ID
		}
		silence(t, f, d)
		told := listening(t, f, d)
		var log bytes.Buffer
		server, err := registry.New(registry.Config{
			DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Clock: f.Clock.Now, Log: slog.New(slog.NewJSONHandler(&log, nil)), Parse: payload.Parse,
		})
		if err != nil {
			t.Fatal(err)
		}
		fell := f.Now().Add(-time.Hour)
		back := fell.Add(2 * time.Hour)
		var raised, cleared int
		for at := fell.Add(5 * time.Minute); at.Before(fell.Add(4 * time.Hour)); at = at.Add(5 * time.Minute) {
			f.Clock.Set(at)
			if at.After(fell.Add(time.Hour)) || at.Equal(fell.Add(time.Hour)) {
				for platform := range f.Platforms {
					if platform != "tokopedia" || !at.Before(back) {
						beat(t, f, d, platform, at, at.Add(time.Second), time.Minute)
					}
				}
			}
			for _, r := range []*registry.Registry{server, f.Another(d)} {
				up, down, err := r.RaiseAlerts(ctx)
				if err != nil {
					t.Fatal(err)
				}
				raised, cleared = raised+up, cleared+down
			}
		}
		// The last came at 03:55. Twelve come an hour: after 50 minutes ten are missing.
		if diff := cmp.Diff([]string{"tokopedia SILENT 8 04:45 to 8 06:00"}, alertsOf(t, d)); diff != "" || raised != 1 || cleared != 1 {
			t.Errorf("raised %d, cleared %d, alerts (-want +got):\n%s", raised, cleared, diff)
		}
		if got := told(); got != [2]int{1, 1} {
			t.Errorf("told %v", got)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 {
			t.Fatalf("logged %q", lines)
		}
		for i, level := range []string{"WARN", "INFO"} {
			var entry map[string]any
			if err := json.Unmarshal([]byte(lines[i]), &entry); err != nil {
				t.Fatal(err)
			}
			if entry["level"] != level || entry["platform"] != "tokopedia" || entry["kind"] != "SILENT" || len(entry) != 5 {
				t.Errorf("logged %v", entry)
			}
		}
	})
}

// TestServersRaiseAnAlertOnce lets several servers look at the same moment, at what has come about and at what is gone.
func TestServersRaiseAnAlertOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		silence(t, f, d)
		told := listening(t, f, d)
		together := func() (raised, cleared int64) {
			var up, down atomic.Int64
			var wg sync.WaitGroup
			for range 8 {
				r := f.Another(d)
				wg.Go(func() {
					a, b, err := r.RaiseAlerts(context.Background())
					if err != nil {
						t.Error(err)
					}
					up.Add(int64(a))
					down.Add(int64(b))
				})
			}
			wg.Wait()
			return up.Load(), down.Load()
		}
		if raised, cleared := together(); raised != 1 || cleared != 0 {
			t.Errorf("raised %d, cleared %d, want 1 and 0", raised, cleared)
		}
		f.Clock.Set(f.Now().Add(time.Minute))
		beat(t, f, d, "tokopedia", f.Now(), f.Now().Add(time.Second), time.Minute)
		if raised, cleared := together(); raised != 0 || cleared != 1 {
			t.Errorf("raised %d, cleared %d, want 0 and 1", raised, cleared)
		}
		if got := told(); got != [2]int{1, 1} {
			t.Errorf("told %v", got)
		}
	})
}

// TestADeclaredOutageEndsTheAlarm declares one in the middle of a silence.
func TestADeclaredOutageEndsTheAlarm(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		silence(t, f, d)
		look := func(when string, raised, cleared int) {
			t.Helper()
			if up, down, err := f.RaiseAlerts(ctx); up != raised || down != cleared || err != nil {
				t.Errorf("%s: raised %d, cleared %d (%v), want %d and %d", when, up, down, err, raised, cleared)
			}
		}
		look("silent", 1, 0)
		standing, err := f.OpenAlerts(ctx)
		if err != nil || len(standing) != 1 || standing[0].Edges.Platform.Code != "tokopedia" || standing[0].Kind != rules.AlertSilent {
			t.Errorf("standing: %v (%v)", standing, err)
		}
		var figures struct {
			Deadline time.Time `json:"nearest_deadline"`
			Missed   float64   `json:"missed"`
		}
		if err := json.Unmarshal([]byte(standing[0].Detail), &figures); err != nil || !figures.Deadline.Equal(deadline13) || figures.Missed != 13 {
			t.Errorf("the figures are %+v (%v)", figures, err)
		}
		o, err := f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -1, 0))
		if err != nil {
			t.Fatal(err)
		}
		look("in an outage", 0, 1)
		later := f.Now().Add(6 * time.Hour)
		beat(t, f, d, "pintaria", f.Now(), later.Add(2*time.Hour), 5*time.Minute)
		f.Clock.Set(later)
		look("hours later", 0, 0)
		if _, err := f.EndOutage(ctx, registrytest.Officer, registry.EndOutage{Outage: o.ID}); err != nil {
			t.Fatal(err)
		}
		look("when it ends", 0, 0)
		f.Clock.Set(f.Now().Add(time.Hour))
		look("an hour after the outage, still silent", 1, 0)
	})
}

// TestWhatWaitsInQuarantineNearADeadlineIsTold has deliveries that may decide about somebody, and others.
func TestWhatWaitsInQuarantineNearADeadlineIsTold(t *testing.T) {
	card := func(s registry.Submission) registry.Submission { return s }
	nameless := func(s registry.Submission) registry.Submission {
		s.Event, s.EventType, s.Unreadable, s.Problem = nil, "", rules.ReasonMalformed, "data.amount must be a number"
		return s
	}
	for _, tt := range []struct {
		name   string
		before time.Duration // how long before the deadline
		buys   bool          // the participant has a first purchase
		change func(registry.Submission) registry.Submission
		want   int
	}{
		{"names somebody near the deadline", 20 * time.Hour, false, card, 1},
		{"names somebody whose deadline has passed", -71 * time.Hour, false, card, 1},
		{"names somebody whose deadline has long passed", -73 * time.Hour, false, card, 0},
		{"names somebody whose deadline is far off", 73 * time.Hour, false, card, 0},
		{"names somebody who has bought", 20 * time.Hour, true, card, 0},
		{"names nobody", 20 * time.Hour, false, nameless, 1},
		{"names nobody, and everybody has bought", 20 * time.Hour, true, nameless, 0},
		{"names nobody, and no deadline is near", 73 * time.Hour, false, nameless, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := context.Background()
				f := registrytest.New(t, d)
				cards := f.Cohort13(1)
				f.Clock.Set(deadline13.Add(-tt.before).Add(-rules.QuarantineGrace))
				if tt.buys {
					f.Send(f.Message("tokopedia", registrytest.Bought("A", cards[0], wib("2021-03-20T10:00:00"))))
				}
				early := announced13.Add(-time.Hour)
				if got := f.Send(tt.change(f.Message("tokopedia", registrytest.Bought("B", cards[0], early))))[0]; got.Status != registry.Quarantined {
					t.Fatalf("the delivery is %v", got)
				}
				f.Clock.Set(f.Now().Add(rules.QuarantineGrace - time.Second))
				if raised, _, err := f.RaiseAlerts(ctx); raised != 0 || err != nil {
					t.Errorf("raised %d at once (%v)", raised, err)
				}
				f.Clock.Set(f.Now().Add(time.Second))
				if raised, _, err := f.RaiseAlerts(ctx); raised != tt.want || err != nil {
					t.Errorf("raised %d (%v), want %d", raised, err, tt.want)
				}
				id, err := d.Primary().Delivery.Query().Where(delivery.SettledAtIsNil()).OnlyID(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := f.DismissDelivery(ctx, registrytest.Officer, id, "they sent another"); err != nil {
					t.Fatal(err)
				}
				if _, cleared, err := f.RaiseAlerts(ctx); cleared != tt.want || err != nil {
					t.Errorf("cleared %d (%v), want %d", cleared, err, tt.want)
				}
			})
		})
	}
}

// TestAStatementThatDisagreesIsTold lets a platform state too much, and mend it.
func TestAStatementThatDisagreesIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		cards := f.Cohort13(2)
		through := f.Now().Add(-time.Hour)
		f.Send(f.Message("tokopedia", registrytest.Bought("A", cards[0], through.Add(-time.Hour))))
		f.Send(f.Message("tokopedia", rules.CompleteThrough{Timestamp: f.Now(), Through: through, Count: 2, Amount: 500_000}))
		look := func(when string, raised, cleared int) {
			t.Helper()
			if up, down, err := f.RaiseAlerts(ctx); up != raised || down != cleared || err != nil {
				t.Errorf("%s: raised %d, cleared %d (%v), want %d and %d", when, up, down, err, raised, cleared)
			}
		}
		look("at once", 0, 0)
		f.Clock.Set(f.Now().Add(15 * time.Minute))
		look("when nothing followed", 1, 0)
		look("again", 0, 0)
		f.Send(f.Message("tokopedia", registrytest.Bought("B", cards[1], through.Add(-time.Hour))))
		look("when it followed", 0, 1)
	})
}
