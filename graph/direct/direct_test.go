package direct

import (
	"bytes"
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

func noPlans(context.Context, *graphql.OperationContext) *Plans { return nil }

// answer asks for the answer to the first root field of the query, of which write writes the result.
func answer(t *testing.T, write Root, object, query string, result any) any {
	t.Helper()
	op, roots := asked(t, query, nil)
	ctx := graphql.WithFieldContext(graphql.WithOperationContext(t.Context(), op), &graphql.FieldContext{Object: object, Field: roots[0]})
	return (&Schema{root: schema.root, write: write}).Answer(ctx, result, noPlans)
}

func TestAnAnswerIsWrittenOrTheResultHandedOn(t *testing.T) {
	writes := func(w *Writer, _ *Field, result any) bool {
		w.Buf = append(w.Buf, result.(string)...)
		return result != ""
	}
	panics := func(*Writer, *Field, any) bool { panic("at the end") }
	for name, tt := range map[string]struct {
		write         Root
		object, query string
		want          string // of what is written; empty when the result is handed on
	}{
		"written":          {writes, "Query", `{ thing { name } }`, "text"},
		"below a root":     {writes, "Thing", `{ thing { name } }`, ""},
		"a panic":          {panics, "Query", `{ thing { name } }`, ""},
		"an unknown field": {writes, "Query", `{ thing { unknown } }`, ""},
		"deferred":         {writes, "Query", `{ thing { ... @defer { name } } }`, ""},
	} {
		got := answer(t, tt.write, tt.object, tt.query, "text")
		text, written := got.(*Text)
		if !written {
			if got != "text" || tt.want != "" {
				t.Errorf("%s: %v is handed on", name, got)
			}
			continue
		}
		var b bytes.Buffer
		text.MarshalGQL(&b)
		if b.String() != tt.want {
			t.Errorf("%s: %q is written", name, b.String())
		}
	}
	if got := answer(t, writes, "Query", `{ thing { name } }`, ""); got != "" {
		t.Errorf("what could not be written became %v", got)
	}
	if got := answer(t, writes, "Query", `{ thing { name } }`, nil); got != nil {
		t.Errorf("no result became %v", got)
	}
}

// TestAMethodIsToldItsField, and nothing that allows it to take its place for the root's.
func TestAMethodIsToldItsField(t *testing.T) {
	op, roots := asked(t, `{ thing { name } }`, nil)
	ctx := graphql.WithFieldContext(graphql.WithOperationContext(t.Context(), op), &graphql.FieldContext{Object: "Query", Field: roots[0]})
	p := schema.compile(op, roots[0])
	f := &p.root.Selections[0].Fields[0]
	w := begin(ctx)
	defer w.end()
	if told := graphql.GetFieldContext(w.Context(f)); told.Field.Field != f.node || told.Field.Name != "name" {
		t.Errorf("told of %v", told.Field.Name)
	}
}
