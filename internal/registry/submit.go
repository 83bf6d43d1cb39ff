package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// maxCollisions bounds how often a group is tried again because another server recorded the same
// message, invoice or course at the same time. What it collided with is visible to the next try.
const maxCollisions = 4

// Submit records a group of authentic deliveries and what follows from them, all in one transaction,
// and returns one receipt for each. A delivery that the database refuses does not fail the others: the
// group is tried one by one, and the culprit goes to quarantine. A receipt without Err is committed.
func (r *Registry) Submit(ctx context.Context, group []Submission) []Receipt {
	receipts, err := r.submit(ctx, group)
	if err == nil {
		return receipts
	}
	if outage(err) {
		return failed(len(group), err)
	}
	receipts = make([]Receipt, len(group))
	for i := range group {
		receipts[i] = r.submitAlone(ctx, group[i])
	}
	return receipts
}

// outage reports whether trying the deliveries one by one is no use: the database is in trouble, the
// time is up, or it is unknown whether the commit took effect.
func outage(err error) bool {
	var unknown *db.UnknownOutcomeError
	if errors.As(err, &unknown) {
		return true
	}
	switch db.Classify(err) {
	case db.ClassUnavailable, db.ClassCanceled, db.ClassUnknown, db.ClassConflict:
		return true
	default:
		return false
	}
}

func failed(n int, err error) []Receipt {
	return slices.Repeat([]Receipt{{Err: err}}, n)
}

func (r *Registry) submitAlone(ctx context.Context, s Submission) Receipt {
	receipts, err := r.submit(ctx, []Submission{s})
	if err == nil {
		return receipts[0]
	}
	if outage(err) {
		return Receipt{Err: err}
	}
	r.log.ErrorContext(ctx, "a delivery cannot be applied and goes to quarantine", slog.Int("platform_id", s.PlatformID),
		slog.String("message_id", s.MessageID), db.LogError(err))
	s.Problem = refusedProblem
	m := newMessage(s)
	err = r.quarantine(ctx, m)
	if err != nil && !outage(err) {
		// It may be its label that the database refuses.
		m.label = label{eventType: s.EventType}
		err = r.quarantine(ctx, m)
	}
	if err != nil {
		return Receipt{Err: err}
	}
	return m.receipt()
}

// refusedProblem is what is told of a delivery that could not be applied by a fault of ours.
const refusedProblem = "refused when it was applied; see the log"

// quarantine records a delivery that the database refuses, without applying anything of it. It can be found
// by what it names, so that nobody is held to a deadline whose purchase lies there unnoticed.
func (r *Registry) quarantine(ctx context.Context, m *message) error {
	m.quarantine(rules.ReasonRejectedByDatabase)
	return r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		return newWorkspace(tx, r.settings).persist(ctx, []*message{m})
	})
}

// submit records the group, again when it collided with another server's.
func (r *Registry) submit(ctx context.Context, group []Submission) (receipts []Receipt, err error) {
	for range maxCollisions {
		receipts, err = r.submitOnce(ctx, group)
		if db.Classify(err) != db.ClassUnique {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	r.settleWaiting(ctx, group, receipts)
	return receipts, nil
}

func (r *Registry) submitOnce(ctx context.Context, group []Submission) (receipts []Receipt, err error) {
	defer recoverAs(&err, r.log)
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		receipts = make([]Receipt, len(group))
		messages, copies, err := sift(ctx, tx, group, receipts)
		if err != nil {
			return err
		}
		if err := r.process(ctx, tx, messages); err != nil {
			return err
		}
		for i, m := range messages {
			if m != nil {
				receipts[i] = m.receipt()
			}
		}
		for i, m := range copies {
			receipts[i] = Receipt{Status: Duplicate, DeliveryID: m.id}
		}
		return nil
	})
	return receipts, err
}

