package registry

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// maxExtendedCards bounds the list of an extension for single cards.
const maxExtendedCards = 10_000

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
func (r *Registry) ExtendDeadline(ctx context.Context, v viewer.Viewer, in ExtendDeadline) (*ent.Extension, error) {
	if err := authorise(v.ManagesCohorts(), "extend deadlines"); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	until := db.Instant(rules.DeadlineAfterLastDay(in.LastDay))
	var out *ent.Extension
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		c, err := lockCohort(ctx, tx, in.Cohort)
		if err != nil {
			return err
		}
		if err := in.checkAgainst(ctx, tx, c, until); err != nil {
			return err
		}
		if in.Scope == rules.ExtendCohort {
			if err := tx.Client.Cohort.UpdateOne(c).SetDeadline(until).SetBasis(rules.BasisExtended).Exec(ctx); err != nil {
				return fmt.Errorf("update the cohort: %w", err)
			}
		}
		moved, err := r.raiseDeadlines(ctx, tx, raise{
			cohort: c.ID, until: until, province: in.Province, cards: in.Cards, actor: v.Subject, reason: "deadline extended, " + in.Reference + ": " + in.Reason,
		})
		if err != nil {
			return err
		}
		create := tx.Client.Extension.Create().SetCohortID(c.ID).SetScope(in.Scope).SetUntil(until).SetReference(in.Reference).SetReason(in.Reason).
			SetParticipants(moved).SetCreatedBy(v.Subject).SetCreatedAt(tx.Now)
		if in.Scope == rules.ExtendProvince {
			create.SetProvince(in.Province)
		}
		if out, err = create.Save(ctx); err != nil {
			return fmt.Errorf("record the extension: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
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
	switch in.Scope {
	case rules.ExtendCohort:
		if !until.After(c.Deadline) {
			return notPossible("lastDay", "the cohort's deadline is not before that already: an extension never shortens")
		}
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

// raise says whose deadlines become later.
type raise struct {
	cohort        int
	until         time.Time
	province      string   // if not empty, only there
	cards         []string // if not empty, only these
	actor, reason string
}

// raiseBatch is how many participants are reconsidered at once, to bound the memory.
const raiseBatch = 2000

// raiseDeadlines moves the deadlines that are before until, except where that would harm, and returns how
// many. Only those with purchases or a revocation need to be reconsidered one by one; for all others the
// deadline is the only fact that changes, and two statements move them and write their history.
func (r *Registry) raiseDeadlines(ctx context.Context, tx *db.Tx, in raise) (int, error) {
	where, args := in.condition(tx.Dialect)
	if tx.Dialect == db.Postgres {
		// A purchase that is recorded meanwhile would be seen by one of the statements below and not by the
		// next, and its owner left out.
		if _, err := tx.ExecContext(ctx, "SELECT COUNT(*) FROM (SELECT id FROM participants WHERE "+where+" ORDER BY id FOR UPDATE) locked", args...); err != nil {
			return 0, fmt.Errorf("lock whose deadline moves: %w", err)
		}
	}
	const special = " AND (revoked_at IS NOT NULL OR review_open OR EXISTS (SELECT 1 FROM purchases q WHERE q.participant_id = participants.id))"
	var ids []int
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var id int
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, "SELECT id FROM participants WHERE "+where+special+" ORDER BY id", args...)
	if err != nil {
		return 0, fmt.Errorf("find whose deadline moves: %w", err)
	}
	moved, err := r.raisePlain(ctx, tx, in, where+strings.Replace(special, " AND (", " AND NOT (", 1), args)
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(ids, raiseBatch) {
		n, err := r.raiseSpecial(ctx, tx, in, batch)
		if err != nil {
			return 0, err
		}
		moved += n
	}
	return moved, nil
}

func (in raise) condition(d db.Dialect) (string, []any) {
	where, args := "cohort_id = $1 AND deadline < $2", []any{in.cohort, in.until}
	if in.province != "" {
		args = append(args, in.province)
		where += fmt.Sprintf(" AND province = $%d", len(args))
	}
	if len(in.cards) > 0 {
		args = append(args, d.Texts(in.cards))
		where += " AND " + d.Any("card_number", len(args))
	}
	return where, args
}

// raisePlain moves the deadlines of those for whom nothing else can change.
func (r *Registry) raisePlain(ctx context.Context, tx *db.Tx, in raise, where string, args []any) (int, error) {
	n := len(args)
	// The history first: it needs the deadline as it was.
	_, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO history (participant_id, kind, recorded_at, effective_at, cause, actor, reason,"+
		" from_deadline, from_first_purchase_id, from_revoked_at, from_review_open, to_deadline, to_first_purchase_id, to_revoked_at, to_review_open)"+
		" SELECT id, 'FACTS', CAST($%d AS "+timeType+"), CAST($%d AS "+timeType+"), 'PERSON', CAST($%d AS TEXT), CAST($%d AS TEXT),"+
		" deadline, first_purchase_id, revoked_at, review_open, CAST($2 AS "+timeType+"), first_purchase_id, revoked_at, review_open FROM participants WHERE "+where,
		n+1, n+1, n+2, n+3), append(slices.Clone(args), tx.Now, in.actor, in.reason)...)
	if err != nil {
		return 0, fmt.Errorf("write the history of the deadlines: %w", err)
	}
	res, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE participants SET deadline = $2, updated_at = $%d WHERE "+where, n+1), append(slices.Clone(args), tx.Now)...)
	if err != nil {
		return 0, fmt.Errorf("move the deadlines: %w", err)
	}
	moved, err := res.RowsAffected()
	return int(moved), err
}

// raiseSpecial moves the deadlines of participants for whom more may change, and returns how many. Whoever
// would be worse off is left as it is.
func (r *Registry) raiseSpecial(ctx context.Context, tx *db.Tx, in raise, ids []int) (int, error) {
	w, n := newWorkspace(tx, r.settings), newNeed()
	for _, id := range ids {
		n.ids[id] = true
	}
	if err := w.load(ctx, n); err != nil {
		return 0, err
	}
	moved := 0
	for _, id := range ids {
		p := w.participants[id]
		if p.harmedBy(in.until, w) {
			continue
		}
		before := p.facts()
		p.deadline = rules.Extend(p.deadline, in.until)
		w.reconsider(p, before, occasion{effectiveAt: tx.Now, cause: rules.CausePerson, actor: in.actor, reason: in.reason})
		moved++
	}
	return moved, w.persist(ctx, nil)
}

// harmedBy reports whether the participant would be worse off with a deadline extended until then.
func (p *participant) harmedBy(until time.Time, w *workspace) bool {
	m, set := p.membership(), p.set()
	before := rules.Reconsider(m, set, w.settings)
	m.Facts.Deadline = rules.Extend(p.deadline, until)
	return rules.ExtensionHarms(before, rules.Reconsider(m, set, w.settings), w.tx.Now)
}
