package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

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
	primary := cfg.Read // SQLite's readers see every commit
	if database.Dialect == db.Postgres && database.Read != database.Write {
		primary = database.Write
	}
	root := &resolver{registry: cfg.Registry, reading: cfg.Read, primary: primary, version: cfg.Version, log: cfg.Log}
	p := presenter{log: cfg.Log}
	h := &handler{
		exec:          executor.New(generated.NewExecutableSchema(generated.Config{Resolvers: root})),
		presenter:     p,
		queries:       newQueryCache(),
		introspection: cfg.Introspection,
	}
	h.exec.SetErrorPresenter(p.present)
	h.exec.SetRecoverFunc(p.recovered)
	h.exec.SetQueryCache(h.queries)
	h.exec.SetParserTokenLimit(maxTokens)
	return h, nil
}

type handler struct {
	exec          *executor.Executor
	presenter     presenter
	queries       queryCache
	introspection func(viewer.Viewer) bool
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
	ctx := graphql.StartOperationTrace(r.Context())
	op, errs := h.prepare(ctx, params)
	if len(errs) > 0 {
		h.reject(w, media, errs)
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		h.refuse(w, media, &refusal{status: http.StatusMethodNotAllowed, code: codeBadRequest, message: "a mutation needs POST", allow: http.MethodPost})
		return
	}
	respond, ctx := h.exec.DispatchOperation(ctx, op)
	response := respond(ctx)
	if response == nil { // the client went away
		response = &graphql.Response{Errors: gqlerror.List{h.presenter.present(ctx, context.Cause(ctx))}}
	}
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
func (h *handler) prepare(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
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
	op, errs := h.exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		return nil, errs
	}
	op.DisableIntrospection = !h.introspection(viewer.From(ctx))
	if op.DisableIntrospection && introspects(op.Doc, op.Operation.SelectionSet) {
		return nil, gqlerror.List{problem(codeIntrospection, "your role may not introspect the schema")}
	}
	return op, nil
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
	body.WriteByte('}')
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that went away is no fault of ours
}