// process loads, decides and writes. A nil message is passed over.
func (r *Registry) process(ctx context.Context, tx *db.Tx, messages []*message) error {
	todo := slices.DeleteFunc(slices.Clone(messages), func(m *message) bool { return m == nil })
	if len(todo) == 0 {
		return nil
	}
	w, n := newWorkspace(tx, r.settings), newNeed()
	for _, m := range todo {
		n.of(m)
	}
	if err := w.load(ctx, n); err != nil {
		return err
	}
	slices.SortStableFunc(todo, func(a, b *message) int { return a.order() - b.order() })
	for _, m := range todo {
		if m.outcome == "" {
			w.apply(m)
		}
	}
	return w.persist(ctx, todo)
}

// recorded is what is known of a message id.
type recorded struct {
	id     int
	digest string
}

// sift sets aside what is recorded already. It returns a message for each submission that is new, nil for
// the others: it fills the receipts of those that are recorded, and returns those that repeat another of
// the group by their place in it.
func sift(ctx context.Context, tx *db.Tx, group []Submission, receipts []Receipt) (messages []*message, copies map[int]*message, err error) {
	messages, copies = make([]*message, len(group)), map[int]*message{}
	type key struct {
		platform int
		dedupe   string
	}
	platforms, keys := map[int]bool{}, []string{}
	for i, s := range group {
		messages[i] = newMessage(s)
		platforms[s.PlatformID] = true
		keys = append(keys, messages[i].dedupeKey, messages[i].reusedKey())
	}
	ids := make([]int, 0, len(platforms))
	for id := range platforms {
		ids = append(ids, id)
	}
	known := map[key]recorded{}
	err = db.Query(ctx, tx, func(rows *sql.Rows) error {
		var k key
		var rec recorded
		var digest []byte
		if err := rows.Scan(&rec.id, &k.platform, &k.dedupe, &digest); err != nil {
			return err
		}
		rec.digest = string(digest)
		known[k] = rec
		return nil
	}, "SELECT id, platform_id, dedupe_key, body_sha256 FROM deliveries WHERE "+tx.Dialect.Any("platform_id", 1)+" AND "+tx.Dialect.Any("dedupe_key", 2),
		tx.Dialect.Ints(ids), tx.Dialect.Texts(keys))
	if err != nil {
		return nil, nil, fmt.Errorf("look for known messages: %w", err)
	}
	fresh := map[key]*message{} // of this group
	for i, m := range messages {
		for _, dedupe := range []string{m.dedupeKey, m.reusedKey()} {
			k := key{m.submission.PlatformID, dedupe}
			rec, stored := known[k]
			earlier := fresh[k]
			switch {
			case stored && rec.digest == string(m.digest[:]):
				receipts[i] = Receipt{Status: Duplicate, DeliveryID: rec.id}
				messages[i] = nil
			case earlier != nil && earlier.digest == m.digest:
				copies[i] = earlier
				messages[i] = nil
			case stored || earlier != nil: // the id is taken, by other bytes
				continue
			default:
				if m.dedupeKey = dedupe; dedupe != m.submission.MessageID {
					m.quarantine(rules.ReasonMessageIDReused)
				}
				fresh[k] = m
			}
			break
		}
	}
	return messages, copies, nil
}

func (m *message) receipt() Receipt {
	if m.outcome == rules.DeliveryApplied {
		return Receipt{Status: Applied, DeliveryID: m.id}
	}
	return Receipt{Status: Quarantined, Reason: m.reason, Problem: m.submission.Problem, DeliveryID: m.id}
}

// panicError is a fault of ours that one delivery brought about; it must not take the others with it.
type panicError struct{ value any }

func (e *panicError) Error() string { return "a delivery made the registry panic" }

func recoverAs(err *error, log *slog.Logger) {
	if v := recover(); v != nil {
		// The value is not logged: it may hold what the delivery said.
		log.Error("recovered from a panic", slog.String("stack", string(debug.Stack())))
		*err = &panicError{v}
	}
}
