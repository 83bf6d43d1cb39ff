package registry_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/forecast"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

func april(day, hour, minute int) time.Time {
	return time.Date(2021, 4, day, hour, minute, 0, 0, rules.WIB)
}

// reported sends a purchase that is received at an instant.
func reported(f *registrytest.Fixture, platform, card string, bought, received time.Time) {
	f.T.Helper()
	f.Clock.Set(received)
	f.Send(f.Message(platform, registrytest.Bought("INV-"+card, card, bought)))
}

func TestForecastDataIsWhatWasKnownThen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		f.Clock.Set(time.Date(2021, 3, 10, 13, 0, 0, 0, rules.WIB))
		f.Cohort(11, time.Date(2021, 2, 20, 0, 0, 0, 0, rules.WIB), 1)
		twelve := f.Cohort(12, time.Date(2021, 3, 3, 12, 0, 0, 0, rules.WIB), 4)
		thirteen := f.Cohort13(5)
		const extended = "3113990000000001"
		if _, err := f.ImportParticipants(ctx, registrytest.Officer, 13, []registry.ParticipantRow{{Line: 2, CardNumber: extended}}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.ExtendDeadline(ctx, registrytest.Officer, registry.ExtendDeadline{
			Cohort: 13, Scope: rules.ExtendCards, Cards: []string{extended}, LastDay: april(20, 0, 0), Reference: "SE 1/2021", Reason: "flood",
		}); err != nil {
			t.Fatal(err)
		}
		reported(f, "tokopedia", twelve[0], april(1, 23, 59), april(2, 5, 30)) // in time, and reported after the deadline
		reported(f, "tokopedia", twelve[1], april(2, 0, 0), april(2, 5, 40))   // late
		reported(f, "tokopedia", thirteen[0], april(5, 10, 20), april(5, 10, 21))
		reported(f, "tokopedia", thirteen[1], april(5, 10, 44), april(5, 10, 45))
		reported(f, "tokopedia", thirteen[2], april(5, 10, 46), april(5, 10, 46)) // in the next hour, by the minute of the question
		reported(f, "pintaria", thirteen[3], april(6, 12, 0), april(6, 17, 44))
		reported(f, "pintaria", extended, april(6, 15, 0), april(6, 15, 1))     // has another deadline
		reported(f, "pintaria", thirteen[4], april(6, 17, 0), april(6, 17, 46)) // not known yet
		f.Clock.Set(april(8, 0, 0))
		got, err := f.ForecastData(ctx, viewer.Viewer{Role: viewer.Analyst}, registry.ForecastQuery{Cohort: 13, Past: 1, At: registrytest.Evening})
		if err != nil {
			t.Fatal(err)
		}
		want := registry.ForecastData{
			At: registrytest.Evening,
			Curves: []forecast.Curve{
				{Cohort: 12, Recipients: 4, Announced: time.Date(2021, 3, 3, 0, 0, 0, 0, rules.WIB), Deadline: april(2, 0, 0), Points: []forecast.Point{
					{Platform: "tokopedia", Purchased: april(1, 23, 45), Received: april(2, 4, 45), Count: 1},
				}},
				{Cohort: 13, Recipients: 5, Announced: time.Date(2021, 3, 10, 0, 0, 0, 0, rules.WIB), Deadline: april(9, 0, 0), Points: []forecast.Point{
					{Platform: "pintaria", Purchased: april(6, 11, 45), Received: april(6, 16, 45), Count: 1},
					{Platform: "tokopedia", Purchased: april(5, 10, 45), Received: april(5, 10, 45), Count: 1},
					{Platform: "tokopedia", Purchased: april(5, 9, 45), Received: april(5, 9, 45), Count: 2},
				}},
			},
			Apart: map[int]int{13: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what was known: %s", diff)
		}
		if _, ok := got.Curve(11); ok {
			t.Error("cohort 11 was not asked for")
		}
	})
}

func TestForecastDataIsRefused(t *testing.T) {
	f := registrytest.New(t, dbtest.New(t, db.SQLite))
	f.Cohort13(1)
	ask := func(v viewer.Viewer, in registry.ForecastQuery) registry.Code {
		_, err := f.ForecastData(context.Background(), v, in)
		return registry.CodeOf(err)
	}
	for _, role := range append(viewer.Roles(), "") {
		want := registry.Forbidden
		if slices.Contains([]viewer.Role{viewer.Analyst, viewer.Officer, viewer.Supervisor, viewer.Admin}, role) {
			want = ""
		}
		if got := ask(viewer.Viewer{Role: role, Subject: "x", Platform: "tokopedia"}, registry.ForecastQuery{Cohort: 13, At: f.Now()}); got != want {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
	}
	if got := ask(registrytest.Officer, registry.ForecastQuery{Cohort: 99, At: f.Now()}); got != registry.NotFound {
		t.Errorf("a cohort that does not exist: %q", got)
	}
	if got := ask(registrytest.Officer, registry.ForecastQuery{Cohort: 13, At: f.Now().Add(time.Second)}); got != registry.Invalid {
		t.Errorf("the future: %q", got)
	}
}
