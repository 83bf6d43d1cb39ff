package roster

import (
	"fmt"
	"io"
	"strings"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// The columns of the offerings' file. The course code, the title and the price are required; the others
// may be left out, and their values may be empty.
var offeringColumns = []string{"course_code", "title", "provider", "category", "mode", "price", "url"}

// modes are the modes as the file writes them, which is how the webhook contract does.
var modes = map[string]rules.Mode{
	"":        "",
	"online":  rules.ModeOnline,
	"offline": rules.ModeOffline,
	"blended": rules.ModeBlended,
}

// OfferingReader reads the offerings' file of one platform.
type OfferingReader struct {
	table    *table
	platform string
	lines    map[string]int // of the course codes so far
}

// NewOfferingReader reads the header. platform is the code of the platform that sells the offerings. It
// returns a [FormatError] if the header is missing or not as it should be.
func NewOfferingReader(r io.Reader, platform string) (*OfferingReader, error) {
	t, err := openTable(r, offeringColumns, []string{"course_code", "title", "price"})
	if err != nil {
		return nil, err
	}
	return &OfferingReader{table: t, platform: platform, lines: map[string]int{}}, nil
}

// Bytes returns how many bytes of the file have been read as rows.
func (o *OfferingReader) Bytes() int64 { return o.table.bytes() }

// Read returns the next offering and its line. Its errors are those of [ParticipantReader.Read].
func (o *OfferingReader) Read() (registry.Offering, int, error) {
	err := o.table.next()
	line := o.table.line
	if err != nil {
		return registry.Offering{}, line, err
	}
	in := registry.Offering{
		Platform:   o.platform,
		CourseCode: o.table.value("course_code"),
		Title:      o.table.value("title"),
		Provider:   o.table.value("provider"),
		Category:   o.table.value("category"),
		URL:        o.table.value("url"),
	}
	mode, modeKnown := modes[o.table.value("mode")]
	price, priceWhole := rupiah(o.table.value("price"))
	in.Mode, in.Price = mode, price
	switch {
	case !text(in.CourseCode, maxCode) || len(in.CourseCode) > maxCode:
		err = bad(line, "course_code", "must have 1 to 128 printable characters (fewer if they are not ASCII), and no space at either end")
	case !text(in.Title, maxText):
		err = bad(line, "title", "must have 1 to 500 printable characters, and no space at either end")
	case in.Provider != "" && !text(in.Provider, maxText):
		err = bad(line, "provider", "must have at most 500 printable characters, and no space at either end")
	case in.Category != "" && !text(in.Category, maxCode):
		err = bad(line, "category", "must have at most 128 printable characters, and no space at either end")
	case !modeKnown:
		err = bad(line, "mode", "must be online, offline or blended")
	case !priceWhole:
		err = bad(line, "price", "must be a whole number of rupiah in plain digits")
	case in.URL != "" && !webAddress(in.URL):
		err = bad(line, "url", "must be an absolute http or https address")
	case o.lines[in.CourseCode] > 0:
		err = registry.RowError{Line: line, Code: CodeRepeated, Message: fmt.Sprintf("line %d has the same course_code", o.lines[in.CourseCode])}
	}
	if err != nil {
		return registry.Offering{}, line, err
	}
	o.lines[strings.Clone(in.CourseCode)] = line // not the whole row with it
	return in, line, nil
}
