package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/direct"
)

// The bounds of the caches of queries: of those that were parsed and validated, and of the texts that clients
// name by a hash. A client's own queries are few and short; one made to fill the memory is not kept.
const (
	cachedQueries     = 1000
	longestCachedText = 16 << 10 // bytes
)

// queryCache keeps queries by their text, each with what was compiled of it for the direct writer.
type queryCache struct {
	queries *lru.LRU[*cachedQuery]
}

type cachedQuery struct {
	doc   *ast.QueryDocument
	plans direct.Plans
}

func newQueryCache() queryCache { return queryCache{lru.New[*cachedQuery](cachedQueries)} }

// Get implements graphql.Cache.
func (c queryCache) Get(ctx context.Context, query string) (doc *ast.QueryDocument, found bool) {
	cached, found := c.queries.Get(ctx, query)
	if !found {
		return nil, false
	}
	return cached.doc, true
}

// Add implements graphql.Cache.
func (c queryCache) Add(ctx context.Context, query string, doc *ast.QueryDocument) {
	if len(query) <= longestCachedText {
		c.queries.Add(ctx, query, &cachedQuery{doc: doc})
	}
}

// plans returns where the plans of the operation's document are kept; nil when the document is not.
func (c queryCache) plans(ctx context.Context, op *graphql.OperationContext) *direct.Plans {
	cached, found := c.queries.Get(ctx, op.RawQuery)
	if !found || cached.doc != op.Doc { // another request has put its own in the place
		return nil
	}
	return &cached.plans
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
