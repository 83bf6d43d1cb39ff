package reads

import (
	"context"
	"fmt"

	"gelombang/graph/selection"
)

// edge is a field of the objects of rows of R, behind which there is one object of T for each.
type edge[R, T any] struct {
	field string
	types []string
	// id names the object behind a row, for load, which returns those that the viewer may see.
	id   func(*R) int
	load func(context.Context, selection.Selection, []int) (map[int]*T, error)
	put  func(*R, *T)
}

// fill reads what is behind all the rows at once, where the selection asks for it.
func (e edge[R, T]) fill(ctx context.Context, sel selection.Selection, rows []*R) error {
	if !sel.Has(e.field) {
		return nil
	}
	ids := make([]int, len(rows))
	for i, row := range rows {
		ids[i] = e.id(row)
	}
	behind, err := e.load(ctx, sel.Sub(e.field, e.types...), ids)
	if err != nil {
		return fmt.Errorf("%s: %w", e.field, err)
	}
	for i, row := range rows {
		e.put(row, behind[ids[i]])
	}
	return nil
}

// filler fills something behind rows of R.
type filler[R any] func(context.Context, selection.Selection, []*R) error

// fillAll fills one after the other.
func fillAll[R any](ctx context.Context, sel selection.Selection, rows []*R, fillers ...filler[R]) error {
	for _, fill := range fillers {
		if err := fill(ctx, sel, rows); err != nil {
			return err
		}
	}
	return nil
}
