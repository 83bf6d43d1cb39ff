package reads

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// keys returns the keys in order.
func keys[T any](byID map[int]T) []int { return slices.Sorted(maps.Keys(byID)) }

// latest is the condition that the row with the alias, of the table, is among the latest of its platform by the column, or
// one of those that are listed besides. The platforms are those that are asked about.
func (r *Reader) latest(alias, table, column, besides string, platforms []int) where {
	return func(args *keyset.Args) []string {
		args.Add(r.Dialect.Ints(platforms))
		return []string{alias + ".id IN (SELECT id FROM (SELECT id, " + besides + " AS besides, ROW_NUMBER() OVER (PARTITION BY platform_id ORDER BY " + column +
			" DESC, id DESC) AS place FROM " + table + " WHERE " + r.Dialect.Any("platform_id", len(*args)) + ") placed WHERE besides OR place <= " + strconv.Itoa(MaxOutages) + ")"}
	}
}

// fillWatch says how the platforms report at present.
func (r *Reader) fillWatch(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	seen := r.watched(rows)
	if !sel.Has("watch") || len(seen) == 0 {
		return nil
	}
	watched, err := r.Watch(ctx)
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	for _, w := range watched {
		if p, ok := seen[w.PlatformID]; ok {
			p.Watch = watchOf(w)
		}
	}
	return nil
}

func watchOf(w registry.PlatformWatch) *model.PlatformWatch {
	shown := &model.PlatformWatch{
		LastDelivery: db.Time{Time: w.LastDelivery}.Pointer(), LastHour: w.LastHour, Usual: w.Usual, Quarantined: w.Quarantined,
	}
	if w.Reports > 0 {
		shown.LagP50, shown.LagP90, shown.LagP99 = lag(w.LagP50), lag(w.LagP90), lag(w.LagP99)
	}
	if s := w.Statement; s != nil {
		shown.Statement = &model.StatementCheck{
			Through: s.Through, Count: bounded(s.Count), Amount: s.Amount, HeldCount: bounded(s.HeldCount), HeldAmount: s.HeldAmount, Agrees: s.Agrees, ReceivedAt: s.ReceivedAt,
		}
	}
	return shown
}

func lag(d time.Duration) *int {
	s := model.Seconds(d)
	return &s
}

// bounded is a number as GraphQL's Int can hold it.
func bounded(n int64) int { return int(min(n, math.MaxInt32)) }
