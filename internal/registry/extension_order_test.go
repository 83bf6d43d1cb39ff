package registry_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestAnExtensionAndAReportMayComeInEitherOrder revokes a participant, then extends the deadline by a week and
// reports what was bought, in one order and in the other. The same must come of both.
func TestAnExtensionAndAReportMayComeInEitherOrder(t *testing.T) {
	inTime, inLonger := wib("2021-03-20T10:00:00"), deadline13.Add(24*time.Hour)
	ends := func(status rules.Status, open ...string) state {
		s := state{Status: status, Balance: 750_000, Revoked: status == rules.StatusRevoked, Open: open}
		if status == rules.StatusPurchased {
			s.First = "tokopedia/A"
		}
		return s
	}
	tests := []struct {
		name     string
		bought   time.Time
		reported time.Time
		voided   time.Time // when not zero, by a later report
		stated   time.Time // what the platform had stated before; zero for nothing
		want     state
	}{
		{"reported within the lag limit of the longer deadline only", inTime, longer.Add(72 * time.Hour), time.Time{}, time.Time{}, ends(rules.StatusPurchased)},
		{"reported after the lag limit of the longer deadline", inTime, longer.Add(72*time.Hour + time.Microsecond), time.Time{}, time.Time{}, ends(rules.StatusRevoked, "LATE_EVIDENCE")},
		{"bought in the longer window", inLonger, longer, time.Time{}, time.Time{}, ends(rules.StatusPurchased)},
		{"bought in the longer window, against a statement", inLonger, longer, time.Time{}, inLonger.Add(time.Hour), ends(rules.StatusRevoked, "LATE_EVIDENCE")},
		{"bought in the longer window, reported too late", inLonger, longer.Add(73 * time.Hour), time.Time{}, time.Time{}, ends(rules.StatusRevoked, "LATE_EVIDENCE")},
		{"bought after the longer window", longer, longer, time.Time{}, time.Time{}, ends(rules.StatusRevoked)},
		{
			"bought in the longer window and voided in it", inLonger, longer.Add(-time.Hour), inLonger.Add(time.Hour), time.Time{},
			state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
	}
	var names []string
	for _, tt := range tests {
		names = append(names, tt.name+", reported first", tt.name+", extended first")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		scenes(t, d, f, names, func(s *scene, i int) {
			tt, extendedFirst := tests[i/2], i%2 == 1
			s.Clock.Set(deadline13.Add(time.Hour))
			s.revokes()
			platform := "tokopedia"
			if !tt.stated.IsZero() {
				platform = "pintaria" // the others' has stated nothing
				s.Clock.Set(tt.stated)
				s.Send(s.Message(platform, rules.CompleteThrough{Timestamp: tt.stated, Through: tt.stated, Count: 1, Amount: 250_000}))
			}
			grant := func() {
				if n, err := extend(s.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: []string{s.card}}); n != 1 || err != nil {
					s.t.Fatalf("extended %d: %v", n, err)
				}
			}
			report := func() {
				s.buys(platform, "A", tt.bought)
				if !tt.voided.IsZero() {
					s.voids(platform, "A", tt.voided)
				}
			}
			s.Clock.Set(tt.reported)
			steps := []func(){report, grant}
			if extendedFirst {
				steps = []func(){grant, report}
			}
			for _, step := range steps {
				step()
			}
			if diff := cmp.Diff(tt.want, s.state()); diff != "" {
				s.t.Errorf("state (-want +got):\n%s", diff)
			}
		})
		checkHistory(t, d)
	})
}

