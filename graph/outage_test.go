package graph_test

import (
	"fmt"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// outage declares an outage of the platform in the hour from so many hours before the present.
func (w *world) outage(platform string, hours int) {
	w.T.Helper()
	begins := w.Clock.Now().Add(time.Duration(-hours) * time.Hour)
	ends := begins.Add(time.Hour)
	_, err := w.DeclareOutage(w.T.Context(), registrytest.Officer, registry.DeclareOutage{Platform: platform, BeginsAt: begins, EndsAt: &ends, Reason: "their cable"})
	if err != nil {
		w.T.Fatal(err)
	}
}

// alert raises an alert about the platform, which may be cleared, behind the registry's back.
func (w *world) alert(platform string, kind rules.AlertKind, raised time.Time, cleared *time.Time) {
	w.T.Helper()
	_, err := w.DB().Write.ExecContext(w.T.Context(), "INSERT INTO alerts (platform_id, kind, detail, raised_at, cleared_at) VALUES ($1, $2, '{}', $3, $4)",
		w.Platforms[platform], string(kind), db.Instant(raised), cleared)
	if err != nil {
		w.T.Fatal(err)
	}
}

// TestOfManyOutagesAndAlertsTheLatestAreListed makes more than are listed, and an early alert that stands.
func TestOfManyOutagesAndAlertsTheLatestAreListed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		for i := range 60 {
			w.outage("tokopedia", 2*i+2)
			raised := w.Clock.Now().Add(time.Duration(-i) * time.Hour)
			w.alert("tokopedia", rules.AlertFew, raised, &raised)
		}
		w.outage("pintaria", 5)
		w.alert("tokopedia", rules.AlertDisagrees, wib(1, 0, 0).AddDate(0, -1, 0), nil)
		w.alert("pintaria", rules.AlertSilent, wib(6, 8, 0), nil)
		c := serve(t, w.Registry)
		before := c.reads.statements.Load()
		a := c.expect(officer, `{ platforms { code outages { beginsAt endsAt platform { code } } alerts { kind raisedAt clearedAt platform { code } } } }`, answers{
			"platforms.0.outages.0.beginsAt": "2021-04-06T12:45:00+07:00", "platforms.0.outages.1": nil, "platforms.0.alerts.0.kind": "SILENT", "platforms.0.alerts.0.platform.code": "pintaria", "platforms.0.alerts.1": nil,
			"platforms.1.outages.0.beginsAt": "2021-04-06T15:45:00+07:00", "platforms.1.outages.0.endsAt": "2021-04-06T16:45:00+07:00", "platforms.1.outages.0.platform.code": "tokopedia",
			"platforms.1.outages.49.beginsAt": "2021-04-02T13:45:00+07:00", "platforms.1.outages.50": nil,
			"platforms.1.alerts.0.raisedAt": "2021-04-06T17:45:00+07:00", "platforms.1.alerts.49.raisedAt": "2021-04-04T16:45:00+07:00",
			"platforms.1.alerts.50.kind": "DISAGREES", "platforms.1.alerts.50.clearedAt": nil, "platforms.1.alerts.51": nil,
		})
		if got := c.reads.statements.Load() - before; got != 3 {
			t.Errorf("%d statements: %s", got, a.text)
		}
	})
}

// TestAPlatformIsWatched holds what it states against what is on record.
func TestAPlatformIsWatched(t *testing.T) {
	const watch = `{ platform(code: "%s") { watch { lastDelivery lastHour usual lagP50 lagP99 quarantined statement { through count amount heldCount heldAmount agrees receivedAt } } } }`
	at := func(path string) string { return "platform.watch." + path }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		w.Send(w.Message("tokopedia", rules.CompleteThrough{Timestamp: w.Clock.Now(), Through: wib(6, 0, 0), Count: 3e9, Amount: 9}))
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
		for _, v := range []string{"officer", "platform"} {
			c.expect(roles("")[v], fmt.Sprintf(watch, "tokopedia"), answers{
				at("lastDelivery"): "2021-04-06T17:45:00+07:00", at("lastHour"): 6, at("usual"): 0, at("quarantined"): 1, at("lagP50"): 463_500 /* of 1 April, 9:00 */, at("lagP99"): 463_500,
				at("statement.through"): "2021-04-06T00:00:00+07:00", at("statement.count"): 1<<31 - 1, at("statement.amount"): 9, at("statement.heldCount"): 3, at("statement.heldAmount"): 750_000,
				at("statement.agrees"): false, at("statement.receivedAt"): "2021-04-06T17:45:00+07:00",
			})
		}
		c.expect(officer, fmt.Sprintf(watch, "pintaria"), answers{at("statement"): nil, at("quarantined"): 1})
		w.Clock.Set(w.Clock.Now().Add(25 * time.Hour))
		c.expect(officer, fmt.Sprintf(watch, "pintaria"), answers{at("lagP50"): nil, at("lastHour"): 0})
	})
}
