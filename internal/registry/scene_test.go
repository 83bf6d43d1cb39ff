package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gelombang/ent"
	"gelombang/ent/participant"
	"gelombang/ent/review"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// The edges of cohort 13.
var (
	announced13 = wib("2021-03-10T00:00:00") // inclusive
	deadline13  = wib("2021-04-09T00:00:00") // exclusive
)

// scene is one participant of cohort 13 and the registry it lives in. Scenes of one database have cards and
// invoices of their own.
type scene struct {
	*registrytest.Fixture
	t      *testing.T
	db     *db.DB
	card   string
	suffix string
}

// scenes runs a subtest for each name, with a participant of its own and the clock on 1 April.
func scenes(t *testing.T, d *db.DB, f *registrytest.Fixture, names []string, run func(s *scene, i int)) {
	t.Helper()
	cards := f.Cohort13(len(names))
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			f.In(t)
			f.Clock.Set(wib("2021-04-01T12:00:00"))
			run(&scene{Fixture: f, t: t, db: d, card: cards[i], suffix: fmt.Sprintf("~%d", i)}, i)
		})
	}
}

// buys sends a purchase made at the platform, which is received now.
func (s *scene) buys(platform, invoice string, at time.Time) registry.Receipt {
	s.t.Helper()
	return s.Send(s.Message(platform, registrytest.Bought(invoice+s.suffix, s.card, at)))[0]
}

// voids sends a void, which is received now.
func (s *scene) voids(platform, invoice string, at time.Time) registry.Receipt {
	s.t.Helper()
	return s.Send(s.Message(platform, registrytest.Voided(invoice+s.suffix, at)))[0]
}

// revokes has a settlement of nobody else revoke the participant now.
func (s *scene) revokes() {
	s.t.Helper()
	n, err := s.SettleOnly(context.Background(), "settlement of cohort 13", load(s.t, s.db, s.card).ID)
	if err != nil || n != 1 {
		s.t.Fatalf("revoked %d: %v", n, err)
	}
}

// decides decides the oldest open review.
func (s *scene) decides(decision rules.ReviewDecision) {
	s.t.Helper()
	rv, err := s.db.Client().Review.Query().Where(review.StateEQ(rules.ReviewOpen), review.HasParticipantWith(participant.CardNumber(s.card))).
		Order(review.ByID()).First(context.Background())
	if err != nil {
		s.t.Fatalf("find the open review: %v", err)
	}
	_, err = s.DecideReview(context.Background(), registrytest.Officer, registry.DecideReview{Review: rv.ID, Decision: decision, Note: "looked at the receipt"})
	if err != nil {
		s.t.Fatalf("decide: %v", err)
	}
}

func (s *scene) state() state {
	s.t.Helper()
	got := stateOf(s.t, s.db, s.card, s.Now())
	got.First = original(got.First)
	got.Purchases = nil
	return got
}

func (s *scene) history() []string {
	s.t.Helper()
	return historyOf(s.t, s.db, s.card)
}

// reviews tells the participant's reviews in words, oldest first.
func (s *scene) reviews() []string {
	s.t.Helper()
	var lines []string
	for _, rv := range load(s.t, s.db, s.card).Edges.Reviews {
		line := string(rv.Kind) + " " + string(rv.State)
		if rv.Decision != nil {
			line += " " + string(*rv.Decision) + " by " + rv.DecidedBy
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *scene) participant() *ent.Participant {
	s.t.Helper()
	return load(s.t, s.db, s.card)
}
