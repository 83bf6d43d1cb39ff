package registry

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// retryBatch is how many deliveries of the quarantine are tried in one transaction.
const retryBatch = 200

// The obstacles that may go away, as conditions on a delivery d. Each is a fact that is committed;
// what commits later looks for those who wait for it, so that of two that commit at the same time at
// least one sees the other.
const (
	cardIsKnown    = "d.reason = 'UNKNOWN_CARD' AND EXISTS (SELECT 1 FROM participants p WHERE p.card_number = d.card_number)"
	invoiceIsKnown = "d.reason = 'UNKNOWN_INVOICE' AND EXISTS (SELECT 1 FROM purchases q WHERE q.platform_id = d.platform_id AND q.invoice_code = d.invoice_code)"
	courseIsKnown  = "d.reason = 'UNKNOWN_OFFERING' AND EXISTS (SELECT 1 FROM offerings o WHERE o.platform_id = d.platform_id AND o.course_code = d.course_code)"
)

// RetryWaiting tries every delivery in quarantine whose obstacle is gone, and returns how many were
// applied. It is safe to run at any time, on several servers at once: intake and import do the same
// for what they bring, and this catches what a crash in between left behind.
func (r *Registry) RetryWaiting(ctx context.Context) (int, error) {
	ids, err := r.waiting(ctx, "("+cardIsKnown+") OR ("+invoiceIsKnown+") OR ("+courseIsKnown+") OR (d.reason = 'FROM_FUTURE' AND d.retry_at <= $1)",
		db.Instant(r.Now()))
	if err != nil {
		return 0, err
	}
	return r.reapply(ctx, ids, "")
}

// retryCards tries the deliveries that wait for these cards, which have just been imported.
func (r *Registry) retryCards(ctx context.Context, cards []string) error {
	ids, err := r.waiting(ctx, "d.reason = 'UNKNOWN_CARD' AND "+r.db.Dialect.Any("d.card_number", 1), r.db.Dialect.Texts(cards))
	if err != nil {
		return err
	}
	_, err = r.reapply(ctx, ids, "")
	return err
}

// news is what deliveries bring that others may have been waiting for. A purchase brings its course as
// well, which may be new to the catalogue.
type news struct{ invoices, courses map[string]bool }

func newNews() news { return news{invoices: map[string]bool{}, courses: map[string]bool{}} }

func (n news) add(event rules.Event) {
	switch e := event.(type) {
	case rules.PurchaseCompleted:
		n.invoices[e.InvoiceCode], n.courses[e.CourseCode] = true, true
	case rules.OfferingUpserted:
		n.courses[e.CourseCode] = true
	}
}

// settleWaiting tries what waits for the purchases and offerings of this group, and what of this group
// waits for something that another transaction has committed since. A failure is not the sender's: the
// group is committed, and the next round of RetryWaiting does the rest.
func (r *Registry) settleWaiting(ctx context.Context, group []Submission, receipts []Receipt) {
	brought, own := newNews(), []int{}
	for i, s := range group {
		brought.add(s.Event)
		if receipts[i].Status == Quarantined && receipts[i].Reason.Heals() && receipts[i].Reason != rules.ReasonFromFuture {
			own = append(own, receipts[i].DeliveryID)
		}
	}
	ids, err := r.waitingFor(ctx, brought, own)
	if err == nil {
		_, err = r.reapply(ctx, ids, "")
	}
	if err != nil {
		r.log.WarnContext(ctx, "deliveries that wait for this group are left for the next round", db.LogError(err))
	}
}

// waitingFor returns the deliveries that wait for the news, and those of own whose obstacle is gone.
func (r *Registry) waitingFor(ctx context.Context, brought news, own []int) ([]int, error) {
	if len(brought.invoices)+len(brought.courses)+len(own) == 0 {
		return nil, nil
	}
	d := r.db.Dialect
	return r.waiting(ctx,
		"("+d.Any("d.invoice_code", 1)+" AND "+invoiceIsKnown+") OR ("+d.Any("d.course_code", 2)+" AND "+courseIsKnown+") OR ("+
			d.Any("d.id", 3)+" AND (("+cardIsKnown+") OR ("+invoiceIsKnown+") OR ("+courseIsKnown+")))",
		d.Texts(slices.Collect(maps.Keys(brought.invoices))), d.Texts(slices.Collect(maps.Keys(brought.courses))), d.Ints(own))
}

