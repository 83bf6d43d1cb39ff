package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestRevokePassesOverWhoeverIsNotOverdue sends a whole list, as it was made, to a cohort whose facts have
// changed since.
func TestRevokePassesOverWhoeverIsNotOverdue(t *testing.T) {
	inTime, now := wib("2021-03-20T10:00:00"), deadline13.Add(time.Hour)
	roles := []struct {
		name string
		play func(s *scene)
		want rules.Status
	}{
		{"has bought nothing", func(*scene) {}, rules.StatusRevoked},
		{"has bought too late", func(s *scene) { s.buys("tokopedia", "A", deadline13) }, rules.StatusRevoked},
		{"has bought", func(s *scene) { s.buys("tokopedia", "A", inTime) }, rules.StatusPurchased},
		{"is under review", func(s *scene) {
			s.buys("tokopedia", "A", inTime)
			s.voids("tokopedia", "A", deadline13)
		}, rules.StatusUnderReview},
		{"has time left", func(s *scene) {
			_, err := s.ExtendDeadline(context.Background(), registrytest.Officer, registry.ExtendDeadline{
				Cohort: 13, Scope: rules.ExtendCards, Cards: []string{s.card}, LastDay: deadline13, Reference: "SE 1/2021", Reason: "flood",
			})
			if err != nil {
				s.t.Fatal(err)
			}
		}, rules.StatusAwaiting},
		{"is revoked already", func(s *scene) { s.revokes() }, rules.StatusRevoked},
	}
	var names []string
	for _, r := range roles {
		names = append(names, r.name)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ids, all := []int{-1}, []*scene{} // nobody has the id -1
		scenes(t, d, f, names, func(s *scene, i int) {
			s.Clock.Set(now)
			roles[i].play(s)
			ids, all = append(ids, s.participant().ID), append(all, s)
		})
		f.Clock.Set(now)
		for _, want := range []int{2, 0} {
			if n, err := f.SettleOnly(context.Background(), "settlement of cohort 13", append(ids, ids...)...); n != want || err != nil {
				t.Errorf("revoked %d (%v), want %d", n, err, want)
			}
		}
		for i, r := range roles {
			all[i].t = t
			if got := all[i].state().Status; got != r.want {
				t.Errorf("who %s is %s, want %s", r.name, got, r.want)
			}
		}
		if diff := cmp.Diff([]string{"SETTLEMENT: revoked"}, all[0].history()); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		h := all[0].participant().Edges.History[0]
		if h.Actor != "officer-1" || h.Reason != "settlement of cohort 13" || !h.EffectiveAt.Equal(now) || !h.RecordedAt.Equal(now) || !h.ToRevokedAt.Equal(now) || h.SettlementID == nil {
			t.Errorf("the history tells the revocation as %v", h)
		}
	})
}
