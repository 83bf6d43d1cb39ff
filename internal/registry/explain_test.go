package registry_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestExplainTellsWhatIsStored gives one participant everything that an explanation has words for.
func TestExplainTellsWhatIsStored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		scenes(t, d, f, []string{"participant", "another"}, func(s *scene, i int) {
			if i > 0 {
				return
			}
			ctx := context.Background()
			s.Clock.Set(deadline13.Add(time.Hour))
			_, err := extend(s.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: []string{s.card}, LastDay: deadline13, Reference: "SE 7/2021"})
			if err != nil {
				s.t.Fatal(err)
			}
			s.Clock.Set(deadline13.Add(100 * time.Hour))
			s.revokes()
			s.buys("tokopedia", "EARLY", announced13.Add(-time.Second)) // stays in quarantine
			s.buys("tokopedia", "LATE", deadline13.Add(126*time.Hour))  // from the future
			s.buys("pintaria", "OLD", wib("2021-03-20T10:00:00"))
			s.decides(rules.DecisionUphold)

			got, err := s.Explain(ctx, s.participant().ID, rules.EN)
			if err != nil {
				s.t.Fatal(err)
			}
			text := got.Summary + "\n" + strings.Join(append(got.Deadline, got.Awaited...), "\n")
			for _, n := range got.Evidence {
				text += "\n" + string(n.Code) + " " + n.Text
			}
			for _, want := range []string{"pintaria", "OLD", "SE 7/2021", "UPHELD"} {
				if !strings.Contains(text, want) {
					s.t.Errorf("%s is not explained:\n%s", want, text)
				}
			}
			if strings.Contains(text, s.card) {
				s.t.Errorf("the explanation has a card number:\n%s", text)
			}
			// The extension was for one card, and the other is told nothing of it.
			other, err := s.Explain(ctx, load(s.t, d, "3113000000000002").ID, rules.EN)
			if err != nil || strings.Contains(strings.Join(other.Deadline, "\n"), "SE 7/2021") {
				s.t.Errorf("the other is told of the extension (%v): %v", err, other.Deadline)
			}
			_, err = s.Explain(ctx, 1_000_000, rules.EN)
			checkError(s.t, "explain nobody", err, registry.NotFound, "participant")
		})
	})
}

// TestExplainALaterDeadlineOnItsWay lets the server die after the first batch, of a later deadline that has passed as well:
// who does not have it yet is told that it comes, and who was looked at and spared is told that it never will.
func TestExplainALaterDeadlineOnItsWay(t *testing.T) {
	for _, way := range []string{"COHORT", "PROVINCE", "DECREE"} {
		t.Run(way, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				f := registrytest.New(t, d)
				if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat"}); err != nil {
					t.Fatal(err)
				}
				cards := f.Cohort13(manyRaised)
				f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3213000000000001", Province: "32"}})
				early, late := cards[1], cards[manyRaised-2] // whom it harms
				for _, card := range []string{early, late} {
					f.Send(f.Message("tokopedia", registrytest.Bought(card, card, wib("2021-03-20T10:00:00"))))
				}
				f.Clock.Set(longer.Add(time.Hour))
				for _, card := range []string{early, late} {
					f.Send(f.Message("tokopedia", registrytest.Voided(card, deadline13.Add(time.Hour))))
				}
				told := func(card string) (comes, never bool) {
					t.Helper()
					got, err := f.Explain(context.Background(), load(t, d, card).ID, rules.EN)
					if err != nil {
						t.Fatal(err)
					}
					text := strings.Join(got.Deadline, "\n")
					return strings.Contains(text, "has not reached this one yet"), strings.Contains(text, "does not hold for this recipient")
				}
				grantPartly(t, f, d, way)
				people := []struct {
					who, card          string
					comes, never, then bool // that it comes, and that it never will: now, and in the end
				}{
					{"who has it", cards[0], false, false, false},
					{"who was spared", early, false, true, true},
					{"who does not have it yet", cards[manyRaised-1], true, false, false},
					{"who will be spared", late, true, false, true},
					{"who lives in another province", "3213000000000001", way != "PROVINCE", false, false},
				}
				for _, p := range people {
					if comes, never := told(p.card); comes != p.comes || never != p.never {
						t.Errorf("%s: told that it comes %v, and that it never will %v", p.who, comes, never)
					}
				}
				finish(t, f.Another(d))
				for _, p := range people {
					if comes, never := told(p.card); comes || never != p.then {
						t.Errorf("%s in the end: told that it comes %v, and that it never will %v", p.who, comes, never)
					}
				}
			})
		})
	}
}
