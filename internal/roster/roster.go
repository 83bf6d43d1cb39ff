// Package roster reads the files of the PMO and of the platforms, participants and offerings, and
// brings them into the registry. A file may be of any length: it is read as a stream, and only a few
// thousand rows of it are in memory at a time.
//
// Reading is strict, so that two machines with the same version read the same file alike: a header is
// required, columns go by name, nothing is trimmed, converted or guessed. A row that is not as it
// should be is reported with its line and left out; the others are imported. Whether a row agrees
// with what is registered already is for package registry to say.
//
// No message of this package repeats a value of the file: it may be personal data.
package roster

import (
	"fmt"
	"strings"

	"gelombang/internal/registry"
)

// The codes of rows that are not as they should be. A value that its column does not allow has the
// code INVALID_ and the column's name, such as INVALID_CARD_NUMBER.
const (
	CodeQuoting     = "QUOTING"      // a quote where none may stand
	CodeColumnCount = "COLUMN_COUNT" // more or fewer values than the header has columns
	CodeLineBreak   = "LINE_BREAK"   // a quoted value goes over several lines
	CodeNotUTF8     = "NOT_UTF8"
	CodeRepeated    = "REPEATED" // an earlier line has the same course code
)

// FormatError says that the file cannot be read, or not from some line on.
type FormatError struct {
	Line    int // physical line, from 1
	Problem string
}

func (e *FormatError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Problem) }

// bad returns the error of a row whose column holds what it may not.
func bad(line int, column, rule string) error {
	return registry.RowError{Line: line, Code: "INVALID_" + strings.ToUpper(column), Message: column + " " + rule}
}
