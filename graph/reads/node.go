package reads

import (
	"context"

	"gelombang/graph/model"
	"gelombang/graph/selection"
)

// Select returns what is asked of an object of one of the types.
type Select func(types ...string) selection.Selection

// Nodes returns the objects of the named type with these row ids that the viewer may see, by their global
// ids. It is one statement, and those behind it; for a name that is no type's there is nothing.
func (r *Reader) Nodes(ctx context.Context, typeName string, ids []int, sel Select) (map[string]model.Node, error) {
	switch typeName {
	case "Cohort":
		return nodes(ctx, r, r.cohorts(), sel, "c.id", ids, r.cohortScope())
	case "Extension":
		return nodes(ctx, r, r.extensions(), sel, "x.id", ids, r.cohortScope())
	case "Participant":
		return nodes(ctx, r, r.participants(sel(participantTypes...)), sel, "pa.id", ids, r.participantScope())
	case "HistoryEntry":
		return nodes(ctx, r, r.history(), sel, "h.id", ids, r.historyScope())
	case "Settlement":
		return nodes(ctx, r, r.settlements(), sel, "s.id", ids, r.settlementScope())
	case "SettlementEntry":
		return nodes(ctx, r, r.entries(), sel, "e.id", ids, r.settlementScope())
	case "Outage":
		return nodes(ctx, r, r.outages(), sel, "u.id", ids, r.watchScope())
	case "Alert":
		return nodes(ctx, r, r.alerts(), sel, "al.id", ids, r.alertScope())
	case "ReminderPlan":
		return nodes(ctx, r, r.plans(), sel, "rp.id", ids, r.planScope())
	case "Endpoint":
		return nodes(ctx, r, r.endpoints(), sel, "ep.id", ids, r.endpointScope())
	case "OutboundMessage":
		return nodes(ctx, r, r.messages(), sel, "m.id", ids, r.endpointScope())
	case "Review":
		return nodes(ctx, r, r.reviews(), sel, "rv.id", ids, r.historyScope())
	case "Platform":
		return nodes(ctx, r, r.platforms(), sel, "pl.id", ids, r.catalogueScope())
	case "PlatformKey":
		return nodes(ctx, r, r.keys(), sel, "k.id", ids, r.keyScope())
	case "Offering":
		return nodes(ctx, r, r.offerings(), sel, "o.id", ids, r.catalogueScope())
	case "Purchase":
		return nodes(ctx, r, r.purchases(), sel, "p.id", ids, r.purchaseScope())
	case "Delivery":
		return nodes(ctx, r, r.deliveries(sel(deliveryTypes...)), sel, "d.id", ids, r.deliveryScope())
	default:
		return map[string]model.Node{}, nil
	}
}

// node is a pointer to T that is a Node.
type node[T any] interface {
	*T
	model.Node
}

func nodes[R, T any, N node[T]](ctx context.Context, r *Reader, e entity[R, T], sel Select, column string, ids []int, scope where) (map[string]model.Node, error) {
	rows, err := all(ctx, r, e, sel(e.types...), and(anyInt(r.Dialect, column, distinct(ids)), scope), column)
	found := make(map[string]model.Node, len(rows))
	for _, row := range rows {
		n := N(e.object(row))
		found[n.ID()] = n
	}
	return found, err
}
