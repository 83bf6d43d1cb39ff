package graph_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/graph"
	"gelombang/graph/export"
	"gelombang/graph/generated"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// pagedGroups walks an aggregate by pages of two.
func (c *client) pagedGroups(v viewer.Viewer, aggregate, args, selected string, columns []string) cells {
	c.t.Helper()
	rows := cells{columns}
	query := `query ($after: String) { ` + aggregate + `(first: 2, after: $after, ` + args + `) { rows {` + selected + ` } truncated endCursor } }`
	var after any
	for {
		body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"after": after}})
		if err != nil {
			c.t.Fatal(err)
		}
		_, text := c.post(v, body, nil)
		var a struct {
			Data map[string]struct {
				Rows      []map[string]any
				Truncated bool
				EndCursor any
			}
			Errors []any
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&a); err != nil || len(a.Errors) > 0 {
			c.t.Fatalf("%v %s\n%s", err, text, query)
		}
		for _, node := range a.Data[aggregate].Rows {
			row := make([]string, len(columns))
			for i, column := range columns {
				row[i] = cellAt(node, column)
			}
			rows = append(rows, row)
		}
		if !a.Data[aggregate].Truncated {
			return rows
		}
		after = a.Data[aggregate].EndCursor
	}
}

func TestEveryFieldOfEveryAggregateIsExportedAsGraphQLAnswersIt(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	tests := []struct {
		name, row, args string
		least           int
	}{
		{"purchaseAggregate", "PurchaseAggregateRow", `groupBy: []`, 1},
		{"purchaseAggregate", "PurchaseAggregateRow", `groupBy: [PLATFORM, OFFERING, DAY, HOURS_BEFORE_DEADLINE, STATUS, PROVINCE, GENDER, LATE, VOIDED, EVIDENCE], orderBy: [{field: AMOUNT_SUM, direction: DESC}]`, 5},
		{"purchaseAggregate", "PurchaseAggregateRow", `groupBy: [PROVIDER, CATEGORY, MODE, HOUR, WEEK, MONTH, COHORT, COUNTS, AGE_BAND, EDUCATION], having: {count: {min: 1}}`, 4},
		{"participantAggregate", "ParticipantAggregateRow", `groupBy: [COHORT, PROVINCE, GENDER, AGE_BAND, STATUS, REGENCY], filter: {cohort: [12, 13]}`, 5},
		{"participantAggregate", "ParticipantAggregateRow", `groupBy: [STATUS], asOf: "2021-04-01T00:00:00+07:00"`, 1},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serveWith(t, w.Registry, func(cfg *graph.Config) { cfg.SmallestGroup = 2 })
		for _, tt := range tests {
			var columns []string
			selected := selectable(schema, tt.row, "", 3, &columns)
			seen := map[viewer.Role]int{}
			for _, v := range []viewer.Viewer{officer, analyst} {
				answered := c.pagedGroups(v, tt.name, tt.args, selected, columns)
				if seen[v.Role] = len(answered) - 1; v == officer && seen[v.Role] < tt.least {
					t.Errorf("%s has %d groups only", tt.args, seen[v.Role])
				}
				for _, f := range export.Formats() {
					query := `{ ` + tt.name + `(` + tt.args + `) { rows {` + selected + ` } } }`
					want := answered.want(f)
					if f == export.NDJSON && len(want) == 1 {
						want = nil
					}
					if diff := cmp.Diff(want, parseFile(t, f, c.whole(v, f, query, nil))); diff != "" {
						t.Errorf("%s %s of %s as %s: %s", tt.name, tt.args, v.Role, f, diff)
					}
				}
			}
			if tt.least > 1 && seen[analyst.Role] >= seen[officer.Role] {
				t.Errorf("%s: no group of one was kept from the analyst, of %d", tt.args, seen[officer.Role])
			}
		}
	})
}

