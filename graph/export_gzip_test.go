package graph_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/graph/export"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
)

// fetched asks for an export with an Accept-Encoding of one's own, so that the client unpacks nothing.
func (c *client) fetched(f export.Format, query, accepted string) (http.Header, []byte, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.server.URL, bytes.NewReader([]byte(asJSON(c.t, map[string]any{"query": query}))))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {f.Media()}, "Test-Viewer": {asJSON(c.t, officer)}, "Accept-Encoding": {accepted}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	return resp.Header, text, errors.Join(err, resp.Body.Close())
}

func unpacked(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// TestAnExportIsPackedForWhoAcceptsIt compares what is packed with what is not.
func TestAnExportIsPackedForWhoAcceptsIt(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 2500).Registry)
	const query = `{ participants { nodes { cardNumber status deadline } } }`
	packs := map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "*": true, "deflate, *;q=0.1": true, "x-gzip": true,
		"identity": false, "gzip;q=0": false, "gzip;q=0, *": false, "*;q=0": false, "br": false, "gzip;q=x": false,
	}
	for _, f := range []export.Format{export.CSV, export.NDJSON} {
		plain := c.whole(officer, f, query, nil)
		for accepted, packs := range packs {
			header, text, err := c.fetched(f, query, accepted)
			if err != nil {
				t.Fatal(err)
			}
			if got := header.Get("Content-Encoding"); (got == "gzip") != packs || header.Get("Vary") != "Accept-Encoding" || header.Get("Content-Type") != f.ContentType() {
				t.Errorf("%s as %s: %v", accepted, f, header)
			}
			if packs {
				if len(text) > len(plain)/4 {
					t.Errorf("%s: %d bytes packed, %d unpacked", f, len(text), len(plain))
				}
				if text, err = unpacked(text); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(plain), string(text)); diff != "" {
				t.Errorf("%s as %s: %.500s", accepted, f, diff)
			}
		}
		_, none, err := c.fetched(f, `{ participants(filter: { province: "00" }) { nodes { id } } }`, "gzip")
		if err != nil {
			t.Fatal(err)
		}
		if text, err := unpacked(none); err != nil || string(text) != map[export.Format]string{export.CSV: "id\n"}[f] {
			t.Errorf("%s without a row: %q, %v", f, text, err)
		}
	}
	header, text, err := c.fetched(export.Parquet, query, "gzip")
	if err != nil || header.Get("Content-Encoding") != "" || header.Get("Vary") != "" || !bytes.HasPrefix(text, []byte("PAR1")) {
		t.Errorf("%v %v", header, err)
	}
}

// TestAPackedExportThatFailsHalfWayIsCut looks at both ways to know it: the connection, and the end of gzip's format.
func TestAPackedExportThatFailsHalfWayIsCut(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 2500)
	last := w.ids(w.cards13[2499])[0]
	if _, err := w.DB().Write.ExecContext(t.Context(), "UPDATE participants SET deadline = $1 WHERE id = $2", db.Instant(time.Date(10000, 1, 1, 0, 0, 0, 0, rules.WIB)), last); err != nil {
		t.Fatal(err)
	}
	c := serve(t, w.Registry)
	_, packed, err := c.fetched(export.CSV, `{ participants { nodes { cardNumber deadline } } }`, "gzip")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the connection was not cut: %v", err)
	}
	text, err := unpacked(packed)
	if !errors.Is(err, io.ErrUnexpectedEOF) || bytes.Count(text, []byte("\n")) <= 2000 {
		t.Errorf("%d rows, %v: want whole batches, and no end", bytes.Count(text, []byte("\n")), err)
	}
}
