package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"gelombang/graph/generated"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// Config is what the endpoint needs.
type Config struct {
	Registry *registry.Registry // required
	Log      *slog.Logger       // required
	// Version is what Programme.version says. Optional.
	Version string
	// Introspection decides who may ask about the schema itself. Optional; by role when nil, as
	// [viewer.Viewer.UsesExplorer] says.
	Introspection func(viewer.Viewer) bool
	// Budget is what an operation of the viewer may cost and how long it may take. Optional; [BudgetOf] when nil.
	Budget func(viewer.Viewer) Budget
	// Read is where queries are run. Optional; the read pool of the registry's database when nil.
	Read db.Execer
}

// NewHandler returns the handler of /graphql. The viewer of a request is the one in its context.
func NewHandler(cfg Config) (http.Handler, error) {
	if cfg.Registry == nil || cfg.Log == nil {
		return nil, errors.New("graph: Registry and Log are required")
	}
	database := cfg.Registry.DB()
	if cfg.Read == nil {
		cfg.Read = database.Read
	}
	if cfg.Introspection == nil {
		cfg.Introspection = viewer.Viewer.UsesExplorer
	}
	if cfg.Budget == nil {
		cfg.Budget = BudgetOf
	}
	primary := cfg.Read // SQLite's readers see every commit
	if database.Dialect == db.Postgres && database.Read != database.Write {
		primary = database.Write
	}
	root := &resolver{registry: cfg.Registry, reading: cfg.Read, primary: primary, version: cfg.Version, log: cfg.Log}
	h := &handler{
		schema:        generated.NewExecutableSchema(generated.Config{Resolvers: root}),
		presenter:     presenter{log: cfg.Log},
		queries:       newQueryCache(),
		introspection: cfg.Introspection,
		budget:        cfg.Budget,
	}
	h.exec = h.executor()
	h.discreet = h.executor()
	h.discreet.SetDisableSuggestion(true)
	h.discreet.SetDefaultRulesFn(rulesWithoutSuggestions)
	return h, nil
}

type handler struct {
	schema        graphql.ExecutableSchema
	exec          *executor.Executor
	discreet      *executor.Executor // for those who may not introspect
	presenter     presenter
	queries       queryCache // of both executors: their rules let the same queries through
	introspection func(viewer.Viewer) bool
	budget        func(viewer.Viewer) Budget
}

func (h *handler) executor() *executor.Executor {
	e := executor.New(h.schema)
	e.SetErrorPresenter(h.presenter.present)
	e.SetRecoverFunc(h.presenter.recovered)
	e.SetQueryCache(h.queries)
	e.SetParserTokenLimit(maxTokens)
	return e
}

// ServeHTTP answers one GraphQL request, by GraphQL over HTTP. A request that is not one is a 4xx. What is
// wrong with the query itself is a 400 to those who accept application/graphql-response+json, and a 200 to
// those who accept application/json only; a query that was executed is a 200.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	media := answerType(r.Header)
	defer h.rescue(w, r)
	if media == "" {
		h.refuse(w, mediaJSON, refuse(http.StatusNotAcceptable, "the answer is "+mediaResponse+" or "+mediaJSON))
		return
	}
	params, refused := parameters(w, r)
	if refused != nil {
		h.refuse(w, media, refused)
		return
	}
	asking := viewer.From(r.Context())
	budget := h.budget(asking)
	ctx, cancel := context.WithTimeout(graphql.StartOperationTrace(r.Context()), budget.Time)
	defer cancel()
	exec := h.exec
	if !h.introspection(asking) {
		exec = h.discreet
	}
	op, errs := h.prepare(ctx, exec, params)
	if len(errs) > 0 {
		h.reject(w, media, errs)
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		h.refuse(w, media, &refusal{status: http.StatusMethodNotAllowed, code: codeBadRequest, message: "a mutation needs POST", allow: http.MethodPost})
		return
	}
	cost, tooDear := h.afford(op, asking, budget)
	if tooDear != nil {
		h.reject(w, media, gqlerror.List{tooDear})
		return
	}
	respond, ctx := exec.DispatchOperation(ctx, op)
	response := respond(ctx)
	if response == nil { // the time was over before it began, or the client went away
		h.reject(w, media, gqlerror.List{h.presenter.present(ctx, context.Cause(ctx))})
		return
	}
	response.Extensions = map[string]any{"cost": cost}
	h.write(w, http.StatusOK, media, response)
}

