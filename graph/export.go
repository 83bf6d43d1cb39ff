package graph

import (
	"context"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/export"
	"gelombang/graph/generated"
	"gelombang/graph/reads"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/viewer"
)

// Export is a query whose rows are written to a file. It is asked for by the Accept header over HTTP, and by
// [WriteExport] without.
type Export struct {
	Viewer    viewer.Viewer  // required: whose rights count
	Query     string         // required
	Variables map[string]any // optional
	Format    export.Format  // required
	Out       io.Writer      // required
	// Total is called with the number of rows before the first. Optional; they are not counted when nil.
	Total func(rows int)
	// Written is called after each batch with the number of rows so far. Optional.
	Written func(rows int)
}

// WriteExport writes an export within the viewer's rights and the limits of a query, but for as long as ctx allows. Its
// errors are safe to show, with a code each. After one, what was written is not whole.
func WriteExport(ctx context.Context, cfg Config, e Export) error {
	h, err := newHandler(cfg)
	if err != nil {
		return err
	}
	ctx = viewer.With(ctx, e.Viewer)
	op, plan, errs := h.prepareExport(graphql.StartOperationTrace(ctx), e.Viewer, &graphql.RawParams{Query: e.Query, Variables: e.Variables})
	if len(errs) > 0 {
		return errs
	}
	run := &exportRun{plan: plan, out: e.Format.New(e.Out, plan.table.Columns), total: e.Total, written: e.Written}
	if errs := h.export(ctx, op, run); len(errs) > 0 {
		return errs
	}
	return nil
}

// prepareExport does what is done before every query, but for the cost: an export holds one batch of rows at a time.
func (h *handler) prepareExport(ctx context.Context, asking viewer.Viewer, params *graphql.RawParams) (*graphql.OperationContext, exportPlan, gqlerror.List) {
	exec := h.exec
	if !h.introspection(asking) {
		exec = h.discreet
	}
	op, errs := h.prepare(ctx, exec, params)
	if len(errs) > 0 {
		return nil, exportPlan{}, errs
	}
	plan, refused := planExport(op, h.schema.Schema(), asking)
	if refused != nil {
		return nil, exportPlan{}, gqlerror.List{h.presenter.present(ctx, refused)}
	}
	m := newMeter(op, h.schema.Schema(), asking)
	m.cost()
	if beyond := m.terms.beyond(); beyond != nil {
		return nil, exportPlan{}, gqlerror.List{beyond}
	}
	return op, plan, nil
}

// export runs the operation with resolvers that write the rows of its only root field, in place of returning them.
func (h *handler) export(ctx context.Context, op *graphql.OperationContext, run *exportRun) gqlerror.List {
	e := executor.New(generated.NewExecutableSchema(generated.Config{Resolvers: exporting{h.root, run}}))
	e.SetErrorPresenter(h.presenter.present)
	e.SetRecoverFunc(h.presenter.recovered)
	respond, ctx := e.DispatchOperation(ctx, op)
	response := respond(ctx)
	if response == nil { // the time was over before it began, or the client went away
		return gqlerror.List{h.presenter.present(ctx, context.Cause(ctx))}
	}
	return response.Errors
}

// exportRun is one export under way.
type exportRun struct {
	plan    exportPlan
	out     export.Writer
	flush   func() error   // after each batch; optional
	time    time.Duration  // how long a statement may take; 0 for as long as it likes
	total   func(rows int) // as [Export] has them
	written func(rows int)
	cells   []export.Value
	rows    int // so far
}

// add writes a row.
func (run *exportRun) add(object any) error {
	if run.cells == nil {
		run.cells = make([]export.Value, len(run.plan.table.Columns))
	}
	if err := run.plan.table.Read(object, run.cells); err != nil {
		return err
	}
	run.rows++
	return run.out.Write(run.cells)
}

// hand hands on the rows of a batch.
func (run *exportRun) hand() error {
	if err := run.out.Flush(); err != nil {
		return err
	}
	if run.written != nil {
		run.written(run.rows)
	}
	if run.flush != nil {
		return run.flush()
	}
	return nil
}

// planStream plans a stream of what the selection asks for.
type planStream[T any] func(*reads.Reader, *db.Snapshot, selection.Selection) (reads.Stream[T], error)

// write writes every row of a stream, all from one state of the database.
func write[T any](ctx context.Context, q exportingQuery, plan planStream[T]) error {
	run := q.run
	answer := graphql.GetFieldContext(ctx).Field.Definition.Type.Name()
	err := q.registry.DB().Snapshot(ctx, run.time, func(s *db.Snapshot) error {
		stream, err := plan(q.reader(ctx, s), s, selection.Of(ctx, answer))
		if err != nil {
			return err
		}
		if run.total != nil {
			total, err := stream.Count(ctx)
			if err != nil {
				return err
			}
			run.total(total)
		}
		return stream.Each(ctx, func(batch []*T) error {
			for _, object := range batch {
				if err := run.add(object); err != nil {
					return err
				}
			}
			return run.hand()
		})
	})
	if err != nil {
		return err
	}
	return run.out.Close()
}
