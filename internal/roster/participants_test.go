package roster_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/registry"
	"gelombang/internal/roster"
	"gelombang/internal/rules"
)

// readAll reads a participants' file to its end and returns the rows, the errors of the others, and what
// ended the reading.
func readAll(file io.Reader) (rows []registry.ParticipantRow, bad []registry.RowError, end error) {
	reader, err := roster.NewParticipantReader(file, provinceCodes)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := reader.Read()
		var rowErr registry.RowError
		switch {
		case err == nil:
			rows = append(rows, row)
		case errors.As(err, &rowErr):
			bad = append(bad, rowErr)
		default:
			return rows, bad, err
		}
	}
}

func TestReadsEveryColumnByName(t *testing.T) {
	const file = "birth_date,card_number,gender,nik,education,name,email,phone,regency,province\n" +
		"1999-12-31,3100000000000001,F,9900000000000001,S1,\"Peserta, \"\"Satu\"\"\",satu@example.id,+628001234567,3171,31\n" +
		",3100000000000002,,,,,,,,\n"
	rows, bad, end := readAll(strings.NewReader(file))
	if !errors.Is(end, io.EOF) || len(bad) > 0 {
		t.Fatalf("the reading ended with %v and the errors %v", end, bad)
	}
	want := []registry.ParticipantRow{
		{
			Line: 2, CardNumber: "3100000000000001", NIK: "9900000000000001", Name: `Peserta, "Satu"`, Email: "satu@example.id",
			Phone: "+628001234567", Province: "31", Regency: "3171", Gender: rules.GenderFemale,
			BirthDate: time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), Education: "S1",
		},
		{Line: 3, CardNumber: "3100000000000002"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
}

func TestRefusesAHeader(t *testing.T) {
	for name, test := range map[string]struct{ file, says string }{
		"that is missing":                   {"", "empty"},
		"without the card number":           {"nik,name\n", "card_number is missing"},
		"with a column it does not know":    {"card_number,alamat\n", "alamat is not known"},
		"with a name in capitals":           {"Card_Number\n", "Card_Number is not known"},
		"with a space after the comma":      {"card_number, name\n", "column 2 has no name that is known"},
		"with a column twice":               {"card_number,name,name\n", "name is there twice"},
		"with semicolons":                   {"card_number;name\n", "separated by ';': save it with commas"},
		"with tabs":                         {"card_number\tname\n", "separated by tabs: save it with commas"},
		"missing, before semicolons":        {"3100000000000001;9900000000000001\n", "separated by ';': save it with commas"},
		"with a semicolon in one name":      {"card_number,name;email\n", "column 2 has no name that is known"},
		"in another encoding":               {"\xff\xfec\x00a\x00r\x00d\x00", "not valid UTF-8"},
		"with a quote left open":            {"card_number,\"name\n3100000000000001,x\n", "quote"},
		"that is the first row of somebody": {"3100000000000001,9900000000000001\n", "column 1 has no name that is known"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := roster.NewParticipantReader(strings.NewReader(test.file), provinceCodes)
			var format *roster.FormatError
			if !errors.As(err, &format) || format.Line != 1 || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("the error is %v, want one of line 1 that says %q", err, test.says)
			}
			if strings.Contains(err.Error(), "0000000001") {
				t.Errorf("the error %q repeats a value", err)
			}
		})
	}
}

// A spreadsheet that took a number for one cannot be told from it by the digits that are left.
func TestSaysWhatASpreadsheetDidToANumber(t *testing.T) {
	for value, want := range map[string]bool{
		"4.0E+15": true, "4E+15": true, "3,1e15": true, "3.10000000000000E+15": true, "3100000000000001.0": true, "3100000000000001,00": true,
		"310000000000001": false, "3100000000000001X": false, "3100-0000-0000-0001": false, "E+15": false, "Peserta 4.0E+15": false, "3.1": false, "": false,
	} {
		for _, column := range []string{"card_number", "nik"} {
			file := "card_number,nik\n" + strings.ReplaceAll(map[string]string{
				"card_number": "\"VALUE\",\n", "nik": "3100000000000001,\"VALUE\"\n",
			}[column], "VALUE", value)
			_, bad, _ := readAll(strings.NewReader(file))
			if column == "nik" && value == "" {
				continue // may be left out
			}
			if len(bad) != 1 || strings.Contains(bad[0].Message, "spreadsheet") != want {
				t.Errorf("%s %q: %v, want a hint: %t", column, value, bad, want)
			} else if value != "" && strings.Contains(bad[0].Message, value) {
				t.Errorf("%s %q: the message repeats it", column, value)
			}
		}
	}
}

