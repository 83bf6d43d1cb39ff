package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

// The bounds of the cache of parsed and validated queries. A client's own queries are few and short; one
// made to fill the memory is not kept.
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