func (r *Registry) waiting(ctx context.Context, condition string, args ...any) ([]int, error) {
	var ids []int
	err := db.Query(ctx, r.db.Write, func(rows *sql.Rows) error {
		var id int
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, "SELECT d.id FROM deliveries d WHERE d.settled_at IS NULL AND ("+condition+")", args...)
	if err != nil {
		return nil, fmt.Errorf("look for deliveries that wait: %w", err)
	}
	// Not in the statement: to be spared the sorting, SQLite would read all deliveries in the order of
	// their ids instead of the few in quarantine by their indexes.
	slices.Sort(ids)
	return ids, nil
}

// reapply tries deliveries of the quarantine again, then those that waited for what these brought, and
// returns how many were applied. The former are settled in the name of by.
func (r *Registry) reapply(ctx context.Context, ids []int, by string) (int, error) {
	applied := 0
	for len(ids) > 0 {
		brought := newNews()
		n, err := r.reapplyAll(ctx, ids, by, brought)
		applied += n
		if err != nil {
			return applied, err
		}
		// What comes next are voids and withdrawals, for which nothing waits.
		if ids, err = r.waitingFor(ctx, brought, nil); err != nil {
			return applied, err
		}
		by = ""
	}
	return applied, nil
}

func (r *Registry) reapplyAll(ctx context.Context, ids []int, by string, brought news) (int, error) {
	applied := 0
	for batch := range slices.Chunk(ids, retryBatch) {
		n, err := r.reapplyBatch(ctx, batch, by, brought)
		applied += n
		if err == nil {
			continue
		}
		if outage(err) {
			return applied, err
		}
		// One of them is refused: the others must not wait for it.
		for _, id := range batch {
			n, err := r.reapplyAlone(ctx, id, by, brought)
			applied += n
			if err != nil {
				return applied, err
			}
		}
	}
	return applied, nil
}

// reapplyAlone tries one delivery. One that is refused is left for a person, or it would be tried, and
// refused, for ever.
func (r *Registry) reapplyAlone(ctx context.Context, id int, by string, brought news) (int, error) {
	n, err := r.reapplyBatch(ctx, []int{id}, by, brought)
	if err == nil || outage(err) {
		return n, err
	}
	r.log.ErrorContext(ctx, "a delivery in quarantine is refused when it is applied", slog.Int("delivery_id", id), db.LogError(err))
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE deliveries SET reason = $2, problem = $3, attempts = attempts + 1, retry_at = NULL WHERE id = $1 AND settled_at IS NULL",
			id, string(rules.ReasonRejectedByDatabase), refusedProblem)
		return err
	})
	return 0, err
}

// reapplyBatch tries deliveries in one transaction, again when it collided with another server's.
func (r *Registry) reapplyBatch(ctx context.Context, ids []int, by string, brought news) (applied int, err error) {
	var messages []*message
	for range maxCollisions {
		messages, err = r.reapplyOnce(ctx, ids, by)
		if db.Classify(err) != db.ClassUnique {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		if m.outcome == rules.DeliveryApplied {
			brought.add(m.submission.Event)
			applied++
		}
	}
	return applied, nil
}

func (r *Registry) reapplyOnce(ctx context.Context, ids []int, by string) (messages []*message, err error) {
	defer recoverAs(&err, r.log)
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) (err error) {
		if messages, err = r.quarantined(ctx, tx, ids); err != nil {
			return err
		}
		for _, m := range messages {
			m.settledBy = by
		}
		return r.process(ctx, tx, messages)
	})
	return messages, err
}

// quarantined loads deliveries of the quarantine and parses them again: this version may read what an
// earlier one could not. It locks them, so that of two servers that try the same one at the same time
// the second finds it settled.
func (r *Registry) quarantined(ctx context.Context, tx *db.Tx, ids []int) ([]*message, error) {
	var messages []*message
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var s Submission
		m := &message{stored: true}
		var signed, received, event db.Time
		if err := rows.Scan(&m.id, &s.PlatformID, &s.MessageID, &m.dedupeKey, &s.KeyID, &s.Body, &signed, &received, &m.attempts, &m.reason,
			&s.Problem, &m.eventType, &event, &m.card, &m.invoice, &m.course); err != nil {
			return err
		}
		s.SignedAt, s.ReceivedAt, m.eventTime = signed.Time, received.Time, event.Time
		m.attempts++
		m.submission = s
		messages = append(messages, m)
		return nil
	}, "SELECT id, platform_id, message_id, dedupe_key, platform_key_id, body, signed_at, received_at, attempts, reason,"+
		" problem, event_type, event_time, card_number, invoice_code, course_code FROM deliveries WHERE settled_at IS NULL AND "+
		tx.Dialect.Any("id", 1)+" ORDER BY id"+tx.Dialect.ForUpdate(), tx.Dialect.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("load the quarantine: %w", err)
	}
	for _, m := range messages {
		if m.reason == rules.ReasonMessageIDReused {
			// What its id was used for before stands; it can only be dismissed.
			m.quarantine(rules.ReasonMessageIDReused)
			continue
		}
		event, err := r.parse(m.submission.Body)
		if err == nil {
			m.submission.Event, m.submission.EventType = event, event.EventType()
			m.label = labelOf(m.submission)
		} else if !m.reason.Heals() {
			m.submission.Unreadable = m.reason
		}
		m.reason = ""
	}
	return messages, nil
}
