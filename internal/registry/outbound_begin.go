package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gelombang/ent"
	"gelombang/ent/outboundmessage"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// AttemptLease is how long an attempt belongs to the server that began it. One that has not been recorded by then is
// taken for cut off, and the next may begin; so an attempt has to end well before.
const AttemptLease = 2 * time.Minute

// maxSends is how many attempts are made: as many as the schedule of webhooks/outbound has. Here it ends what is cut off
// again and again.
const maxSends = 10

// Problems of attempts that the registry itself records. The others come from who sends.
const (
	ProblemUnfinished = "unfinished" // is being made
	ProblemCutOff     = "cut_off"    // the server ended before its outcome was recorded: it may have arrived
)

// ErrNothingToSend says that a message is not to be sent now: it is settled, was settled just now because it is of no
// use any more, or there is none.
var ErrNothingToSend = errors.New("nothing to send")

// TooEarlyError says that the next attempt is not due yet, or that another server is making it. It is an
// [ErrNothingToSend].
type TooEarlyError struct{ Wait time.Duration }

func (e *TooEarlyError) Error() string { return fmt.Sprintf("nothing to send for %s", e.Wait) }

// Is makes it an [ErrNothingToSend].
func (e *TooEarlyError) Is(target error) bool { return target == ErrNothingToSend }

// Outgoing is an attempt that was begun.
type Outgoing struct {
	ID        int
	Attempt   int // from 1
	MessageID string
	URL       string
	Secrets   []string `json:"-"` // whsec_… or whsk_…: it is signed with each
	Body      []byte   `json:"-"` // JSON; may hold personal data
}

// String names the attempt. It shows neither the secrets nor the body, and not the URL, which may hold a secret.
func (o Outgoing) String() string { return fmt.Sprintf("attempt %d of message %d", o.Attempt, o.ID) }

// GoString is [Outgoing.String], so that %#v does not show the secrets either.
func (o Outgoing) GoString() string { return o.String() }

// LogValue is [Outgoing.String], so that a structured log does not show the secrets either.
func (o Outgoing) LogValue() slog.Value { return slog.StringValue(o.String()) }

// BeginAttempt begins the attempt that is due and returns it, to be sent and then recorded with [Registry.RecordAttempt]
// within [AttemptLease]. The attempt is in the log from then on, whatever happens. Otherwise the error is an
// [ErrNothingToSend], a [*TooEarlyError] where waiting helps.
//
// The reminder behind a message is looked at again, so that nobody is reminded who has bought: the message is then
// cancelled. So it is when it has expired. A message to a disabled endpoint is given up.
func (r *Registry) BeginAttempt(ctx context.Context, id int) (*Outgoing, error) {
	var out *Outgoing
	var nothing error
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		out, nothing = nil, ErrNothingToSend
		m, err := lockMessage(ctx, tx, id)
		switch {
		case ent.IsNotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("load a webhook of ours: %w", err)
		case m.SettledAt != nil:
			return nil
		case m.NextAt != nil && m.NextAt.After(tx.Now):
			nothing = &TooEarlyError{Wait: m.NextAt.Sub(tx.Now)}
			return nil
		}
		end, err := endOf(ctx, tx, m)
		if err != nil {
			return err
		}
		if end != rules.OutboundPending {
			return settleMessage(ctx, tx, m, end)
		}
		out, err = r.begin(ctx, tx, m)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out == nil {
		return nil, nothing
	}
	return out, nil
}

// lockMessage loads a message with its endpoint and keeps others from changing the message until the end of the
// transaction.
func lockMessage(ctx context.Context, tx *db.Tx, id int) (*ent.OutboundMessage, error) {
	q := tx.Client.OutboundMessage.Query().Where(outboundmessage.ID(id)).WithEndpoint()
	if tx.Dialect == db.Postgres {
		q = q.ForUpdate()
	}
	return q.Only(ctx)
}

// endOf returns how a message that is due ends without a further attempt, PENDING when one is to be made. An attempt whose
// lease has run out is marked as cut off.
func endOf(ctx context.Context, tx *db.Tx, m *ent.OutboundMessage) (rules.OutboundState, error) {
	cut, err := markCutOff(ctx, tx, m.ID)
	if err != nil {
		return "", err
	}
	switch {
	case m.Edges.Endpoint.DisabledAt != nil, cut && m.Attempts >= maxSends:
		return rules.OutboundFailed, nil
	case m.ExpiresAt != nil && !tx.Now.Before(*m.ExpiresAt):
		return rules.OutboundCancelled, nil
	case m.ReminderID == nil:
		return rules.OutboundPending, nil
	case !present(m.Body): // the contact that it was written for is not the participant's any more
		return rules.OutboundCancelled, nil
	}
	useful, err := reminderStillUseful(ctx, tx, *m.ReminderID)
	if err != nil || useful {
		return rules.OutboundPending, err
	}
	return rules.OutboundCancelled, nil
}

// markCutOff marks the attempt of a message that was begun and not recorded, and reports whether there is one.
func markCutOff(ctx context.Context, tx *db.Tx, message int) (bool, error) {
	res, err := tx.ExecContext(ctx, "UPDATE outbound_attempts SET problem = $1 WHERE message_id = $2 AND problem = $3",
		ProblemCutOff, message, ProblemUnfinished)
	if err != nil {
		return false, fmt.Errorf("mark what was cut off: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// begin writes the attempt and takes the lease.
func (r *Registry) begin(ctx context.Context, tx *db.Tx, m *ent.OutboundMessage) (*Outgoing, error) {
	if !present(m.Body) {
		return nil, fmt.Errorf("message %d waits without a body", m.ID)
	}
	secrets, err := r.signingSecrets(m.Edges.Endpoint, tx.Now)
	if err != nil {
		return nil, err
	}
	body, err := r.secrets.Decrypt(*m.Body, messageContext(m.MessageID))
	if err != nil {
		return nil, fmt.Errorf("open the body of message %d: %w", m.ID, err)
	}
	attempt := m.Attempts + 1
	err = tx.Client.OutboundAttempt.Create().SetMessageID(m.ID).SetAttempt(attempt).SetAt(tx.Now).SetTookMs(0).
		SetOutcome(rules.AttemptAgain).SetProblem(ProblemUnfinished).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("write an attempt: %w", err)
	}
	err = tx.Client.OutboundMessage.UpdateOneID(m.ID).SetAttempts(attempt).SetNextAt(tx.Now.Add(AttemptLease)).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin an attempt: %w", err)
	}
	return &Outgoing{ID: m.ID, Attempt: attempt, MessageID: m.MessageID, URL: m.Edges.Endpoint.URL, Secrets: secrets, Body: body}, nil
}
