package reads

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type deliveryRow struct {
	object                               model.Delivery
	platform                             int
	platformCode                         string
	eventType, card, invoice, course     string
	problem, settledBy                   string
	reason                               sql.NullString
	eventTime, signed, received, settled db.Time
	digest, body                         []byte
}

var deliveryTypes = []string{"Delivery", "Node"}

// deliveries says how deliveries are read. The body is read only when it is asked for and the viewer may
// see bodies at all.
func (r *Reader) deliveries(sel selection.Selection) entity[deliveryRow, model.Delivery] {
	e := entity[deliveryRow, model.Delivery]{
		types: deliveryTypes,
		from:  "deliveries d LEFT JOIN platform_keys k ON k.id = d.platform_key_id LEFT JOIN platforms pl ON pl.id = d.platform_id",
		columns: []string{
			"d.id", "d.platform_id", "pl.code", "d.message_id", "k.scheme", "k.fingerprint", "d.event_type", "d.event_time", "d.signed_at", "d.received_at",
			"d.card_number", "d.invoice_code", "d.course_code", "d.outcome", "d.reason", "d.problem", "d.attempts", "d.settled_at", "d.settled_by", "d.body_sha256",
		},
		fill:   r.fillDeliveries,
		object: func(row *deliveryRow) *model.Delivery { return &row.object },
	}
	withBody := sel.Has("body") && r.Viewer.SeesDeliveryBody(r.Viewer.OwnPlatform())
	if withBody {
		e.columns = append(e.columns, "d.body")
	}
	e.into = func(row *deliveryRow) []any {
		o := &row.object
		into := []any{
			&o.Row, &row.platform, &row.platformCode, &o.MessageID, &o.Scheme, &o.KeyFingerprint, &row.eventType, &row.eventTime, &row.signed, &row.received,
			&row.card, &row.invoice, &row.course, &o.Outcome, &row.reason, &row.problem, &o.Attempts, &row.settled, &row.settledBy, &row.digest,
		}
		if withBody {
			into = append(into, &row.body)
		}
		return into
	}
	return e
}

// deliveryScope is the deliveries that the viewer may see.
func (r *Reader) deliveryScope() where {
	if r.Viewer.SeesAllDeliveries() {
		return nil
	}
	if code := r.Viewer.OwnPlatform(); code != "" {
		return ofPlatform("d.platform_id", code)
	}
	return nothing
}

func (row *deliveryRow) complete(r *Reader) {
	o := &row.object
	o.EventType, o.InvoiceCode, o.CourseCode = model.Text(row.eventType), model.Text(row.invoice), model.Text(row.course)
	o.EventTime, o.SignedAt, o.ReceivedAt, o.SettledAt = row.eventTime.Pointer(), row.signed.Time, row.received.Time, row.settled.Pointer()
	o.QuarantineReason, o.Problem = nullable[rules.Reason](row.reason), model.Text(row.problem)
	o.BodySha256 = hex.EncodeToString(row.digest)
	if row.card != "" {
		o.CardNumber = model.Text(r.card(row.card))
	}
	if r.Viewer.SeesActors() {
		o.SettledBy = model.Text(row.settledBy)
	}
	if row.body != nil && r.Viewer.SeesDeliveryBody(row.platformCode) {
		body := base64.StdEncoding.EncodeToString(row.body)
		o.Body = &body
	}
}

func (r *Reader) fillDeliveries(ctx context.Context, sel selection.Selection, rows []*deliveryRow) error {
	for _, row := range rows {
		row.complete(r)
	}
	platform := edge[deliveryRow, model.Platform]{
		"platform", platformTypes, func(row *deliveryRow) int { return row.platform }, r.platformsByID,
		func(row *deliveryRow, behind *model.Platform) { row.object.Platform = behind },
	}
	return platform.fill(ctx, sel, rows)
}

// deliveryTerms are what deliveries can be ordered by.
var deliveryTerms = map[string]keyset.Term{
	"RECEIVED_AT": {Column: "d.received_at", Kind: keyset.Instant},
	"SIGNED_AT":   {Column: "d.signed_at", Kind: keyset.Instant},
	"EVENT_TIME":  {Column: "d.event_time", Kind: keyset.Instant, Nullable: true},
	"SETTLED_AT":  {Column: "d.settled_at", Kind: keyset.Instant, Nullable: true},
	"ATTEMPTS":    {Column: "d.attempts", Kind: keyset.Integer},
}

// DeliveryArgs are the arguments of a list of deliveries.
type DeliveryArgs = Args[generated.DeliveryFilter]

func (r *Reader) deliveryListing() listing[generated.DeliveryFilter, deliveryRow, model.Delivery] {
	return listing[generated.DeliveryFilter, deliveryRow, model.Delivery]{
		name: "deliveries", input: "Delivery", types: deliveryTypes,
		entity: r.deliveries,
		scope:  r.deliveryScope(),
		filter: r.deliveryFilter,
		terms:  deliveryTerms, usual: model.Order{Field: "RECEIVED_AT", Direction: model.Descending}, id: "d.id",
	}
}

// Deliveries returns a page of the deliveries that the viewer may see.
func (r *Reader) Deliveries(ctx context.Context, sel selection.Selection, args DeliveryArgs) (*model.DeliveryConnection, error) {
	return r.deliveryListing().atRoot(ctx, r, sel, args)
}

var deliveryNulls = map[string]string{
	"EVENT_TYPE":        "d.event_type = ''",
	"EVENT_TIME":        "d.event_time IS NULL",
	"CARD_NUMBER":       "d.card_number = ''",
	"INVOICE_CODE":      "d.invoice_code = ''",
	"COURSE_CODE":       "d.course_code = ''",
	"QUARANTINE_REASON": "d.reason IS NULL",
	"SETTLED_AT":        "d.settled_at IS NULL",
}

func (r *Reader) deliveryFilter(f *generated.DeliveryFilter) (where, error) {
	own := func(f *generated.DeliveryFilter) (where, error) {
		var c conditions
		c.add(
			allNull(f.IsNull, deliveryNulls),
			oneOf(r.Dialect, "d.outcome", f.Outcome),
			oneOf(r.Dialect, "d.reason", f.Reason),
			oneOf(r.Dialect, "d.event_type", f.EventType),
			oneOf(r.Dialect, "d.message_id", f.MessageID),
			oneOf(r.Dialect, "d.invoice_code", f.InvoiceCode),
			oneOf(r.Dialect, "d.course_code", f.CourseCode),
		)
		c.try(r.oneOfPlatforms("d.platform_id", f.Platform))
		c.try(span("receivedAt", "d.received_at", f.ReceivedAt))
		c.try(span("signedAt", "d.signed_at", f.SignedAt))
		c.try(span("eventTime", "d.event_time", f.EventTime))
		c.try(span("settledAt", "d.settled_at", f.SettledAt))
		c.try(number("attempts", "d.attempts", f.Attempts))
		return c.all()
	}
	return filtered(f, own, func(f *generated.DeliveryFilter) junction[generated.DeliveryFilter] {
		return junction[generated.DeliveryFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

// Delivery returns the delivery with the row id; nil when there is none that the viewer may see.
func (r *Reader) Delivery(ctx context.Context, sel selection.Selection, id int) (*model.Delivery, error) {
	return one(ctx, r, r.deliveries(sel), sel, and(equals("d.id", id), r.deliveryScope()))
}
