package graph

import (
	"context"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/reads"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// exporting is the root of the resolvers of one export: gqlgen reads the arguments and presents the errors, as it
// does for every query.
type exporting struct {
	*resolver
	run *exportRun
}

// Query returns the resolvers of the query.
func (e exporting) Query() generated.QueryResolver { return exportingQuery{query{e.resolver}, e.run} }

// exportingQuery writes the rows of what can be exported. Nothing else is asked of it, see [planExport].
type exportingQuery struct {
	query
	run *exportRun
}

// Cohorts exports Query.cohorts.
func (q exportingQuery) Cohorts(ctx context.Context, filter *generated.CohortFilter, orderBy []*model.Order, first *int, after *string, _ *int, _ *string) (*model.CohortConnection, error) {
	args := reads.CohortArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after}}
	return exportList(ctx, q, args, (*reads.Reader).StreamCohorts)
}

// Participants exports Query.participants.
func (q exportingQuery) Participants(ctx context.Context, filter *generated.ParticipantFilter, orderBy []*model.Order, first *int, after *string, _ *int, _ *string) (*model.ParticipantConnection, error) {
	args := reads.ParticipantArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after}}
	return exportList(ctx, q, args, (*reads.Reader).StreamParticipants)
}

// Reviews exports Query.reviews.
func (q exportingQuery) Reviews(ctx context.Context, filter *generated.ReviewFilter, orderBy []*model.Order, first *int, after *string, _ *int, _ *string) (*model.ReviewConnection, error) {
	args := reads.ReviewArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after}}
	return exportList(ctx, q, args, (*reads.Reader).StreamReviews)
}

// Offerings exports Query.offerings.
func (q exportingQuery) Offerings(ctx context.Context, filter *generated.OfferingFilter, orderBy []*model.Order, first *int, after *string, _ *int, _ *string) (*model.OfferingConnection, error) {
	args := reads.OfferingArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after}}
	return exportList(ctx, q, args, (*reads.Reader).StreamOfferings)
}

// Purchases exports Query.purchases.
func (q exportingQuery) Purchases(ctx context.Context, filter *generated.PurchaseFilter, orderBy []*model.Order, first *int, after *string, _ *int, _ *string) (*model.PurchaseConnection, error) {
	args := reads.PurchaseArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after}}
	return exportList(ctx, q, args, (*reads.Reader).StreamPurchases)
}

// Deliveries exports Query.deliveries.
func (q exportingQuery) Deliveries(ctx context.Context, filter *generated.DeliveryFilter, orderBy []*model.Order, first *int, after *string, _ *int, _ *string) (*model.DeliveryConnection, error) {
	args := reads.DeliveryArgs{Filter: filter, OrderBy: orderBy, Page: keyset.Request{First: first, After: after}}
	return exportList(ctx, q, args, (*reads.Reader).StreamDeliveries)
}

// PurchaseAggregate exports Query.purchaseAggregate.
func (q exportingQuery) PurchaseAggregate(ctx context.Context, filter *generated.PurchaseFilter, groupBy []string, having *generated.PurchaseHaving, orderBy []*model.Order, first *int, after *string) (*model.PurchaseAggregate, error) {
	args := reads.PurchaseAggregateArgs{Filter: filter, Having: having, GroupBy: groupBy, OrderBy: orderBy, First: first, After: after}
	return &model.PurchaseAggregate{}, write(ctx, q, func(r *reads.Reader, s *db.Snapshot, sel selection.Selection) (reads.Stream[model.PurchaseAggregateRow], error) {
		return r.StreamPurchaseGroups(s, sel, args)
	})
}

// ParticipantAggregate exports Query.participantAggregate.
func (q exportingQuery) ParticipantAggregate(ctx context.Context, filter *generated.ParticipantFilter, asOf *time.Time, groupBy []string, having *generated.ParticipantHaving, orderBy []*model.Order, first *int, after *string) (*model.ParticipantAggregate, error) {
	args := reads.ParticipantAggregateArgs{Filter: filter, Having: having, GroupBy: groupBy, OrderBy: orderBy, First: first, After: after}
	return &model.ParticipantAggregate{}, write(ctx, q, func(r *reads.Reader, s *db.Snapshot, sel selection.Selection) (reads.Stream[model.ParticipantAggregateRow], error) {
		return r.StreamParticipantGroups(s, sel, args, asOf)
	})
}

// exportList writes the rows of a list, and returns a page without any.
func exportList[F, T any](ctx context.Context, q exportingQuery, args reads.Args[F], plan func(*reads.Reader, *db.Snapshot, selection.Selection, reads.Args[F]) (reads.Stream[T], error)) (*model.Connection[*T], error) {
	empty := &model.Connection[*T]{PageInfo: &model.PageInfo{}}
	return empty, write(ctx, q, func(r *reads.Reader, s *db.Snapshot, sel selection.Selection) (reads.Stream[T], error) {
		return plan(r, s, sel, args)
	})
}
