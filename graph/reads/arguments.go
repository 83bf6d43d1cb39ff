package reads

import (
	"context"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
)

// Args are the arguments of a list: F is its filter.
type Args[F any] struct {
	Filter  *F
	OrderBy []*model.Order
	Page    keyset.Request
}

// argsOf reads the arguments of a list below a root. The name is that of the list's input types, as "Purchase" in
// "PurchaseFilter" and "PurchaseOrder".
func argsOf[F any](ctx context.Context, f selection.Field, name string) (Args[F], error) {
	var args Args[F]
	if err := f.Input(ctx, "filter", name+"Filter", &args.Filter); err != nil {
		return args, err
	}
	err := f.Inputs("orderBy", func(raw any) error {
		order := &model.Order{}
		args.OrderBy = append(args.OrderBy, order)
		return selection.Unmarshal(ctx, name+"Order", raw, order)
	})
	if err != nil {
		return args, err
	}
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

// at tells where in the query the mistake is: the error itself is that of the root.
func at(f selection.Field, err error) error {
	e := &gqlerror.Error{Err: err, Message: err.Error()}
	if p := f.Node.Position; p != nil {
		e.Locations = []gqlerror.Location{{Line: p.Line, Column: p.Column}}
	}
	return e
}
