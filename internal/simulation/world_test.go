package simulation

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// Histories of one database follow each other in time, so that what platforms have stated and suffered in one means
// nothing to the next. A database takes so many of them: it stays small, and its clock within the calendar.
const (
	perDatabase = 200
	spacing     = 100 * day
	last        = 80 * day // no deadline is later
)

// fleet is what histories share: a database, two servers on it, and seven platforms.
type fleet struct {
	t       testing.TB
	dialect db.Dialect
	seen    map[string]int // how often what happened
	played  int

	db       *db.DB
	wire     *wire
	fixture  *registrytest.Fixture
	servers  []*registry.Registry
	codes    []string // of the platforms, in the order of their ids
	prepared map[string]*sql.Stmt
}

func (f *fleet) open() {
	f.t.Helper()
	if f.db != nil {
		f.close()
	}
	f.db, f.wire = plug(f.t, f.dialect)
	f.db.Analysis.SetMaxOpenConns(1) // for prepared statements
	f.prepared = map[string]*sql.Stmt{}
	f.fixture = registrytest.New(f.t, f.db)
	ctx := context.Background()
	f.codes = []string{"tokopedia", "pintaria"}
	for _, code := range []string{"bukalapak", "kariermu", "maubelajar", "pijar", "sekolahmu"} {
		f.addPlatform(code)
	}
	if err := f.fixture.PutProvinces(ctx, registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat", "91": "Papua Barat"}); err != nil {
		f.t.Fatal(err)
	}
	f.servers = []*registry.Registry{f.fixture.Another(f.db), f.fixture.Another(f.db)}
}

