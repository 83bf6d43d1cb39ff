// Package graph answers GraphQL. Its schema is schema.graphql at the root of the module; what gqlgen
// makes of that is in graph/generated.
//
// A query's root resolver hands its selection to package reads, which loads everything below the root in
// a fixed number of statements and leaves out what the viewer may not see. A mutation calls package
// registry, which authorises and writes, and then reads the object as it is afterwards.
package graph

import (
	"context"
	"log/slog"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/reads"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// The sizes of a page.
const (
	defaultPage        = 20
	largestPage        = 100
	largestAnalystPage = 1000
)

// resolver is the root of the resolvers.
type resolver struct {
	registry *registry.Registry
	reading  db.Execer // queries of the applications; may be a replica
	analysis db.Execer // queries of analysts and PMO staff; may be a replica
	fresh    db.Execer // what a mutation has just written
	// smallestGroup is how many participants a group must hold at least for an analyst to see it.
	smallestGroup int
	reference     *reads.Reference // of what queries read
	version       string
	log           *slog.Logger
}

// Query returns the resolvers of the queries.
func (r *resolver) Query() generated.QueryResolver { return query{r} }

// Mutation returns the resolvers of the mutations.
func (r *resolver) Mutation() generated.MutationResolver { return mutation{r} }

type query struct{ *resolver }

type mutation struct{ *resolver }

func pageSizes(v viewer.Viewer) keyset.Sizes {
	s := keyset.Sizes{Default: defaultPage, Largest: largestPage}
	if v.Role == viewer.Analyst {
		s.Largest = largestAnalystPage
	}
	return s
}

// reader returns a reader for one root field.
func (r *resolver) reader(ctx context.Context, q db.Execer) *reads.Reader {
	v := viewer.From(ctx)
	return reads.New(reads.Config{
		Query:         q,
		Dialect:       r.registry.DB().Dialect,
		Viewer:        v,
		Now:           r.registry.Now(),
		Sizes:         pageSizes(v),
		Groups:        groupSizes(v),
		SmallestGroup: r.smallestGroup,
		Log:           r.log,
		OpenContact:   r.registry.OpenContact,
		Closings: func(ctx context.Context, cohorts []int) (map[int]registry.Closing, error) {
			return r.registry.Closings(ctx, q, v, cohorts)
		},
		Watch: func(ctx context.Context) ([]registry.PlatformWatch, error) { return r.registry.WatchOn(ctx, q, v) },
		PreviewReminders: func(ctx context.Context, in registry.PlanReminders) (registry.ReminderPreview, error) {
			return r.registry.PreviewReminders(ctx, v, in)
		},
		Explain: func(ctx context.Context, participants []int, language rules.Language) (map[int]rules.Explanation, error) {
			return r.registry.ExplainAll(ctx, v, participants, language)
		},
	})
}

// read returns a reader for a query.
func (q query) read(ctx context.Context) *reads.Reader {
	reading := q.reading
	if analyses(viewer.From(ctx)) {
		reading = q.analysis
	}
	r := q.reader(ctx, reading)
	r.Reference = q.reference
	return r
}

// written returns a reader that sees what a mutation has written.
func (m mutation) written(ctx context.Context) *reads.Reader { return m.reader(ctx, m.fresh) }

func seconds(d time.Duration) int { return int(d / time.Second) }
