package graph

import (
	"context"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/graph/reads"
	"gelombang/graph/selection"
)

// PurchaseAggregate resolves Query.purchaseAggregate.
func (q query) PurchaseAggregate(ctx context.Context, filter *generated.PurchaseFilter, groupBy []string, having *generated.PurchaseHaving, orderBy []*model.Order, first *int, after *string) (*model.PurchaseAggregate, error) {
	args := reads.PurchaseAggregateArgs{Filter: filter, Having: having, GroupBy: groupBy, OrderBy: orderBy, First: first, After: after}
	return q.read(ctx).PurchaseAggregate(ctx, selection.Of(ctx, "PurchaseAggregate"), args)
}

// ParticipantAggregate resolves Query.participantAggregate.
func (q query) ParticipantAggregate(ctx context.Context, filter *generated.ParticipantFilter, asOf *time.Time, groupBy []string, having *generated.ParticipantHaving, orderBy []*model.Order, first *int, after *string) (*model.ParticipantAggregate, error) {
	args := reads.ParticipantAggregateArgs{Filter: filter, Having: having, GroupBy: groupBy, OrderBy: orderBy, First: first, After: after}
	return q.read(ctx).ParticipantAggregate(ctx, selection.Of(ctx, "ParticipantAggregate"), args, asOf)
}
