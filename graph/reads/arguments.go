package reads

import (
	"context"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
)

// Args are the arguments of a list: F is its filter and O its order.
type Args[F, O any] struct {
	Filter  *F
	OrderBy *O
	Page    keyset.Request
}

// argsOf reads the arguments of a list below a root. The names are those of the input types.
func argsOf[F, O any](ctx context.Context, f selection.Field, filter, orderBy string) (Args[F, O], error) {
	var args Args[F, O]
	if err := f.Input(ctx, "filter", filter, &args.Filter); err != nil {
		return args, err
	}
	if err := f.Input(ctx, "orderBy", orderBy, &args.OrderBy); err != nil {
		return args, err
	}
	var err error
	if args.Page.First, err = f.Int("first"); err != nil {
		return args, err
	}
	if args.Page.Last, err = f.Int("last"); err != nil {
		return args, err
	}
	if args.Page.After, err = f.Text("after"); err != nil {
		return args, err
	}
	args.Page.Before, err = f.Text("before")
	return args, err
}

// order makes a total order of the list from the field that it is ordered by and the unique id.
func order[K ~string](list string, terms map[K]keyset.Term, by K, direction generated.OrderDirection, id string) keyset.Order {
	desc := direction == generated.OrderDirectionDesc
	o := keyset.Order{Name: list + "/" + string(by) + "/" + direction.String()}
	if term := terms[by]; term.Column != id {
		term.Desc = desc
		o.Terms = append(o.Terms, term)
	}
	o.Terms = append(o.Terms, keyset.Term{Column: id, Kind: keyset.Integer, Desc: desc})
	return o
}

// at tells where in the query the mistake is: the error itself is that of the root.
func at(f selection.Field, err error) error {
	e := &gqlerror.Error{Err: err, Message: err.Error()}
	if p := f.Node.Position; p != nil {
		e.Locations = []gqlerror.Location{{Line: p.Line, Column: p.Column}}
	}
	return e
}

// atRoot reads the page of a root's list.
func atRoot[R, T any](ctx context.Context, r *Reader, l list[R, T], sel selection.Selection) (*model.Connection[*T], error) {
	found, err := pages(ctx, r, l, sel)
	return found[root], err
}
