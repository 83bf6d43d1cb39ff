package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"gelombang/internal/viewer"
)

// errNotBearer says that the header holds something else than a token of the one scheme there is.
var errNotBearer = fmt.Errorf("%w: the Authorization header is not \"Bearer\" and a token", ErrInvalid)

// Middleware puts the viewer into the request's context, or answers 401 in the shape of a GraphQL
// error with the code UNAUTHENTICATED.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := v.viewer(r)
		if err != nil {
			v.log.InfoContext(r.Context(), "a request was refused for its access token", slog.Any("error", err))
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(viewer.With(r.Context(), who)))
	})
}

func (v *Verifier) viewer(r *http.Request) (viewer.Viewer, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return viewer.Viewer{Role: viewer.Anonymous}, nil
	}
	if len(headers) > 1 {
		return viewer.Viewer{}, fmt.Errorf("%w: several Authorization headers", ErrInvalid)
	}
	scheme, token, found := strings.Cut(headers[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return viewer.Viewer{}, errNotBearer
	}
	return v.Verify(r.Context(), token)
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	message := "The access token is not valid: ask for a new one, or leave the Authorization header out."
	description := ErrInvalid.Error()
	switch {
	case errors.Is(err, ErrExpired):
		message = "The access token has expired: ask for a new one."
		description = ErrExpired.Error()
	case errors.Is(err, errNotBearer):
		message = "The Authorization header holds no access token: begin it with `Bearer `, the token behind that, or leave it out."
	}
	// RFC 6750, section 3.
	w.Header().Set("WWW-Authenticate", `Bearer realm="gelombang", error="invalid_token", error_description="`+description+`"`)
	mediaType := "application/json"
	if strings.Contains(r.Header.Get("Accept"), "application/graphql-response+json") {
		mediaType = "application/graphql-response+json"
	}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.WriteHeader(http.StatusUnauthorized)
	// The status says it all to a client that is gone before the body.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"errors": []any{map[string]any{
			"message":    message,
			"extensions": map[string]string{"code": "UNAUTHENTICATED"},
		}},
	})
}
