package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"gelombang/graph/direct"
	"gelombang/graph/export"
	"gelombang/graph/generated"
	"gelombang/graph/reads"
	"gelombang/graph/throttle"
	"gelombang/graph/trusted"
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
	// Analysis is where the queries of analysts and of PMO staff are run, which may take long. Optional; Read when that
	// is given, else the pool for analysis of the registry's database.
	Analysis db.Execer
	// SmallestGroup is how many participants a group of an aggregate must hold at least for an analyst to see it.
	// Optional; any group is shown when 0.
	SmallestGroup int
	// Trusted are the documents that a request may name by an id. Optional.
	Trusted *trusted.Documents
	// TrustedOnly decides whose requests must name one of them. Optional; nobody's when nil. Needs Trusted.
	TrustedOnly func(viewer.Viewer) bool
	// Limits are how often the viewers of each role may ask. Optional; as often as they like when nil.
	Limits throttle.Limits
	// ClientAddress returns the address that a request came from, by which those without a token are told apart.
	// Optional; the address of the connection's other end when nil.
	ClientAddress func(*http.Request) netip.Addr
	// Metrics is where the endpoint's metrics are registered. Optional.
	Metrics prometheus.Registerer
	// Exports bound the exports under way. Optional.
	Exports ExportLimits
}

// complete fills in what is optional.
func (cfg *Config) complete() error {
	if cfg.Registry == nil || cfg.Log == nil {
		return errors.New("graph: Registry and Log are required")
	}
	if cfg.TrustedOnly != nil && cfg.Trusted.Len() == 0 {
		return errors.New("graph: TrustedOnly needs Trusted")
	}
	if cfg.Analysis == nil {
		cfg.Analysis = cfg.Read
	}
	if cfg.Read == nil {
		cfg.Read = cfg.Registry.DB().Read
	}
	if cfg.Analysis == nil {
		cfg.Analysis = cfg.Registry.DB().Analysis
	}
	if cfg.Introspection == nil {
		cfg.Introspection = viewer.Viewer.UsesExplorer
	}
	if cfg.Budget == nil {
		cfg.Budget = BudgetOf
	}
	if cfg.TrustedOnly == nil {
		cfg.TrustedOnly = func(viewer.Viewer) bool { return false }
	}
	if cfg.ClientAddress == nil {
		cfg.ClientAddress = peer
	}
	return nil
}

// NewHandler returns the handler of /graphql. The viewer of a request is the one in its context. A trusted
// document that nobody could run is an error, which wraps a [trusted.DocumentError] for each.
func NewHandler(cfg Config) (http.Handler, error) { return newHandler(cfg) }

func newHandler(cfg Config) (*handler, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	database := cfg.Registry.DB()
	root := &resolver{registry: cfg.Registry, reading: cfg.Read, analysis: cfg.Analysis, fresh: database.Fresh, smallestGroup: cfg.SmallestGroup, reference: reads.NewReference(database.Read, reads.ReferenceAge, time.Now), version: cfg.Version, log: cfg.Log}
	h := &handler{
		root:          root,
		schema:        generated.NewExecutableSchema(generated.Config{Resolvers: root}),
		presenter:     presenter{log: cfg.Log},
		queries:       newQueryCache(),
		direct:        generated.NewDirect(),
		introspection: cfg.Introspection,
		budget:        cfg.Budget,
		documents:     documents{trusted: cfg.Trusted, only: cfg.TrustedOnly, automatic: newTextCache()},
		throttle:      throttle.New(cfg.Limits, time.Now),
		clientAddress: cfg.ClientAddress,
		exports:       newExportSlots(cfg.Exports.complete(database.Analysis.Stats().MaxOpenConnections)),
		lanes:         newLanes(database),
		log:           cfg.Log,
	}
	var err error
	if h.metrics, err = newMetrics(cfg.Metrics); err != nil {
		return nil, err
	}
	if err := cfg.Trusted.Check(h.runnable); err != nil {
		return nil, fmt.Errorf("trusted documents: %w", err)
	}
	h.exec = h.executor()
	h.discreet = h.executor()
	h.discreet.SetDisableSuggestion(true)
	h.discreet.SetDefaultRulesFn(rulesWithoutSuggestions)
	return h, nil
}

type handler struct {
	root          *resolver
	schema        graphql.ExecutableSchema
	exec          *executor.Executor
	discreet      *executor.Executor // for those who may not introspect
	presenter     presenter
	queries       queryCache     // of both executors: their rules let the same queries through
	direct        *direct.Schema // nil for gqlgen alone: the tests compare
	introspection func(viewer.Viewer) bool
	budget        func(viewer.Viewer) Budget
	documents     documents
	throttle      *throttle.Throttle
	clientAddress func(*http.Request) netip.Addr
	metrics       *metrics
	exports       *exportSlots
	lanes         lanes
	log           *slog.Logger
}

func (h *handler) executor() *executor.Executor {
	e := executor.New(h.schema)
	e.SetErrorPresenter(h.presenter.present)
	e.SetRecoverFunc(h.presenter.recovered)
	e.SetQueryCache(h.queries)
	e.SetParserTokenLimit(maxTokens)
	e.SetDefaultRulesFn(defaultRules)
	e.AroundRootFields(inTurn)
	e.AroundFields(h.directly)
	return e
}

// exchange is one request and the answer to it.
type exchange struct {
	*handler
	w      http.ResponseWriter
	r      *http.Request
	asking viewer.Viewer
	media  string // the media type of the answer; empty when the client takes none that we have
}

