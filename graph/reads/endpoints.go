package reads

import (
	"context"
	"database/sql"
	"strings"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type endpointRow struct {
	object                        model.Endpoint
	events, publicKey, disabledBy string
	created, disabled             db.Time
}

var endpointTypes = []string{"Endpoint", "Node"}

// endpoints says how endpoints are read. The secrets are not among the columns.
func (r *Reader) endpoints() entity[endpointRow, model.Endpoint] {
	return entity[endpointRow, model.Endpoint]{
		types:   endpointTypes,
		from:    "endpoints ep",
		columns: []string{"ep.id", "ep.name", "ep.url", "ep.events", "ep.scheme", "ep.public_key", "ep.created_at", "ep.created_by", "ep.disabled_at", "ep.disabled_by"},
		into: func(row *endpointRow) []any {
			o := &row.object
			return []any{&o.Row, &o.Name, &o.URL, &row.events, &o.Scheme, &row.publicKey, &row.created, &o.CreatedBy, &row.disabled, &row.disabledBy}
		},
		fill:   r.fillEndpoints,
		object: func(row *endpointRow) *model.Endpoint { return &row.object },
	}
}

// endpointScope is the endpoints that the viewer may see: all or none.
func (r *Reader) endpointScope() where {
	if r.Viewer.ManagesEndpoints() {
		return nil
	}
	return nothing
}

func (r *Reader) fillEndpoints(ctx context.Context, sel selection.Selection, rows []*endpointRow) error {
	for _, row := range rows {
		o := &row.object
		o.Events = splitted[rules.OutboundEvent](row.events)
		o.PublicKey, o.DisabledBy = model.Text(row.publicKey), model.Text(row.disabledBy)
		o.CreatedAt, o.DisabledAt = row.created.Time, row.disabled.Pointer()
	}
	places := childrenOf(rows, func(row *endpointRow) (int, placeOf[model.OutboundMessage]) {
		return row.object.Row, &row.object.MessagePages
	})
	return r.messageListing().below(ctx, r, sel, "messages", "m.endpoint_id", places)
}

// splitted are the words of a list that is stored as one text, separated by commas.
func splitted[T ~string](stored string) []T {
	words := []T{}
	for word := range strings.SplitSeq(stored, ",") {
		if word != "" {
			words = append(words, T(word))
		}
	}
	return words
}

// Endpoints returns every endpoint, by name; nil unless the viewer may see them.
func (r *Reader) Endpoints(ctx context.Context, sel selection.Selection) ([]*model.Endpoint, error) {
	if !r.Viewer.ManagesEndpoints() {
		return nil, nil
	}
	rows, err := all(ctx, r, r.endpoints(), sel, and(), "ep.name")
	found := make([]*model.Endpoint, len(rows))
	for i, row := range rows {
		found[i] = &row.object
	}
	return found, err
}

// Endpoint returns the endpoint with the row id; nil when there is none that the viewer may see.
func (r *Reader) Endpoint(ctx context.Context, sel selection.Selection, id int) (*model.Endpoint, error) {
	return one(ctx, r, r.endpoints(), sel, and(equals("ep.id", id), r.endpointScope()))
}

type messageRow struct {
	object                 model.OutboundMessage
	endpoint               int
	created, next, settled db.Time
}

var messageTypes = []string{"OutboundMessage", "Node"}

// messages says how webhooks of ours are read. The body is not among the columns: it may hold personal data.
func (r *Reader) messages() entity[messageRow, model.OutboundMessage] {
	return entity[messageRow, model.OutboundMessage]{
		types:   messageTypes,
		from:    "outbound_messages m",
		columns: []string{"m.id", "m.endpoint_id", "m.event", "m.message_id", "m.state", "m.created_at", "m.next_at", "m.settled_at"},
		into: func(row *messageRow) []any {
			o := &row.object
			return []any{&o.Row, &row.endpoint, &o.Event, &o.MessageID, &o.State, &row.created, &row.next, &row.settled}
		},
		fill:   r.fillMessages,
		object: func(row *messageRow) *model.OutboundMessage { return &row.object },
	}
}

func (r *Reader) fillMessages(ctx context.Context, sel selection.Selection, rows []*messageRow) error {
	for _, row := range rows {
		row.object.CreatedAt, row.object.NextAt, row.object.SettledAt = row.created.Time, row.next.Pointer(), row.settled.Pointer()
	}
	endpoint := edge[messageRow, model.Endpoint]{
		"endpoint", endpointTypes, func(row *messageRow) int { return row.endpoint }, r.endpointsByID,
		func(row *messageRow, behind *model.Endpoint) { row.object.Endpoint = behind },
	}
	return fillAll(ctx, sel, rows, endpoint.fill, r.fillAttempts)
}

// endpointsByID returns the endpoints behind an edge. Who sees the edge sees them.
func (r *Reader) endpointsByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Endpoint, error) {
	rows, err := all(ctx, r, r.endpoints(), sel, and(anyInt(r.Dialect, "ep.id", distinct(ids)), r.endpointScope()), "ep.id")
	found := make(map[int]*model.Endpoint, len(rows))
	for _, row := range rows {
		found[row.object.Row] = &row.object
	}
	return found, err
}

