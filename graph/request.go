package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"
)

// maxBody is the largest body, and the longest query string, in bytes.
const maxBody = 256 << 10

// refusal is an HTTP request that is not a GraphQL request.
type refusal struct {
	status  int
	code    string
	message string
	allow   string // the Allow header, with 405
	wait    int    // the Retry-After header, in seconds, with 429
}

func refuse(status int, message string) *refusal {
	return &refusal{status: status, code: codeBadRequest, message: message}
}

var errTooLarge = &refusal{status: http.StatusRequestEntityTooLarge, code: codeTooLarge, message: "the request is larger than 256 KB"}

// read reads a request. HEAD is a GET whose answer has no body: net/http leaves it out.
func read(w http.ResponseWriter, r *http.Request) (wire, *refusal) {
	switch r.Method {
	case http.MethodPost:
		if !isJSON(r.Header) {
			return wire{}, refuse(http.StatusUnsupportedMediaType, "send the request as application/json in UTF-8")
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return wire{}, errTooLarge
		}
		if err != nil {
			return wire{}, refuse(http.StatusBadRequest, "the request's body ended early")
		}
		return fromBody(body)
	case http.MethodGet, http.MethodHead:
		if len(r.URL.RawQuery) > maxBody {
			return wire{}, errTooLarge
		}
		return fromURL(r.URL)
	default:
		return wire{}, &refusal{status: http.StatusMethodNotAllowed, code: codeBadRequest, message: "use POST, or GET for a query", allow: "GET, HEAD, POST"}
	}
}

// wire is the form of a request in JSON. Null is the same as absent.
type wire struct {
	Query         *string        `json:"query"`
	DocumentID    *string        `json:"documentId"`
	OperationName *string        `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

func fromBody(body []byte) (wire, *refusal) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '[' {
		return wire{}, refuse(http.StatusBadRequest, "batches are not supported: send one operation a request")
	}
	if !utf8.Valid(body) {
		return wire{}, refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	var in wire
	if err := decode(trimmed, &in); err != nil {
		return wire{}, refuse(http.StatusBadRequest, "the body is not a GraphQL request in JSON: an object with `query` or `documentId` (text), and if need be `operationName` (text), `variables` (object) and `extensions` (object)")
	}
	return in, nil
}

func fromURL(u *url.URL) (wire, *refusal) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || !utf8.ValidString(values.Get("query")) {
		return wire{}, refuse(http.StatusBadRequest, "the query string is not well formed")
	}
	var in wire
	for parameter, target := range map[string]**string{"query": &in.Query, "documentId": &in.DocumentID, "operationName": &in.OperationName} {
		if values.Has(parameter) {
			text := values.Get(parameter)
			*target = &text
		}
	}
	for parameter, target := range map[string]*map[string]any{"variables": &in.Variables, "extensions": &in.Extensions} {
		if text := values.Get(parameter); text != "" && decode([]byte(text), target) != nil {
			return wire{}, refuse(http.StatusBadRequest, "`"+parameter+"` is not a JSON object")
		}
	}
	return in, nil
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
