package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// directly resolves a field. The answer to a root field is written at once where it can be.
func (h *handler) directly(ctx context.Context, next graphql.Resolver) (any, error) {
	result, err := next(ctx)
	if err != nil || h.direct == nil {
		return result, err
	}
	return h.direct.Answer(ctx, result, h.queries.plans), nil
}
