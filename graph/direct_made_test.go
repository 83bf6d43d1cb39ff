package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

	otherwise atomic.Int64 // root fields that were left to gqlgen

	mu    sync.Mutex // roots are resolved side by side
	plans map[*ast.QueryDocument]*direct.Plans
}

func newEngine(root generated.ResolverRoot, directly bool) *engine {
	e := &engine{Executor: executor.New(generated.NewExecutableSchema(generated.Config{Resolvers: root})), plans: map[*ast.QueryDocument]*direct.Plans{}}
	e.SetQueryCache(lru.New[*ast.QueryDocument](10))
	e.SetRecoverFunc(func(_ context.Context, value any) error { return fmt.Errorf("panic: %v", value) })
	if directly {
		schema := generated.NewDirect()
		e.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
			result, err := next(ctx)
			if err != nil {
				return result, err
			}
			answer := schema.Answer(ctx, result, e.plansOf)
			if _, is := answer.(*direct.Text); !is && result != nil && graphql.GetFieldContext(ctx).Object == "Query" {
				e.otherwise.Add(1)
			}
			return answer, nil
		})
	}
	return e
}

func (e *engine) plansOf(_ context.Context, op *graphql.OperationContext) *direct.Plans {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.plans[op.Doc] == nil {
		e.plans[op.Doc] = &direct.Plans{}
	}
	return e.plans[op.Doc]
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

// TestWhatIsMadeUpIsWrittenAsByGqlgen asks about objects with values at the edges of what there can be; in every third
// case with faults: null where it may not be, and instants that cannot be written.
func TestWhatIsMadeUpIsWrittenAsByGqlgen(t *testing.T) {
	drawCases(t, madeUp)
	faulty := 0
	rapid.Check(t, func(t *rapid.T) {
		root := made{seed: rapid.Uint64().Draw(t, "seed"), faults: rapid.SampledFrom([]int{0, 0, 50}).Draw(t, "faults")}
		query := drawQuestion(t, anyArguments)
		var requests []request
		for _, yes := range []bool{true, false, true} {
			requests = append(requests, request{Query: query, Variables: variablesOf(query, yes, 2)})
		}
		_, errors, otherwise := same(t, root, requests...)
		if errors != "" {
			faulty++
		}
		if otherwise > 0 && root.faults == 0 && !strings.Contains(query, " text") {
			t.Fatalf("%s\nwas left to gqlgen, for no reason", query)
		}
	})
	if faulty == 0 && !t.Failed() {
		t.Error("no answer had errors")
	}
}

// TestEveryFieldIsWrittenAsByGqlgen goes to every type that a query can reach, and asks for each of its fields.
func TestEveryFieldIsWrittenAsByGqlgen(t *testing.T) {
	for _, name := range reachable() {
		for _, f := range schemaOf().Types[name].Fields {
			text := "{ __typename x: " + f.Name
			if !schemaOf().Types[f.Type.Name()].IsLeafType() {
				text += " { __typename }"
			}
			way := waysTo()[name]
			text = along(way, anyArguments(nil, way[0].Name), text+" }")
			met := false
			for seed := range uint64(100) { // until it is made up that the way leads to one, with something in the field
				data, errors, otherwise := same(t, made{seed: seed}, request{Query: text})
				if errors != "" || otherwise > 0 && name+"."+f.Name != notWritten {
					t.Fatalf("%s: %s; %d root fields were left to gqlgen", text, errors, otherwise)
				}
				if met = strings.Contains(data, `{"__typename":"`+name+`","x":`) && !strings.Contains(data, `"x":null`); met {
					break
				}
			}
			if !met {
				t.Errorf("%s has no answer", text)
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
