package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gelombang/internal/registry"
)

const (
	bufferSize = 64 << 10
	// maxRow bounds a row, in bytes. A quote left open would otherwise swallow the rest of the file.
	maxRow = 128 << 10
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// table is a CSV file (RFC 4180; LF or CRLF) with a header, read row by row.
type table struct {
	csv    *csv.Reader
	source *source
	// offset is where the CSV begins in the file, in bytes: after a byte order mark.
	offset  int64
	columns map[string]int
	row     []string // the present row, valid until the next
	line    int      // where the present row begins, from 1
}

// openTable reads the header. Its columns must be among those known, each at most once, and all of those
// required must be there.
func openTable(r io.Reader, known, required []string) (*table, error) {
	src := &source{r: r, allowed: maxRow}
	buffered := bufio.NewReaderSize(src, bufferSize)
	t := &table{source: src, columns: make(map[string]int, len(known))}
	if mark, err := buffered.Peek(len(byteOrderMark)); err == nil && bytes.Equal(mark, byteOrderMark) {
		n, err := buffered.Discard(len(byteOrderMark))
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		t.offset = int64(n)
	}
	t.csv = csv.NewReader(buffered)
	t.csv.FieldsPerRecord = -1 // counted here, to be reported as a row's error
	t.csv.ReuseRecord = true
	err := t.next()
	var rowErr registry.RowError
	switch {
	case errors.Is(err, io.EOF):
		return nil, &FormatError{Line: 1, Problem: "the file is empty: the first line must name the columns"}
	case errors.As(err, &rowErr):
		return nil, &FormatError{Line: rowErr.Line, Problem: "the header cannot be read: " + rowErr.Message}
	case err != nil:
		return nil, err
	}
	if err := t.header(known, required); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *table) header(known, required []string) error {
	if separator := t.otherSeparator(); separator != "" {
		return &FormatError{Line: t.line, Problem: "the file seems to be separated by " + separator + ": save it with commas"}
	}
	for i, name := range t.row {
		if !slices.Contains(known, name) {
			return &FormatError{Line: t.line, Problem: unknownColumn(i+1, name) + "; the columns are " + strings.Join(known, ", ")}
		}
		if _, twice := t.columns[name]; twice {
			return &FormatError{Line: t.line, Problem: "the column " + name + " is there twice"}
		}
		t.columns[name] = i
	}
	for _, name := range required {
		if _, ok := t.columns[name]; !ok {
			return &FormatError{Line: t.line, Problem: "the column " + name + " is missing"}
		}
	}
	return nil
}

// otherSeparator names what separates the columns in place of commas, as spreadsheets do it in some
// languages; empty if it cannot be told.
func (t *table) otherSeparator() string {
	switch {
	case len(t.row) > 1:
		return ""
	case strings.Contains(t.row[0], ";"):
		return "';'"
	case strings.Contains(t.row[0], "\t"):
		return "tabs"
	default:
		return ""
	}
}

// unknownColumn names the column only if it looks like a name: in a file without a header, the first line
// is somebody's data.
func unknownColumn(number int, name string) string {
	isName := name != "" && len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
	if isName {
		return fmt.Sprintf("the column %s is not known", name)
	}
	return fmt.Sprintf("column %d has no name that is known: the first line must name the columns", number)
}

// next reads the next row into t.row and t.line. It returns io.EOF after the last, a
// [registry.RowError] for a row that is not as it should be, after which reading may go on, and a
// [FormatError] or the source's own error if it may not.
func (t *table) next() error {
	t.source.allowed = t.offset + t.csv.InputOffset() + maxRow
	row, err := t.csv.Read()
	if err != nil {
		return t.explain(err)
	}
	t.row = row
	t.line, _ = t.csv.FieldPos(0)
	return t.check()
}

// explain tells a bad row from a bad file. A quote that is wrong within one line leaves no doubt where
// the next row begins. After one that was opened on an earlier line there is no telling.
func (t *table) explain(err error) error {
	var parse *csv.ParseError
	isParse := errors.As(err, &parse)
	switch failed := t.source.err; {
	case errors.Is(failed, errRowTooLong):
		line := t.line + 1
		if isParse {
			line = parse.StartLine
		}
		return &FormatError{Line: line, Problem: fmt.Sprintf("a row from here on is longer than %d KiB: was a quote left open? Nothing was read from here on", maxRow>>10)}
	case failed != nil && !errors.Is(failed, io.EOF):
		return fmt.Errorf("read the file: %w", failed)
	case !isParse:
		return err
	case parse.StartLine != parse.Line:
		return &FormatError{Line: parse.StartLine, Problem: fmt.Sprintf("a quote is left open or misplaced between here and line %d, so that the rows cannot be told apart: nothing was read from here on", parse.Line)}
	}
	t.line = parse.StartLine
	return registry.RowError{Line: parse.StartLine, Code: CodeQuoting, Message: fmt.Sprintf("a quote is misplaced at byte %d: a value with quotes must be quoted as a whole, and each quote in it doubled", parse.Column)}
}

func (t *table) check() error {
	breaks := 0
	for _, value := range t.row {
		if !utf8.ValidString(value) {
			return registry.RowError{Line: t.line, Code: CodeNotUTF8, Message: "the row is not valid UTF-8"}
		}
		breaks += strings.Count(value, "\n")
	}
	if breaks > 0 {
		return registry.RowError{Line: t.line, Code: CodeLineBreak, Message: fmt.Sprintf("a quoted value goes on until line %d, and all up to there was taken for this row: no value may hold a line break", t.line+breaks)}
	}
	if len(t.columns) > 0 && len(t.row) != len(t.columns) {
		return registry.RowError{Line: t.line, Code: CodeColumnCount, Message: fmt.Sprintf("the row has %d values, the header %d columns", len(t.row), len(t.columns))}
	}
	return nil
}

// value returns the present row's value in a column, empty when the file does not have the column.
func (t *table) value(column string) string {
	i, ok := t.columns[column]
	if !ok {
		return ""
	}
	return t.row[i]
}

// bytes returns how much of the file has been read as rows.
func (t *table) bytes() int64 { return t.offset + t.csv.InputOffset() }

var errRowTooLong = errors.New("row too long")

// source reads no further than allowed, and remembers its error: what is beneath may not fail twice.
type source struct {
	r       io.Reader
	read    int64
	allowed int64
	err     error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.read >= s.allowed {
		s.err = errRowTooLong
		return 0, s.err
	}
	p = p[:min(int64(len(p)), s.allowed-s.read)]
	n, err := s.r.Read(p)
	s.read += int64(n)
	s.err = err
	return n, err
}