// fillAttempts reads the attempts to deliver all the messages at once.
func (r *Reader) fillAttempts(ctx context.Context, sel selection.Selection, rows []*messageRow) error {
	if !sel.Has("attempts") {
		return nil
	}
	byID := map[int]*model.OutboundMessage{}
	for _, row := range rows {
		row.object.Attempts = []*model.OutboundAttempt{}
		byID[row.object.Row] = &row.object
	}
	return db.Query(ctx, r.Query, func(found *sql.Rows) error {
		a := &model.OutboundAttempt{}
		var message, status int
		var made db.Time
		var problem string
		if err := found.Scan(&message, &made, &a.Took, &status, &a.Outcome, &problem); err != nil {
			return err
		}
		a.At, a.Problem = made.Time, model.Text(problem)
		if status != 0 {
			a.Status = &status
		}
		byID[message].Attempts = append(byID[message].Attempts, a)
		return nil
	}, "SELECT message_id, at, took_ms, status, outcome, problem FROM outbound_attempts WHERE "+r.Dialect.Any("message_id", 1)+" ORDER BY message_id, attempt", r.Dialect.Ints(keys(byID)))
}

// messageUsual is the only order of webhooks of ours.
const messageUsual = "CREATED"

func (r *Reader) messageListing() listing[generated.OutboundMessageFilter, messageRow, model.OutboundMessage] {
	return listing[generated.OutboundMessageFilter, messageRow, model.OutboundMessage]{
		name: "messages", input: "OutboundMessage", types: messageTypes,
		entity: func(selection.Selection) entity[messageRow, model.OutboundMessage] { return r.messages() },
		scope:  r.endpointScope(),
		filter: r.messageFilter,
		terms:  map[string]keyset.Term{messageUsual: {Column: "m.id", Kind: keyset.Integer, Desc: true}},
		usual:  model.Order{Field: messageUsual, Direction: model.Descending}, id: "m.id",
	}
}

func (r *Reader) messageFilter(f *generated.OutboundMessageFilter) (where, error) {
	own := func(f *generated.OutboundMessageFilter) (where, error) {
		var c conditions
		c.add(oneOf(r.Dialect, "m.state", f.State), oneOf(r.Dialect, "m.event", f.Event), oneOf(r.Dialect, "m.message_id", f.MessageID))
		c.try(span("createdAt", "m.created_at", f.CreatedAt))
		return c.all()
	}
	return filtered(f, own, func(f *generated.OutboundMessageFilter) junction[generated.OutboundMessageFilter] {
		return junction[generated.OutboundMessageFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

// OutboundMessage returns the webhook of ours with the row id; nil when there is none that the viewer may see.
func (r *Reader) OutboundMessage(ctx context.Context, sel selection.Selection, id int) (*model.OutboundMessage, error) {
	return one(ctx, r, r.messages(), sel, and(equals("m.id", id), r.endpointScope()))
}
