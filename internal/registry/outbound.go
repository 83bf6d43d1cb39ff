package registry

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/ent/endpoint"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// told is the body of a webhook of ours.
type told struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// stepped is data of an event that has several steps. The type then ends with the step that was taken:
// "settlement.approved".
type stepped interface{ step() string }

// typeOf is what the body calls the event: "alert.raised", "alert.cleared", "settlement." and the step that the data
// names, "reminder.due", "endpoint.test".
func typeOf(e rules.OutboundEvent, data any) string {
	switch e {
	case rules.EventReminder:
		return "reminder.due"
	case rules.EventAlertRaised:
		return "alert.raised"
	case rules.EventAlertCleared:
		return "alert.cleared"
	case rules.EventTest:
		return "endpoint.test"
	default: // rules.EventSettlement
		if s, ok := data.(stepped); ok {
			return "settlement." + s.step()
		}
		return "settlement.changed"
	}
}

// tell writes one message to every enabled endpoint that gets the event, in the transaction: what is rolled back is not
// told. The body is JSON: type, timestamp (the transaction's Now) and data, which holds no personal data; only reminders
// do, and have [Registry.tellReminder].
//
// The type follows from the event: "alert.raised", "alert.cleared", and for a settlement "settlement." with what data
// returns from its method step() string, such as "settlement.approved"; without that method, "settlement.changed".
func (r *Registry) tell(ctx context.Context, tx *db.Tx, e rules.OutboundEvent, data any) error {
	endpoints, err := subscribed(ctx, tx, e)
	if err != nil {
		return err
	}
	for _, ep := range endpoints {
		if _, err := r.post(ctx, tx, posted{endpoint: ep.ID, event: e, data: data}); err != nil {
			return err
		}
	}
	return nil
}

// tellReminder writes a reminder's message to every enabled endpoint that gets reminders, in the transaction that
// makes the reminder ready to send. The message is not sent at or after expiresAt, and the reminder behind it is looked
// at again at each attempt. It reports whether there is such an endpoint: without one the participant cannot be
// reached. What becomes of the message settles the reminder.
func (r *Registry) tellReminder(ctx context.Context, tx *db.Tx, reminder int, data any, expiresAt time.Time) (reached bool, err error) {
	endpoints, err := subscribed(ctx, tx, rules.EventReminder)
	if err != nil {
		return false, err
	}
	for _, ep := range endpoints {
		p := posted{endpoint: ep.ID, event: rules.EventReminder, data: data, reminder: &reminder, expiresAt: &expiresAt}
		if _, err := r.post(ctx, tx, p); err != nil {
			return false, err
		}
	}
	return len(endpoints) > 0, nil
}

// subscribed returns the enabled endpoints that get the event.
func subscribed(ctx context.Context, tx *db.Tx, e rules.OutboundEvent) ([]*ent.Endpoint, error) {
	enabled, err := tx.Client.Endpoint.Query().Where(endpoint.DisabledAtIsNil()).Order(endpoint.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the endpoints: %w", err)
	}
	var out []*ent.Endpoint
	for _, ep := range enabled {
		if slices.Contains(splitEvents(ep.Events), e) {
			out = append(out, ep)
		}
	}
	return out, nil
}

// posted is a message to be written to the outbox.
type posted struct {
	endpoint  int
	event     rules.OutboundEvent
	data      any
	reminder  *int
	expiresAt *time.Time // exclusive
}

// post writes the message, due at once: servers look for what is due.
func (r *Registry) post(ctx context.Context, tx *db.Tx, p posted) (*ent.OutboundMessage, error) {
	body, err := json.Marshal(told{Type: typeOf(p.event, p.data), Timestamp: tx.Now, Data: p.data})
	if err != nil {
		return nil, fmt.Errorf("encode a webhook of ours: %w", err)
	}
	id := "msg_" + rand.Text()
	sealed, err := r.secrets.Encrypt(body, messageContext(id))
	if err != nil {
		return nil, err
	}
	create := tx.Client.OutboundMessage.Create().SetEndpointID(p.endpoint).SetEvent(p.event).SetMessageID(id).SetBody(sealed).
		SetNillableReminderID(p.reminder).SetCreatedAt(tx.Now).SetState(rules.OutboundPending).SetNextAt(tx.Now)
	if p.expiresAt != nil {
		create.SetExpiresAt(db.Instant(*p.expiresAt))
	}
	m, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write a webhook of ours: %w", err)
	}
	return m, nil
}

// messageContext binds a body's ciphertext to its message.
func messageContext(messageID string) string { return "outbound-message:" + messageID }
