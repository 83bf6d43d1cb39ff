package export_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"gelombang/graph/export"
	"gelombang/graph/model"
	"gelombang/internal/rules"
)

var everyKind = []export.Column{
	{Name: "text", Kind: export.Text}, {Name: "at.integer", Kind: export.Integer}, {Name: "at.rupiah", Kind: export.Rupiah}, {Name: "float", Kind: export.Float},
	{Name: "boolean", Kind: export.Boolean}, {Name: "instant", Kind: export.DateTime}, {Name: "day", Kind: export.Date},
}

var (
	lastMinute = time.Date(2021, 4, 8, 23, 59, 0, 120_000_000, rules.WIB)
	full       = []export.Value{
		{Text: "-a \"b\",\r\n\tc"}, {Integer: -5}, {Integer: -9_007_199_254_740_993}, {Float: -1e21}, {Truth: true}, {Time: lastMinute.UTC()}, {Time: lastMinute.UTC()},
	}
	empty = []export.Value{{Null: true, Text: "left over"}, {Null: true}, {Null: true}, {Null: true}, {Null: true}, {Null: true}, {Null: true}}
)

func file(t *testing.T, f export.Format, columns []export.Column, rows ...[]export.Value) string {
	t.Helper()
	var out bytes.Buffer
	w := f.New(&out, columns)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestCSV: only text is kept from being taken for a formula, lines within cells are as they were, and null is empty.
func TestCSV(t *testing.T) {
	want := "text,at.integer,at.rupiah,float,boolean,instant,day\n" +
		"\"'-a \"\"b\"\",\r\n\tc\",-5,-9007199254740993,-1e+21,true,2021-04-08T23:59:00.12+07:00,2021-04-08\n" +
		",,,,,,\n"
	if diff := cmp.Diff(want, file(t, export.CSV, everyKind, full, empty)); diff != "" {
		t.Error(diff)
	}
}

func TestCSVHasItsHeaderWithoutRows(t *testing.T) {
	if got := file(t, export.CSV, everyKind[:2]); got != "text,at.integer\n" {
		t.Errorf("%q", got)
	}
}

// TestCSVKeepsARowOfOneEmptyCell, which readers would skip as an empty line.
func TestCSVKeepsARowOfOneEmptyCell(t *testing.T) {
	got := file(t, export.CSV, everyKind[:1], empty[:1], []export.Value{{Text: "a"}}, []export.Value{{Text: ""}})
	rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	if diff := cmp.Diff([][]string{{"text"}, {""}, {"a"}, {""}}, rows); err != nil || diff != "" {
		t.Errorf("%v %s %q", err, diff, got)
	}
}

func TestCSVNeutralisesFormulas(t *testing.T) {
	for text, want := range map[string]string{
		"=1": "'=1", "+62812": "'+62812", "-": "'-", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx",
		"": "", "a=1": "a=1", " =1": " =1", "'=1": "'=1", "************1234": "************1234",
	} {
		rows, err := csv.NewReader(strings.NewReader(file(t, export.CSV, everyKind[:2], []export.Value{{Text: text}, {Integer: -1}}))).ReadAll()
		if err != nil || rows[1][0] != want || rows[1][1] != "-1" {
			t.Errorf("%q is written %q, %v", text, rows, err)
		}
	}
}

func TestNDJSON(t *testing.T) {
	want := `{"text":"-a \"b\",\r\n\tc","at.integer":-5,"at.rupiah":-9007199254740993,"float":-1e+21,"boolean":true,"instant":"2021-04-08T23:59:00.12+07:00","day":"2021-04-08"}` + "\n" +
		`{"text":null,"at.integer":null,"at.rupiah":null,"float":null,"boolean":null,"instant":null,"day":null}` + "\n"
	if diff := cmp.Diff(want, file(t, export.NDJSON, everyKind, full, empty)); diff != "" {
		t.Error(diff)
	}
	if got := file(t, export.NDJSON, everyKind); got != "" {
		t.Errorf("without rows: %q", got)
	}
}

func TestParquet(t *testing.T) {
	got := file(t, export.Parquet, everyKind, full, empty)
	f, err := parquet.OpenFile(strings.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	want := `message export {
	optional binary text (STRING);
	optional int32 at.integer (INT(32,true));
	optional int64 at.rupiah (INT(64,true));
	optional double float;
	optional boolean boolean;
	optional int64 instant (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS));
	optional int32 day (DATE);
}`
	if diff := cmp.Diff(want, f.Schema().String()); diff != "" {
		t.Error(diff)
	}
	rows := make([]parquet.Row, 3)
	n, _ := f.RowGroups()[0].Rows().ReadRows(rows)
	if n != 2 {
		t.Fatalf("%d rows", n)
	}
	r := rows[0]
	if r[0].String() != full[0].Text || r[1].Int32() != -5 || r[2].Int64() != full[2].Integer || r[3].Double() != -1e21 || !r[4].Boolean() ||
		!time.UnixMicro(r[5].Int64()).Equal(lastMinute) || r[6].Int32() != 18725 { // days to 8 April 2021
		t.Errorf("%v", r)
	}
	for i, v := range rows[1] {
		if !v.IsNull() {
			t.Errorf("%s is %v", everyKind[i].Name, v)
		}
	}
}

// TestParquetEndsItsRowGroups, by their rows or by their size: one is in memory as a whole.
func TestParquetEndsItsRowGroups(t *testing.T) {
	for _, tt := range []struct {
		rows, groups int
		cell         string
	}{{250_000, 3, "x"}, {1500, 2, strings.Repeat("x", 20_000)}} {
		rows := make([][]export.Value, tt.rows)
		for i := range rows {
			rows[i] = []export.Value{{Text: tt.cell}}
		}
		got := file(t, export.Parquet, everyKind[:1], rows...)
		f, err := parquet.OpenFile(strings.NewReader(got), int64(len(got)))
		if err != nil {
			t.Fatal(err)
		}
		if len(f.RowGroups()) != tt.groups || f.NumRows() != int64(tt.rows) {
			t.Errorf("%d rows of %d are in %d groups", f.NumRows(), tt.rows, len(f.RowGroups()))
		}
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	table := compile(t, `{ purchases { nodes { amount voidedAt purchasedAt } } }`, reflect.TypeFor[*model.Purchase]())
	beyond := time.Date(10000, 1, 1, 0, 0, 0, 0, rules.WIB)
	cells := make([]export.Value, 3)
	if err := table.Read(&model.Purchase{PurchasedAt: lastMinute, VoidedAt: &beyond}, cells); err != nil || !cells[1].Null {
		t.Errorf("what may be null is %v, %v", cells[1], err)
	}
	if err := table.Read(&model.Purchase{PurchasedAt: beyond}, cells); !errors.Is(err, export.ErrNotWritable) {
		t.Error(err)
	}
	share := compile(t, `{ participantAggregate(groupBy: []) { rows { hoursToPurchase { avg } } } }`, reflect.TypeFor[*model.ParticipantAggregateRow]())
	infinite := math.Inf(1)
	if err := share.Read(&model.ParticipantAggregateRow{HoursToPurchase: &model.HoursMeasures{Avg: &infinite}}, cells); err != nil || !cells[0].Null {
		t.Error(cells[0], err)
	}
	if err := share.Read(&model.ParticipantAggregateRow{}, cells); !errors.Is(err, export.ErrNotWritable) {
		t.Errorf("an object that may not be null is, and there was %v", err)
	}
}

func TestFormatsByTheirMediaTypes(t *testing.T) {
	for _, f := range export.Formats() {
		if export.OfMedia(f.Media()) != f || !strings.HasPrefix(f.ContentType(), f.Media()) {
			t.Errorf("%s is %s", f, f.Media())
		}
	}
	if f := export.OfMedia("application/json"); f != "" {
		t.Errorf("application/json is %s", f)
	}
}
