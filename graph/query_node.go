package graph

import (
	"context"
	"fmt"

	"gelombang/graph/globalid"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/viewer"
)

// Node resolves Query.node.
func (q query) Node(ctx context.Context, id string) (model.Node, error) {
	found, err := q.Nodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Nodes resolves Query.nodes: one statement for each type among the ids.
func (q query) Nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if largest := pageSizes(viewer.From(ctx)).Largest; len(ids) > largest {
		return nil, &keyset.TooLargeError{Asked: len(ids), Largest: largest}
	}
	rows := map[string][]int{}
	for _, id := range ids {
		if name, row, ok := globalid.Decode(id); ok {
			rows[name] = append(rows[name], row)
		}
	}
	reader := q.read(ctx)
	selected := func(types ...string) selection.Selection { return selection.Of(ctx, types...) }
	known := map[string]model.Node{}
	for name, rowIDs := range rows {
		found, err := reader.Nodes(ctx, name, rowIDs, selected)
		if err != nil {
			return nil, fmt.Errorf("nodes: %w", err)
		}
		for id, node := range found {
			known[id] = node
		}
	}
	nodes := make([]model.Node, len(ids))
	for i, id := range ids {
		nodes[i] = known[id]
	}
	return nodes, nil
}
