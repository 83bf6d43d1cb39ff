package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
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

// dump returns every row that says how participants stand, column by column, but for when they were last touched.
func dump(t testing.TB, d *db.DB) []string {
	t.Helper()
	var lines []string
	for _, table := range []string{"participants", "purchases", "reviews"} {
		err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			for i, c := range columns {
				if c != "updated_at" {
					lines = append(lines, fmt.Sprintf("%s %v: %s = %v", table, values[0], c, values[i]))
				}
			}
			return nil
		}, "SELECT * FROM "+table+" ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// mixed gives the first of the cohort what may be on a list besides nothing: a purchase that was late, one that was voided
// in time, and one that somebody has rejected; and the fourth a purchase that counts.
func (x *night) mixed() {
	x.T.Helper()
	inTime := wib("2021-03-20T10:00:00")
	for i, at := range []time.Time{deadline13, inTime, inTime, inTime} {
		x.Send(x.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", i), x.cards[i], at)))
	}
	x.Send(x.Message("tokopedia", registrytest.Voided("INV-1", inTime.Add(time.Hour))), x.Message("tokopedia", registrytest.Voided("INV-2", deadline13)))
	rv := load(x.T, x.db, x.cards[2]).Edges.Reviews[0]
	if _, err := x.DecideReview(context.Background(), registrytest.Officer, registry.DecideReview{Review: rv.ID, Decision: rules.DecisionReject, Note: "no receipt"}); err != nil {
		x.T.Fatal(err)
	}
}

// TestAReversalRestoresTheExactStateFromBefore compares every stored fact, after a whole execution and after half of one.
func TestAReversalRestoresTheExactStateFromBefore(t *testing.T) {
	for _, chunks := range []int{0, 1} { // 0: all
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			x := newNight(t, d, 255)
			x.mixed()
			before := dump(t, d)
			x.prepares()
			x.approves()
			revoked := 254
			if chunks == 1 {
				x.orders()
				x.chunk()
				revoked = 250
			} else {
				x.executes()
			}
			if e := x.entry(x.cards[1]); e.VoidsSettled == "" || e.Outcome != rules.EntryRevoked {
				t.Errorf("who has a void that was settled: %v", e)
			}
			if diff := cmp.Diff(before, dump(t, d)); diff == "" {
				t.Error("the execution changed nothing")
			}
			x.Clock.Set(x.Clock.Now().Add(time.Hour))
			if _, err := x.OrderReversal(context.Background(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Reason: "a mistake"}); err != nil {
				t.Fatal(err)
			}
			if due, err := x.DueSettlements(context.Background()); err != nil || !slices.Equal(due, []registry.Job{{Kind: registry.JobReverse, ID: x.list.ID}}) {
				t.Errorf("due: %v, %v", due, err)
			}
			x.reverses("")
			if diff := cmp.Diff(before, dump(t, d)); diff != "" {
				t.Errorf("after the reversal (-before +after):\n%s", diff)
			}
			if got := x.outcomes(); got[rules.EntryReversed] != revoked || got[rules.EntryRevoked] != 0 {
				t.Errorf("outcomes %v", got)
			}
			if got := x.ledger(); got.Freed != revoked || got.Retaken != revoked {
				t.Errorf("places %+v", got)
			}
			s := x.stored()
			if s.State != rules.SettlementReversed || s.FinishedAt == nil || s.ReversedBy != "supervisor-1" || !s.ReversedAt.Equal(x.Now()) {
				t.Errorf("the settlement is %v", s)
			}
			h := load(t, d, x.cards[0]).Edges.History
			if last := h[len(h)-1]; last.Cause != rules.CauseSettlement || last.Actor != "supervisor-1" || last.Reason != "a mistake" || *last.SettlementID != s.ID {
				t.Errorf("the history tells it as %v", last)
			}
			checkHistory(t, d)
			x.prepares() // whoever is overdue can be settled again
			if x.list.Listed != 254 {
				t.Errorf("the next list has %d", x.list.Listed)
			}
		})
	}
}

// TestTheReversalOfOneParticipantLeavesTheOthers as they are, and the settlement as it is.
func TestTheReversalOfOneParticipantLeavesTheOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 5)
		x.mixed()
		before := dump(t, d)
		x.prepares()
		x.approves()
		x.executes()
		id := load(t, d, x.cards[1]).ID
		x.reverses(x.cards[1])
		after := dump(t, d)
		of := func(lines []string) []string {
			return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l, fmt.Sprintf("participants %d:", id)) })
		}
		if diff := cmp.Diff(of(before), of(after)); diff != "" {
			t.Errorf("the one (-before +after):\n%s", diff)
		}
		if q := load(t, d, x.cards[1]).Edges.Purchases[0]; q.VoidSettled {
			t.Error("the void is still settled")
		}
		if got := x.outcomes(); got[rules.EntryReversed] != 1 || got[rules.EntryRevoked] != 3 {
			t.Errorf("outcomes %v", got)
		}
		if s := x.stored(); s.State != rules.SettlementExecuted || s.ReversalOrderedAt != nil {
			t.Errorf("the settlement is %v", s)
		}
		var who int
		if err := d.Write.QueryRow("SELECT participant_id FROM places WHERE kind = 'RETAKEN'").Scan(&who); err != nil || who != id {
			t.Errorf("the place went to %d (%v), want %d", who, err, id)
		}
		for _, card := range []string{x.cards[1], x.cards[3], "9999999999999999"} { // not any more, never was, nobody
			_, err := x.OrderReversal(context.Background(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Card: card, Reason: "a mistake"})
			if registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("the reversal of who is not revoked by it: %v", err)
			}
		}
	})
}

// TestWhatCameMeanwhileCountsAfterAReversal has evidence arrive for the revoked that a person would have to judge. With
// the revocation gone there is nothing to judge.
func TestWhatCameMeanwhileCountsAfterAReversal(t *testing.T) {
	inTime := wib("2021-03-20T10:00:00")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 5)
		x.mixed()
		x.prepares()
		x.approves()
		x.executes()
		for i := range 2 { // who was late, and who has a void that was settled
			x.Send(x.Message("pintaria", registrytest.Bought(fmt.Sprintf("FOUND-%d", i), x.cards[i], inTime)))
			if got := stateOf(t, d, x.cards[i], x.Now()); got.Status != rules.StatusRevoked || !slices.Equal(got.Open, []string{"LATE_EVIDENCE"}) {
				t.Fatalf("with late evidence: %+v", got)
			}
		}
		x.reverses("")
		for i := range 2 {
			got := stateOf(t, d, x.cards[i], x.Now())
			if got.Status != rules.StatusPurchased || got.First != fmt.Sprintf("pintaria/FOUND-%d", i) || len(got.Open) > 0 || strings.Contains(fmt.Sprint(got.Purchases), "PENDING") {
				t.Errorf("after the reversal: %+v", got)
			}
			if rv := load(t, d, x.cards[i]).Edges.Reviews[0]; rv.State != rules.ReviewMoot {
				t.Errorf("the review is %s", rv.State)
			}
		}
		checkHistory(t, d)
	})
}
