package registry

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"gelombang/ent"
	"gelombang/ent/endpoint"
	"gelombang/ent/outboundattempt"
	"gelombang/ent/outboundmessage"
	"gelombang/internal/rules"
)

// EndpointHealth says how an endpoint takes what is sent to it.
type EndpointHealth struct {
	Endpoint      *ent.Endpoint
	Waiting       int        // messages that are tried until they arrive or are given up
	Failed        int        // messages that were given up, however long ago, and did not arrive since
	LastDelivered *time.Time // when a message last arrived; nil if none has
	LastFailure   *FailedAttempt
}

// FailedAttempt is an attempt that did not arrive, as far as is known.
type FailedAttempt struct {
	MessageID string // the webhook-id
	At        time.Time
	Status    int    // of the answer; 0 without one
	Problem   string // a code of package outbound, or [ProblemCutOff]
}

// EndpointsHealth returns how the endpoints with the ids are, or all endpoints when none is given, by name. An attempt
// that is being made does not count as a failure.
func (r *Registry) EndpointsHealth(ctx context.Context, ids ...int) ([]EndpointHealth, error) {
	q := r.db.Primary().Endpoint.Query().Order(endpoint.ByName())
	if len(ids) > 0 {
		q = q.Where(endpoint.IDIn(ids...))
	}
	all, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the endpoints: %w", err)
	}
	out := make([]EndpointHealth, len(all))
	for i, ep := range all {
		if out[i], err = r.endpointHealth(ctx, ep); err != nil {
			return nil, fmt.Errorf("look how endpoint %d is: %w", ep.ID, err)
		}
	}
	return out, nil
}

func (r *Registry) endpointHealth(ctx context.Context, ep *ent.Endpoint) (h EndpointHealth, err error) {
	h.Endpoint = ep
	messages := r.db.Primary().OutboundMessage.Query().Where(outboundmessage.EndpointID(ep.ID))
	if h.Waiting, err = messages.Clone().Where(outboundmessage.StateEQ(rules.OutboundPending)).Count(ctx); err != nil {
		return h, err
	}
	if h.Failed, err = messages.Clone().Where(outboundmessage.StateEQ(rules.OutboundFailed)).Count(ctx); err != nil {
		return h, err
	}
	delivered, err := messages.Where(outboundmessage.StateEQ(rules.OutboundDelivered)).Order(outboundmessage.BySettledAt(sql.OrderDesc())).First(ctx)
	switch {
	case err == nil:
		h.LastDelivered = delivered.SettledAt
	case !ent.IsNotFound(err):
		return h, err
	}
	failed, err := r.db.Primary().OutboundAttempt.Query().Where(
		outboundattempt.HasMessageWith(outboundmessage.EndpointID(ep.ID)),
		outboundattempt.OutcomeNEQ(rules.AttemptDelivered), outboundattempt.ProblemNEQ(ProblemUnfinished),
	).Order(outboundattempt.ByID(sql.OrderDesc())).WithMessage().First(ctx)
	switch {
	case err == nil:
		h.LastFailure = &FailedAttempt{MessageID: failed.Edges.Message.MessageID, At: failed.At, Status: failed.Status, Problem: failed.Problem}
	case !ent.IsNotFound(err):
		return h, err
	}
	return h, nil
}
