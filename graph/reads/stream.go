package reads

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// Stream is what an export writes: every row of a list, or every group of an aggregate, in its order. It is read from
// the snapshot that it was planned for.
type Stream[T any] struct {
	// Count returns how many there are.
	Count func(context.Context) (int, error)
	// Each reads them, with what is behind them, and hands them on in batches. The batch is each's own.
	Each func(ctx context.Context, each func(batch []*T) error) error
}

// streamBatch is how many rows are read and filled together. What is behind them is a few statements for a batch.
const streamBatch = 1000

// endless are the sizes of a page that holds as many rows as there are.
var endless = keyset.Sizes{Default: math.MaxInt32, Largest: math.MaxInt32}

// rowStream reads the rows of an entity. The query of its reader is the snapshot, so that what is behind them is read
// from the same state of the database.
type rowStream[R, T any] struct {
	entity[R, T]
	snapshot *db.Snapshot
	// with is what the statement begins with; nil for nothing. where and order are that of the rows.
	with  func(*keyset.Args) string
	where where
	order string
	first *int // how many rows; nil for all
	sel   selection.Selection
}

func (s rowStream[R, T]) stream() Stream[T] { return Stream[T]{Count: s.count, Each: s.each} }

// query is the statement for what is selected of the rows.
func (s rowStream[R, T]) query(selected string) (string, keyset.Args) {
	var args keyset.Args
	query := "SELECT " + selected + " FROM " + s.from
	if s.with != nil {
		query = s.with(&args) + " " + query
	}
	return query + clause(s.where(&args)), args
}

func (s rowStream[R, T]) count(ctx context.Context) (int, error) {
	query, args := s.query("COUNT(*)")
	total := 0
	err := db.Query(ctx, s.snapshot, func(rows *sql.Rows) error { return rows.Scan(&total) }, query, args...)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", s.from, err)
	}
	if s.first != nil {
		total = min(total, *s.first)
	}
	return total, nil
}

func (s rowStream[R, T]) each(ctx context.Context, each func([]*T) error) error {
	query, args := s.query(strings.Join(s.columns, ", "))
	query += ordered(s.order)
	if s.first != nil {
		query += " LIMIT " + args.Add(*s.first)
	}
	cursor, err := s.snapshot.Open(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.from, err)
	}
	for more := true; more && err == nil; {
		more, err = s.batch(ctx, cursor, each)
	}
	// After an error the snapshot ends, and the cursor with it.
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.from, err)
	}
	return cursor.Close(ctx)
}

// batch reads and hands on the next rows, and reports whether there may be more.
func (s rowStream[R, T]) batch(ctx context.Context, cursor *db.Cursor, each func([]*T) error) (bool, error) {
	rows := make([]*R, 0, streamBatch)
	read, err := cursor.Next(ctx, streamBatch, func(scan *sql.Rows) error {
		row := new(R)
		rows = append(rows, row)
		return scan.Scan(s.into(row)...)
	})
	if err != nil || read == 0 {
		return false, err
	}
	if err := s.fill(ctx, s.sel, rows); err != nil {
		return false, err
	}
	objects := make([]*T, len(rows))
	for i, row := range rows {
		objects[i] = s.object(row)
	}
	return read == streamBatch, each(objects)
}

// stream plans to read every row of a root's list, from the cursor `after` on and up to `first` of them.
func (l listing[F, R, T]) stream(r *Reader, s *db.Snapshot, sel selection.Selection, args Args[F]) (Stream[T], error) {
	r.Query, r.Sizes = s, endless
	planned, err := l.plan(r, sel, args)
	if err != nil {
		return Stream[T]{}, err
	}
	return rowStream[R, T]{
		entity: planned.entity, snapshot: s, where: and(planned.where, planned.page.Where), order: planned.page.OrderBy(), first: args.Page.First,
		sel: sel.Sub("nodes", l.types...).And(sel.Sub("edges", l.input+"Edge").Sub("node", l.types...)),
	}.stream(), nil
}

// stream plans to read every group, from the cursor `after` on and up to `first` of them. The selection is that of the
// aggregate.
func (g groups[T]) stream(s *db.Snapshot, sel selection.Selection, first *int, after *string) (Stream[T], error) {
	page, err := keyset.NewPage(g.order, keyset.Request{First: first, After: after}, endless)
	if err != nil {
		return Stream[T]{}, err
	}
	return rowStream[groupRow, T]{
		entity: g.entity, snapshot: s, with: func(args *keyset.Args) string {
			with, _ := g.with(args)
			return with
		}, where: page.Where, order: page.OrderBy(), first: first, sel: sel.Sub("rows"),
	}.stream(), nil
}

// StreamCohorts streams the cohorts that [Reader.Cohorts] pages through.
func (r *Reader) StreamCohorts(s *db.Snapshot, sel selection.Selection, args CohortArgs) (Stream[model.Cohort], error) {
	return r.cohortListing().stream(r, s, sel, args)
}

// StreamParticipants streams the participants that [Reader.Participants] pages through.
func (r *Reader) StreamParticipants(s *db.Snapshot, sel selection.Selection, args ParticipantArgs) (Stream[model.Participant], error) {
	return r.participantListing().stream(r, s, sel, args)
}

// StreamReviews streams the reviews that [Reader.Reviews] pages through.
func (r *Reader) StreamReviews(s *db.Snapshot, sel selection.Selection, args ReviewArgs) (Stream[model.Review], error) {
	return r.reviewListing().stream(r, s, sel, args)
}

// StreamOfferings streams the offerings that [Reader.Offerings] pages through.
func (r *Reader) StreamOfferings(s *db.Snapshot, sel selection.Selection, args OfferingArgs) (Stream[model.Offering], error) {
	return r.offeringListing().stream(r, s, sel, args)
}

// StreamPurchases streams the purchases that [Reader.Purchases] pages through.
func (r *Reader) StreamPurchases(s *db.Snapshot, sel selection.Selection, args PurchaseArgs) (Stream[model.Purchase], error) {
	return r.purchaseListing().stream(r, s, sel, args)
}

// StreamDeliveries streams the deliveries that [Reader.Deliveries] pages through.
func (r *Reader) StreamDeliveries(s *db.Snapshot, sel selection.Selection, args DeliveryArgs) (Stream[model.Delivery], error) {
	return r.deliveryListing().stream(r, s, sel, args)
}

// StreamPurchaseGroups streams the groups that [Reader.PurchaseAggregate] pages through.
func (r *Reader) StreamPurchaseGroups(s *db.Snapshot, sel selection.Selection, args PurchaseAggregateArgs) (Stream[model.PurchaseAggregateRow], error) {
	r.Query = s
	planned, err := r.purchaseGroups(sel.Sub("rows"), args)
	if err != nil {
		return Stream[model.PurchaseAggregateRow]{}, err
	}
	return planned.stream(s, sel, args.First, args.After)
}

// StreamParticipantGroups streams the groups that [Reader.ParticipantAggregate] pages through.
func (r *Reader) StreamParticipantGroups(s *db.Snapshot, sel selection.Selection, args ParticipantAggregateArgs, asOf *time.Time) (Stream[model.ParticipantAggregateRow], error) {
	r.Query = s
	planned, err := r.participantGroups(sel.Sub("rows"), args, asOf)
	if err != nil {
		return Stream[model.ParticipantAggregateRow]{}, err
	}
	return planned.stream(s, sel, args.First, args.After)
}