func TestRefusesAValue(t *testing.T) {
	for _, test := range []struct{ column, value string }{
		{"card_number", ""},
		{"card_number", "310000000000001"},
		{"card_number", "31000000000000011"},
		{"card_number", " 3100000000000001"},
		{"card_number", "310000000000000A"},
		{"card_number", "٣١٠٠٠٠٠٠"}, // digits, and 16 bytes, but not ASCII
		{"nik", "990000000000000"},
		{"nik", "9900-0000-0000-01"},
		{"name", " Peserta"},
		{"name", "Peserta\u00a0"},
		{"name", "Pes\x00erta"},
		{"name", "Pes\terta"},
		{"name", "Pes\rerta"},
		{"name", "Pes\u202eerta"},
		{"name", "Pes\ufffderta"},
		{"name", strings.Repeat("é", 201)},
		{"email", "peserta"},
		{"email", "peserta@example"},
		{"email", "peserta@@example.id"},
		{"email", "peserta@-example.id"},
		{"email", "peserta@example..id"},
		{"email", ".peserta@example.id"},
		{"email", "pes erta@example.id"},
		{"email", "peserta@example.id "},
		{"email", "peserta@exämple.id"},
		{"email", "<peserta@example.id>"},
		{"email", strings.Repeat("p", 65) + "@example.id"},
		{"phone", "08001234567"},
		{"phone", "+0800123456"},
		{"phone", "+62 800 1234567"},
		{"phone", "+62800"},
		{"phone", "+6280012345678901"},
		{"province", "99"},
		{"province", "3"},
		{"province", "031"},
		{"regency", "3201"}, // of another province
		{"regency", "317"},
		{"regency", "31-1"},
		{"gender", "f"},
		{"gender", "L"},
		{"birth_date", "31-12-1999"},
		{"birth_date", "1999-1-1"},
		{"birth_date", "1999-02-29"},
		{"birth_date", "1899-12-31"},
		{"birth_date", "+1999-01-01"},
		{"education", "SARJANA"},
		{"education", "s1"},
	} {
		t.Run(test.column+" "+test.value, func(t *testing.T) {
			header, row := "card_number,"+test.column, "3100000000000001,"+test.value
			switch test.column {
			case "card_number":
				header, row = "name,card_number", "Peserta,"+test.value
			case "regency":
				header, row = header+",province", row+",31"
			}
			rows, bad, end := readAll(strings.NewReader(header + "\n" + row + "\n"))
			if !errors.Is(end, io.EOF) || len(rows) > 0 || len(bad) != 1 {
				t.Fatalf("read %d rows and the errors %v, ended with %v; want one error", len(rows), bad, end)
			}
			if want := "INVALID_" + strings.ToUpper(test.column); bad[0].Code != want || bad[0].Line != 2 {
				t.Errorf("the error is %+v, want code %s and line 2", bad[0], want)
			}
			if test.value != "" && len(test.value) > 2 && strings.Contains(bad[0].Message, test.value) {
				t.Errorf("the message %q repeats the value", bad[0].Message)
			}
		})
	}
}

func TestAllowsAValue(t *testing.T) {
	for _, test := range []struct{ column, value string }{
		{"name", "Siti Nur'aini Lubis-Ñandú"},
		{"name", "=1+1"}, // a spreadsheet's trouble, not ours
		{"email", "peserta+satu.dua@sub-1.example.id"},
		{"phone", "+62800123"},
		{"phone", "+628001234567890"},
		{"birth_date", "2000-02-29"},
		{"education", "NONE"},
		{"gender", "M"},
	} {
		t.Run(test.column+" "+test.value, func(t *testing.T) {
			rows, bad, _ := readAll(strings.NewReader("card_number," + test.column + "\n3100000000000001," + test.value + "\n"))
			if len(rows) != 1 {
				t.Errorf("refused: %v", bad)
			}
		})
	}
}

func TestARegencyNeedsItsProvince(t *testing.T) {
	_, bad, _ := readAll(strings.NewReader("card_number,regency\n3100000000000001,3171\n"))
	if len(bad) != 1 || bad[0].Code != "INVALID_REGENCY" {
		t.Errorf("the errors are %v, want one of the regency", bad)
	}
}

