package registry_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/viewer"
)

// outageOf is a declaration for tokopedia, from so many hours from now until so many, which is none for 0.
func outageOf(f *registrytest.Fixture, from, until float64) registry.DeclareOutage {
	in := registry.DeclareOutage{Platform: "tokopedia", BeginsAt: f.Now().Add(hours(from)), Reason: "their data centre burns"}
	if until != 0 {
		ends := f.Now().Add(hours(until))
		in.EndsAt = &ends
	}
	return in
}

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

func TestAnOutageIsDeclaredAndEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		began := f.Now().Add(-3 * time.Hour)
		o, err := f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -3, 0))
		if err != nil {
			t.Fatal(err)
		}
		if !o.BeginsAt.Equal(began) || o.EndsAt != nil || o.DeclaredBy != "officer-1" || o.EndedBy != "" || o.Reason != "their data centre burns" ||
			o.PlatformID != f.Platforms["tokopedia"] || !o.CreatedAt.Equal(f.Now()) {
			t.Errorf("declared %v", o)
		}
		other := viewer.Viewer{Role: viewer.Supervisor, Subject: "supervisor-1"}
		if o, err = f.EndOutage(ctx, other, registry.EndOutage{Outage: o.ID}); err != nil || !o.EndsAt.Equal(f.Now()) || o.EndedBy != "supervisor-1" || o.DeclaredBy != "officer-1" {
			t.Errorf("ended %v (%v)", o, err)
		}
		if o, err = f.EndOutage(ctx, registrytest.Officer, registry.EndOutage{Outage: o.ID, At: f.Now().Add(time.Hour)}); err != nil || !o.EndsAt.Equal(f.Now().Add(time.Hour)) || o.EndedBy != "officer-1" {
			t.Errorf("ended later %v (%v)", o, err)
		}
		if o, err = f.EndOutage(ctx, registrytest.Officer, registry.EndOutage{Outage: o.ID, At: began}); err != nil || !o.EndsAt.Equal(began) {
			t.Errorf("taken back %v (%v)", o, err)
		}
		if _, err = f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -4, 0)); err != nil {
			t.Errorf("declared again over one that was taken back: %v", err)
		}
	})
}

func TestOutagesOfAPlatformDoNotOverlap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		first, err := f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -6, -2))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name        string
			from, until float64
			clash       bool
		}{
			{"before it", -8, -6, false},
			{"into its beginning", -8, -5.99, true},
			{"within it", -5, -3, true},
			{"around it", -9, -1, true},
			{"from its last moment on", -2.01, 0, true},
			{"from its end on", -2, -1, false},
			{"without an end, from before it", -10, 0, true},
		} {
			in := outageOf(f, tt.from, tt.until)
			o, err := f.DeclareOutage(ctx, registrytest.Officer, in)
			if !tt.clash {
				if err != nil {
					t.Errorf("%s: %v", tt.name, err)
				} else if _, err := f.EndOutage(ctx, registrytest.Officer, registry.EndOutage{Outage: o.ID, At: o.BeginsAt}); err != nil {
					t.Error(err)
				}
				continue
			}
			checkError(t, tt.name, err, registry.Conflict, "beginsAt")
			if err != nil && !strings.Contains(err.Error(), "tokopedia is declared from 6 April 2021 11:45:00 WIB until 6 April 2021 15:45:00 WIB") {
				t.Errorf("%s: %q does not say which", tt.name, err)
			}
		}
		if _, err := f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -1, 0)); err != nil {
			t.Fatal(err)
		}
		_, err = f.EndOutage(ctx, registrytest.Officer, registry.EndOutage{Outage: first.ID, At: f.Now()})
		checkError(t, "an end in the next one", err, registry.Conflict, "at")
		if err != nil && !strings.Contains(err.Error(), "from 6 April 2021 16:45:00 WIB with no end yet") {
			t.Errorf("%q does not say which", err)
		}
		elsewhere := outageOf(f, -6, 0)
		elsewhere.Platform = "pintaria"
		if _, err := f.DeclareOutage(ctx, registrytest.Officer, elsewhere); err != nil {
			t.Errorf("at another platform: %v", err)
		}
	})
}

func TestAnOutageThatCannotBeMeantIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		declared, err := f.DeclareOutage(ctx, registrytest.Officer, outageOf(f, -1, 0))
		if err != nil {
			t.Fatal(err)
		}
		const reach = 60 * 24
		changed := func(in registry.DeclareOutage, change func(*registry.DeclareOutage)) registry.DeclareOutage {
			change(&in)
			return in
		}
		for _, tt := range []struct {
			name  string
			in    registry.DeclareOutage
			code  registry.Code
			field string
		}{
			{"no beginning", changed(outageOf(f, -1, 0), func(in *registry.DeclareOutage) { in.BeginsAt = time.Time{} }), registry.Invalid, "beginsAt"},
			{"long ago", outageOf(f, -reach-0.01, 0), registry.Invalid, "beginsAt"},
			{"far ahead", outageOf(f, reach+0.01, 0), registry.Invalid, "beginsAt"},
			{"no time at all", outageOf(f, -5, -5), registry.Invalid, "endsAt"},
			{"ends before it begins", outageOf(f, -5, -6), registry.Invalid, "endsAt"},
			{"ends far ahead", outageOf(f, 1, reach+0.01), registry.Invalid, "endsAt"},
			{"no reason", changed(outageOf(f, -5, -4), func(in *registry.DeclareOutage) { in.Reason = " " }), registry.Invalid, "reason"},
			{"an unknown platform", changed(outageOf(f, -5, -4), func(in *registry.DeclareOutage) { in.Platform = "nobody" }), registry.NotFound, "platform"},
		} {
			_, err := f.DeclareOutage(ctx, registrytest.Officer, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
		}
		for _, tt := range []struct {
			name  string
			in    registry.EndOutage
			code  registry.Code
			field string
		}{
			{"before it began", registry.EndOutage{Outage: declared.ID, At: declared.BeginsAt.Add(-time.Second)}, registry.Invalid, "at"},
			{"far ahead", registry.EndOutage{Outage: declared.ID, At: f.Now().Add(hours(reach + 0.01))}, registry.Invalid, "at"},
			{"one that there is not", registry.EndOutage{Outage: declared.ID + 1}, registry.NotFound, "outage"},
		} {
			_, err := f.EndOutage(ctx, registrytest.Officer, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
		}
		for _, role := range viewer.Roles() {
			v := viewer.Viewer{Role: role, Subject: "x", Platform: "tokopedia"}
			want := registry.Forbidden
			if v.ManagesCohorts() {
				want = registry.Invalid // the reason is missing, or the end absurd
			}
			if _, err := f.DeclareOutage(ctx, v, registry.DeclareOutage{Platform: "tokopedia", BeginsAt: f.Now()}); registry.CodeOf(err) != want {
				t.Errorf("%s declares: %v", role, err)
			}
			if _, err := f.EndOutage(ctx, v, registry.EndOutage{Outage: declared.ID, At: f.Now().AddDate(1, 0, 0)}); registry.CodeOf(err) != want {
				t.Errorf("%s ends: %v", role, err)
			}
		}
	})
}

// TestAnOutageIsDeclaredOnce lets several officers declare the same at once, while purchases of the platform arrive.
func TestAnOutageIsDeclaredOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		group := purchases(f)
		in := outageOf(f, -1, 0)
		var declared atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch _, err := f.DeclareOutage(context.Background(), registrytest.Officer, in); {
				case err == nil:
					declared.Add(1)
				case registry.CodeOf(err) != registry.Conflict:
					t.Error(err)
				}
			})
		}
		wg.Go(func() { f.Send(group...) })
		wg.Wait()
		if n := declared.Load(); n != 1 {
			t.Errorf("declared %d times", n)
		}
		if n := countWhere(t, d, "first_purchase_id IS NOT NULL"); n != len(group) {
			t.Errorf("%d of %d purchases are recorded", n, len(group))
		}
	})
}
