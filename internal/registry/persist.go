package registry

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/searchtext"
)

// persist writes what the workspace decided: one statement a table, rows in one order, so that
// several servers do not deadlock.
func (w *workspace) persist(ctx context.Context, messages []*message) error {
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"deliveries", func(ctx context.Context) error { return w.writeDeliveries(ctx, messages) }},
		{"retried deliveries", func(ctx context.Context) error { return w.updateDeliveries(ctx, messages) }},
		{"offerings", w.writeOfferings},
		{"purchases", w.writePurchases},
		{"participants", w.updateParticipants},
		{"reviews", w.writeReviews},
		{"statements", w.writeStatements},
		{"history", w.writeHistory},
		{"ends of revocations", w.writeEndings},
		{"places", w.writePlaces},
	}
	for _, s := range steps {
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("write %s: %w", s.name, err)
		}
	}
	return nil
}

func (w *workspace) writeDeliveries(ctx context.Context, messages []*message) error {
	type key struct {
		platform int
		dedupe   string
	}
	byKey := map[key]*message{}
	var rows [][]any
	for _, m := range messages {
		if m.stored {
			continue
		}
		byKey[key{m.submission.PlatformID, m.dedupeKey}] = m
	}
	for _, k := range slices.SortedFunc(maps.Keys(byKey), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.platform, b.platform), cmp.Compare(a.dedupe, b.dedupe))
	}) {
		rows = append(rows, w.deliveryRow(byKey[k]))
	}
	return db.Bulk{Table: "deliveries", Columns: []string{
		"platform_id", "message_id", "dedupe_key", "platform_key_id", "body", "body_sha256", "headers", "signed_at", "received_at",
		"event_type", "event_time", "card_number", "invoice_code", "course_code", "outcome", "reason", "problem", "attempts",
		"retry_at", "settled_at", "settled_by",
	}, Rows: rows, Suffix: "RETURNING id, platform_id, dedupe_key"}.Insert(ctx, w.tx, func(rows *sql.Rows) error {
		var id int
		var k key
		if err := rows.Scan(&id, &k.platform, &k.dedupe); err != nil {
			return err
		}
		byKey[k].id = id
		return nil
	})
}

func (w *workspace) deliveryRow(m *message) []any {
	s := m.submission
	var settled db.Time
	if m.outcome == rules.DeliveryApplied {
		settled.Time = w.tx.Now
	}
	return []any{
		s.PlatformID, s.MessageID, m.dedupeKey, s.KeyID, s.Body, m.digest[:], s.Headers, db.Instant(s.SignedAt), db.Instant(s.ReceivedAt),
		m.eventType, db.Time{Time: m.eventTime}, m.card, m.invoice, m.course, string(m.outcome), nullText(string(m.reason)), s.Problem, 1,
		db.Time{Time: m.retryAt}, settled, "",
	}
}

// updateDeliveries writes what became of the messages that were in quarantine already.
func (w *workspace) updateDeliveries(ctx context.Context, messages []*message) error {
	var rows [][]any
	for _, m := range messages {
		if !m.stored {
			continue
		}
		var settled db.Time
		by, problem := "", m.submission.Problem
		if m.outcome != rules.DeliveryQuarantined {
			settled.Time, by, problem = w.tx.Now, m.settledBy, ""
		}
		rows = append(rows, []any{
			m.id, string(m.outcome), nullText(string(m.reason)), problem, m.attempts, db.Time{Time: m.retryAt}, settled, by,
			m.eventType, db.Time{Time: m.eventTime}, m.card, m.invoice, m.course,
		})
	}
	slices.SortFunc(rows, byID)
	return db.Bulk{Table: "deliveries", Columns: []string{
		"outcome", "reason", "problem", "attempts", "retry_at", "settled_at", "settled_by", "event_type", "event_time", "card_number", "invoice_code", "course_code",
	}, Rows: rows}.
			Update(ctx, w.tx, []string{"BIGINT", "TEXT", "TEXT", "TEXT", "BIGINT", timeType, timeType, "TEXT", "TEXT", timeType, "TEXT", "TEXT", "TEXT"})
}

