package direct

import (
	"context"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Writer gathers the answer to one root field.
type Writer struct {
	// Buf is the answer as far as it is written. The generated code appends to it.
	Buf []byte

	ctx  context.Context
	here graphql.FieldContext // of ctx
}

// The buffers of answers, in bytes.
const (
	usualAnswer = 4 << 10
	largestKept = 1 << 20 // for another answer
)

var writers = sync.Pool{New: func() any { return &Writer{Buf: make([]byte, 0, usualAnswer)} }}

// begin returns a writer for the root field in ctx.
func begin(ctx context.Context) *Writer {
	w, is := writers.Get().(*Writer)
	if !is {
		w = &Writer{}
	}
	w.ctx = graphql.WithFieldContext(ctx, &w.here)
	return w
}

// end gives the writer back. Nothing of the request is kept in it.
func (w *Writer) end() {
	if cap(w.Buf) <= largestKept {
		*w = Writer{Buf: w.Buf[:0]}
		writers.Put(w)
	}
}

// Context returns the context for a method that is bound to the field and asks which field of the query that is. Its
// field context has the field, and neither the way to it nor what comes of it. It holds until the next call.
func (w *Writer) Context(f *Field) context.Context {
	w.here.Field.Field = f.node
	return w.ctx
}

// Close writes what follows the fields of an object.
func (w *Writer) Close(s *Selection) {
	if len(s.Fields) == 0 {
		w.Buf = append(w.Buf, '{')
	}
	w.Buf = append(w.Buf, '}')
}

// Marshal writes a value that marshals itself. It reports false for null, and then writes nothing.
func (w *Writer) Marshal(m graphql.Marshaler) bool {
	if m == graphql.Null {
		return false
	}
	m.MarshalGQL(w)
	return true
}

// Write implements [io.Writer].
func (w *Writer) Write(p []byte) (int, error) {
	w.Buf = append(w.Buf, p...)
	return len(p), nil
}

// Text is the answer to a root field as it is written.
type Text Writer

// MarshalGQL implements graphql.Marshaler. gqlgen calls it once; the text is gone afterwards.
func (t *Text) MarshalGQL(out io.Writer) {
	_, _ = out.Write(t.Buf) // gqlgen's writer is a buffer
	(*Writer)(t).end()
}