// lockedLog is a log that is read while requests write it.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestAnExportThatFailsHalfWayIsCut has an instant in the database that no file can hold, beyond the first batch.
func TestAnExportThatFailsHalfWayIsCut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 2500)
		bad := time.Date(10000, 1, 1, 0, 0, 0, 0, rules.WIB)
		last := w.ids(w.cards13[2499])[0]
		if _, err := d.Write.ExecContext(t.Context(), "UPDATE participants SET deadline = $1 WHERE id = $2", db.Instant(bad), last); err != nil {
			t.Fatal(err)
		}
		log := &lockedLog{}
		c := serveWith(t, w.Registry, func(cfg *graph.Config) { cfg.Log = slog.New(slog.NewTextHandler(log, nil)) })
		for _, f := range []export.Format{export.CSV, export.NDJSON} {
			part, err := c.begin(t.Context(), officer, f, `{ participants { nodes { cardNumber deadline } } }`, nil)
			if err != nil {
				t.Fatal(err)
			}
			if part.status != http.StatusOK || !errors.Is(part.err, io.ErrUnexpectedEOF) || !bytes.Contains(part.text, []byte(w.cards13[0])) {
				t.Errorf("%s: %d, %v after %d bytes", f, part.status, part.err, len(part.text))
			}
		}
		if text := log.String(); strings.Count(text, "an export was cut off") != 2 || strings.Contains(text, w.cards13[2499]) {
			t.Errorf("the log has %s", text)
		}
		for _, query := range []string{
			`{ participants(orderBy: {field: DEADLINE, direction: DESC}) { nodes { deadline } } }`,
			`{ participants { nodes { deadline } } }`,
		} {
			f := export.CSV
			if strings.Contains(query, "participants {") {
				f = export.Parquet // of which nothing has gone out by then
			}
			got := c.file(officer, f, query, nil)
			if a := c.parse(string(got.text)); got.status != http.StatusInternalServerError || a.code() != "INTERNAL" {
				t.Errorf("before the first byte: %d %s", got.status, got.text)
			}
		}
	})
}

