package registry

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// PrepareSettlement asks for a list of those of a cohort who let their deadline pass.
type PrepareSettlement struct {
	Cohort int
	// Reserve is how many of the places that it frees are kept for reinstatements until it closes. Nil stands for the
	// share of the list that the settings say.
	Reserve *int
	Reason  string
}

// PrepareSettlement freezes the list of those of a cohort who let their deadline pass. Nobody changes by it. It returns
// [NotPossible] while evidence is awaited, which the message tells, when nobody is overdue, and while another settlement
// of the cohort is not finished.
func (r *Registry) PrepareSettlement(ctx context.Context, v viewer.Viewer, in PrepareSettlement) (*ent.Settlement, error) {
	if err := authorise(v.PreparesSettlement() && v.Subject != "", "prepare settlements"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := checkReason(in.Reason); err != nil {
		return nil, err
	}
	if in.Reserve != nil && *in.Reserve < 0 {
		return nil, invalid("reserve", "the places that are kept cannot be fewer than 0")
	}
	var out *ent.Settlement
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) (err error) {
		if err := lockRow(ctx, tx, "cohorts", in.Cohort, tx.Dialect.ForUpdate()); err != nil {
			return err
		}
		closing, err := r.mayPrepare(ctx, tx, in.Cohort)
		if err != nil {
			return err
		}
		if out, err = r.writeList(ctx, tx, v, in, closing); err != nil {
			return err
		}
		return r.tellStep(ctx, tx, out, stepPrepared)
	})
	if db.Classify(err) == db.ClassUnique {
		return nil, conflict("cohort", "a settlement of cohort %d was prepared at the same moment: look at that one", in.Cohort)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// mayPrepare returns the closing of the cohort if a list may be made.
func (r *Registry) mayPrepare(ctx context.Context, tx *db.Tx, number int) (Closing, error) {
	closings, err := r.closings(ctx, within(tx), tx.Now, []int{number})
	if err != nil {
		return Closing{}, err
	}
	c, known := closings[number]
	switch {
	case !known:
		return Closing{}, notFound("cohort", "there is no cohort %d: announce it first", number)
	case c.Settlement != nil:
		return Closing{}, notPossible("cohort", "settlement %d of cohort %d is not finished: execute, reverse or discard it first", c.Settlement.ID, number)
	case len(c.Waits) > 0:
		return Closing{}, awaited("cohort", c.Waits)
	case c.Overdue == 0:
		return Closing{}, notPossible("cohort", "nobody of cohort %d is overdue: there is nothing to settle", number)
	}
	return c, nil
}

// awaited says what has to come first.
func awaited(field string, waits []rules.Wait) error {
	return notPossible(field, "evidence is awaited, and nobody may lose a membership before it is there. %s", rules.TextOfWaits(waits, rules.EN))
}

// ApproveSettlement names a list by its hash.
type ApproveSettlement struct {
	Settlement int
	ListSHA256 string // hex, as it was shown to who approves
}

// ApproveSettlement approves a list, by another person than the one who prepared it. It returns [Invalid] for what is no
// hash, [Conflict] when it is not the list's, and [NotPossible] when evidence is awaited again, as by an outage that was
// declared since.
func (r *Registry) ApproveSettlement(ctx context.Context, v viewer.Viewer, in ApproveSettlement) (*ent.Settlement, error) {
	if err := authorise(v.ApprovesSettlement(""), "approve settlements"+viewer.ApproversMay); err != nil {
		return nil, err
	}
	named := strings.TrimSpace(in.ListSHA256)
	if digits, err := hex.DecodeString(named); err != nil || len(digits) != sha256.Size {
		return nil, invalid("listHash", "the hash of a list is %d digits from 0 to 9 and a to f, as the preview shows them", hex.EncodedLen(sha256.Size))
	}
	return r.changeSettlement(ctx, in.Settlement, func(tx *db.Tx, s *ent.Settlement) error {
		if !v.ApprovesSettlement(s.PreparedBy) || !rules.OtherPerson(v.Subject, s.PreparedBy) {
			return &Error{Code: Forbidden, Field: "settlement", Message: "who prepared a list cannot approve it: another supervisor or administrator has to"}
		}
		state, possible := s.State.After(rules.StepApprove)
		if !possible {
			return outOfOrder(s, "approved")
		}
		if !strings.EqualFold(named, s.ListSha256) {
			return conflict("listHash", "this is not the hash of the list of settlement %d: look at the list again", s.ID)
		}
		if err := r.sameRules(s); err != nil {
			return err
		}
		e, err := within(tx).evidence(ctx, tx.Now, []int{s.CohortID})
		if err != nil {
			return err
		}
		if waits := e.closing(s.CohortID, s.Through).Awaits(tx.Now, r.settings); len(waits) > 0 {
			return awaited("settlement", waits)
		}
		err = tx.Client.Settlement.UpdateOne(s).SetState(state).SetApprovedAt(tx.Now).SetApprovedBy(v.Subject).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record the approval: %w", err)
		}
		return r.tellStep(ctx, tx, s, stepApproved)
	})
}

