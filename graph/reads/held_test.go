package reads

import (
	"context"
	"testing"
	"time"

	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// asking is a server that keeps reference data in memory, with a clock of its own.
type asking struct {
	reader *Reader
	now    time.Time
}

func newAsking(d *db.DB) *asking {
	a := &asking{now: time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)}
	a.reader = New(Config{Query: d.Read, Dialect: d.Dialect, Now: a.now, Reference: NewReference(d.Read, ReferenceAge, func() time.Time { return a.now })})
	return a
}

// name is the platform's name as an edge to it would show it.
func (a *asking) name(t *testing.T, id int) string {
	t.Helper()
	found, err := a.reader.platformsByID(t.Context(), selection.Selection{}, []int{id})
	if err != nil || found[id] == nil {
		t.Fatalf("platform %d: %v, %v", id, found, err)
	}
	return found[id].Name
}

func exec(t *testing.T, d *db.DB, statement string, args ...any) {
	t.Helper()
	if _, err := d.Write.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func addPlatform(t *testing.T, d *db.DB, id int, name string) {
	t.Helper()
	now := db.Instant(time.Now())
	exec(t, d, "INSERT INTO platforms (id, code, name, kind, website, active, tolerance_seconds, created_at) VALUES ($1, $2, $2, 'MARKETPLACE', '', true, 300, $3)", id, name, now)
}

// TestReferenceDataAreAsOldAsTheAgeAtMost has two servers on one database, and somebody who writes without either.
func TestReferenceDataAreAsOldAsTheAgeAtMost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		addPlatform(t, d, 901, "one")
		servers := []*asking{newAsking(d), newAsking(d)}
		see := func(when, want string, after time.Duration) {
			t.Helper()
			for i, s := range servers {
				s.now = s.now.Add(after)
				if got := s.name(t, 901); got != want {
					t.Errorf("%s: server %d says %q, want %q", when, i, got, want)
				}
			}
		}
		see("at first", "one", 0)
		exec(t, d, "UPDATE platforms SET name = 'two' WHERE id = 901")
		see("before anybody looks again", "one", ReferenceAge/2-1)
		see("when somebody looks", "two", 1)
		exec(t, d, "UPDATE platforms SET name = 'three' WHERE id = 901")
		exec(t, d, "UPDATE platforms SET name = 'four' WHERE id = 901")
		see("after a long time in which nobody asked", "four", time.Hour)
	})
}

func TestReferenceDataThatWereJustAddedAreFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		addPlatform(t, d, 901, "one")
		a := newAsking(d)
		a.name(t, 901)
		addPlatform(t, d, 902, "two")
		if got := a.name(t, 902); got != "two" {
			t.Errorf("the new platform is %q", got)
		}
	})
}

// TestChangesOfTransactionsThatOverlapAreSeen is about a transaction that commits after another that began later.
func TestChangesOfTransactionsThatOverlapAreSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if d.Dialect == db.SQLite {
			return // has one writer
		}
		addPlatform(t, d, 901, "one")
		addPlatform(t, d, 902, "two")
		a := newAsking(d)
		early, err := d.Write.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := early.ExecContext(t.Context(), "UPDATE platforms SET name = 'early' WHERE id = 901"); err != nil {
			t.Fatal(err)
		}
		exec(t, d, "UPDATE platforms SET name = 'late' WHERE id = 902") // does not wait for the other
		if got := a.name(t, 901) + a.name(t, 902); got != "onelate" {
			t.Errorf("before the first commits: %q", got)
		}
		if err := early.Commit(); err != nil {
			t.Fatal(err)
		}
		a.now = a.now.Add(ReferenceAge)
		if got := a.name(t, 901) + a.name(t, 902); got != "earlylate" {
			t.Errorf("after both: %q", got)
		}
	})
}
