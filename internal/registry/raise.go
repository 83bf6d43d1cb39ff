package registry

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/ent/deadlineraise"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// raiseChunk is how many participants get a later deadline in one transaction: their rows are locked meanwhile, and what
// platforms report of them waits.
const raiseChunk = 250

// raise is a later deadline.
type raise struct {
	until         time.Time // exclusive
	actor, reason string    // for the history
}

// beginRaise records that the cohort's participants are to get a later deadline, or those whom the extension covers, and
// orders it. It returns the id for [Registry.RaiseChunk].
//
// The caller has locked the cohort and has changed what an import goes by, the cohort's deadline or the extensions: whoever
// is imported from then on has the later deadline from the beginning, and all others are there already.
func (r *Registry) beginRaise(ctx context.Context, tx *db.Tx, cohort int, to raise, granted *ent.Extension) (int, error) {
	create := tx.Client.DeadlineRaise.Create().SetCohortID(cohort).SetUntil(to.until).SetActor(to.actor).SetReason(to.reason).SetCreatedAt(tx.Now)
	if granted != nil {
		create.SetExtensionID(granted.ID).SetNillableProvince(granted.Province)
	}
	begun, err := create.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("record the raise: %w", err)
	}
	if err := r.enqueue(ctx, tx, Job{Kind: JobRaise, ID: begun.ID}); err != nil {
		return 0, fmt.Errorf("order the raise: %w", err)
	}
	return begun.ID, nil
}

// raiseAll does the chunks of a raise until it is done, ctx ends, or one fails; then its job goes on. It returns the raise
// as the last chunk left it, and nil when not even the first was done.
func (r *Registry) raiseAll(ctx context.Context, id int) *ent.DeadlineRaise {
	var last *ent.DeadlineRaise
	for {
		began := time.Now()
		raised, err := r.raiseNext(ctx, id)
		if err == nil {
			if last = raised; last.DoneAt != nil {
				return last
			}
			err = r.Pause(ctx, Progress{Done: last.Moved}, time.Since(began))
		}
		if err != nil {
			r.log.WarnContext(ctx, "a later deadline stands and is not given to everybody yet: its job goes on", slog.Int("raise", id), db.LogError(err))
			return last
		}
	}
}

// RaiseChunk gives the next participants the later deadline of a raise, in a short transaction. Several servers may do
// the same raise at once: each participant is moved once, and each chunk begins where the one before it ended. A raise
// that is finished stays so. In the progress, Done is how many deadlines were moved; Of is 0, for nobody has counted
// whom it will reach. It returns [NotFound] for an unknown id.
func (r *Registry) RaiseChunk(ctx context.Context, id int) (Progress, error) {
	raised, err := r.raiseNext(ctx, id)
	if err != nil {
		return Progress{}, err
	}
	return Progress{Done: raised.Moved, Finished: raised.DoneAt != nil}, nil
}

// DueRaises returns the raises that are not finished: work for [Registry.RaiseChunk], in case that its order was lost.
func (r *Registry) DueRaises(ctx context.Context) ([]Job, error) {
	ids, err := r.db.Primary().DeadlineRaise.Query().Where(deadlineraise.DoneAtIsNil()).Order(deadlineraise.ByID()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for raises: %w", err)
	}
	jobs := make([]Job, len(ids))
	for i, id := range ids {
		jobs[i] = Job{Kind: JobRaise, ID: id}
	}
	return jobs, nil
}

// raiseNext does the next chunk and returns the raise as it leaves it.
func (r *Registry) raiseNext(ctx context.Context, id int) (raised *ent.DeadlineRaise, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		q := tx.Client.DeadlineRaise.Query().Where(deadlineraise.ID(id))
		if tx.Dialect == db.Postgres {
			q = q.ForUpdate()
		}
		raised, err = q.Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return notFound("raise", "there is no such raise")
		case err != nil:
			return fmt.Errorf("load the raise: %w", err)
		case raised.DoneAt != nil:
			return nil
		}
		ids, err := lockNext(ctx, tx, raised)
		if err != nil {
			return fmt.Errorf("lock whose deadline moves: %w", err)
		}
		moved, err := r.raiseThese(ctx, tx, raise{until: raised.Until, actor: raised.Actor, reason: raised.Reason}, ids)
		if err != nil {
			return err
		}
		raised, err = advance(ctx, tx, raised, ids, moved)
		return err
	})
	return raised, err
}

// lockNext locks the next participants by id whose deadline the raise has not looked at yet, and returns their ids.
//
// They are read in the order of the primary key, however many cohorts there are: with the index of the cohort, each
// chunk would have to sort all who are left.
func lockNext(ctx context.Context, tx *db.Tx, d *ent.DeadlineRaise) ([]int, error) {
	from := " FROM participants"
	if tx.Dialect == db.SQLite {
		from += " NOT INDEXED"
	}
	where, args := " WHERE cohort_id = $1 AND deadline < $2 AND id > $3", []any{d.CohortID, d.Until, d.AfterID, raiseChunk}
	if d.Province != nil {
		where += " AND province = $5"
		args = append(args, *d.Province)
	}
	var ids []int
	err := unsorted(ctx, tx, func() (err error) {
		ids, err = idsOf(ctx, tx, "SELECT id"+from+where+" ORDER BY id LIMIT $4"+tx.Dialect.ForUpdate(), args...)
		return err
	})
	return ids, err
}

// unsorted runs fn while Postgres takes rows from an index that has them in their order rather than to sort them.
func unsorted(ctx context.Context, tx *db.Tx, fn func() error) error {
	if tx.Dialect != db.Postgres {
		return fn()
	}
	if _, err := tx.ExecContext(ctx, "SET LOCAL enable_sort = off"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "SET LOCAL enable_sort = DEFAULT")
	return err
}