// TestAnExtensionHarmsNobody extends until a day that is over already, in every way in which a deadline can
// become later, and decrees it as well.
func TestAnExtensionHarmsNobody(t *testing.T) {
	inTime, over := wib("2021-03-20T10:00:00"), longer.Add(time.Hour)
	voidedAfter := func(s *scene) {
		s.buys("tokopedia", "A", inTime)
		s.voids("tokopedia", "A", deadline13.Add(time.Hour))
	}
	tests := []struct {
		name   string
		play   func(s *scene)
		want   state
		spared bool
	}{
		{
			"whose purchase was voided after the deadline stays under review", voidedAfter,
			state{Status: rules.StatusUnderReview, Balance: 1_000_000, Open: []string{"VOID_AFTER_DEADLINE"}}, true,
		},
		{
			"whose purchase was voided after the longer deadline as well is under review all the same",
			func(s *scene) { s.buys("tokopedia", "A", inTime); s.voids("tokopedia", "A", longer) },
			state{Status: rules.StatusUnderReview, Balance: 1_000_000, Open: []string{"VOID_AFTER_DEADLINE"}}, false,
		},
		{
			"who bought again in the longer window has bought",
			func(s *scene) { voidedAfter(s); s.buys("tokopedia", "B", deadline13.Add(2*time.Hour)) },
			state{Status: rules.StatusPurchased, First: "tokopedia/B", Balance: 750_000}, false,
		},
		{
			"about whom a person has decided already keeps that",
			func(s *scene) { voidedAfter(s); s.decides(rules.DecisionReject) },
			state{Status: rules.StatusOverdue, Balance: 1_000_000}, false,
		},
		{"who has bought nothing loses nothing", func(*scene) {}, state{Status: rules.StatusOverdue, Balance: 1_000_000}, false},
		{
			"who is revoked and waits for a decision goes on waiting",
			func(s *scene) {
				s.revokes()
				s.buys("tokopedia", "A", inTime)
				s.voids("tokopedia", "A", deadline13.Add(time.Hour))
			},
			state{Status: rules.StatusRevoked, Revoked: true, Balance: 1_000_000, Open: []string{"LATE_EVIDENCE"}}, true,
		},
	}
	var names []string
	for _, tt := range tests {
		names = append(names, tt.name)
	}
	for _, way := range append(rules.ExtensionScope("").Values(), "DECREE") {
		t.Run(way, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				f := registrytest.New(t, d)
				if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta"}); err != nil {
					t.Fatal(err)
				}
				var all []*scene
				var cards []string
				scenes(t, d, f, names, func(s *scene, i int) {
					s.Clock.Set(over)
					tests[i].play(s)
					all, cards = append(all, s), append(cards, s.card)
				})
				f.Clock.Set(over)
				in := registry.ExtendDeadline{Scope: rules.ExtensionScope(way)}
				switch in.Scope {
				case rules.ExtendCohort:
				case rules.ExtendProvince:
					in.Province = "31"
				case rules.ExtendCards:
					in.Cards = cards
				default:
					_, err := f.DecreeDeadline(context.Background(), registrytest.Officer, registry.DecreeDeadline{
						Cohort: 13, LastDay: longer.Add(-time.Hour), Reference: "SE 1/2021", Reason: "flood",
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				if way != "DECREE" {
					if n, err := extend(f, in); n != len(tests)-2 || err != nil {
						t.Fatalf("moved %d deadlines (%v), want %d", n, err, len(tests)-2)
					}
				}
				for i, tt := range tests {
					s := all[i]
					s.t = t
					if diff := cmp.Diff(tt.want, s.state()); diff != "" {
						t.Errorf("%s: state (-want +got):\n%s", tt.name, diff)
					}
					if spared := s.participant().Deadline.Equal(deadline13); spared != tt.spared {
						t.Errorf("%s: deadline %v", tt.name, s.participant().Deadline)
					}
					x, err := s.Explain(context.Background(), s.participant().ID, rules.EN)
					told := strings.Contains(strings.Join(x.Deadline, " "), "does not hold for this recipient")
					if want := tt.spared && way != string(rules.ExtendCards); err != nil || told != want { // of the cards, nobody is told
						t.Errorf("%s: explained as %q (%v)", tt.name, x.Deadline, err)
					}
				}
				checkHistory(t, d)
			})
		})
	}
}
