package reads

import (
	"context"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/registry"
)

// listing says how one kind of object is listed, at a root or below another object: F is the filter, R a row and
// T the object.
type listing[F, R, T any] struct {
	name   string // of the list, in its cursors
	input  string // of its input types, as "Purchase" in "PurchaseFilter" and "PurchaseOrder"
	types  []string
	entity func(nodes selection.Selection) entity[R, T]
	// scope is what of the list the viewer may see.
	scope  where
	filter func(*F) (where, error)
	// terms are what the list can be ordered by, by the values of its enum; usual is the order when none is
	// asked for, and id the unique column that ends every order.
	terms map[string]keyset.Term
	usual model.Order
	id    string
	// cubes are counters of what is listed, the smallest first. Optional.
	cubes []*counted
	// refused says why the viewer may not order by a value of the enum; nil for none. Optional.
	refused func(field string) error
}

// MaxOrders is how many fields a list can be ordered by at once.
const MaxOrders = 5

// order makes a total order of the fields asked for and the unique id, which goes the way of the last of them.
func (l listing[F, R, T]) order(by []*model.Order) (keyset.Order, error) {
	if len(by) == 0 {
		by = []*model.Order{&l.usual}
	}
	if len(by) > MaxOrders {
		return keyset.Order{}, &registry.Error{Code: registry.Invalid, Field: "orderBy", Message: fmt.Sprintf("a list is ordered by at most %d fields: leave some out", MaxOrders)}
	}
	o := keyset.Order{Name: l.name}
	seen := map[string]bool{}
	desc := false
	for _, b := range by {
		term, known := l.terms[b.Field]
		if !known {
			return keyset.Order{}, fmt.Errorf("%s cannot be ordered by %s", l.name, b.Field)
		}
		if l.refused != nil {
			if err := l.refused(b.Field); err != nil {
				return keyset.Order{}, err
			}
		}
		if desc = b.Desc(); term.Column == l.id {
			break // nothing behind a unique term matters
		}
		if seen[b.Field] {
			continue
		}
		seen[b.Field] = true
		term.Desc = desc
		o.Terms = append(o.Terms, term)
		o.Name += "/" + b.Field + " " + b.Direction
	}
	o.Terms = append(o.Terms, keyset.Term{Column: l.id, Kind: keyset.Integer, Desc: desc})
	if desc {
		o.Name += "/" + model.Descending
	}
	return o, nil
}

// plan checks the arguments and says which page of the list they ask for.
func (l listing[F, R, T]) plan(r *Reader, sel selection.Selection, args Args[F]) (list[R, T], error) {
	order, err := l.order(args.OrderBy)
	if err != nil {
		return list[R, T]{}, err
	}
	page, err := keyset.NewPage(order, args.Page, r.Sizes)
	if err != nil {
		return list[R, T]{}, err
	}
	chosen, err := l.filter(args.Filter)
	if err != nil {
		return list[R, T]{}, err
	}
	nodes := sel.Sub("nodes", l.types...).And(sel.Sub("edges").Sub("node", l.types...))
	return list[R, T]{entity: l.entity(nodes), where: and(l.scope, chosen), page: page, cubes: r.cubes(l.cubes)}, nil
}

// atRoot reads the page of a root's list.
func (l listing[F, R, T]) atRoot(ctx context.Context, r *Reader, sel selection.Selection, args Args[F]) (*model.Connection[*T], error) {
	planned, err := l.plan(r, sel, args)
	if err != nil {
		return nil, err
	}
	found, err := pages(ctx, r, planned, sel)
	return found[root], err
}

// below reads the pages of a list below its parents, wherever the selection of the parents asks for the field. The
// column names the parent of a row. It puts one page for each parent and place; a parent that is not visible gets
// an empty one.
func (l listing[F, R, T]) below(ctx context.Context, r *Reader, sel selection.Selection, field, column string, parents children[T]) error {
	for _, f := range sel.Fields(field) {
		args, err := argsOf[F](ctx, f, l.input)
		if err != nil {
			return at(f, err)
		}
		planned, err := l.plan(r, f.Selection(), args)
		if err != nil {
			return at(f, err)
		}
		planned.parent, planned.parents = column, parents.visible
		planned.few = strings.HasSuffix(column, ".participant_id") && args.Filter == nil
		found, err := pages(ctx, r, planned, f.Selection())
		if err != nil {
			return err
		}
		for id, place := range parents.places {
			page, visible := found[id]
			if !visible {
				page = &model.Connection[*T]{Edges: []*model.Edge[*T]{}, Nodes: []*T{}, PageInfo: &model.PageInfo{}}
			}
			place.Put(f.Node, page)
		}
	}
	return nil
}

// children are the places for the pages below the parents.
type children[T any] struct {
	places  map[int]placeOf[T]
	visible []int // the parents whose children the viewer may see, in the order in which they were read
}

// placeOf is where the page of a list below one parent goes.
type placeOf[T any] interface {
	Put(field *ast.Field, page *model.Connection[*T])
}

// childrenOf finds the places of the parents, all of which are visible.
func childrenOf[P, T any](parents []P, find func(P) (int, placeOf[T])) children[T] {
	c := children[T]{places: make(map[int]placeOf[T], len(parents))}
	for _, p := range parents {
		id, place := find(p)
		c.places[id] = place
		c.visible = append(c.visible, id)
	}
	return c
}

// knowsBuyers reports whether the viewer, of the purchases that it sees, may know what only their buyers' records say.
func (r *Reader) knowsBuyers() bool { return r.Viewer.OwnPlatform() == "" }

// refusedAttributes refuses a viewer who sees purchases, but not who made them, to ask about the buyers.
func (r *Reader) refusedAttributes() error {
	if r.knowsBuyers() {
		return nil
	}
	return &registry.Error{Code: registry.Forbidden, Message: "your role does not allow you to ask for purchases by what is known of the buyers"}
}