func (f *fleet) close() {
	f.t.Helper()
	for _, stmt := range f.prepared {
		if err := stmt.Close(); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := f.db.Close(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) codeOf(id int) string {
	for code, known := range f.fixture.Platforms {
		if known == id {
			return code
		}
	}
	return fmt.Sprintf("platform %d", id)
}

// world is one history: the people, the platforms with what they have not sent yet, and the model of what must be stored.
type world struct {
	t      *rapid.T
	fleet  *fleet
	m      *model
	base   time.Time
	run    int // of this database
	server int
	calm   bool // nothing goes wrong any more

	outbox map[string][]message // by platform
	sent   []message
	sold   []message // purchases, sent or not
	dark   map[string]bool
	named  int // invoices and message ids

	outcomes map[string]string // that were seen, by settlement and card
	told     int               // the last entry of the history that was looked at
	replayed map[int]facts
}

// history plays one.
func (f *fleet) history(t *rapid.T) {
	run := f.played % perDatabase
	if run == 0 {
		f.open()
	}
	f.played++
	w := &world{
		t: t, fleet: f, run: run, base: time.Date(2021, 1, 1, 0, 0, 0, 0, rules.WIB).Add(time.Duration(int64(run)*spacing) * time.Microsecond),
		outbox: map[string][]message{}, dark: map[string]bool{}, replayed: map[int]facts{}, outcomes: map[string]string{},
		m: &model{words: map[string]*word{}, codes: f.codes, heard: map[string][]message{}, brought: map[string]bool{}},
	}
	for _, code := range f.codes {
		w.m.words[code] = &word{}
	}
	defer w.tidy()
	w.begin()
	for range w.upTo("steps", 20, 35) {
		w.step()
	}
	w.end()
}

func (w *world) saw(what string) { w.fleet.seen[what]++ }

// number is the number of one of the two cohorts of the history.
func (w *world) number(cohort int) int { return 2*w.run + 1 + cohort }

func (w *world) at(m moment) db.Time {
	return db.Time{Time: w.base.Add(time.Duration(m) * time.Microsecond)}
}

func (w *world) moment(t db.Time) moment {
	if t.IsZero() {
		return 0
	}
	return t.Sub(w.base).Microseconds()
}

// each reads rows by a statement that is prepared once.
func (w *world) each(query string, scan func(*sql.Rows) error, args ...any) {
	w.t.Helper()
	ctx := context.Background()
	stmt, known := w.fleet.prepared[query]
	if !known {
		var err error
		if stmt, err = w.fleet.db.Analysis.PrepareContext(ctx, query); err != nil {
			w.t.Fatalf("prepare: %v", err)
		}
		w.fleet.prepared[query] = stmt
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		w.t.Fatalf("read: %v", err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
	}()
	for rows.Next() {
		if err := scan(rows); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatalf("read: %v", err)
	}
}

// idOf is the id that a query finds.
func (w *world) idOf(query string, args ...any) int {
	w.t.Helper()
	id := 0
	w.each(query, func(rows *sql.Rows) error { return rows.Scan(&id) }, args...)
	if id == 0 {
		w.t.Fatalf("nothing is found by %s of %v", query, args)
	}
	return id
}

// begin announces one or two cohorts and imports most of their members.
func (w *world) begin() {
	w.t.Helper()
	ctx, r := context.Background(), w.fleet.servers[0]
	w.setClock(14 * day)
	for i := range w.upTo("cohorts", 1, 2) {
		announced := 10*day + moment(3*i)*day
		_, err := r.AnnounceCohort(ctx, registrytest.Officer, registry.AnnounceCohort{Number: w.number(i), Quota: 100, AnnouncedAt: w.at(announced + 12*hour).Time})
		if err != nil {
			w.t.Fatal(err)
		}
		w.m.cohorts = append(w.m.cohorts, cohort{announced: announced, deadline: announced + window, provinces: map[string]moment{}})
		var first []*person
		for j := range w.upTo("members", 3, 6) {
			p := &person{
				card: fmt.Sprintf("36%010d%02d%02d", w.run, i, j), nik: fmt.Sprintf("99%010d%02d%02d", w.run, i, j),
				province: []string{"31", "32", "91"}[j%3], cohort: i,
			}
			w.m.people = append(w.m.people, p)
			if j == 0 || !pick(w, "imported later", false, false, false, true) {
				first = append(first, p)
			}
		}
		result, err := r.ImportParticipants(ctx, registrytest.Officer, w.number(i), rowsOf(first))
		if err != nil || result.Added != len(first) {
			w.t.Fatalf("import: %v, %v", result, err)
		}
		w.m.join(first)
	}
	w.setClock(40*day + pick(w, "begins after the deadline", -day, -hour, -minute, hour, 2*day, lagLimit))
	w.fleet.wire.setChunk(w.upTo("chunk", 1, 3))
	w.check()
}

func rowsOf(people []*person) []registry.ParticipantRow {
	rows := make([]registry.ParticipantRow, len(people))
	for i, p := range people {
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: p.card, NIK: p.nik, Province: p.province}
	}
	return rows
}

func (w *world) setClock(now moment) {
	w.m.now = now
	w.fleet.fixture.Clock.Set(w.at(now).Time)
}

// tidy takes the platforms out of what the history has left them in, for the next one.
func (w *world) tidy() {
	w.fleet.wire.disarm()
	_, err := w.fleet.db.Write.ExecContext(context.Background(), "UPDATE outages SET ends_at = $1 WHERE ends_at IS NULL OR ends_at > $1", w.at(w.m.now).Time)
	if err != nil {
		w.fleet.t.Errorf("end the outages: %v", err)
	}
}

// phase is a transaction of something that is done, as the model sees it. A phase holds no pointer into a model: it may
// be tried on several.
type phase = func(*model)

// do has a server do something. Unless it has to refuse with the code, all phases must come of it. When the server dies or
// its network fails half-way, some of them must have come of it, in their order, and nothing else.
func (w *world) do(what string, code registry.Code, phases []phase, call func(context.Context, *registry.Registry) error) error {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f := w.mishap()
	if f.kind == cancelled {
		w.fleet.wire.arm(f, cancel)
	} else {
		w.fleet.wire.arm(f, nil)
	}
	err := call(ctx, w.fleet.servers[w.server])
	failed := w.fleet.wire.disarm()
	w.saw("step")
	w.t.Logf("%s: %s: %v", clock(w.m.now), what, err)
	if code != "" {
		phases = nil
	}
	if failed {
		w.server = 1 - w.server
		w.survive(phases)
		return err
	}
	if registry.CodeOf(err) != code || (err != nil) != (code != "") {
		w.t.Fatalf("%s: %v, want %q", what, err, code)
	}
	for _, p := range phases {
		p(w.m)
	}
	w.check()
	return err
}

// survive finds out how far it came.
func (w *world) survive(phases []phase) {
	w.t.Helper()
	got := w.read().lines(w)
	diff := ""
	for n := len(phases); n >= 0; n-- {
		m := w.m.clone()
		for _, p := range phases[:n] {
			p(m)
		}
		d := difference(m.lines(), got)
		if d == "" {
			w.saw(fmt.Sprintf("died after %d of %d", min(n, 3), min(len(phases), 3)))
			w.m = m
			w.check()
			return
		}
		if diff == "" {
			diff = d
		}
	}
	w.t.Fatalf("the server died, and what is stored is neither nothing nor a beginning of what it was doing; all of it would be (-model +stored):\n%s", diff)
}

// mishap draws what goes wrong with the next step: as a rule, nothing.
func (w *world) mishap() fault {
	if w.calm || w.upTo("mishap", 0, 7) < 7 {
		return fault{}
	}
	kind := pick(w, "kind", lostStatement, lostBeforeCommit, lostAfterCommit, cancelled)
	if kind == lostBeforeCommit || kind == lostAfterCommit {
		return fault{kind, w.upTo("after commits", 0, 2)}
	}
	return fault{kind, w.upTo("after statements", 0, 20)}
}

// clock shows a moment as day, hour and what is left.
func clock(m moment) string {
	return fmt.Sprintf("day %d %s", m/day, time.Duration(m%day)*time.Microsecond)
}
