package export

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"
)

// sheet writes CSV by RFC 4180, in UTF-8 without a byte order mark, but with \n at the end of a line: with \r\n the
// library would change the line breaks within cells as well. The first line names the columns. Null is an empty
// cell.
type sheet struct {
	columns []Column
	out     *bufio.Writer
	csv     *csv.Writer
	record  []string
	text    []byte
	begun   bool
}

// bufferSize is how much of a file is gathered before it is written, in bytes.
const bufferSize = 64 << 10

func newSheet(w io.Writer, columns []Column) *sheet {
	out := bufio.NewWriterSize(w, bufferSize)
	return &sheet{columns: columns, out: out, csv: csv.NewWriter(out), record: make([]string, len(columns))}
}

// Write implements Writer.
func (s *sheet) Write(row []Value) error {
	if err := s.begin(); err != nil {
		return err
	}
	for i, c := range s.columns {
		s.record[i] = s.cell(c.Kind, &row[i])
	}
	return s.line()
}

func (s *sheet) cell(k Kind, v *Value) string {
	if k == Text {
		if v.Null {
			return ""
		}
		return harmless(v.Text)
	}
	s.text = k.appendText(s.text[:0], v)
	return string(s.text)
}

// harmless keeps a spreadsheet from taking text for a formula, by an apostrophe before it, which the spreadsheet
// does not show. Numbers are what they are, also below zero.
func harmless(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first) {
		return "'" + text
	}
	return text
}

func (s *sheet) begin() error {
	if s.begun {
		return nil
	}
	s.begun = true
	for i, c := range s.columns {
		s.record[i] = c.Name
	}
	return s.line()
}

// line writes the record. Most readers skip an empty line, so a row of one empty cell has quotation marks.
func (s *sheet) line() error {
	if len(s.record) != 1 || s.record[0] != "" {
		return s.csv.Write(s.record)
	}
	s.csv.Flush()
	_, err := s.out.WriteString("\"\"\n")
	return err
}

// Flush implements Writer.
func (s *sheet) Flush() error {
	s.csv.Flush()
	if err := s.csv.Error(); err != nil {
		return err
	}
	return s.out.Flush()
}

// Close implements Writer.
func (s *sheet) Close() error {
	if err := s.begin(); err != nil { // there was no row
		return err
	}
	return s.Flush()
}
