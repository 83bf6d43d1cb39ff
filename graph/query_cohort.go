package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/reads"
	"gelombang/graph/selection"
)

// Cohorts resolves Query.cohorts.
func (q query) Cohorts(ctx context.Context, filter *generated.CohortFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.CohortConnection, error) {
	args := reads.CohortArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Cohorts(ctx, selection.Of(ctx, "CohortConnection"), args)
}

// Cohort resolves Query.cohort.
func (q query) Cohort(ctx context.Context, number int) (*model.Cohort, error) {
	return q.read(ctx).Cohort(ctx, selection.Of(ctx, "Cohort", "Node"), number)
}

// Participants resolves Query.participants.
func (q query) Participants(ctx context.Context, filter *generated.ParticipantFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.ParticipantConnection, error) {
	args := reads.ParticipantArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Participants(ctx, selection.Of(ctx, "ParticipantConnection"), args)
}

// Participant resolves Query.participant.
func (q query) Participant(ctx context.Context, cardNumber string) (*model.Participant, error) {
	return q.read(ctx).ParticipantByCard(ctx, selection.Of(ctx, "Participant", "Node"), cardNumber)
}

// Reviews resolves Query.reviews.
func (q query) Reviews(ctx context.Context, filter *generated.ReviewFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.ReviewConnection, error) {
	args := reads.ReviewArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Reviews(ctx, selection.Of(ctx, "ReviewConnection"), args)
}
