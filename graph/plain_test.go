package graph

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"

	"gelombang/graph/direct"
)

// Wrote counts the root fields whose answers were written directly.
type Wrote struct{ Directly, ByGqlgen atomic.Int64 }

// NewCountingHandler is [NewHandler], and counts.
func NewCountingHandler(cfg Config, wrote *Wrote) (http.Handler, error) {
	h, err := newHandler(cfg)
	if err != nil {
		return nil, err
	}
	count := func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		m := next(ctx)
		if _, is := m.(*direct.Text); is {
			wrote.Directly.Add(1)
		} else {
			wrote.ByGqlgen.Add(1)
		}
		return m
	}
	h.exec.AroundRootFields(count)
	h.discreet.AroundRootFields(count)
	return h, nil
}

// NewPlainHandler is [NewHandler] without the direct writer.
func NewPlainHandler(cfg Config) (http.Handler, error) {
	h, err := newHandler(cfg)
	if err != nil {
		return nil, err
	}
	h.direct = nil
	return h, nil
}
