package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

// The bounds of the caches of queries: of those that were parsed and validated, and of the texts that clients
// name by a hash. A client's own queries are few and short; one made to fill the memory is not kept.
const (
	cachedQueries     = 1000
	longestCachedText = 16 << 10 // bytes
)

// queryCache keeps queries by their text.
type queryCache struct {
	graphql.Cache[*ast.QueryDocument]
}

func newQueryCache() queryCache { return queryCache{lru.New[*ast.QueryDocument](cachedQueries)} }

// Add implements graphql.Cache.
func (c queryCache) Add(ctx context.Context, query string, doc *ast.QueryDocument) {
	if len(query) <= longestCachedText {
		c.Cache.Add(ctx, query, doc)
	}
}

// textCache keeps the texts of queries by their SHA-256.
type textCache struct {
	graphql.Cache[string]
}

func newTextCache() textCache { return textCache{lru.New[string](cachedQueries)} }

// Add implements graphql.Cache.
func (c textCache) Add(ctx context.Context, hash, query string) {
	if len(query) <= longestCachedText {
		c.Cache.Add(ctx, hash, query)
	}
}
