package graph

import (
	"context"

	"gelombang/graph/model"
	"gelombang/graph/selection"
)

// Endpoints resolves Query.endpoints.
func (q query) Endpoints(ctx context.Context) ([]*model.Endpoint, error) {
	return q.read(ctx).Endpoints(ctx, selection.Of(ctx, "Endpoint", "Node"))
}
