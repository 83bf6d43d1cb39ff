package graph

import (
	"context"
	"errors"

	"gelombang/graph/generated"
	"gelombang/graph/globalid"
	"gelombang/graph/selection"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// userErrors returns what of an error a person can mend, and the rest. That the viewer may not do it at all
// is not among them: it is an error of the whole.
func userErrors(err error) ([]*generated.UserError, error) {
	var mistake *registry.Error
	if err == nil || !errors.As(err, &mistake) || mistake.Code == registry.Forbidden {
		return []*generated.UserError{}, err
	}
	e := &generated.UserError{Code: mistake.Code, Message: mistake.Message}
	if mistake.Field != "" {
		e.Field = &mistake.Field
	}
	return []*generated.UserError{e}, nil
}

// payload returns what is asked of the object in the payload of the mutation in ctx.
func payload(ctx context.Context, payloadType, field, objectType string) selection.Selection {
	return selection.Of(ctx, payloadType).Sub(field, objectType, "Node")
}

// afterwards reads the object as a mutation has left it, unless the mutation failed.
func afterwards[T any](failed error, read func() (*T, error)) (*T, []*generated.UserError, error) {
	mistakes, err := userErrors(failed)
	if err != nil || failed != nil {
		return nil, mistakes, err
	}
	object, err := read()
	return object, mistakes, err
}

// rowOf returns the row id in a global id of the type. An id of anything else is one that does not exist; a text that is
// no id, as the number of a settlement, is told apart.
func rowOf(typeName, field, id string) (int, error) {
	if _, _, ok := globalid.Decode(id); !ok {
		return 0, &registry.Error{Code: registry.Invalid, Field: field, Message: "this is no id: give what the field `id` of the object answers"}
	}
	row, ok := globalid.Row(typeName, id)
	if !ok {
		return 0, &registry.Error{Code: registry.NotFound, Field: field, Message: "there is nothing with this id"}
	}
	return row, nil
}

// allowed is the error that the viewer may not do something at all, asked before anything is looked up.
func allowed(ctx context.Context, may func(viewer.Viewer) bool, what string) error {
	if may(viewer.From(ctx)) {
		return nil
	}
	return &registry.Error{Code: registry.Forbidden, Message: "your role does not allow you to " + what}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
