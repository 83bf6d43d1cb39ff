package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/reads"
	"gelombang/graph/selection"
)

// Settlement resolves Query.settlement.
func (q query) Settlement(ctx context.Context, number int) (*model.Settlement, error) {
	return q.read(ctx).Settlement(ctx, selection.Of(ctx, "Settlement", "Node"), number)
}

// Settlements resolves Query.settlements.
func (q query) Settlements(ctx context.Context, filter *generated.SettlementFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.SettlementConnection, error) {
	args := reads.SettlementArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Settlements(ctx, selection.Of(ctx, "SettlementConnection"), args)
}
