package graph

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// answer answers an operation that was executed.
func (x exchange) answer(op *graphql.OperationContext, response *graphql.Response) {
	outcome := outcomeAnswered
	if len(response.Errors) > 0 {
		outcome = outcomeErrors
	}
	x.metrics.count(x.asking, outcome)
	text := bodies.take()
	defer bodies.giveBack(text)
	writeBody(text, response)
	if outcome != outcomeAnswered || !x.public(op) {
		x.write(http.StatusOK, text.Bytes())
		return
	}
	x.writePublic(text.Bytes())
}

// bodies are buffers for the bodies of answers. What was written to an [http.ResponseWriter] is not needed any more.
var bodies buffers

// buffers are kept for their next use. The zero value is empty.
type buffers struct{ kept sync.Pool }

// largestKept is the largest buffer that is kept, in bytes.
const largestKept = 1 << 20

func (b *buffers) take() *bytes.Buffer {
	if kept, is := b.kept.Get().(*bytes.Buffer); is {
		return kept
	}
	return &bytes.Buffer{}
}

func (b *buffers) giveBack(buf *bytes.Buffer) {
	if buf.Cap() <= largestKept {
		buf.Reset()
		b.kept.Put(buf)
	}
}

// reject answers a query that was not executed.
func (x exchange) reject(errs gqlerror.List) {
	status := http.StatusOK
	if x.media == mediaResponse {
		status = http.StatusBadRequest
	}
	for _, e := range errs {
		if e.Extensions["code"] == nil {
			e.Extensions = map[string]any{"code": codeBadInput}
		}
	}
	x.metrics.count(x.asking, outcomeRejected)
	x.write(status, body(&graphql.Response{Errors: errs}))
}

// refuse answers a request of which no query was read.
func (x exchange) refuse(r *refusal) {
	outcome := outcomeRefused
	if r.status == http.StatusTooManyRequests {
		outcome = outcomeRateLimited
	}
	x.metrics.count(x.asking, outcome)
	if r.allow != "" {
		x.w.Header().Set("Allow", r.allow)
	}
	if r.wait > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(r.wait))
	}
	x.media = cmp.Or(x.media, mediaJSON)
	x.write(r.status, body(&graphql.Response{Errors: gqlerror.List{problem(r.code, "%s", r.message)}}))
}

// write writes an answer that no cache may keep.
func (x exchange) write(status int, text []byte) {
	x.w.Header().Set("Cache-Control", "no-store")
	x.send(status, text)
}

func (x exchange) send(status int, text []byte) {
	h := x.w.Header()
	h.Set("Content-Type", x.media+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("X-Content-Type-Options", "nosniff")
	x.w.WriteHeader(status)
	_, _ = x.w.Write(text) // a client that went away is no fault of ours
}

// body is the answer in JSON.
func body(r *graphql.Response) []byte {
	var out bytes.Buffer
	writeBody(&out, r)
	return out.Bytes()
}

// writeBody writes the answer in JSON. The data is written as it is, without another look at every byte.
func writeBody(out *bytes.Buffer, r *graphql.Response) {
	out.WriteByte('{')
	if len(r.Errors) > 0 {
		out.WriteString(`"errors":`)
		out.Write(errorList(r.Errors))
	}
	if r.Data != nil {
		if len(r.Errors) > 0 {
			out.WriteByte(',')
		}
		out.WriteString(`"data":`)
		out.Write(r.Data)
	}
	if cost, accepted := r.Extensions["cost"].(int); accepted {
		out.WriteString(`,"extensions":{"cost":` + strconv.Itoa(cost) + `}`)
	}
	out.WriteByte('}')
}

// The bounds of what is said of errors, in bytes. Some messages repeat what was asked.
const (
	longestMessage = 1000
	longestErrors  = 30_000
)

// errorList is the list of errors in JSON: as many as fit, one at least, and at most [maxErrors].
func errorList(errs gqlerror.List) []byte {
	var texts [][]byte
	size := 0
	for _, e := range errs[:min(maxErrors, len(errs))] {
		text := errorJSON(e)
		size += len(text) + 1
		if len(texts) > 0 && size > longestErrors {
			break
		}
		texts = append(texts, text)
	}
	return slices.Concat([]byte("["), bytes.Join(texts, []byte(",")), []byte("]"))
}

func errorJSON(e *gqlerror.Error) []byte {
	shown := &gqlerror.Error{Message: cut(e.Message), Path: e.Path, Locations: e.Locations, Extensions: e.Extensions}
	text, err := json.Marshal(shown)
	if err == nil && len(text) > longestErrors {
		shown.Path, shown.Locations = nil, nil
		text, err = json.Marshal(shown)
	}
	if err != nil {
		return []byte(`{"message":"internal error","extensions":{"code":"` + codeInternal + `"}}`)
	}
	return text
}

// cut shortens a message that repeats too much of what was asked.
func cut(message string) string {
	if len(message) <= longestMessage {
		return message
	}
	end := longestMessage
	for end > 0 && !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + "…"
}
