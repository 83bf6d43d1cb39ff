package graph_test

import (
	"context"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/model"
)

// Each root field is made up by its type.

func (m made) Node(ctx context.Context, _ string) (model.Node, error) {
	return making[model.Node](ctx, m)
}

func (m made) Nodes(ctx context.Context, _ []string) ([]model.Node, error) {
	return making[[]model.Node](ctx, m)
}

func (m made) Viewer(ctx context.Context) (*model.Viewer, error) {
	return making[*model.Viewer](ctx, m)
}

func (m made) Programme(ctx context.Context) (*model.Programme, error) {
	return making[*model.Programme](ctx, m)
}

func (m made) Cohorts(ctx context.Context, _ *generated.CohortFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Cohort], error) {
	return making[*model.Connection[*model.Cohort]](ctx, m)
}

func (m made) Cohort(ctx context.Context, _ int) (*model.Cohort, error) {
	return making[*model.Cohort](ctx, m)
}

func (m made) Participants(ctx context.Context, _ *generated.ParticipantFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Participant], error) {
	return making[*model.Connection[*model.Participant]](ctx, m)
}

func (m made) Participant(ctx context.Context, _ string) (*model.Participant, error) {
	return making[*model.Participant](ctx, m)
}

func (m made) Eligibility(ctx context.Context, _ string) (*generated.Eligibility, error) {
	return making[*generated.Eligibility](ctx, m)
}

func (m made) Platforms(ctx context.Context) ([]*model.Platform, error) {
	return making[[]*model.Platform](ctx, m)
}

func (m made) Provinces(ctx context.Context) ([]*model.Province, error) {
	return making[[]*model.Province](ctx, m)
}

func (m made) Platform(ctx context.Context, _ string) (*model.Platform, error) {
	return making[*model.Platform](ctx, m)
}

func (m made) Offerings(ctx context.Context, _ *generated.OfferingFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Offering], error) {
	return making[*model.Connection[*model.Offering]](ctx, m)
}

func (m made) Purchases(ctx context.Context, _ *generated.PurchaseFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Purchase], error) {
	return making[*model.Connection[*model.Purchase]](ctx, m)
}

func (m made) Deliveries(ctx context.Context, _ *generated.DeliveryFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Delivery], error) {
	return making[*model.Connection[*model.Delivery]](ctx, m)
}

func (m made) Reviews(ctx context.Context, _ *generated.ReviewFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Review], error) {
	return making[*model.Connection[*model.Review]](ctx, m)
}

func (m made) PurchaseAggregate(ctx context.Context, _ *generated.PurchaseFilter, _ []string, _ *generated.PurchaseHaving, _ []*model.Order, _ *int, _ *string) (*model.Aggregate[model.PurchaseAggregateRow], error) {
	return making[*model.Aggregate[model.PurchaseAggregateRow]](ctx, m)
}

func (m made) ParticipantAggregate(ctx context.Context, _ *generated.ParticipantFilter, _ *time.Time, _ []string, _ *generated.ParticipantHaving, _ []*model.Order, _ *int, _ *string) (*model.Aggregate[model.ParticipantAggregateRow], error) {
	return making[*model.Aggregate[model.ParticipantAggregateRow]](ctx, m)
}

func (m made) Settlements(ctx context.Context, _ *generated.SettlementFilter, _ []*model.Order, _ *int, _ *string, _ *int, _ *string) (*model.Connection[*model.Settlement], error) {
	return making[*model.Connection[*model.Settlement]](ctx, m)
}

func (m made) Settlement(ctx context.Context, _ int) (*model.Settlement, error) {
	return making[*model.Settlement](ctx, m)
}

func (m made) Endpoints(ctx context.Context) ([]*model.Endpoint, error) {
	return making[[]*model.Endpoint](ctx, m)
}
