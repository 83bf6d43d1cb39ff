package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// RetryDelivery resolves Mutation.retryDelivery.
func (m mutation) RetryDelivery(ctx context.Context, input generated.RetryDeliveryInput) (*generated.RetryDeliveryPayload, error) {
	id, failed := m.managed(ctx, "retry deliveries", "Delivery", "delivery", input.Delivery)
	if failed == nil {
		_, failed = m.registry.RetryDelivery(ctx, viewer.From(ctx), id)
	}
	delivery, mistakes, err := afterwards(failed, func() (*model.Delivery, error) {
		return m.written(ctx).Delivery(ctx, payload(ctx, "RetryDeliveryPayload", "delivery", "Delivery"), id)
	})
	return &generated.RetryDeliveryPayload{Delivery: delivery, UserErrors: mistakes}, err
}

// DismissDelivery resolves Mutation.dismissDelivery.
func (m mutation) DismissDelivery(ctx context.Context, input generated.DismissDeliveryInput) (*generated.DismissDeliveryPayload, error) {
	id, failed := m.managed(ctx, "dismiss deliveries", "Delivery", "delivery", input.Delivery)
	if failed == nil {
		_, failed = m.registry.DismissDelivery(ctx, viewer.From(ctx), id, input.Reason)
	}
	delivery, mistakes, err := afterwards(failed, func() (*model.Delivery, error) {
		return m.written(ctx).Delivery(ctx, payload(ctx, "DismissDeliveryPayload", "delivery", "Delivery"), id)
	})
	return &generated.DismissDeliveryPayload{Delivery: delivery, UserErrors: mistakes}, err
}

// DecideReview resolves Mutation.decideReview.
func (m mutation) DecideReview(ctx context.Context, input generated.DecideReviewInput) (*generated.DecideReviewPayload, error) {
	id, failed := m.managed(ctx, "decide reviews", "Review", "review", input.Review)
	if failed == nil {
		_, failed = m.registry.DecideReview(ctx, viewer.From(ctx), registry.DecideReview{Review: id, Decision: input.Decision, Note: input.Note})
	}
	review, mistakes, err := afterwards(failed, func() (*model.Review, error) {
		return m.written(ctx).Review(ctx, payload(ctx, "DecideReviewPayload", "review", "Review"), id)
	})
	return &generated.DecideReviewPayload{Review: review, UserErrors: mistakes}, err
}

// managed returns the row id in a global id, if the viewer may do what is asked to any object at all: asked
// first, so that nobody else learns which ids exist.
func (mutation) managed(ctx context.Context, what, typeName, field, id string) (int, error) {
	if err := allowed(ctx, viewer.Viewer.ManagesCohorts, what+viewer.OfficersMay); err != nil {
		return 0, err
	}
	return rowOf(typeName, field, id)
}
