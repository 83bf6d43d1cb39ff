// Package outbox delivers our webhooks. [Deliver] makes one attempt: it begins it in the registry, sends, and records what
// came of it. It decides when the next attempt is made, by the schedule of package outbound and what the receiver asks for.
// A [Courier] looks for what is due and makes the attempts, as a server does the whole time. Nothing is kept here: what was
// sent and what is due is in the registry.
package outbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/outbound"
)

const (
	// sendTime bounds an attempt, so that it is recorded while its lease still runs.
	sendTime = registry.AttemptLease / 2
	// recordTime bounds the recording of an attempt, which goes on when the program is asked to end.
	recordTime = 10 * time.Second
)

// Sender sends one message: an [outbound.Sender].
type Sender interface {
	Send(ctx context.Context, e outbound.Endpoint, m outbound.Message) outbound.Result
}

// Deliver makes the attempt that is due for the message with the id, if there is one, and returns how long to wait before
// the next call; 0 when there is nothing more to do. An error is the registry's: the message stays as it is, or its
// attempt counts as cut off, and it is to be called again.
//
// The attempt is recorded even when ctx ends while it is made.
func Deliver(ctx context.Context, r *registry.Registry, s Sender, id int) (again time.Duration, err error) {
	out, err := r.BeginAttempt(ctx, id)
	var early *registry.TooEarlyError
	switch {
	case errors.As(err, &early):
		return early.Wait, nil
	case errors.Is(err, registry.ErrNothingToSend):
		return 0, nil
	case err != nil:
		return 0, err
	}
	result := send(ctx, s, out)
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return r.RecordAttempt(recording, id, attempt(out.Attempt, result))
}

func send(ctx context.Context, s Sender, out *registry.Outgoing) outbound.Result {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return s.Send(ctx, outbound.Endpoint{URL: out.URL, Secrets: out.Secrets}, outbound.Message{ID: out.MessageID, Body: out.Body})
}

// attempt is what is recorded of a result.
func attempt(number int, result outbound.Result) registry.Attempt {
	a := registry.Attempt{Number: number, Took: result.Took, Status: result.Status, Problem: string(result.Problem)}
	switch result.Outcome {
	case outbound.Delivered:
		a.Outcome = rules.AttemptDelivered
	case outbound.Gone:
		a.Outcome = rules.AttemptGone
	case outbound.Refused:
		a.Outcome = rules.AttemptRefused
	default: // outbound.Again
		a.Outcome = rules.AttemptAgain
		if delay, more := outbound.Delay(number, rand.Float64); more {
			a.Again = max(delay, result.RetryAfter)
		}
	}
	return a
}
