package graph

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/keyset"
	"gelombang/graph/scalar"
	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// The values of extensions.code. Those of the syntax and of the schema are gqlgen's:
// GRAPHQL_PARSE_FAILED and GRAPHQL_VALIDATION_FAILED.
const (
	codeForbidden     = "FORBIDDEN"                 // the viewer's role does not allow it
	codeBadInput      = "BAD_INPUT"                 // an argument or a variable is not well formed
	codeBadCursor     = "BAD_CURSOR"                // a cursor is not one of this list in this order
	codePageTooLarge  = "PAGE_TOO_LARGE"            // a page was asked to hold more than it may
	codeBadRequest    = "BAD_REQUEST"               // the HTTP request is not a GraphQL request
	codeNoDocument    = "DOCUMENT_NOT_FOUND"        // no trusted document has the id
	codeNotTrusted    = "DOCUMENT_NOT_TRUSTED"      // the viewer's role may run trusted documents only
	codeNotPersisted  = "PERSISTED_QUERY_NOT_FOUND" // the hash is not known: send the query with it
	codeRateLimited   = "RATE_LIMITED"              // the viewer asks too often, or too much at once
	codeTooLarge      = "TOO_LARGE"                 // the body, or the query, is longer than allowed
	codeTooDeep       = "TOO_DEEP"                  // fields are nested too deep
	codeTooMany       = "TOO_MANY"                  // too many aliases, directives, fields or cards
	codeCostLimit     = "COST_LIMIT"                // the answer may hold more objects than allowed
	codeIntrospection = "INTROSPECTION_DISABLED"    // the viewer may not introspect the schema
	codeTimeout       = "TIMEOUT"                   // it took longer than allowed, or the client went away
	codeUnavailable   = "UNAVAILABLE"               // the database does not answer; trying again may help
	codeInternal      = "INTERNAL"                  // a fault of ours
)

// maxErrors is how many errors an answer holds at most.
const maxErrors = 20

const tooSlow = "the query took longer than allowed: ask for less at once"

// problem is an error that is safe to show, with its code.
func problem(code, format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": code}}
}

// presenter makes of every error one that is safe to show. What it does not know is a fault of ours: the
// client gets an id, and the log has the rest under that id.
type presenter struct{ log *slog.Logger }

func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	shown := &gqlerror.Error{}
	var located *gqlerror.Error
	if errors.As(err, &located) {
		if located.Err == nil && located.Extensions["code"] != nil {
			return located // made to be shown: by the parser, by the validator, or by problem
		}
		shown.Path, shown.Locations = located.Path, located.Locations
	}
	if shown.Path == nil && graphql.HasOperationContext(ctx) && graphql.GetFieldContext(ctx) != nil {
		shown.Path = graphql.GetPath(ctx)
	}
	code, message := known(err)
	var malformed scalar.Error
	if errors.As(err, &malformed) {
		message = argumentPlace(err, fieldPath(ctx)) + message
	}
	if code == codeUnavailable && ctx.Err() != nil {
		code, message = codeTimeout, tooSlow // a connection that was broken off because the time was over
	}
	if code == "" {
		code, message = codeInternal, p.internal(ctx, shown, err)
	}
	shown.Message, shown.Extensions = message, map[string]any{"code": code}
	return shown
}

// fieldPath is the path of the field that is being answered; nil outside one.
func fieldPath(ctx context.Context) ast.Path {
	if !graphql.HasOperationContext(ctx) {
		return nil
	}
	if field := graphql.GetFieldContext(ctx); field != nil {
		return field.Path()
	}
	return nil
}

// known returns the code and the message of an error that is safe to show; no code if it is not.
func known(err error) (code, message string) {
	var mistake *registry.Error
	var tooLarge *keyset.TooLargeError
	var malformed scalar.Error
	switch {
	case errors.As(err, &mistake) && mistake.Code == registry.Forbidden:
		return codeForbidden, mistake.Message
	case errors.As(err, &mistake):
		return codeBadInput, mistake.Message
	case errors.As(err, &malformed):
		return codeBadInput, malformed.Error()
	case errors.As(err, &tooLarge):
		return codePageTooLarge, tooLarge.Error()
	case errors.Is(err, keyset.ErrBadCursor):
		return codeBadCursor, keyset.ErrBadCursor.Error()
	case errors.Is(err, keyset.ErrFirstAndLast):
		return codeBadInput, keyset.ErrFirstAndLast.Error()
	case errors.Is(err, keyset.ErrNegative):
		return codeBadInput, keyset.ErrNegative.Error()
	}
	switch db.Classify(err) {
	case db.ClassCanceled:
		return codeTimeout, tooSlow
	case db.ClassUnavailable, db.ClassConflict:
		return codeUnavailable, "the database is not available at the moment: try again"
	default:
		return "", ""
	}
}

func (p presenter) internal(ctx context.Context, shown *gqlerror.Error, err error) string {
	id := faultID()
	p.log.ErrorContext(ctx, "GraphQL: internal error", slog.String("error_id", id), slog.String("path", shown.Path.String()), db.LogError(err))
	return "internal error " + id
}

func faultID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// panicked is a panic in a resolver. The value of a panic may hold anything, so only its type is told.
type panicked struct{ kind string }

func (e panicked) Error() string { return "panic: " + e.kind }

// recovered turns a panic into an error and logs where it came from.
func (p presenter) recovered(ctx context.Context, value any) error {
	e := panicked{kind: fmt.Sprintf("%T", value)}
	if fault, ok := value.(interface{ RuntimeError() }); ok {
		e.kind = fmt.Sprint(fault)
	}
	p.log.ErrorContext(ctx, "GraphQL: panic", slog.String("kind", e.kind), slog.String("stack", string(debug.Stack())))
	return e
}
