package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// maxBody is the largest body, and the longest query string, in bytes.
const maxBody = 256 << 10

// refusal is an HTTP request that is not a GraphQL request.
type refusal struct {
	status  int
	code    string
	message string
	allow   string // the Allow header, with 405
}

func refuse(status int, message string) *refusal {
	return &refusal{status: status, code: codeBadRequest, message: message}
}

var errTooLarge = &refusal{status: http.StatusRequestEntityTooLarge, code: codeTooLarge, message: "the request is larger than 256 KB"}

// parameters reads the parameters of a request.
func parameters(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	switch r.Method {
	case http.MethodPost:
		if !isJSON(r.Header) {
			return nil, refuse(http.StatusUnsupportedMediaType, "send the request as application/json in UTF-8")
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, errTooLarge
		}
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the request's body ended early")
		}
		return fromBody(body)
	case http.MethodGet:
		if len(r.URL.RawQuery) > maxBody {
			return nil, errTooLarge
		}
		return fromURL(r.URL)
	default:
		return nil, &refusal{status: http.StatusMethodNotAllowed, code: codeBadRequest, message: "use POST, or GET for a query", allow: "GET, POST"}
	}
}

// wire is the form of a request in JSON. Null is the same as absent.
type wire struct {
	Query         *string        `json:"query"`
	OperationName *string        `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

func fromBody(body []byte) (*graphql.RawParams, *refusal) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '[' {
		return nil, refuse(http.StatusBadRequest, "batches are not supported: send one operation a request")
	}
	if !utf8.Valid(body) {
		return nil, refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	var in wire
	if err := decode(trimmed, &in); err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not a GraphQL request in JSON: an object with `query` (text), and if need be `operationName` (text), `variables` (object) and `extensions` (object)")
	}
	return in.params()
}

func fromURL(u *url.URL) (*graphql.RawParams, *refusal) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || !utf8.ValidString(values.Get("query")) {
		return nil, refuse(http.StatusBadRequest, "the query string is not well formed")
	}
	var in wire
	if values.Has("query") {
		q := values.Get("query")
		in.Query = &q
	}
	name := values.Get("operationName")
	in.OperationName = &name
	for parameter, target := range map[string]*map[string]any{"variables": &in.Variables, "extensions": &in.Extensions} {
		if text := values.Get(parameter); text != "" && decode([]byte(text), target) != nil {
			return nil, refuse(http.StatusBadRequest, "`"+parameter+"` is not a JSON object")
		}
	}
	return in.params()
}

// decode reads exactly one JSON value. Numbers stay as they are written.
func decode(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

func (in wire) params() (*graphql.RawParams, *refusal) {
	if in.Query == nil || *in.Query == "" {
		return nil, refuse(http.StatusBadRequest, "`query` is missing")
	}
	return &graphql.RawParams{Query: *in.Query, OperationName: text(in.OperationName), Variables: in.Variables, Extensions: in.Extensions}, nil
}