func (w *workspace) writeOfferings(ctx context.Context) error {
	var fresh, changed [][]any
	for _, o := range w.offerings {
		row := []any{
			o.title, o.provider, o.category, nullText(string(o.mode)), sql.NullInt64{Int64: o.price, Valid: o.hasPrice}, o.url,
			o.listed, o.sample, db.Time{Time: o.withdrawn}, db.Time{Time: o.changedAt}, w.tx.Now, searchtext.Of(o.title, o.provider, o.category),
		}
		switch {
		case o.id == 0:
			fresh = append(fresh, append([]any{o.platformID, o.code, w.tx.Now}, row...))
		case o.changed:
			changed = append(changed, append([]any{o.id}, row...))
		}
	}
	columns := []string{"title", "provider", "category", "mode", "price", "url", "listed", "sample", "withdrawn_at", "changed_at", "updated_at", "search"}
	slices.SortFunc(fresh, func(a, b []any) int {
		return cmp.Or(byID(a, b), cmp.Compare(text(a[1]), text(b[1])))
	})
	slices.SortFunc(changed, byID)
	err := db.Bulk{
		Table: "offerings", Columns: append([]string{"platform_id", "course_code", "created_at"}, columns...),
		Rows: fresh, Suffix: "RETURNING id, platform_id, course_code",
	}.Insert(ctx, w.tx, func(rows *sql.Rows) error {
		var id int
		var k course
		if err := rows.Scan(&id, &k.platform, &k.code); err != nil {
			return err
		}
		w.offerings[k].id = id
		return nil
	})
	if err != nil {
		return err
	}
	return db.Bulk{Table: "offerings", Columns: columns, Rows: changed}.Update(ctx, w.tx,
		[]string{"BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "BOOLEAN", "BOOLEAN", timeType, timeType, timeType, "TEXT"})
}

func (w *workspace) writePurchases(ctx context.Context) error {
	var fresh, changed [][]any
	for _, q := range w.purchases {
		state := []any{string(q.Evidence), db.Time{Time: q.VoidedAt}, q.voidReason, q.voidedBy.ref(), q.VoidSettled}
		switch {
		case q.id == 0:
			fresh = append(fresh, append([]any{
				q.platformID, q.Invoice, q.owner.id, q.offering.id, q.Amount, q.PurchasedAt, q.ReceivedAt, db.Time{Time: q.StatedThrough}, q.scheduleCode, q.from.id,
			}, state...))
		case q.changed:
			changed = append(changed, append([]any{q.id}, state...))
		}
	}
	slices.SortFunc(fresh, func(a, b []any) int {
		return cmp.Or(byID(a, b), cmp.Compare(text(a[1]), text(b[1])))
	})
	slices.SortFunc(changed, byID)
	err := db.Bulk{Table: "purchases", Columns: []string{
		"platform_id", "invoice_code", "participant_id", "offering_id", "amount", "purchased_at", "received_at", "stated_through", "schedule_code",
		"delivery_id", "evidence", "voided_at", "void_reason", "void_delivery_id", "void_settled",
	}, Rows: fresh, Suffix: "RETURNING id, platform_id, invoice_code"}.Insert(ctx, w.tx, func(rows *sql.Rows) error {
		var id int
		var k invoice
		if err := rows.Scan(&id, &k.platform, &k.code); err != nil {
			return err
		}
		w.purchases[k].id = id
		return nil
	})
	if err != nil {
		return err
	}
	return w.updatePurchases(ctx, changed)
}

// updatePurchases writes how purchases stand. A void that was recorded keeps its reason and its delivery.
func (w *workspace) updatePurchases(ctx context.Context, rows [][]any) error {
	for _, row := range rows {
		_, err := w.tx.ExecContext(ctx, "UPDATE purchases SET evidence = $2, voided_at = $3,"+
			" void_reason = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN void_reason ELSE $4 END, void_delivery_id = COALESCE(CAST($5 AS BIGINT), void_delivery_id), void_settled = $6 WHERE id = $1", row...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *workspace) updateParticipants(ctx context.Context) error {
	var rows [][]any
	for _, p := range w.participants {
		if p.changed {
			rows = append(rows, []any{p.id, p.deadline, p.first.ref(), db.Time{Time: p.revokedAt}, nullID(p.settlement), len(p.reviews) > 0, p.balance, w.tx.Now})
		}
	}
	slices.SortFunc(rows, byID)
	return db.Bulk{
		Table: "participants", Columns: []string{"deadline", "first_purchase_id", "revoked_at", "settlement_id", "review_open", "balance", "updated_at"}, Rows: rows,
	}.Update(ctx, w.tx, []string{"BIGINT", timeType, "BIGINT", timeType, "BIGINT", "BOOLEAN", "BIGINT", timeType})
}

func (w *workspace) writeReviews(ctx context.Context) error {
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(w.participants)) {
		p := w.participants[id]
		for _, rv := range p.closed {
			_, err := w.tx.ExecContext(ctx, "UPDATE reviews SET state = $2, closed_at = $3, decision = $4, decided_by = $5, note = $6 WHERE id = $1 AND closed_at IS NULL",
				rv.id, string(rv.closed.state), w.tx.Now, nullText(string(rv.closed.decision)), rv.closed.by, rv.closed.note)
			if err != nil {
				return err
			}
		}
		for _, rv := range p.reviews {
			if rv.id == 0 {
				rows = append(rows, []any{p.id, rv.purchase.id, string(rv.kind), string(rules.ReviewOpen), w.tx.Now, rv.openedBy.ref()})
			}
		}
	}
	return db.Bulk{
		Table: "reviews", Columns: []string{"participant_id", "purchase_id", "kind", "state", "opened_at", "delivery_id"}, Rows: rows,
	}.Insert(ctx, w.tx, nil)
}

func (w *workspace) writeStatements(ctx context.Context) error {
	var rows [][]any
	slices.SortFunc(w.statements, func(a, b statement) int {
		return cmp.Or(cmp.Compare(a.platformID, b.platformID), a.through.Compare(b.through))
	})
	for _, s := range w.statements {
		if s.from != nil {
			rows = append(rows, []any{s.platformID, s.through, s.count, s.amount, s.receivedAt, s.from.id})
		}
	}
	return db.Bulk{
		Table: "statements", Columns: []string{"platform_id", "through", "count", "amount", "received_at", "delivery_id"}, Rows: rows,
	}.Insert(ctx, w.tx, nil)
}

func (w *workspace) writeHistory(ctx context.Context) error {
	rows := make([][]any, len(w.history))
	for i, h := range w.history {
		rows[i] = []any{
			h.owner.id, string(h.kind), w.tx.Now, db.Instant(h.effectiveAt), string(h.cause), h.by.ref(), h.actor, h.reason,
			h.from.deadline, h.from.first.ref(), db.Time{Time: h.from.revokedAt}, h.from.reviewOpen,
			h.to.deadline, h.to.first.ref(), db.Time{Time: h.to.revokedAt}, h.to.reviewOpen, nullID(h.settlement),
		}
	}
	return db.Bulk{Table: "history", Columns: []string{
		"participant_id", "kind", "recorded_at", "effective_at", "cause", "delivery_id", "actor", "reason",
		"from_deadline", "from_first_purchase_id", "from_revoked_at", "from_review_open",
		"to_deadline", "to_first_purchase_id", "to_revoked_at", "to_review_open", "settlement_id",
	}, Rows: rows}.Insert(ctx, w.tx, nil)
}

// timeType is the type of an instant in a CAST. SQLite knows no such type and leaves the integer as it is.
const timeType = "TIMESTAMPTZ"

// ref is the id of a purchase as a parameter; NULL for none.
func (q *purchase) ref() sql.NullInt64 {
	if q == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: int64(q.id), Valid: true}
}

// ref is the id of a message as a parameter; NULL for none.
func (m *message) ref() sql.NullInt64 {
	if m == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: int64(m.id), Valid: true}
}

// nullID is an id as a parameter; NULL for zero.
func nullID(id int) sql.NullInt64 { return sql.NullInt64{Int64: int64(id), Valid: id != 0} }

func nullText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// byID orders rows by their first element, an id.
func byID(a, b []any) int {
	x, _ := a[0].(int)
	y, _ := b[0].(int)
	return cmp.Compare(x, y)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
