package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/reads"
	"gelombang/graph/selection"
)

// Platforms resolves Query.platforms.
func (q query) Platforms(ctx context.Context) ([]*model.Platform, error) {
	return q.read(ctx).Platforms(ctx, selection.Of(ctx, "Platform", "Node"))
}

// Provinces resolves Query.provinces.
func (q query) Provinces(ctx context.Context) ([]*model.Province, error) {
	return q.read(ctx).Provinces(ctx)
}

// Platform resolves Query.platform.
func (q query) Platform(ctx context.Context, code string) (*model.Platform, error) {
	return q.read(ctx).PlatformByCode(ctx, selection.Of(ctx, "Platform", "Node"), code)
}

// Offerings resolves Query.offerings.
func (q query) Offerings(ctx context.Context, filter *generated.OfferingFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.OfferingConnection, error) {
	args := reads.OfferingArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Offerings(ctx, selection.Of(ctx, "OfferingConnection"), args)
}

// Purchases resolves Query.purchases.
func (q query) Purchases(ctx context.Context, filter *generated.PurchaseFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.PurchaseConnection, error) {
	args := reads.PurchaseArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Purchases(ctx, selection.Of(ctx, "PurchaseConnection"), args)
}

// Deliveries resolves Query.deliveries.
func (q query) Deliveries(ctx context.Context, filter *generated.DeliveryFilter, orderBy []*model.Order, first *int, after *string, last *int, before *string) (*model.DeliveryConnection, error) {
	args := reads.DeliveryArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after, Last: last, Before: before}}
	return q.read(ctx).Deliveries(ctx, selection.Of(ctx, "DeliveryConnection"), args)
}
