package reads

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// keys returns the keys in order.
func keys[T any](byID map[int]T) []int { return slices.Sorted(maps.Keys(byID)) }

// latest is the condition that a row with the alias is among the latest of its platform in the table, by the column.
func latest(table, alias, column string) where {
	return literal("(SELECT COUNT(*) FROM " + table + " later WHERE later.platform_id = " + alias + ".platform_id AND (later." + column + " > " + alias + "." + column +
		" OR later." + column + " = " + alias + "." + column + " AND later.id > " + alias + ".id)) < " + strconv.Itoa(MaxOutages))
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
