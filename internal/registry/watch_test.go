package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// beat stores deliveries of the platform that say nothing: one at from, then one every so often, before until.
func beat(t *testing.T, f *registrytest.Fixture, d *db.DB, platform string, from, until time.Time, every time.Duration) {
	t.Helper()
	var rows [][]any
	for at := from; at.Before(until); at = at.Add(every) {
		id := fmt.Sprintf("beat_%d", at.UnixMicro())
		rows = append(rows, []any{f.Platforms[platform], id, id, 1, []byte{}, "{}", db.Instant(at), db.Instant(at), string(rules.DeliveryApplied), db.Instant(at)})
	}
	err := db.Bulk{Table: "deliveries", Columns: []string{
		"platform_id", "message_id", "dedupe_key", "platform_key_id", "body_sha256", "headers", "signed_at", "received_at", "outcome", "settled_at",
	}, Rows: rows}.Insert(context.Background(), d.Write, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// watchOf returns how the platform reports, as the officer sees it.
func watchOf(t *testing.T, f *registrytest.Fixture, platform string) registry.PlatformWatch {
	t.Helper()
	all, err := f.Watch(context.Background(), registrytest.Officer)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all {
		if w.Platform == platform {
			return w
		}
	}
	t.Fatalf("%s is not watched", platform)
	return registry.PlatformWatch{}
}

func TestWatchTellsHowAPlatformReports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		cards := f.Cohort13(1)
		now := f.Now()
		beat(t, f, d, "pintaria", now.AddDate(0, 0, -14).Add(-time.Hour), now.AddDate(0, 0, -1).Add(time.Minute), 10*time.Minute)

		f.Clock.Set(now.Add(-30 * time.Hour)) // longer ago than a day
		f.Send(f.Message("tokopedia", registrytest.Bought("INV-OLD", cards[0], now.Add(-60*time.Hour))))
		for i := range 10 {
			f.Clock.Set(now.Add(-time.Duration(90-10*i) * time.Minute))
			f.Send(f.Message("tokopedia", registrytest.Bought(fmt.Sprint("INV-", i), cards[0], f.Now().Add(-time.Duration(i+1)*time.Minute))))
		}
		f.Clock.Set(now)
		f.Send(f.Message("tokopedia", registrytest.Bought("INV-9", cards[0], now.Add(-10*time.Minute)))) // the same once more
		f.Send(f.Message("tokopedia", registrytest.Bought("INV-UNKNOWN", "3113999999999999", now)))
		f.Send(f.Message("tokopedia", registrytest.Bought("INV-AHEAD", cards[0], now.Add(4*time.Minute)))) // their clock is ahead of ours
		declared, err := f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -1, 0))
		if err != nil {
			t.Fatal(err)
		}

		want := registry.PlatformWatch{
			Platform: "tokopedia", PlatformID: f.Platforms["tokopedia"], Active: true, LastDelivery: now,
			LastHour: 6, Usual: 0, Reports: 11, LagP50: 5 * time.Minute, LagP90: 9 * time.Minute, LagP99: 10 * time.Minute, Quarantined: 1,
		}
		got := watchOf(t, f, "tokopedia")
		if got.Outage == nil || got.Outage.ID != declared.ID {
			t.Errorf("the outage is %v", got.Outage)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(registry.PlatformWatch{}, "Outage")); diff != "" {
			t.Errorf("tokopedia (-want +got):\n%s", diff)
		}
		want = registry.PlatformWatch{Platform: "pintaria", PlatformID: f.Platforms["pintaria"], Active: true, LastDelivery: now.AddDate(0, 0, -1), Usual: 6}
		if diff := cmp.Diff(want, watchOf(t, f, "pintaria")); diff != "" {
			t.Errorf("pintaria (-want +got):\n%s", diff)
		}
	})
}