// lines are the lines of rows and of errors, to compare.
type lines struct {
	Rows []int
	Bad  map[int]string // code by line
}

func TestNumbersPhysicalLines(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want lines
	}{
		"with LF": {
			"card_number\n3100000000000001\nx\n3100000000000002\n",
			lines{[]int{2, 4}, map[int]string{3: "INVALID_CARD_NUMBER"}},
		},
		"with CRLF and without an end of the last line": {
			"card_number\r\n3100000000000001\r\nx\r\n3100000000000002",
			lines{[]int{2, 4}, map[int]string{3: "INVALID_CARD_NUMBER"}},
		},
		"after a byte order mark": {
			"\xef\xbb\xbfcard_number\n3100000000000001\n",
			lines{[]int{2}, nil},
		},
		"over empty lines": {
			"\n\ncard_number\n\n3100000000000001\n\r\n\nx\n",
			lines{[]int{5}, map[int]string{8: "INVALID_CARD_NUMBER"}},
		},
		"after a value of several lines": {
			"card_number,name\n3100000000000001,\"Peserta\nSatu\n\"\n3100000000000002,Dua\n",
			lines{[]int{5}, map[int]string{2: "LINE_BREAK"}},
		},
		"of rows with too few and too many values": {
			"card_number,name\n3100000000000001\n3100000000000002,Dua,\n3100000000000003,\n",
			lines{[]int{4}, map[int]string{2: "COLUMN_COUNT", 3: "COLUMN_COUNT"}},
		},
		"of rows with misplaced quotes, and goes on": {
			"card_number,name\n3100000000000001,Pe\"serta\n3100000000000002,\"Peserta\"Dua\n3100000000000003,Tiga\n",
			lines{[]int{4}, map[int]string{2: "QUOTING", 3: "QUOTING"}},
		},
		"of a row that is not UTF-8": {
			"card_number,name\n3100000000000001,Pesert\xe9\n3100000000000002,Dua\n",
			lines{[]int{3}, map[int]string{2: "NOT_UTF8"}},
		},
		"of a last row whose quote is left open": {
			"card_number,name\n3100000000000001,Satu\n3100000000000002,\"Dua",
			lines{[]int{2}, map[int]string{3: "QUOTING"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rows, bad, end := readAll(strings.NewReader(test.file))
			if !errors.Is(end, io.EOF) {
				t.Fatalf("the reading ended with %v", end)
			}
			var got lines
			for _, row := range rows {
				got.Rows = append(got.Rows, row.Line)
			}
			for _, e := range bad {
				if got.Bad == nil {
					got.Bad = map[int]string{}
				}
				got.Bad[e.Line] = e.Code
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the lines differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStopsWhereRowsCannotBeToldApart(t *testing.T) {
	const begin = "card_number,name\n3100000000000001,Satu\n3100000000000002,\"Dua\n"
	for name, rest := range map[string]string{
		"at the next quote":            "3100000000000003,Tiga\n3100000000000004,\"Empat\"\n",
		"at the end of the file":       "3100000000000003,Tiga\n",
		"at the largest size of a row": strings.Repeat("3100000000000003,Tiga\n", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			rows, bad, end := readAll(strings.NewReader(begin + rest))
			var format *roster.FormatError
			if !errors.As(end, &format) || format.Line != 3 {
				t.Fatalf("the reading ended with %v, want an error of line 3", end)
			}
			if len(rows) != 1 || len(bad) != 0 {
				t.Errorf("read %d rows and the errors %v, want the one row before", len(rows), bad)
			}
			if strings.Contains(end.Error(), "Dua") {
				t.Errorf("the error %q repeats a value", end)
			}
		})
	}
}

func TestAFailureOfTheFileIsNotARowsError(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, cut := range []string{"card_number,name\n3100000000000001,Sa", "card_number,name\n3100000000000001,\"Sa", "card_number,name\n3100000000000001,Sa\"", "card_num"} {
		_, bad, end := readAll(io.MultiReader(strings.NewReader(cut), iotest.ErrReader(broken)))
		if !errors.Is(end, broken) || len(bad) > 0 {
			t.Errorf("after %q the reading ended with %v and the errors %v, want the file's own error alone", cut, end, bad)
		}
	}
}
