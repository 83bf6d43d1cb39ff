package reads

import (
	"context"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/graph/selection"
)

// AggregateArgs are the arguments of an aggregate: F is its filter, and H what its groups must meet.
type AggregateArgs[F, H any] struct {
	Filter  *F
	Having  *H
	GroupBy []string
	OrderBy []*model.Order
	First   *int
	After   *string
}

// PurchaseAggregateArgs are the arguments of an aggregate of purchases.
type PurchaseAggregateArgs = AggregateArgs[generated.PurchaseFilter, generated.PurchaseHaving]

// ParticipantAggregateArgs are the arguments of an aggregate of participants.
type ParticipantAggregateArgs = AggregateArgs[generated.ParticipantFilter, generated.ParticipantHaving]

// PurchaseAggregate groups the purchases that the viewer may see.
func (r *Reader) PurchaseAggregate(ctx context.Context, sel selection.Selection, args PurchaseAggregateArgs) (*model.PurchaseAggregate, error) {
	return nil, nil
}

// ParticipantAggregate groups the participants, of whom the viewer sees all or none.
func (r *Reader) ParticipantAggregate(ctx context.Context, sel selection.Selection, args ParticipantAggregateArgs, asOf *time.Time) (*model.ParticipantAggregate, error) {
	return nil, nil
}
