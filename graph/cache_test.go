package graph

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestPlansAreKeptWithTheirDocument looks at the cache itself, and so is in the package: of two requests that parse one
// text at the same time, the document of one is kept, and no plan of the other's.
func TestPlansAreKeptWithTheirDocument(t *testing.T) {
	const text = `{ programme { now } }`
	cache, kept, other := newQueryCache(), &ast.QueryDocument{}, &ast.QueryDocument{}
	of := func(doc *ast.QueryDocument, text string) *graphql.OperationContext {
		return &graphql.OperationContext{RawQuery: text, Doc: doc}
	}
	if cache.plans(t.Context(), of(kept, text)) != nil {
		t.Error("there are plans of a document that is not kept")
	}
	cache.Add(t.Context(), text, kept)
	plans := cache.plans(t.Context(), of(kept, text))
	if plans == nil || plans != cache.plans(t.Context(), of(kept, text)) {
		t.Error("the plans of a document are not kept")
	}
	if cache.plans(t.Context(), of(other, text)) != nil {
		t.Error("there are plans of another document of the same text")
	}
	for i := range cachedQueries {
		cache.Add(t.Context(), strings.Repeat(" ", i+1), other)
	}
	if cache.plans(t.Context(), of(kept, text)) != nil {
		t.Error("the plans have outlived their document")
	}
	long := strings.Repeat(" ", longestCachedText+1)
	cache.Add(t.Context(), long, kept)
	if cache.plans(t.Context(), of(kept, long)) != nil {
		t.Error("there are plans of a document that is too long to keep")
	}
}
