package roster_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/roster"
)

// FuzzReadParticipants checks that no file makes the reader panic or go backwards, that every row it returns
// is well formed, and that a file is read alike however its bytes arrive.
func FuzzReadParticipants(f *testing.F) {
	f.Add([]byte("card_number,name\n3100000000000001,Satu\n"))
	f.Add([]byte("\xef\xbb\xbfcard_number,name,province,regency\r\n3100000000000001,\"Sa\"\"tu\",31,3171\r\n\r\nx,\"y\n\"\n"))
	f.Add([]byte("card_number,phone,email,birth_date,gender,education,nik\n3100000000000001,+628001234567,a@b.id,1999-01-01,F,S1,9900000000000001\n"))
	f.Add([]byte("card_number\n\"3100000000000001\n3100000000000002\"x\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, bad, end := readAll(bytes.NewReader(file))
		last := 1
		for _, row := range rows {
			if row.Line <= last {
				t.Errorf("a row of line %d comes after line %d", row.Line, last)
			}
			last = row.Line
			if len(row.CardNumber) != 16 || strings.Trim(row.CardNumber, "0123456789") != "" {
				t.Errorf("line %d: the card number does not have 16 digits", row.Line)
			}
			if row.Regency != "" && !strings.HasPrefix(row.Regency, row.Province) {
				t.Errorf("line %d: the regency is not of the province", row.Line)
			}
		}
		last = 1
		for _, e := range bad {
			if e.Line <= last {
				t.Errorf("an error of line %d comes after line %d", e.Line, last)
			}
			last = e.Line
		}
		var format *roster.FormatError
		if !errors.Is(end, io.EOF) && !errors.As(end, &format) {
			t.Errorf("the reading ended with %v", end)
		}
		again, badAgain, endAgain := readAll(iotest.OneByteReader(bytes.NewReader(file)))
		if diff := cmp.Diff(rows, again); diff != "" {
			t.Errorf("byte by byte the rows differ:\n%s", diff)
		}
		if diff := cmp.Diff(bad, badAgain); diff != "" {
			t.Errorf("byte by byte the errors differ:\n%s", diff)
		}
		if end.Error() != endAgain.Error() {
			t.Errorf("byte by byte the reading ended with %v instead of %v", endAgain, end)
		}
	})
}