// ServeHTTP answers one GraphQL request, by GraphQL over HTTP. A request that is not one is a 4xx. What is
// wrong with the query itself is a 400 to those who accept application/graphql-response+json, and a 200 to
// those who accept application/json only; a query that was executed is a 200.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{handler: h, w: w, r: r, asking: viewer.From(r.Context())}
	var format export.Format
	x.media, format = answerType(r.Header)
	ctx := r.Context()
	defer x.rescue(ctx)
	done, refused := x.admit(ctx)
	if refused != nil {
		x.refuse(refused)
		return
	}
	defer done()
	if x.media == "" {
		x.refuse(refuse(http.StatusNotAcceptable, "the answer is "+mediaResponse+" or "+mediaJSON+", and of an export "+export.CSV.Media()+", "+export.NDJSON.Media()+" or "+export.Parquet.Media()))
		return
	}
	params, refused := x.params(ctx)
	if refused != nil {
		x.refuse(refused)
		return
	}
	if format != "" {
		x.export(ctx, format, params)
		return
	}
	x.run(ctx, params)
}

// params reads what is asked for, with the text of its document.
func (x exchange) params(ctx context.Context) (*graphql.RawParams, *refusal) {
	in, refused := read(x.w, x.r)
	if refused != nil {
		return nil, refused
	}
	query, refused := x.documents.text(ctx, in, x.asking)
	if refused != nil {
		return nil, refused
	}
	return &graphql.RawParams{Query: query, OperationName: text(in.OperationName), Variables: in.Variables, Extensions: in.Extensions}, nil
}

// run runs the operation within the viewer's budget.
func (x exchange) run(ctx context.Context, params *graphql.RawParams) {
	budget := x.budget(x.asking)
	ctx, cancel := context.WithTimeout(graphql.StartOperationTrace(ctx), budget.Time)
	defer cancel()
	exec := x.exec
	if !x.introspection(x.asking) {
		exec = x.discreet
	}
	op, errs := x.prepare(ctx, exec, params)
	if len(errs) > 0 {
		x.reject(errs)
		return
	}
	if x.r.Method != http.MethodPost && op.Operation.Operation != ast.Query {
		x.refuse(&refusal{status: http.StatusMethodNotAllowed, code: codeBadRequest, message: "a mutation needs POST", allow: http.MethodPost})
		return
	}
	cost, tooDear := x.afford(op, x.asking, budget)
	if tooDear != nil {
		x.reject(gqlerror.List{tooDear})
		return
	}
	leave, err := x.lanes.enter(ctx, x.asking, cost)
	if err != nil {
		x.reject(gqlerror.List{x.presenter.present(ctx, err)})
		return
	}
	defer leave()
	respond, ctx := exec.DispatchOperation(withTurns(ctx), op)
	response := respond(ctx)
	if op.Operation.Operation == ast.Mutation {
		x.root.reference.Doubt() // before the client, who is told of it, asks
	}
	if response == nil { // the time was over before it began, or the client went away
		x.reject(gqlerror.List{x.presenter.present(ctx, context.Cause(ctx))})
		return
	}
	response.Extensions = map[string]any{"cost": cost}
	x.answer(op, response)
}

// rescue answers a panic outside the resolvers. It must be deferred.
func (x exchange) rescue(ctx context.Context) {
	if value := recover(); value != nil {
		if cut, is := value.(error); is && errors.Is(cut, http.ErrAbortHandler) {
			panic(value) // an export that must not be taken for whole
		}
		err := x.presenter.present(ctx, x.presenter.recovered(ctx, value))
		x.media = cmp.Or(x.media, mediaJSON)
		x.metrics.count(x.asking, outcomeFailed)
		x.write(http.StatusInternalServerError, body(&graphql.Response{Errors: gqlerror.List{err}}))
	}
}

// prepare parses and validates the query, within the limits, and reads its variables.
func (h *handler) prepare(ctx context.Context, exec *executor.Executor, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	if _, checked := h.queries.Get(ctx, params.Query); !checked {
		if beyond := beyondLimits(params.Query); beyond != nil {
			return nil, gqlerror.List{beyond}
		}
	}
	op, errs := exec.CreateOperationContext(ctx, params)
	wrong := mistakes{schema: h.schema.Schema(), op: op, variables: params.Variables, suggest: exec != h.discreet}
	if len(errs) > 0 {
		return nil, wrong.explain(errs)
	}
	if misspelt := wrong.misspelt(); misspelt != nil {
		return nil, gqlerror.List{misspelt}
	}
	op.DisableIntrospection = exec == h.discreet
	if op.DisableIntrospection && introspects(op.Doc, op.Operation) {
		return nil, gqlerror.List{problem(codeIntrospection, "your role may not introspect the schema")}
	}
	return op, nil
}

// beyondLimits returns what limit the query breaks; nil when none, or when it cannot be read, which is for the
// executor to say.
func beyondLimits(query string) *gqlerror.Error {
	if long := tooLong(query); long != nil {
		return long
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err == nil {
		return tooHeavy(doc)
	}
	return nil
}

// afford returns what the operation costs, or why it is refused.
func (h *handler) afford(op *graphql.OperationContext, asking viewer.Viewer, budget Budget) (int, *gqlerror.Error) {
	m := newMeter(op, h.schema.Schema(), asking)
	if asking.Role == viewer.Platform && m.count("eligibility") > maxEligibility {
		return 0, problem(codeTooMany, "a request asks about the eligibility of one card at most: ask about each card when it is about to be used")
	}
	cost := m.cost()
	if beyond := m.terms.beyond(); beyond != nil {
		return cost, beyond
	}
	if cost <= budget.Cost {
		return cost, nil
	}
	refused := problem(codeCostLimit, "the query costs %d, and %d is the most: ask for smaller pages, or for less behind each object", cost, budget.Cost)
	refused.Extensions["cost"], refused.Extensions["limit"] = cost, budget.Cost
	return cost, refused
}
