package roster_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/roster"
	"gelombang/internal/viewer"
)

// collect returns options that gather the row errors, as "line code".
func collect(into *[]string) roster.Options {
	return roster.Options{OnRowError: func(e registry.RowError) error {
		*into = append(*into, fmt.Sprintf("%d %s", e.Line, e.Code))
		return nil
	}}
}

// dump returns all rows of a table, whatever their types, to compare.
func dump(t *testing.T, d *db.DB, table string) []string {
	t.Helper()
	var out []string
	err := db.Query(context.Background(), d.Read, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		out = append(out, fmt.Sprintf("%v", values))
		return nil
	}, "SELECT * FROM "+table+" ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryRowIsAccountedForAndASecondImportChangesNothing(t *testing.T) {
	const file = "card_number,nik,name,province\n" +
		"3199000000000001,9900000000000001,Satu,31\n" + // 2
		"x,,,\n" +
		"3199000000000002,9900000000000001,Dua,31\n" + // 4, the NIK of line 2
		"3199000000000003,,Ti\"ga,\n" +
		"3199000000000001,9900000000000001,Satu,31\n" + // 6, again
		"3199000000000001,9900000000000001,Satu,32\n" + // 7, with another province
		"3199000000000004,,Empat,99\n" +
		"3199000000000005,,Lima,91\n"
	want := []string{"3 INVALID_CARD_NUMBER", "4 NIK_REGISTERED", "5 QUOTING", "7 DIFFERS", "8 INVALID_PROVINCE"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d, 10)
		var first, second []string
		totals, err := roster.ImportParticipants(context.Background(), f.Registry, staff, 13, strings.NewReader(file), collect(&first))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(roster.Totals{Written: 2, Unchanged: 1, Refused: 5}, totals); diff != "" {
			t.Errorf("the totals differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("the errors differ (-want +got):\n%s", diff)
		}
		before := dump(t, d, "participants")
		totals, err = roster.ImportParticipants(context.Background(), f.Registry, staff, 13, strings.NewReader(file), collect(&second))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(roster.Totals{Unchanged: 3, Refused: 5}, totals); diff != "" {
			t.Errorf("the second totals differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, second); diff != "" {
			t.Errorf("the second errors differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(before, dump(t, d, "participants")); diff != "" {
			t.Errorf("the second import changed the participants:\n%s", diff)
		}
	})
}

func TestProgressEndsAtTheSizeOfTheFile(t *testing.T) {
	const file = "\xef\xbb\xbfcard_number\r\n3199000000000001\r\nx\r\n"
	f := newFixture(t, dbtest.New(t, db.SQLite), 10)
	var progress []int64
	_, err := roster.ImportParticipants(context.Background(), f.Registry, staff, 13, strings.NewReader(file), roster.Options{
		OnProgress: func(bytes int64) { progress = append(progress, bytes) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(progress) == 0 || progress[len(progress)-1] != int64(len(file)) {
		t.Errorf("the progress is %v, want it to end at %d", progress, len(file))
	}
}

// TestWhatWasReadBeforeAFailureIsImported also shows that the error says what happened.
func TestWhatWasReadBeforeAFailureIsImported(t *testing.T) {
	broken := errors.New("the disk is gone")
	const good = "card_number,name\n3199000000000001,Satu\n3199000000000002,Dua\n"
	for name, test := range map[string]struct {
		file io.Reader
		is   func(error) bool
	}{
		"a quote left open": {
			strings.NewReader(good + "3199000000000003,\"Tiga\n3199000000000004,Empat\n"),
			func(err error) bool {
				var format *roster.FormatError
				return errors.As(err, &format) && format.Line == 4
			},
		},
		"a file that fails": {
			io.MultiReader(strings.NewReader(good+"3199"), iotest.ErrReader(broken)),
			func(err error) bool { return errors.Is(err, broken) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, dbtest.New(t, db.SQLite), 10)
			totals, err := roster.ImportParticipants(context.Background(), f.Registry, staff, 13, test.file, roster.Options{})
			if !test.is(err) {
				t.Errorf("the error is %v", err)
			}
			if totals.Written != 2 {
				t.Errorf("%d participants were imported, want the two before", totals.Written)
			}
		})
	}
}

func TestTheCallerCanEndAnImport(t *testing.T) {
	enough := errors.New("the report's disk is full")
	f := newFixture(t, dbtest.New(t, db.SQLite), 100_000)
	_, err := roster.ImportParticipants(context.Background(), f.Registry, staff, 13, &syntheticFile{rows: 50_000}, roster.Options{
		OnRowError: func(registry.RowError) error { return enough },
	})
	if !errors.Is(err, enough) {
		t.Errorf("the error is %v, want the caller's own", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = roster.ImportParticipants(ctx, f.Registry, staff, 12, &syntheticFile{rows: 50_000}, roster.Options{
		OnProgress: func(int64) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want context.Canceled", err)
	}
}

// TestNothingIsReadForWhoMayNotImport also holds for a cohort and a platform that do not exist.
func TestNothingIsReadForWhoMayNotImport(t *testing.T) {
	f := newFixture(t, dbtest.New(t, db.SQLite), 10)
	untouched := iotest.ErrReader(errors.New("the file was read"))
	analyst := viewer.Viewer{Role: viewer.Analyst, Subject: "analyst-1"}
	for _, tt := range []struct {
		v        viewer.Viewer
		cohort   int
		platform string
		want     registry.Code
	}{
		{analyst, 13, "tokopedia", registry.Forbidden},
		{viewer.Viewer{Role: viewer.Platform, Platform: "pintaria"}, 13, "tokopedia", registry.Forbidden},
		{staff, 99, "nowhere", registry.NotFound},
	} {
		_, err := roster.ImportParticipants(context.Background(), f.Registry, tt.v, tt.cohort, untouched, roster.Options{})
		if registry.CodeOf(err) != tt.want {
			t.Errorf("%s imports participants into cohort %d: %v, want %s", tt.v.Role, tt.cohort, err, tt.want)
		}
		_, err = roster.ImportOfferings(context.Background(), f.Registry, tt.v, tt.platform, untouched, roster.Options{})
		if registry.CodeOf(err) != tt.want {
			t.Errorf("%s imports offerings of %s: %v, want %s", tt.v.Role, tt.platform, err, tt.want)
		}
	}
}

// TestTheSameFileAtOnceOnTwoServers imports one file through two registries at the same time.
func TestTheSameFileAtOnceOnTwoServers(t *testing.T) {
	const rows = 12_000
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d, rows)
		var mu sync.Mutex
		var wait sync.WaitGroup
		var sum roster.Totals
		for range 2 {
			reg := f.Another(d)
			wait.Go(func() {
				totals, err := roster.ImportParticipants(context.Background(), reg, staff, 13, &syntheticFile{rows: rows}, roster.Options{})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				sum.Written += totals.Written
				sum.Unchanged += totals.Unchanged
				sum.Refused += totals.Refused
			})
		}
		wait.Wait()
		const bad = rows / 100
		if want := (roster.Totals{Written: rows - bad, Unchanged: rows - bad, Refused: 2 * bad}); sum != want {
			t.Errorf("together they count %+v, want %+v", sum, want)
		}
		stored, err := d.Client().Participant.Query().Count(context.Background())
		if err != nil || stored != rows-bad {
			t.Errorf("%d participants are stored (%v), want %d", stored, err, rows-bad)
		}
	})
}

func TestImportOfferings(t *testing.T) {
	const file = "price,course_code,title,provider,category,mode,url\n" +
		"250000,C-1,Barista Pemula,Kopi,Kuliner,online,https://example.id/c-1\n" + // 2
		"0,C-2,Gratis,,,,\n" +
		"250.000,C-3,Ribuan,,,,\n" +
		"-1,C-4,Negatif,,,,\n" +
		"0250000,C-5,Nol di depan,,,,\n" + // 6
		"1000000001,C-6,Mahal,,,,\n" +
		",C-7,Tanpa harga,,,,\n" +
		"1,C-8,Mode,,,ONLINE,\n" +
		"1,C-9,Alamat,,,,ftp://example.id\n" + // 10
		"1,C-10,Alamat,,,,https://u:p@example.id\n" +
		"1, C-11,Spasi,,,,\n" +
		"1,C-12,,,,,\n" +
		"1,C-1,Lagi,,,,\n" // 14
	want := []string{
		"4 INVALID_PRICE", "5 INVALID_PRICE", "6 INVALID_PRICE", "7 INVALID_PRICE", "8 INVALID_PRICE", "9 INVALID_MODE",
		"10 INVALID_URL", "11 INVALID_URL", "12 INVALID_COURSE_CODE", "13 INVALID_TITLE", "14 REPEATED",
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d, 1)
		for _, totals := range []roster.Totals{{Written: 2, Refused: 11}, {Unchanged: 2, Refused: 11}} {
			var bad []string
			got, err := roster.ImportOfferings(context.Background(), f.Registry, registrytest.Officer, "tokopedia", strings.NewReader(file), collect(&bad))
			if err != nil {
				t.Fatal(err)
			}
			if got != totals {
				t.Errorf("the totals are %+v, want %+v", got, totals)
			}
			if diff := cmp.Diff(want, bad); diff != "" {
				t.Errorf("the errors differ (-want +got):\n%s", diff)
			}
		}
		offerings, err := d.Client().Offering.Query().All(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range offerings {
			if o.Sample || !o.Listed || (o.CourseCode == "C-1" && (o.Title != "Barista Pemula" || *o.Price != 250_000)) {
				t.Errorf("the offering %s is not as the file says: %v", o.CourseCode, o)
			}
		}
	})
}

func BenchmarkImport(b *testing.B) {
	const rows = 5000
	var file bytes.Buffer
	if _, err := io.Copy(&file, &syntheticFile{rows: rows}); err != nil {
		b.Fatal(err)
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			f := newFixture(b, dbtest.New(b, dialect), rows*b.N+rows)
			b.SetBytes(int64(file.Len()))
			b.ResetTimer()
			for i := range b.N {
				// Other cards each time, so that each time they are new.
				content := bytes.ReplaceAll(file.Bytes(), []byte("\n3100"), fmt.Appendf(nil, "\n%04d", 3200+i%6000))
				content = bytes.ReplaceAll(content, []byte(",9900"), fmt.Appendf(nil, ",%04d", i%9000))
				totals, err := roster.ImportParticipants(context.Background(), f.Registry, staff, 13, bytes.NewReader(content), roster.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if totals.Written != rows-rows/100 {
					b.Fatalf("imported %+v", totals)
				}
			}
		})
	}
}
