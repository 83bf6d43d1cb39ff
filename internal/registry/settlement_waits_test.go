package registry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// declares an outage of the platform that began an hour ago.
func (x *night) declares(platform string) int {
	x.T.Helper()
	o, err := x.DeclareOutage(context.Background(), registrytest.Officer, registry.DeclareOutage{Platform: platform, BeginsAt: x.Now().Add(-time.Hour), Reason: "a fire"})
	if err != nil {
		x.T.Fatalf("declare an outage: %v", err)
	}
	return o.ID
}

// raises leaves an extension of the cohort half-way, as when a server dies.
func (x *night) raises(cohort int) {
	x.T.Helper()
	_, err := x.db.Write.Exec("INSERT INTO deadline_raises (cohort_id, until, actor, reason, after_id, moved, created_at) VALUES ($1, $2, 'officer-1', 'flood', 0, 0, $3)",
		cohort, db.Instant(x.Now().Add(24*time.Hour)), db.Instant(x.Now()))
	if err != nil {
		x.T.Fatal(err)
	}
}

// hangs has a delivery about the card wait in quarantine.
func (x *night) hangs(card, invoice string) {
	x.T.Helper()
	if got := x.Send(x.Message("tokopedia", registrytest.Bought(invoice, card, announced13.Add(-time.Hour))))[0]; got.Status != registry.Quarantined {
		x.T.Fatalf("the delivery is %s", got.Status)
	}
}

// TestNothingIsSettledWhileEvidenceIsAwaited brings about each wait before the preparation, between it and the approval,
// and between that and the execution. A delivery in quarantine then holds up only the participant whom it names.
func TestNothingIsSettledWhileEvidenceIsAwaited(t *testing.T) {
	waits := []struct {
		name     string
		begins   func(x *night)
		says     string
		executes bool // all the same
	}{
		{"an outage", func(x *night) { x.declares("pintaria") }, "pintaria is declared unable to report", false},
		{"an extension under way", func(x *night) { x.raises(13) }, "A later deadline has been granted", false},
		{"a delivery in quarantine", func(x *night) { x.hangs(x.cards[0], "EARLY") }, "1 delivery in quarantine names a card", true},
		{"a platform that takes part since, and has stated nothing", func(x *night) {
			x.Clock.Set(deadline13.Add(time.Hour))
			_, err := x.PutPlatform(context.Background(), registrytest.Admin, registry.Platform{Code: "kemnaker", Name: "Kemnaker", Kind: "public", Active: true})
			if err != nil {
				x.T.Fatal(err)
			}
		}, "Kemnaker has not stated", false},
	}
	steps := []string{"prepare", "approve", "execute"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, w := range waits {
			for at, step := range steps {
				t.Run(w.name+" before it is to "+step, func(t *testing.T) {
					x := newNight(t, dbtest.New(t, d.Dialect), 3)
					x.Clock.Set(deadline13.Add(time.Hour))
					x.State(deadline13)
					if at > 0 {
						x.prepares()
					}
					if at > 1 {
						x.approves()
						x.orders()
					}
					w.begins(x)
					var err error
					switch step {
					case "prepare":
						_, err = x.PrepareSettlement(context.Background(), registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reason: "no purchase"})
					case "approve":
						err = x.approve(registrytest.Supervisor, x.list.ListSha256)
					case "execute":
						_, err = x.ExecuteChunk(context.Background(), x.list.ID)
					}
					if step == "execute" && w.executes {
						if err != nil || x.outcomes()[rules.EntryRevoked] != 2 {
							t.Errorf("%v: %v", err, x.outcomes())
						}
						return
					}
					if registry.CodeOf(err) != registry.NotPossible || !strings.Contains(err.Error(), w.says) {
						t.Errorf("%v, want that %q", err, w.says)
					}
					for _, card := range x.cards {
						if x.status(card) != rules.StatusOverdue {
							t.Errorf("somebody is %s", x.status(card))
						}
					}
				})
			}
		}
	})
}

