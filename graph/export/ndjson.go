package export

import (
	"bufio"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// lines writes NDJSON: one flat object a line, whose keys are the columns, in their order.
type lines struct {
	columns []Column
	keys    [][]byte // with what comes before and after: {"id": and ,"code":
	out     *bufio.Writer
	text    []byte
}

func newLines(w io.Writer, columns []Column) *lines {
	l := &lines{columns: columns, out: bufio.NewWriterSize(w, bufferSize)}
	for i, c := range columns {
		before := ","
		if i == 0 {
			before = "{"
		}
		l.keys = append(l.keys, []byte(before+`"`+c.Name+`":`)) // a name has letters, digits, _ and dots
	}
	return l
}

// Write implements Writer.
func (l *lines) Write(row []Value) error {
	for i, c := range l.columns {
		if _, err := l.out.Write(l.keys[i]); err != nil {
			return err
		}
		if err := l.cell(c.Kind, &row[i]); err != nil {
			return err
		}
	}
	_, err := l.out.WriteString("}\n")
	return err
}

func (l *lines) cell(k Kind, v *Value) error {
	switch {
	case v.Null:
		l.text = append(l.text[:0], "null"...)
	case k == Text:
		graphql.MarshalString(v.Text).MarshalGQL(l.out) // the buffer remembers its error
		return nil
	case k == DateTime || k == Date:
		l.text = append(k.appendText(append(l.text[:0], '"'), v), '"')
	default:
		l.text = k.appendText(l.text[:0], v)
	}
	_, err := l.out.Write(l.text)
	return err
}

// Flush implements Writer.
func (l *lines) Flush() error { return l.out.Flush() }

// Close implements Writer.
func (l *lines) Close() error { return l.Flush() }
