package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// maxExtendedCards bounds the list of an extension for single cards. They are extended all or none, in one transaction,
// which keeps the intake of these cards waiting for about 100 ms then.
const maxExtendedCards = 5_000

// ExtendDeadline is an extension for a cohort, for its participants in a province, or for a list of
// cards in it.
type ExtendDeadline struct {
	Cohort    int
	Scope     rules.ExtensionScope
	Province  string   // BPS code, for the scope PROVINCE
	Cards     []string // card numbers, for the scope CARDS
	LastDay   time.Time
	Reference string
	Reason    string
}

// ExtendDeadline grants a later deadline. An extension never shortens: whoever has a later deadline
// keeps it. A purchase that was late may count now, and a void that came after the deadline may now
// lie before it. Whoever it would harm, by [rules.ExtensionHarms], is passed over.
//
// One for cards is granted to all of them in one transaction. One for a cohort or a province is granted first and then
// given to the participants in batches, until which the answer waits. When ctx ends before, or a batch fails, the
// extension stands and [Registry.RaiseChunk] goes on with it: then AppliedAt is nil, and Participants says how many have
// it so far.
func (r *Registry) ExtendDeadline(ctx context.Context, v viewer.Viewer, in ExtendDeadline) (*ent.Extension, error) {
	if err := authorise(v.ManagesCohorts(), "extend deadlines"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	until := db.Instant(rules.DeadlineAfterLastDay(in.LastDay))
	var out *ent.Extension
	var begun int
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		c, err := lockCohort(ctx, tx, in.Cohort)
		if err != nil {
			return err
		}
		if err := in.checkAgainst(ctx, tx, c, until); err != nil {
			return err
		}
		out, begun, err = r.grant(ctx, tx, v, in, until)
		return err
	})
	if err != nil {
		return nil, err
	}
	if begun != 0 {
		if raised := r.raiseAll(ctx, begun); raised != nil {
			out.Participants, out.AppliedAt = raised.Moved, raised.DoneAt
		}
	}
	return out, nil
}

// grant records the extension. One for cards is done then; for the others it returns the id of the raise that is to
// give it to the participants.
func (r *Registry) grant(ctx context.Context, tx *db.Tx, v viewer.Viewer, in ExtendDeadline, until time.Time) (*ent.Extension, int, error) {
	create := tx.Client.Extension.Create().SetCohortID(in.Cohort).SetScope(in.Scope).SetUntil(until).SetReference(in.Reference).SetReason(in.Reason).
		SetParticipants(0).SetCreatedBy(v.Subject).SetCreatedAt(tx.Now)
	to := raise{until: until, actor: v.Subject, reason: "deadline extended, " + in.Reference + ": " + in.Reason}
	switch in.Scope {
	case rules.ExtendCards:
		moved, err := r.raiseCards(ctx, tx, to, in.Cards)
		if err != nil {
			return nil, 0, err
		}
		create.SetParticipants(moved).SetAppliedAt(tx.Now)
	case rules.ExtendProvince:
		create.SetProvince(in.Province)
	case rules.ExtendCohort:
		if err := tx.Client.Cohort.UpdateOneID(in.Cohort).SetDeadline(until).SetBasis(rules.BasisExtended).Exec(ctx); err != nil {
			return nil, 0, fmt.Errorf("update the cohort: %w", err)
		}
	}
	granted, err := create.Save(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("record the extension: %w", err)
	}
	if in.Scope == rules.ExtendCards {
		return granted, 0, nil
	}
	begun, err := r.beginRaise(ctx, tx, in.Cohort, to, granted)
	return granted, begun, err
}

func (in ExtendDeadline) check() error {
	if err := checkGrant(in.LastDay, in.Reference, in.Reason); err != nil {
		return err
	}
	switch in.Scope {
	case rules.ExtendCohort:
		if in.Province != "" || len(in.Cards) > 0 {
			return invalid("scope", "an extension for the cohort takes neither a province nor cards")
		}
	case rules.ExtendProvince:
		if in.Province == "" || len(in.Cards) > 0 {
			return invalid("province", "an extension for a province takes its BPS code, and no cards")
		}
	case rules.ExtendCards:
		switch {
		case in.Province != "" || len(in.Cards) == 0:
			return invalid("cards", "an extension for cards takes their numbers, and no province")
		case len(in.Cards) > maxExtendedCards:
			return invalid("cards", "too many cards: at most %d at once", maxExtendedCards)
		}
	default:
		return invalid("scope", "the scope is COHORT, PROVINCE or CARDS")
	}
	return nil
}

func (in ExtendDeadline) checkAgainst(ctx context.Context, tx *db.Tx, c *ent.Cohort, until time.Time) error {
	if err := checkLastDay(c, in.LastDay); err != nil {
		return err
	}
	if !until.After(c.Deadline) {
		return notPossible("lastDay", "cohort %d has until %s already: give a later day, for an extension never shortens", c.ID, rules.LastDay(c.Deadline).Format(time.DateOnly))
	}
	switch in.Scope {
	case rules.ExtendCohort:
	case rules.ExtendProvince:
		_, err := tx.Client.Province.Get(ctx, in.Province)
		if ent.IsNotFound(err) {
			return notFound("province", "there is no province with that BPS code")
		}
		return err
	case rules.ExtendCards:
		return in.checkCards(ctx, tx, c)
	}
	return nil
}

// checkCards refuses the whole list when one of the cards is not of the cohort: a typing error must not
// leave somebody out unnoticed.
func (in ExtendDeadline) checkCards(ctx context.Context, tx *db.Tx, c *ent.Cohort) error {
	cards := slices.Compact(slices.Sorted(slices.Values(in.Cards)))
	var found int
	row := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM participants WHERE cohort_id = $1 AND "+tx.Dialect.Any("card_number", 2), c.ID, tx.Dialect.Texts(cards))
	if err := row.Scan(&found); err != nil {
		return fmt.Errorf("count the cards: %w", err)
	}
	if found < len(cards) {
		return notFound("cards", "%d of the %d cards are not of cohort %d: correct the list; nothing was changed", len(cards)-found, len(cards), c.ID)
	}
	return nil
}
