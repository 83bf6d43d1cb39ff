package registry_test

import (
	"context"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestOneServerIsAtWorkOnASettlement: while one has it, another neither waits nor does anything, and does so as soon as
// it is free. Whoever waits to stop it is behind one chunk, and not behind all who would like to do the next.
func TestOneServerIsAtWorkOnASettlement(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	x := newNight(t, d, 1)
	x.prepares()
	x.approves()
	x.orders()
	another := x.Another(d)
	step := func(what string, chunk func(context.Context, int) (registry.Progress, error)) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err := d.InTx(ctx, x.Now(), func(tx *db.Tx) error {
			if _, err := tx.ExecContext(ctx, "SELECT 1 FROM settlements WHERE id = $1"+tx.Dialect.ForUpdate(), x.list.ID); err != nil {
				return err
			}
			p, err := chunk(ctx, x.list.ID)
			if err != nil || p != (registry.Progress{Busy: true}) {
				t.Errorf("%s while another does: %+v (%v)", what, p, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := chunk(ctx, x.list.ID); err != nil || p.Busy || p.Done != 1 {
			t.Errorf("%s when it is free: %+v (%v)", what, p, err)
		}
	}
	step("execute", another.ExecuteChunk)
	x.executes()
	if _, err := x.OrderReversal(context.Background(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Reason: "a mistake"}); err != nil {
		t.Fatal(err)
	}
	step("reverse", another.ReverseChunk)
	if _, err := another.ExecuteChunk(context.Background(), x.list.ID+1); registry.CodeOf(err) != registry.NotFound {
		t.Errorf("of no settlement: %v", err)
	}
}

// TestACommandLooksOnWhileAServerIsAtWork has a server do a chunk whenever the command tells how far it is: the command
// does no other than the first, and tells of all.
func TestACommandLooksOnWhileAServerIsAtWork(t *testing.T) {
	const people = 750
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, people)
		x.prepares()
		x.approves()
		server := x.Another(d)
		work := func(chunk func(context.Context, int) (registry.Progress, error), told *[]int) func(registry.Progress) {
			return func(p registry.Progress) {
				*told = append(*told, p.Done)
				if p.Of != people {
					t.Errorf("told of %d, want %d", p.Of, people)
				}
				if p.Done == people {
					return
				}
				if p, err := chunk(context.Background(), x.list.ID); err != nil || p.Busy {
					t.Errorf("a chunk of the server's: %+v (%v)", p, err)
				}
			}
		}
		var executed, reversed []int
		s, err := x.Execute(context.Background(), registrytest.Officer, x.list.ID, work(server.ExecuteChunk, &executed))
		if err != nil || s.State != rules.SettlementExecuted {
			t.Fatalf("executed: %v (%v)", s, err)
		}
		s, err = x.Reverse(context.Background(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Reason: "a mistake"}, work(server.ReverseChunk, &reversed))
		if err != nil || s.State != rules.SettlementReversed {
			t.Fatalf("reversed: %v (%v)", s, err)
		}
		for what, told := range map[string][]int{"execution": executed, "reversal": reversed} {
			// After the command's own chunk; after the server's two, at whose end there was nothing left; and the end.
			if len(told) != 4 || told[0] != 250 || told[1] != 500 || told[2] != people || told[3] != people {
				t.Errorf("%s: told of %v", what, told)
			}
		}
	})
}