// advance records that the raise has done with the participants, and that it is finished if there were no more.
func advance(ctx context.Context, tx *db.Tx, d *ent.DeadlineRaise, ids []int, moved int) (*ent.DeadlineRaise, error) {
	update := tx.Client.DeadlineRaise.UpdateOne(d).AddMoved(moved)
	if len(ids) > 0 {
		update.SetAfterID(ids[len(ids)-1])
	}
	finished := len(ids) < raiseChunk
	if finished {
		update.SetDoneAt(tx.Now)
	}
	d, err := update.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("record how far the raise is: %w", err)
	}
	if d.ExtensionID == nil {
		return d, nil
	}
	extension := tx.Client.Extension.UpdateOneID(*d.ExtensionID).SetParticipants(d.Moved)
	if finished {
		extension.SetAppliedAt(tx.Now)
	}
	if err := extension.Exec(ctx); err != nil {
		return nil, fmt.Errorf("record how far the extension is: %w", err)
	}
	return d, nil
}

// raiseCards gives those with the cards the later deadline and returns how many were moved.
func (r *Registry) raiseCards(ctx context.Context, tx *db.Tx, to raise, cards []string) (int, error) {
	ids, err := idsOf(ctx, tx, "SELECT id FROM participants WHERE "+tx.Dialect.Any("card_number", 1)+" AND deadline < $2 ORDER BY id"+tx.Dialect.ForUpdate(),
		tx.Dialect.Texts(cards), to.until)
	if err != nil {
		return 0, fmt.Errorf("lock whose deadline moves: %w", err)
	}
	moved := 0
	for batch := range slices.Chunk(ids, raiseChunk) { // to bound the memory
		n, err := r.raiseThese(ctx, tx, to, batch)
		if err != nil {
			return 0, err
		}
		moved += n
	}
	return moved, nil
}

// raiseThese moves the deadlines of participants who are locked and have an earlier one, except where that would harm,
// and returns how many. Only those need to be reconsidered one by one for whom more may change than the deadline: who
// is revoked or under review, and whose purchases have not counted. A first purchase goes on being the first. For all
// others two statements move the deadlines and write the history.
func (r *Registry) raiseThese(ctx context.Context, tx *db.Tx, to raise, ids []int) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	// Not together with the locking: what was recorded while that waited would be seen in the rows that it locked,
	// and not in those of other tables.
	special, err := idsOf(ctx, tx, "SELECT id FROM participants WHERE "+tx.Dialect.Any("id", 1)+" AND (revoked_at IS NOT NULL OR review_open"+
		" OR first_purchase_id IS NULL AND id IN (SELECT q.participant_id FROM purchases q WHERE "+tx.Dialect.Any("q.participant_id", 1)+")) ORDER BY id", tx.Dialect.Ints(ids))
	if err != nil {
		return 0, fmt.Errorf("find who is to be reconsidered: %w", err)
	}
	plain := slices.DeleteFunc(slices.Clone(ids), func(id int) bool {
		_, is := slices.BinarySearch(special, id)
		return is
	})
	if err := raisePlain(ctx, tx, to, plain); err != nil {
		return 0, err
	}
	moved, err := r.raiseSpecial(ctx, tx, to, special)
	return len(plain) + moved, err
}

// raisePlain moves the deadlines of those for whom nothing else can change.
func raisePlain(ctx context.Context, tx *db.Tx, to raise, ids []int) error {
	if len(ids) == 0 {
		return nil
	}
	where := " WHERE " + tx.Dialect.Any("id", 1)
	// The history first: it needs the deadline as it was.
	_, err := tx.ExecContext(ctx, "INSERT INTO history (participant_id, kind, recorded_at, effective_at, cause, actor, reason,"+
		" from_deadline, from_first_purchase_id, from_revoked_at, from_review_open, to_deadline, to_first_purchase_id, to_revoked_at, to_review_open)"+
		" SELECT id, 'FACTS', CAST($2 AS "+timeType+"), CAST($2 AS "+timeType+"), 'PERSON', CAST($3 AS TEXT), CAST($4 AS TEXT),"+
		" deadline, first_purchase_id, revoked_at, review_open, CAST($5 AS "+timeType+"), first_purchase_id, revoked_at, review_open FROM participants"+where+" ORDER BY id",
		tx.Dialect.Ints(ids), tx.Now, to.actor, to.reason, to.until)
	if err != nil {
		return fmt.Errorf("write the history of the deadlines: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE participants SET deadline = $2, updated_at = $3"+where, tx.Dialect.Ints(ids), to.until, tx.Now); err != nil {
		return fmt.Errorf("move the deadlines: %w", err)
	}
	return nil
}

// raiseSpecial moves the deadlines of participants for whom more may change, and returns how many. Whoever
// would be worse off is left as it is.
func (r *Registry) raiseSpecial(ctx context.Context, tx *db.Tx, to raise, ids []int) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
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
		if p.harmedBy(to.until, w) {
			continue
		}
		before := p.facts()
		p.deadline = rules.Extend(p.deadline, to.until)
		w.reconsider(p, before, occasion{effectiveAt: tx.Now, cause: rules.CausePerson, actor: to.actor, reason: to.reason})
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

// idsOf reads the ids that a query returns.
func idsOf(ctx context.Context, tx *db.Tx, query string, args ...any) ([]int, error) {
	var ids []int
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var id int
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, query, args...)
	return ids, err
}