// TestAStatementIsHeldAgainstWhatIsOnRecord states one thing after the other.
func TestAStatementIsHeldAgainstWhatIsOnRecord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(2)
		now := f.Now()
		through := now.Add(-time.Hour)
		state := func(through time.Time, count, amount int64) {
			f.Send(f.Message("tokopedia", rules.CompleteThrough{Timestamp: f.Now(), Through: through, Count: count, Amount: amount}))
		}
		f.Send(
			f.Message("tokopedia", registrytest.Bought("A", cards[0], through.Add(-time.Microsecond))),
			f.Message("tokopedia", registrytest.Bought("B", cards[0], through)), // not before it
			f.Message("tokopedia", registrytest.Bought("C", cards[1], through.Add(-time.Hour))),
			f.Message("tokopedia", registrytest.Voided("C", through.Add(-time.Minute))), // was sent all the same
			f.Message("pintaria", registrytest.Bought("A", cards[1], through.Add(-time.Hour))),
		)
		if got := watchOf(t, f, "tokopedia").Statement; got != nil {
			t.Errorf("without a statement: %+v", got)
		}
		state(through, 2, 500_000)
		want := &registry.StatementCheck{Through: through, Count: 2, Amount: 500_000, HeldCount: 2, HeldAmount: 500_000, Agrees: true, ReceivedAt: now}
		if diff := cmp.Diff(want, watchOf(t, f, "tokopedia").Statement); diff != "" {
			t.Errorf("stated (-want +got):\n%s", diff)
		}
		if got := watchOf(t, f, "pintaria").Statement; got != nil {
			t.Errorf("of another platform: %+v", got)
		}
		f.Clock.Set(now.Add(time.Minute))
		state(through.Add(-30*time.Minute), 7, 7) // later said, of less: it says nothing new
		if diff := cmp.Diff(want, watchOf(t, f, "tokopedia").Statement); diff != "" {
			t.Errorf("after an older one (-want +got):\n%s", diff)
		}
		for _, wrong := range []struct{ count, amount int64 }{{2, 750_000}, {3, 750_001}, {2, 750_001}} {
			through = through.Add(time.Minute)
			state(through, wrong.count, wrong.amount)
			got := watchOf(t, f, "tokopedia").Statement
			if got.Agrees || got.HeldCount != 3 || got.HeldAmount != 750_000 || !got.Through.Equal(through) {
				t.Errorf("stated %+v: %+v", wrong, got)
			}
		}
	})
}

func TestWhoWatchesWhichPlatforms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		silence(t, f, d)
		if _, _, err := f.RaiseAlerts(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			v      viewer.Viewer
			want   []string
			alerts bool
		}{
			{viewer.Viewer{}, nil, false},
			{viewer.Viewer{Role: viewer.Anonymous}, nil, false},
			{viewer.Viewer{Role: viewer.Participant, Subject: "3113000000000001"}, nil, false},
			{viewer.Viewer{Role: viewer.Analyst, Subject: "a", Platform: "tokopedia"}, nil, false},
			{viewer.Viewer{Role: viewer.Platform, Subject: "robot"}, nil, false},
			{viewer.Viewer{Role: viewer.Platform, Subject: "robot", Platform: "tokopedia"}, []string{"tokopedia"}, false},
			{registrytest.Officer, []string{"pintaria", "tokopedia"}, true},
		} {
			got, err := f.Watch(context.Background(), tt.v)
			if tt.want == nil {
				if registry.CodeOf(err) != registry.Forbidden || got != nil {
					t.Errorf("%s sees %v (%v)", tt.v.Role, got, err)
				}
				continue
			}
			var codes []string
			alerts := 0
			for _, w := range got {
				codes = append(codes, w.Platform)
				alerts += len(w.Alerts)
			}
			if diff := cmp.Diff(tt.want, codes); err != nil || diff != "" || (alerts > 0) != tt.alerts {
				t.Errorf("%s sees %v with %d alerts (%v)", tt.v.Role, codes, alerts, err)
			}
		}
	})
}

// silence lets tokopedia fall silent 20 hours before the deadline of somebody, for an hour.
func silence(t *testing.T, f *registrytest.Fixture, d *db.DB) {
	t.Helper()
	f.Cohort13(1)
	fell := deadline13.Add(-20 * time.Hour)
	for platform := range f.Platforms {
		beat(t, f, d, platform, fell.AddDate(0, 0, -9), fell, 5*time.Minute)
	}
	f.Clock.Set(fell.Add(time.Hour))
	for platform := range f.Platforms {
		if platform != "tokopedia" {
			beat(t, f, d, platform, fell, f.Now(), 5*time.Minute)
		}
	}
}
