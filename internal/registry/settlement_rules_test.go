package registry_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/webhooks/payload"
)

// under is a server on the same database that goes by other rules, and its log.
func (x *night) under(change func(*rules.Settings)) (*registry.Registry, *bytes.Buffer) {
	x.T.Helper()
	settings, log := rules.DefaultSettings(), &bytes.Buffer{}
	change(&settings)
	r, err := registry.New(registry.Config{
		DB: x.db, Secrets: x.Secrets, Settings: settings, Clock: x.Clock.Now, Log: slog.New(slog.NewTextHandler(log, nil)), Parse: payload.Parse,
	})
	if err != nil {
		x.T.Fatal(err)
	}
	return r, log
}

// TestAListIsDealtWithUnderItsOwnRules has a server with other rules approve the list, order its execution, and go on with
// one that another server began: nothing of it is done, and the refusal names what differs. It may be reversed by any.
func TestAListIsDealtWithUnderItsOwnRules(t *testing.T) {
	changes := []struct {
		name   string
		change func(*rules.Settings)
		says   string
	}{
		{"the lag limit", func(s *rules.Settings) { s.LagLimit = 24 * time.Hour }, "lag limit: 72h0m0s then, 24h0m0s here"},
		{"the window", func(s *rules.Settings) { s.WindowDays = 31 }, "days to buy: 30 then, 31 here"},
		{"how far ahead is believed", func(s *rules.Settings) { s.MaxFuture = time.Hour }, "longest time ahead of our clock: 5m0s then, 1h0m0s here"},
		{"the balance", func(s *rules.Settings) { s.TrainingBalance = 1 }, "rupiah to spend: 1000000 then, 1 here"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, c := range changes {
			t.Run(c.name, func(t *testing.T) {
				x := newNight(t, dbtest.New(t, d.Dialect), 251)
				other, log := x.under(c.change)
				refused := func(what string, err error, revoked int) {
					t.Helper()
					if registry.CodeOf(err) != registry.NotPossible || !strings.Contains(err.Error(), c.says) {
						t.Errorf("%s: %v, want that %q", what, err, c.says)
					}
					if got := x.outcomes()[rules.EntryRevoked]; got != revoked {
						t.Errorf("%s: %d are revoked, want %d", what, got, revoked)
					}
				}
				ctx := context.Background()
				x.prepares()
				_, err := other.ApproveSettlement(ctx, registrytest.Supervisor, registry.ApproveSettlement{Settlement: x.list.ID, ListSHA256: x.list.ListSha256})
				refused("approve", err, 0)
				x.approves()
				_, err = other.OrderExecution(ctx, registrytest.Officer, x.list.ID)
				refused("order", err, 0)
				_, err = other.Execute(ctx, registrytest.Officer, x.list.ID, nil)
				refused("execute", err, 0)
				if x.stored().OrderedAt != nil {
					t.Error("a refused order is recorded")
				}
				x.orders()
				_, err = other.ExecuteChunk(ctx, x.list.ID)
				refused("do the first chunk", err, 0)
				x.chunk()
				_, err = other.ExecuteChunk(ctx, x.list.ID)
				refused("go on", err, 250)
				if told := log.String(); !strings.Contains(told, "level=WARN") || !strings.Contains(told, c.says) {
					t.Errorf("who looks after the server is told %q", told)
				}
				x.executes()
				if _, err := other.Reverse(ctx, registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Reason: "a mistake"}, nil); err != nil {
					t.Errorf("reverse: %v", err)
				}
			})
		}
	})
}

// TestHowManyPlacesAreKeptIsTheSettlementsOwn number, whatever a server would keep of another list.
func TestHowManyPlacesAreKeptIsTheSettlementsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 40)
		other, _ := x.under(func(s *rules.Settings) { s.ReservePercent = 50 })
		x.prepares()
		x.approves()
		if _, err := other.Execute(context.Background(), registrytest.Officer, x.list.ID, nil); err != nil {
			t.Fatal(err)
		}
		if got := x.ledger(); got.Released != 38 {
			t.Errorf("%+v, want 38 of 40 places released", got)
		}
	})
}

// TestASpellingMakesNoOtherPerson has whoever prepared the list approve it under other spellings of the same subject.
func TestASpellingMakesNoOtherPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 1)
		x.prepares()
		for _, subject := range []string{"officer-1", "Officer-1", "OFFICER-1 ", "\u00a0officer-1", "officer\u20111"} {
			err := x.approve(viewer.Viewer{Role: viewer.Supervisor, Subject: subject}, x.list.ListSha256)
			if registry.CodeOf(err) != registry.Forbidden || x.stored().State != rules.SettlementPreviewed {
				t.Errorf("%q: %v, the list is %s", subject, err, x.stored().State)
			}
		}
		x.approves()
	})
}
