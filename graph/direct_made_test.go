package graph_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"pgregory.net/rapid"

	"gelombang/graph/direct"
	"gelombang/graph/generated"
)

// engine executes queries by resolvers of the test's own, with the direct writer or without.
type engine struct {
	*executor.Executor

	plans     map[*ast.QueryDocument]*direct.Plans
	otherwise int // root fields that were left to gqlgen
}

func newEngine(root generated.ResolverRoot, directly bool) *engine {
	e := &engine{Executor: executor.New(generated.NewExecutableSchema(generated.Config{Resolvers: root})), plans: map[*ast.QueryDocument]*direct.Plans{}}
	e.SetQueryCache(lru.New[*ast.QueryDocument](10))
	schema := generated.NewDirect()
	plans := func(_ context.Context, op *graphql.OperationContext) *direct.Plans {
		if e.plans[op.Doc] == nil {
			e.plans[op.Doc] = &direct.Plans{}
		}
		return e.plans[op.Doc]
	}
	if directly {
		e.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
			result, err := next(ctx)
			if err != nil {
				return result, err
			}
			answer := schema.Answer(ctx, result, plans)
			if _, is := answer.(*direct.Text); !is && result != nil && graphql.GetFieldContext(ctx).Object == "Query" {
				e.otherwise++
			}
			return answer, nil
		})
	}
	return e
}

// execute returns the data as it is written, and the errors in an order.
func (e *engine) execute(ctx context.Context, r request) (data, errors string) {
	ctx = graphql.StartOperationTrace(ctx)
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: r.Query, OperationName: r.OperationName, Variables: r.Variables})
	if len(errs) > 0 {
		return "", told(errs)
	}
	respond, ctx := e.DispatchOperation(ctx, op)
	response := respond(ctx)
	return string(response.Data), told(response.Errors)
}

func told(errs gqlerror.List) string {
	var all []string
	for _, e := range errs {
		text, err := json.Marshal(e)
		if err != nil {
			return err.Error()
		}
		all = append(all, string(text))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// madeUp is how many questions are drawn about what is made up.
const madeUp = "800"

// TestWhatIsMadeUpIsWrittenAsByGqlgen asks about objects with values at the edges of what there can be, for every field
// of the schema; and, in every third case, with faults: null where it may not be, and instants that cannot be written.
func TestWhatIsMadeUpIsWrittenAsByGqlgen(t *testing.T) {
	drawCases(t, madeUp)
	asked, faulty := map[string]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		root := made{seed: rapid.Uint64().Draw(t, "seed"), faults: rapid.SampledFrom([]int{0, 0, 50}).Draw(t, "faults")}
		query := drawQuestion(t, anyArguments)
		directly, plain := newEngine(root, true), newEngine(root, false)
		written := true
		for _, yes := range []bool{true, false, true} {
			r := request{Query: query, Variables: variablesOf(query, yes, 2)}
			directly.otherwise = 0
			data, errs := directly.execute(t.Context(), r)
			wantData, wantErrs := plain.execute(t.Context(), r)
			if data != wantData || errs != wantErrs {
				t.Fatalf("%s\nwith %v; directly:\n%s\n%s\nby gqlgen alone:\n%s\n%s", query, r.Variables, data, errs, wantData, wantErrs)
			}
			if errs != "" {
				faulty++
			} else if directly.otherwise > 0 {
				written = false
			}
		}
		fields := map[string]int{}
		for doc := range directly.plans {
			count(doc, fields)
		}
		if !written && fields[notWritten] == 0 {
			t.Fatalf("%s\nwas left to gqlgen, for no reason", query)
		}
		for name, n := range fields {
			asked[name] += n
		}
	})
	if t.Failed() {
		return
	}
	if faulty == 0 {
		t.Error("no answer had errors")
	}
	for _, name := range reachable() {
		for _, f := range schemaOf().Types[name].Fields {
			if asked[name+"."+f.Name] == 0 {
				t.Errorf("%s.%s was never asked for", name, f.Name)
			}
		}
	}
}

// anyArguments are arguments that are well formed.
func anyArguments(_ *rapid.T, field string) string {
	return map[string]string{
		"node": `(id: "x")`, "nodes": `(ids: ["x"])`, "cohort": "(number: 1)", "settlement": "(number: 1)", "participant": `(cardNumber: "1234567890123456")`,
		"eligibility": `(cardNumber: "1234567890123456")`, "platform": `(code: "x")`,
	}[field]
}

// count counts the fields of the document.
func count(doc *ast.QueryDocument, asked map[string]int) {
	var look func(set ast.SelectionSet)
	look = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				asked[sel.ObjectDefinition.Name+"."+sel.Name]++
				look(sel.SelectionSet)
			case *ast.InlineFragment:
				look(sel.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		look(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		look(f.SelectionSet)
	}
}
