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