// TestAClosingTellsWhatItWaitsFor follows a cohort from before its deadline to the day when nothing is awaited.
func TestAClosingTellsWhatItWaitsFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 4)
		x.Send(x.Message("tokopedia", registrytest.Bought("A", x.cards[0], wib("2021-03-20T10:00:00"))))
		awaited := func() (codes []string) {
			t.Helper()
			c, err := x.Closing(context.Background(), registrytest.Officer, 13)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.Waits {
				codes = append(codes, string(w.Code)+" "+w.Platform)
			}
			return codes
		}
		check := func(when string, want ...string) {
			t.Helper()
			if got := awaited(); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		x.Clock.Set(deadline13.Add(-time.Microsecond))
		check("before the deadline", "DEADLINE ")
		x.Clock.Set(deadline13)
		check("at the deadline", "STATEMENT pintaria", "STATEMENT tokopedia")
		x.Send(x.Message("tokopedia", rules.CompleteThrough{Timestamp: x.Now(), Through: deadline13, Count: 1, Amount: 1}))
		x.Send(x.Message("pintaria", rules.CompleteThrough{Timestamp: x.Now(), Through: deadline13.Add(-time.Microsecond), Count: 1, Amount: 1}))
		check("stated to just before the deadline", "STATEMENT pintaria")
		x.Clock.Set(deadline13.Add(70 * time.Hour))
		outage := x.declares("pintaria")
		check("in an outage", "OUTAGE pintaria")
		x.Clock.Set(deadline13.Add(100 * time.Hour))
		check("in an outage, after the lag limit", "OUTAGE pintaria")
		if _, err := x.EndOutage(context.Background(), registrytest.Officer, registry.EndOutage{Outage: outage}); err != nil {
			t.Fatal(err)
		}
		check("after the outage", "STATEMENT pintaria")
		x.Clock.Set(deadline13.Add(172 * time.Hour))
		check("after the lag limit from the outage's end on")
		x.hangs(x.cards[1], "B")
		check("with a delivery in quarantine", "QUARANTINE ")
		x.raises(13)
		check("with an extension under way", "EXTENSION ", "QUARANTINE ")
		c, err := x.Closing(context.Background(), registrytest.Officer, 13)
		if err != nil || c.Overdue != 3 || c.Outstanding != 0 || c.Quarantined != 1 || c.Raises != 1 || !c.Through.Equal(deadline13) || c.Settlement != nil {
			t.Errorf("%+v, %v", c, err)
		}
		if _, err := x.Closing(context.Background(), registrytest.Officer, 99); registry.CodeOf(err) != registry.NotFound {
			t.Errorf("of an unknown cohort: %v", err)
		}
	})
}

// TestWhatCannotBePrepared is refused with the reason, and leaves nothing behind.
func TestWhatCannotBePrepared(t *testing.T) {
	n := func(n int) *int { return &n }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 2)
		x.Cohort(14, announced13.AddDate(0, 0, 40), 1)
		x.Cohort(15, announced13, 0)
		tests := []struct {
			name string
			in   registry.PrepareSettlement
			want registry.Code
			says string
		}{
			{"an unknown cohort", registry.PrepareSettlement{Cohort: 99, Reason: "r"}, registry.NotFound, "no cohort 99"},
			{"without a reason", registry.PrepareSettlement{Cohort: 13}, registry.Invalid, "say why"},
			{"fewer than no places kept", registry.PrepareSettlement{Cohort: 13, Reserve: n(-1), Reason: "r"}, registry.Invalid, "fewer than 0"},
			{"more places kept than listed", registry.PrepareSettlement{Cohort: 13, Reserve: n(3), Reason: "r"}, registry.Invalid, "no more than 2"},
			{"before the deadline", registry.PrepareSettlement{Cohort: 14, Reason: "r"}, registry.NotPossible, "The time to buy has not ended"},
			{"nobody is overdue", registry.PrepareSettlement{Cohort: 15, Reason: "r"}, registry.NotPossible, "nobody of cohort 15"},
		}
		for _, tt := range tests {
			_, err := x.PrepareSettlement(context.Background(), registrytest.Officer, tt.in)
			if registry.CodeOf(err) != tt.want || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("%s: %v, want %s %q", tt.name, err, tt.want, tt.says)
			}
		}
		if left, err := d.Client().Settlement.Query().Count(context.Background()); left != 0 || err != nil {
			t.Errorf("%d settlements (%v) came of what was refused", left, err)
		}
		x.prepares()
		_, err := x.PrepareSettlement(context.Background(), registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reason: "r"})
		if registry.CodeOf(err) != registry.NotPossible || !strings.Contains(err.Error(), fmt.Sprintf("settlement %d", x.list.ID)) {
			t.Errorf("while another is not finished: %v", err)
		}
	})
}
