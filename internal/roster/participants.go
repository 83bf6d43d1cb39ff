package roster

import (
	"io"
	"slices"
	"strings"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// The columns of the participants' file. Only the card number is required; the others may be left out,
// and a value may be empty.
var participantColumns = []string{
	"card_number", "nik", "name", "email", "phone", "province", "regency", "gender", "birth_date", "education",
}

// maxName bounds a name, in characters.
const maxName = 200

// ParticipantReader reads the participants' file.
type ParticipantReader struct {
	table     *table
	provinces map[string]bool
	education []string
}

// NewParticipantReader reads the header. provinces are the BPS codes that a row may name. It returns a
// [FormatError] if the header is missing or not as it should be.
func NewParticipantReader(r io.Reader, provinces []string) (*ParticipantReader, error) {
	t, err := openTable(r, participantColumns, []string{"card_number"})
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(provinces))
	for _, code := range provinces {
		known[code] = true
	}
	return &ParticipantReader{table: t, provinces: known, education: rules.Education("").Values()}, nil
}

// Bytes returns how many bytes of the file have been read as rows.
func (p *ParticipantReader) Bytes() int64 { return p.table.bytes() }

// Read returns the next participant. It returns io.EOF after the last, and a [registry.RowError] for a
// row that is not as it should be, after which the next may be read. Any other error ends the reading;
// it is a [FormatError] if the file is to blame.
func (p *ParticipantReader) Read() (registry.ParticipantRow, error) {
	if err := p.table.next(); err != nil {
		return registry.ParticipantRow{}, err
	}
	row := registry.ParticipantRow{
		Line:       p.table.line,
		CardNumber: p.table.value("card_number"),
		NIK:        p.table.value("nik"),
		Name:       p.table.value("name"),
		Email:      p.table.value("email"),
		Phone:      p.table.value("phone"),
		Province:   p.table.value("province"),
		Regency:    p.table.value("regency"),
		Gender:     rules.Gender(p.table.value("gender")),
		Education:  rules.Education(p.table.value("education")),
	}
	if err := p.identity(row); err != nil {
		return registry.ParticipantRow{}, err
	}
	if err := p.statistics(row); err != nil {
		return registry.ParticipantRow{}, err
	}
	if birth := p.table.value("birth_date"); birth != "" {
		t, ok := day(birth)
		if !ok {
			return registry.ParticipantRow{}, bad(row.Line, "birth_date", "must be a day from 1900 on, as YYYY-MM-DD")
		}
		row.BirthDate = t
	}
	return row, nil
}

func (p *ParticipantReader) identity(row registry.ParticipantRow) error {
	switch {
	case !digits(row.CardNumber, 16):
		return bad(row.Line, "card_number", "must have 16 digits and nothing else"+spreadsheetHint(row.CardNumber))
	case row.NIK != "" && !digits(row.NIK, 16):
		return bad(row.Line, "nik", "must have 16 digits and nothing else"+spreadsheetHint(row.NIK))
	case row.Name != "" && !text(row.Name, maxName):
		return bad(row.Line, "name", "must have at most 200 printable characters, and no space at either end")
	case row.Email != "" && !email(row.Email):
		return bad(row.Line, "email", "must be a plain address such as name@example.id")
	case row.Phone != "" && !phone(row.Phone):
		return bad(row.Line, "phone", "must be an international number of 7 to 15 digits after a plus sign, without spaces")
	}
	return nil
}

func (p *ParticipantReader) statistics(row registry.ParticipantRow) error {
	switch {
	case row.Province != "" && !p.provinces[row.Province]:
		return bad(row.Line, "province", "must be the BPS code of a province, two digits")
	case row.Regency != "" && (row.Province == "" || !digits(row.Regency, 4) || !strings.HasPrefix(row.Regency, row.Province)):
		return bad(row.Line, "regency", "must be the BPS code of a regency in the row's province, four digits")
	case row.Gender != "" && row.Gender != rules.GenderFemale && row.Gender != rules.GenderMale:
		return bad(row.Line, "gender", "must be F or M")
	case row.Education != "" && !slices.Contains(p.education, string(row.Education)):
		return bad(row.Line, "education", "must be one of "+strings.Join(p.education, ", "))
	}
	return nil
}