// lock locks a table on Postgres until the function that it returns is called.
func lock(t *testing.T, d *db.DB, table string) (unlock func()) {
	t.Helper()
	tx, err := d.Write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(errors.Join(err, tx.Rollback()))
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// waitFor asks the database until as many statements of it wait for a lock, for as long as is given.
func waitFor(t *testing.T, d *db.DB, waiting int, atMost time.Duration) time.Duration {
	t.Helper()
	began, n := time.Now(), 0
	for {
		err := d.Read.QueryRowContext(t.Context(), `SELECT COUNT(*), MAX(pg_sleep(0.01)::text) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n, new(sql.NullString))
		took := time.Since(began)
		switch {
		case err != nil:
			t.Fatal(err)
		case n == waiting:
			return took
		case took > atMost:
			t.Fatalf("%d statements wait for a lock after %v, want %d", n, took, waiting)
		}
	}
}

// TestAnExportThatNobodyReadsIsCancelledInTheDatabase: the client goes away while the list's statement waits, or one
// for what is behind its rows.
func TestAnExportThatNobodyReadsIsCancelledInTheDatabase(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	w := newWorld(t, d, 3)
	c := serve(t, w.Registry)
	for _, table := range []string{"purchases", "platforms"} {
		unlock := lock(t, d, table)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := c.begin(ctx, officer, export.CSV, `{ purchases { nodes { invoiceCode platform { code } } } }`, nil)
			left <- err
		}()
		waitFor(t, d, 1, patience)
		leave()
		took := waitFor(t, d, 0, time.Second)
		t.Logf("%s: the statement was gone after %v", table, took)
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the client got %v", err)
		}
		unlock()
	}
	// Its place is free again.
	c.whole(officer, export.CSV, `{ purchases { nodes { invoiceCode platform { code } } } }`, nil)
}

// TestTheServersDeadlinesAreNotThoseOfAnExport: neither that for receiving a request nor that for answering one.
func TestTheServersDeadlinesAreNotThoseOfAnExport(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	w := newWorld(t, d, 3)
	h, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, log: &bytes.Buffer{}}
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(viewer.With(r.Context(), officer)))
	}))
	const deadline = 200 * time.Millisecond
	c.server.Config.ReadTimeout, c.server.Config.WriteTimeout = deadline, deadline
	c.server.Start()
	t.Cleanup(c.server.Close)
	unlock := lock(t, d, "platforms")
	done := make(chan download, 1)
	go func() {
		got, err := c.begin(t.Context(), officer, export.CSV, `{ purchases(first: 1) { nodes { amount platform { code } } } }`, nil)
		got.err = errors.Join(got.err, err)
		done <- got
	}()
	waitFor(t, d, 1, patience)
	<-time.After(2 * deadline) // until they would have passed
	waitFor(t, d, 1, 0)
	unlock()
	if got := <-done; got.err != nil || !strings.HasPrefix(string(got.text), "amount,platform.code\n250000,") {
		t.Errorf("%v: %q", got.err, got.text)
	}
}

func TestSoManyExportsAtOnce(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	w := newWorld(t, d, 3)
	c := serve(t, w.Registry)
	const query = `{ purchases { nodes { amount platform { code } } } }`
	unlock := lock(t, d, "platforms")
	done := make(chan error)
	start := func(v viewer.Viewer, waiting int) {
		go func() {
			got, err := c.begin(t.Context(), v, export.NDJSON, query, nil)
			if err == nil && (got.err != nil || got.status != http.StatusOK) {
				err = errors.Join(got.err, errors.New(http.StatusText(got.status)))
			}
			done <- err
		}()
		waitFor(t, d, waiting, patience)
	}
	refused := func(v viewer.Viewer) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience) // one that is not refused waits for the lock
		defer cancel()
		got, err := c.begin(ctx, v, export.CSV, query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := c.parse(string(got.text)); got.status != http.StatusTooManyRequests || a.code() != "RATE_LIMITED" || got.header.Get("Retry-After") != "30" {
			t.Errorf("%d %v %s", got.status, got.header, got.text)
		}
	}
	start(analyst, 1)
	start(analyst, 2)
	refused(analyst)
	start(officer, 3)
	start(tokopedia, 4)
	refused(officer)
	refused(admin)
	unlock()
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	c.whole(analyst, export.CSV, query, nil)
}

func TestAnExportHasATimeOfItsOwn(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	w := newWorld(t, d, 3)
	c := serveWith(t, w.Registry, func(cfg *graph.Config) {
		cfg.Budget = func(viewer.Viewer) graph.Budget {
			return graph.Budget{Cost: 1, Time: time.Nanosecond, Export: 200 * time.Millisecond}
		}
	})
	const query = `{ purchases { nodes { amount platform { code } } } }`
	if got := parseFile(t, export.CSV, c.whole(officer, export.CSV, query, nil)); len(got) < 6 {
		t.Errorf("%v", got)
	}
	unlock := lock(t, d, "platforms")
	defer unlock()
	got := c.file(officer, export.CSV, query, nil)
	if a := c.parse(string(got.text)); got.status != http.StatusServiceUnavailable || a.code() != "TIMEOUT" {
		t.Errorf("%d %s", got.status, got.text)
	}
}

// TestAnExportIsWrittenWithoutHTTP is what the command does.
func TestAnExportIsWrittenWithoutHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 1200)
		cfg := graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler)}
		var out bytes.Buffer
		var total int
		var progress []int
		e := graph.Export{
			Viewer: analyst, Query: `query ($n: Int) { participants(first: $n, filter: {cohort: [13]}) { nodes { cardNumber } } }`, Variables: map[string]any{"n": json.Number("1100")},
			Format: export.CSV, Out: &out, Total: func(n int) { total = n }, Written: func(n int) { progress = append(progress, n) },
		}
		if err := graph.WriteExport(t.Context(), cfg, e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{1000, 1100}, progress); diff != "" || total != 1100 || bytes.Count(out.Bytes(), []byte("\n************")) != 1100 {
			t.Errorf("%d rows, %s", total, diff)
		}
		e.Viewer, e.Out = anonymous, io.Discard
		if err := graph.WriteExport(t.Context(), cfg, e); err == nil || !strings.Contains(err.Error(), "may not export") {
			t.Error(err)
		}
		e.Viewer, e.Variables = analyst, map[string]any{"n": "x"}
		if err := graph.WriteExport(t.Context(), cfg, e); err == nil {
			t.Error("a variable of another type was taken")
		}
	})
}