// DiscardSettlement gives up a list of which nobody was revoked yet, so that another can be made.
func (r *Registry) DiscardSettlement(ctx context.Context, v viewer.Viewer, id int) (*ent.Settlement, error) {
	if err := authorise(v.PreparesSettlement() && v.Subject != "", "discard settlements"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	return r.changeSettlement(ctx, id, func(tx *db.Tx, s *ent.Settlement) error {
		state, possible := s.State.After(rules.StepDiscard)
		if !possible || s.ReversalOrderedAt != nil {
			return outOfOrder(s, "discarded")
		}
		ended, err := countEntries(ctx, tx, s.ID, rules.EntryRevoked, rules.EntryReinstated, rules.EntryReversed)
		if err != nil {
			return err
		}
		if ended > 0 {
			return notPossible("settlement", "settlement %d has ended %d memberships already: it can be reversed, not discarded", s.ID, ended)
		}
		err = tx.Client.Settlement.UpdateOne(s).SetState(state).SetDiscardedBy(v.Subject).SetFinishedAt(tx.Now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record that it is discarded: %w", err)
		}
		return r.tellStep(ctx, tx, s, stepDiscarded)
	})
}

// changeSettlement runs change with the settlement locked, alone, and returns it as it is then.
func (r *Registry) changeSettlement(ctx context.Context, id int, change func(*db.Tx, *ent.Settlement) error) (*ent.Settlement, error) {
	var out *ent.Settlement
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		s, err := lockSettlement(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(tx, s); err != nil {
			return err
		}
		if out, err = tx.Client.Settlement.Get(ctx, id); err != nil {
			return fmt.Errorf("load the settlement: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// lockSettlement locks the settlement's row, and then the cohort's, shared: who gives the cohort a later deadline is
// either done before or begins after this transaction. Chunks take the settlement one after the other: a shared lock
// would pass those who wait to stop it, over and over. Everything that locks more locks it afterwards: the entries of
// the list, then participants, both in the order of the participants' ids.
func lockSettlement(ctx context.Context, tx *db.Tx, id int) (*ent.Settlement, error) {
	var number int
	err := tx.QueryRowContext(ctx, "SELECT cohort_id FROM settlements WHERE id = $1", id).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("settlement", "there is no settlement %d", id)
	}
	if err != nil {
		return nil, fmt.Errorf("find the settlement: %w", err)
	}
	if err := lockRow(ctx, tx, "settlements", id, tx.Dialect.ForUpdate()); err != nil {
		return nil, err
	}
	if err := lockRow(ctx, tx, "cohorts", number, tx.Dialect.ForShare()); err != nil {
		return nil, err
	}
	s, err := tx.Client.Settlement.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load the settlement: %w", err)
	}
	return s, nil
}

// lockRow locks a row if there is such a one.
func lockRow(ctx context.Context, tx *db.Tx, table string, id int, lock string) error {
	if lock == "" {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "SELECT 1 FROM "+table+" WHERE id = $1"+lock, id); err != nil {
		return fmt.Errorf("lock a row of %s: %w", table, err)
	}
	return nil
}

// outOfOrder says where the settlement stands, and that the step is not possible there.
func outOfOrder(s *ent.Settlement, done string) error {
	if s.ReversalOrderedAt != nil && s.ReversedAt == nil {
		return notPossible("settlement", "settlement %d is being reversed: it cannot be %s", s.ID, done)
	}
	return notPossible("settlement", "settlement %d is %s: it cannot be %s%s", s.ID, s.State, done, firstStep[s.State])
}

// firstStep says what has to be done with a settlement that stands so.
var firstStep = map[rules.SettlementState]string{
	rules.SettlementPreviewed: "; another person has to approve it first",
	rules.SettlementApproved:  "; it may be executed",
	rules.SettlementExecuted:  "; it may be reversed",
	rules.SettlementClosed:    "; it may be reversed",
}

func countEntries(ctx context.Context, tx *db.Tx, settlement int, outcomes ...rules.EntryOutcome) (int, error) {
	texts := make([]string, len(outcomes))
	for i, o := range outcomes {
		texts[i] = string(o)
	}
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM settlement_entries WHERE settlement_id = $1 AND "+tx.Dialect.Any("outcome", 2),
		settlement, tx.Dialect.Texts(texts)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the entries of the list: %w", err)
	}
	return n, nil
}

// The steps that are told.
const (
	stepPrepared        = "prepared"
	stepApproved        = "approved"
	stepDiscarded       = "discarded"
	stepOrdered         = "ordered"
	stepStopped         = "stopped"
	stepExecuted        = "executed"
	stepClosed          = "closed"
	stepReversalOrdered = "reversal_ordered"
	stepReversed        = "reversed"
	stepOneReversed     = "one_reversed"
)

// settlementNews is what is told of a settlement: nothing that names anybody.
type settlementNews struct {
	Settlement int       `json:"settlement"`
	Cohort     int       `json:"cohort"`
	Listed     int       `json:"listed"`
	ListSHA256 string    `json:"list_sha256"`
	Revoked    int       `json:"revoked"` // by it, and not reinstated
	PassedOver int       `json:"passed_over"`
	Reinstated int       `json:"reinstated"`
	Reversed   int       `json:"reversed"`
	At         time.Time `json:"at"`
	taken      string
}

func (n settlementNews) step() string { return n.taken }

// tellStep tells those who asked for it that the settlement took a step.
func (r *Registry) tellStep(ctx context.Context, tx *db.Tx, s *ent.Settlement, step string) error {
	news := settlementNews{Settlement: s.ID, Cohort: s.CohortID, Listed: s.Listed, ListSHA256: s.ListSha256, At: tx.Now, taken: step}
	counts, err := countOutcomes(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	news.Revoked, news.PassedOver = counts[rules.EntryRevoked], counts[rules.EntryPassedOver]
	news.Reinstated, news.Reversed = counts[rules.EntryReinstated], counts[rules.EntryReversed]
	return r.tell(ctx, tx, rules.EventSettlement, news)
}