// rescue answers a panic outside the resolvers. It must be deferred.
func (h *handler) rescue(w http.ResponseWriter, r *http.Request) {
	if value := recover(); value != nil {
		err := h.presenter.present(r.Context(), h.presenter.recovered(r.Context(), value))
		h.write(w, http.StatusInternalServerError, mediaJSON, &graphql.Response{Errors: gqlerror.List{err}})
	}
}

// prepare parses and validates the query, within the limits, and reads its variables.
func (h *handler) prepare(ctx context.Context, exec *executor.Executor, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	if _, checked := h.queries.Get(ctx, params.Query); !checked {
		if tooLong(params.Query) {
			return nil, gqlerror.List{problem(codeTooLarge, "the query has more than %d tokens: ask in several queries", maxTokens)}
		}
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: params.Query}, maxTokens)
		if err == nil { // else the executor says what is wrong
			if heavy := tooHeavy(doc); heavy != nil {
				return nil, gqlerror.List{heavy}
			}
		}
	}
	op, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		return nil, errs
	}
	op.DisableIntrospection = exec == h.discreet
	if op.DisableIntrospection && introspects(op.Doc, op.Operation) {
		return nil, gqlerror.List{problem(codeIntrospection, "your role may not introspect the schema")}
	}
	return op, nil
}

// afford returns what the operation costs, or why it is refused.
func (h *handler) afford(op *graphql.OperationContext, asking viewer.Viewer, budget Budget) (int, *gqlerror.Error) {
	m := meter{op: op, schema: h.schema.Schema(), sizes: pageSizes(asking)}
	if asking.Role == viewer.Platform && m.count("eligibility") > maxEligibility {
		return 0, problem(codeTooMany, "a request asks about the eligibility of one card at most: ask about each card when it is about to be used")
	}
	cost := m.cost()
	if cost <= budget.Cost {
		return cost, nil
	}
	refused := problem(codeCostLimit, "the query costs %d, and %d is the most: ask for smaller pages, or for less behind each object", cost, budget.Cost)
	refused.Extensions["cost"], refused.Extensions["limit"] = cost, budget.Cost
	return cost, refused
}

// reject answers a query that was not executed.
func (h *handler) reject(w http.ResponseWriter, media string, errs gqlerror.List) {
	status := http.StatusOK
	if media == mediaResponse {
		status = http.StatusBadRequest
	}
	for _, e := range errs {
		if e.Extensions["code"] == nil {
			e.Extensions = map[string]any{"code": codeBadInput}
		}
	}
	h.write(w, status, media, &graphql.Response{Errors: errs})
}

func (h *handler) refuse(w http.ResponseWriter, media string, r *refusal) {
	if r.allow != "" {
		w.Header().Set("Allow", r.allow)
	}
	h.write(w, r.status, media, &graphql.Response{Errors: gqlerror.List{problem(r.code, "%s", r.message)}})
}

// write writes an answer. The data is written as it is, without another look at every byte.
func (h *handler) write(w http.ResponseWriter, status int, media string, r *graphql.Response) {
	var body bytes.Buffer
	body.WriteByte('{')
	if len(r.Errors) > 0 {
		errs, err := json.Marshal(r.Errors[:min(maxErrors, len(r.Errors))])
		if err != nil {
			errs = []byte(`[{"message":"internal error","extensions":{"code":"INTERNAL"}}]`)
		}
		body.WriteString(`"errors":`)
		body.Write(errs)
	}
	if r.Data != nil {
		if len(r.Errors) > 0 {
			body.WriteByte(',')
		}
		body.WriteString(`"data":`)
		body.Write(r.Data)
	}
	if cost, accepted := r.Extensions["cost"].(int); accepted {
		body.WriteString(`,"extensions":{"cost":` + strconv.Itoa(cost) + `}`)
	}
	body.WriteByte('}')
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that went away is no fault of ours
}
