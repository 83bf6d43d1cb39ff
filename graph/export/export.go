// Package export writes what a GraphQL query selects as the rows of a file: CSV, NDJSON or Parquet.
//
// The selection of a row is compiled once, to columns: an object behind a field becomes columns with a dot in
// their names, such as "platform.code". The cells are read from the same structs that gqlgen walks, and hold what
// gqlgen would answer. It knows nothing of the database, of HTTP, or of who asks, but for one thing: what is
// personal data has no column, whoever asks.
package export

import (
	"io"
	"time"
)

// Format is the form of a file. Its value is the ending of a file's name, and what the command line calls it.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
)

// Formats lists them.
func Formats() []Format { return []Format{CSV, NDJSON, Parquet} }

var media = map[Format]string{
	CSV:     "text/csv",
	NDJSON:  "application/x-ndjson",
	Parquet: "application/vnd.apache.parquet",
}

// Media returns the media type of the format.
func (f Format) Media() string { return media[f] }

// ContentType returns the media type with its parameters.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return f.Media() + "; charset=utf-8; header=present"
	case NDJSON, Parquet:
		return f.Media()
	default:
		return f.Media()
	}
}

// OfMedia returns the format with the media type, which is in lower case; "" when none has it.
func OfMedia(name string) Format {
	for _, f := range Formats() {
		if f.Media() == name {
			return f
		}
	}
	return ""
}

// Kind says what the cells of a column hold.
type Kind int

// The kinds.
const (
	Text Kind = iota
	Integer
	Rupiah
	Float
	Boolean
	DateTime
	Date
)

// Column is one column of a file.
type Column struct {
	// Name is the path of the cell in the answer to the query, by its aliases.
	Name string
	Kind Kind
}

// Value is a cell: null, or what its column's kind says.
type Value struct {
	Null    bool
	Text    string
	Integer int64 // also whole rupiah
	Float   float64
	Truth   bool
	Time    time.Time // of a Date, an instant of the day in WIB
}

// Writer writes one file. It is for one goroutine.
type Writer interface {
	// Write writes a row of as many cells as there are columns. It does not keep the slice.
	Write(row []Value) error
	// Flush hands on what can be. Parquet hands on its row groups, when they are large enough, and keeps the rest.
	Flush() error
	// Close ends the file. It does not close what is written to. Without it, the file is not whole.
	Close() error
}

// New begins a file of the format.
func (f Format) New(w io.Writer, columns []Column) Writer {
	switch f {
	case NDJSON:
		return newLines(w, columns)
	case Parquet:
		return newParquet(w, columns)
	case CSV:
		return newSheet(w, columns)
	default:
		return newSheet(w, columns)
	}
}
