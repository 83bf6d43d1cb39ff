package registry_test

import (
	"context"
	"testing"

	"gelombang/ent/history"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestTheHistoryIsAppendOnly tries to change it behind the registry's back.
func TestTheHistoryIsAppendOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		f.Send(f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-04-01T10:00:00"))))
		statements := []string{"UPDATE history SET reason = 'another'", "DELETE FROM history"}
		if d.Dialect == db.Postgres {
			statements = append(statements, "TRUNCATE history")
		}
		for _, q := range statements {
			if _, err := d.Write.Exec(q); db.Classify(err) != db.ClassData {
				t.Errorf("%s: %v", q, err)
			}
		}
		if _, err := d.Client().History.Delete().Exec(context.Background()); err == nil {
			t.Error("ent deletes from the history")
		}
		if n, err := d.Client().History.Query().Where(history.ReasonNEQ("another")).Count(context.Background()); n != 1 || err != nil {
			t.Errorf("%d entries are left (%v)", n, err)
		}
	})
}

// TestARepetitionAppendsNothing because it changes no fact.
func TestARepetitionAppendsNothing(t *testing.T) {
	at := wib("2021-04-01T10:00:00")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		bought := f.Message("tokopedia", registrytest.Bought("A", card, at))
		f.Send(bought)
		f.Send(bought)
		f.Send(f.Message("tokopedia", registrytest.Bought("A", card, at)))
		f.Send(f.Message("tokopedia", registrytest.Bought("B", card, at.AddDate(0, 0, 1)))) // later than the first
		f.Send(f.Message("tokopedia", registrytest.Bought("C", card, deadline13)))          // from the future
		entries := load(t, d, card).Edges.History
		if len(entries) != 1 || entries[0].Cause != rules.CauseDelivery || !entries[0].EffectiveAt.Equal(at) || !entries[0].RecordedAt.Equal(f.Now()) {
			t.Errorf("the history is %v", entries)
		}
	})
}
