package graph_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"gelombang/graph/export"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// download is an export as it came.
type download struct {
	status int
	header http.Header
	text   []byte
	err    error // why the body ended, if not by its end
}

// begin asks for an export that may be cut.
func (c *client) begin(ctx context.Context, v viewer.Viewer, f export.Format, query string, variables map[string]any) (download, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return download{}, err
	}
	who, err := json.Marshal(v)
	if err != nil {
		return download{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.URL, bytes.NewReader(body))
	if err != nil {
		return download{}, err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {f.Media()}, "Test-Viewer": {string(who)}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return download{}, err
	}
	d := download{status: resp.StatusCode, header: resp.Header}
	d.text, d.err = io.ReadAll(resp.Body)
	return d, resp.Body.Close()
}

// file asks for an export that is not cut.
func (c *client) file(v viewer.Viewer, f export.Format, query string, variables map[string]any) download {
	c.t.Helper()
	d, err := c.begin(c.t.Context(), v, f, query, variables)
	if err = errors.Join(d.err, err); err != nil {
		c.t.Fatal(err)
	}
	return d
}

// whole asks for an export that must succeed.
func (c *client) whole(v viewer.Viewer, f export.Format, query string, variables map[string]any) []byte {
	c.t.Helper()
	d := c.file(v, f, query, variables)
	if d.status != http.StatusOK {
		c.t.Fatalf("%s as %s: %d %s\n%s", query, f, d.status, d.text, c.log)
	}
	if got := d.header.Get("Content-Type"); got != f.ContentType() {
		c.t.Errorf("content type %q", got)
	}
	if got := d.header.Get("Cache-Control"); got != "no-store" {
		c.t.Errorf("cache control %q", got)
	}
	return d.text
}

// cells are the rows of a file as texts, the names of the columns first. Null is nullCell where the format has it.
type cells [][]string

const nullCell = "null"

// parseFile reads a file.
func parseFile(t *testing.T, f export.Format, file []byte) cells {
	t.Helper()
	switch f {
	case export.CSV:
		return parseCSV(t, file)
	case export.NDJSON:
		return parseLines(t, file)
	case export.Parquet:
		return parseParquet(t, file)
	default:
		t.Fatal(f)
		return nil
	}
}

func parseCSV(t *testing.T, file []byte) cells {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func parseLines(t *testing.T, file []byte) cells {
	t.Helper()
	var rows cells
	for line := range bytes.Lines(file) {
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber()
		var names, row []string
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if err := dec.Decode(&value); err != nil {
				t.Fatal(err)
			}
			names, row = append(names, fmt.Sprint(name)), append(row, asText(value))
		}
		if rows == nil {
			rows = append(rows, names)
		} else if diff := cmp.Diff(rows[0], names); diff != "" {
			t.Error(diff)
		}
		rows = append(rows, row)
	}
	return rows
}

func parseParquet(t *testing.T, file []byte) cells {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	fields := f.Schema().Fields()
	for _, column := range fields {
		names = append(names, column.Name())
	}
	rows := cells{names}
	reader := parquet.NewReader(f)
	batch := make([]parquet.Row, 100)
	for {
		n, err := reader.ReadRows(batch)
		for _, row := range batch[:n] {
			texts := make([]string, len(fields))
			for i, v := range row {
				texts[i] = parquetText(t, fields[i], v)
			}
			rows = append(rows, texts)
		}
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func parquetText(t *testing.T, f parquet.Field, v parquet.Value) string {
	t.Helper()
	if v.IsNull() {
		return nullCell
	}
	logical := ""
	if is := f.Type().LogicalType(); is != nil {
		logical = is.String()
	}
	switch {
	case logical == "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)":
		return time.UnixMicro(v.Int64()).In(rules.WIB).Format(time.RFC3339Nano)
	case logical == "DATE":
		return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
	case f.Type().Kind() == parquet.Double:
		return fmt.Sprintf("%g", v.Double())
	case f.Type().Kind() == parquet.ByteArray:
		if logical != "STRING" {
			t.Errorf("%s is no text", f.Name())
		}
		return string(v.ByteArray())
	default:
		return v.String()
	}
}

// asText is a value of JSON as the tests compare it.
func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return nullCell
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// want turns what GraphQL answers into what the format must hold.
func (rows cells) want(f export.Format) cells {
	if f != export.CSV {
		return rows
	}
	var out cells
	for _, row := range rows {
		var texts []string
		for _, cell := range row {
			if cell == nullCell {
				cell = ""
			}
			texts = append(texts, cell)
		}
		out = append(out, texts)
	}
	return out
}
