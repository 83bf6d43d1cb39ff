package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// rehearsedCohort fills cohort 13 with one of each kind, and sets the clock to three days after the deadline.
func rehearsedCohort(t *testing.T, d *db.DB) *registrytest.Fixture {
	t.Helper()
	f := registrytest.New(t, d)
	if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta"}); err != nil {
		t.Fatal(err)
	}
	inTime := wib("2021-03-20T10:00:00")
	kinds := []struct {
		name string
		play func(s *scene)
	}{
		{"has bought", func(s *scene) { s.buys("tokopedia", "A", inTime) }},
		{"has not bought", func(*scene) {}},
		{"bought too late", func(s *scene) {
			s.Clock.Set(deadline13.Add(24 * time.Hour))
			s.buys("tokopedia", "A", deadline13.Add(11*time.Hour))
		}},
		{"bought, and the platform cancelled after the deadline", func(s *scene) {
			s.buys("tokopedia", "A", inTime)
			s.Clock.Set(deadline13.Add(24 * time.Hour))
			s.voids("tokopedia", "A", deadline13.Add(12*time.Hour))
		}},
		{"was revoked, and reinstated by late evidence", func(s *scene) {
			s.Clock.Set(deadline13.Add(time.Hour))
			s.revokes()
			s.Clock.Set(deadline13.Add(60 * time.Hour))
			s.buys("tokopedia", "A", inTime)
		}},
		{"was revoked, and has a review open", func(s *scene) {
			s.Clock.Set(deadline13.Add(time.Hour))
			s.revokes()
			s.Clock.Set(deadline13.Add(80 * time.Hour))
			s.buys("tokopedia", "A", inTime)
		}},
		{"was revoked, and reinstated by a person", func(s *scene) {
			s.Clock.Set(deadline13.Add(time.Hour))
			s.revokes()
			s.Clock.Set(deadline13.Add(80 * time.Hour))
			s.buys("tokopedia", "A", inTime)
			s.decides(rules.DecisionUphold)
		}},
		{"has more time", func(s *scene) {
			if n, err := extend(s.Fixture, registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: []string{s.card}}); n != 1 || err != nil {
				s.t.Fatalf("extended %d: %v", n, err)
			}
		}},
	}
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	scenes(t, d, f, names, func(s *scene, i int) { kinds[i].play(s) })
	f.Clock.Set(deadline13.Add(84 * time.Hour))
	return f
}

// inWords is what a rehearsal says, in words.
func inWords(r registry.Rehearsed) []string {
	var lines []string
	for t, n := range r.Transitions {
		lines = append(lines, fmt.Sprintf("%d from %s to %s", n, t.From, t.To))
	}
	for province, counts := range r.Provinces {
		for t, n := range counts {
			lines = append(lines, fmt.Sprintf("%d in %s (%s) from %s to %s", n, province, r.Names[province], t.From, t.To))
		}
	}
	slices.Sort(lines)
	return append(lines, fmt.Sprintf("spared %d, longer %d, shorter %d, asked %d then %d", r.Spared, r.Longer, r.Shorter, r.Asked.Before, r.Asked.After))
}

func rehearse(t *testing.T, f *registrytest.Fixture, in registry.Rehearsal) registry.Rehearsed {
	t.Helper()
	in.Cohort = 13
	got, err := f.Rehearse(context.Background(), registrytest.Officer, in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRehearse(t *testing.T) {
	tests := []struct {
		name   string
		change rules.Change
		at     time.Time
		want   []string
	}{
		{"eleven days more", rules.Change{WindowDays: 41}, time.Time{}, []string{
			"1 from AWAITING to AWAITING", "1 from OVERDUE to AWAITING", "1 from OVERDUE to PURCHASED", "1 from REVOKED to PURCHASED", "1 from UNDER_REVIEW to AWAITING",
			"1 in 31 (DKI Jakarta) from OVERDUE to AWAITING", "1 in 31 (DKI Jakarta) from OVERDUE to PURCHASED", "1 in 31 (DKI Jakarta) from REVOKED to PURCHASED",
			"1 in 31 (DKI Jakarta) from UNDER_REVIEW to AWAITING", "3 from PURCHASED to PURCHASED",
			"spared 0, longer 8, shorter 0, asked 2 then 0",
		}},
		{"two days more, which are over", rules.Change{LastDay: wib("2021-04-10T00:00:00")}, time.Time{}, []string{
			"1 from AWAITING to AWAITING", "1 from OVERDUE to OVERDUE", "1 from OVERDUE to PURCHASED", "1 from REVOKED to PURCHASED", "1 from UNDER_REVIEW to UNDER_REVIEW",
			"1 in 31 (DKI Jakarta) from OVERDUE to PURCHASED", "1 in 31 (DKI Jakarta) from REVOKED to PURCHASED", "3 from PURCHASED to PURCHASED",
			"spared 1, longer 6, shorter 0, asked 2 then 1",
		}},
		{"a longer lag limit", rules.Change{LagLimit: new(96 * time.Hour)}, time.Time{}, []string{
			"1 from AWAITING to AWAITING", "1 from REVOKED to PURCHASED", "1 from UNDER_REVIEW to UNDER_REVIEW", "1 in 31 (DKI Jakarta) from REVOKED to PURCHASED",
			"2 from OVERDUE to OVERDUE", "3 from PURCHASED to PURCHASED",
			"spared 0, longer 0, shorter 0, asked 2 then 1",
		}},
		{"a shorter lag limit", rules.Change{LagLimit: new(24 * time.Hour)}, time.Time{}, []string{
			"1 from AWAITING to AWAITING", "1 from PURCHASED to REVOKED", "1 from REVOKED to REVOKED", "1 from UNDER_REVIEW to UNDER_REVIEW",
			"1 in 31 (DKI Jakarta) from PURCHASED to REVOKED", "2 from OVERDUE to OVERDUE", "2 from PURCHASED to PURCHASED",
			"spared 0, longer 0, shorter 0, asked 2 then 3",
		}},
		{"an earlier deadline, looked at when all are over", rules.Change{WindowDays: 10}, wib("2021-05-01T00:00:00"), []string{
			"1 from PURCHASED to REVOKED", "1 from REVOKED to REVOKED", "1 from UNDER_REVIEW to OVERDUE", "1 in 31 (DKI Jakarta) from PURCHASED to REVOKED",
			"1 in 31 (DKI Jakarta) from UNDER_REVIEW to OVERDUE", "2 from PURCHASED to OVERDUE", "2 in 31 (DKI Jakarta) from PURCHASED to OVERDUE", "3 from OVERDUE to OVERDUE",
			"spared 0, longer 0, shorter 7, asked 2 then 0",
		}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := rehearsedCohort(t, d)
		for _, tt := range tests {
			got := rehearse(t, f, registry.Rehearsal{Change: tt.change, At: tt.at})
			if diff := cmp.Diff(tt.want, inWords(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if len(got.Sample) > 0 || got.Participants != 8 {
				t.Errorf("%s: a sample of %d, and %d participants", tt.name, len(got.Sample), got.Participants)
			}
		}
	})
}

func TestTheSampleOfARehearsal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := rehearsedCohort(t, d)
		ask := func(v viewer.Viewer, n int) (lines []string) {
			got, err := f.Rehearse(context.Background(), v, registry.Rehearsal{Cohort: 13, Change: rules.Change{WindowDays: 41}, Sample: n})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range got.Sample {
				line := fmt.Sprintf("%s in %s from %s to %s: %s", p.CardNumber, p.Province, p.From, p.To, p.Why)
				if p.About != nil {
					line += " " + p.About.Platform + "/" + original(p.About.Invoice)
				}
				lines = append(lines, line+", until "+p.After.Deadline.In(rules.WIB).Format(time.DateOnly)+" instead of "+p.Before.Deadline.In(rules.WIB).Format(time.DateOnly))
			}
			return lines
		}
		want := []string{
			"3113000000000002 in 31 from OVERDUE to AWAITING: MORE_TIME, until 2021-04-20 instead of 2021-04-09",
			"3113000000000003 in 31 from OVERDUE to PURCHASED: IN_TIME tokopedia/A, until 2021-04-20 instead of 2021-04-09",
			"3113000000000004 in 31 from UNDER_REVIEW to AWAITING: VOID_IN_TIME tokopedia/A, until 2021-04-20 instead of 2021-04-09",
			"3113000000000006 in 31 from REVOKED to PURCHASED: TRUSTED tokopedia/A, until 2021-04-20 instead of 2021-04-09",
		}
		if diff := cmp.Diff(want, ask(registrytest.Officer, 10)); diff != "" {
			t.Errorf("for an officer (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want[:2], ask(registrytest.Officer, 2)); diff != "" {
			t.Errorf("of two (-want +got):\n%s", diff)
		}
		for i := range want {
			want[i] = strings.Replace(want[i], "311300000000", "************", 1)
		}
		if diff := cmp.Diff(want, ask(viewer.Viewer{Role: viewer.Analyst}, 10)); diff != "" {
			t.Errorf("for an analyst (-want +got):\n%s", diff)
		}
	})
}

// TestTheSampleOfARehearsalShowsWhatIsRare has five who are overdue, and after them one whose purchase was late.
func TestTheSampleOfARehearsalShowsWhatIsRare(t *testing.T) {
	f := registrytest.New(t, dbtest.New(t, db.SQLite))
	cards := f.Cohort13(6)
	f.Clock.Set(deadline13.Add(24 * time.Hour))
	f.Send(f.Message("tokopedia", registrytest.Bought("A", cards[5], deadline13.Add(time.Hour))))
	var got []string
	for _, p := range rehearse(t, f, registry.Rehearsal{Change: rules.Change{WindowDays: 40}, Sample: 3}).Sample {
		got = append(got, p.CardNumber)
	}
	if want := []string{cards[0], cards[1], cards[5]}; !slices.Equal(want, got) {
		t.Errorf("the sample is %v, want %v", got, want)
	}
}

// everyRow returns every row of every table, in words.
func everyRow(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if d.Dialect == db.Postgres {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	var tables []string
	rowsOf := func(query string, each func(*sql.Rows) error) {
		t.Helper()
		if err := db.Query(context.Background(), d.Read, each, query); err != nil {
			t.Fatal(err)
		}
	}
	rowsOf(query, func(rows *sql.Rows) error {
		var name string
		tables = append(tables, "")
		err := rows.Scan(&name)
		tables[len(tables)-1] = name
		return err
	})
	all := map[string][]string{}
	for _, table := range tables {
		rowsOf(`SELECT * FROM "`+table+`"`, func(rows *sql.Rows) error {
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			err = rows.Scan(into...)
			all[table] = append(all[table], fmt.Sprint(values...))
			return err
		})
		slices.Sort(all[table])
	}
	return all
}

// TestARehearsalWritesNothing compares every row of every table, and has no pool to write through.
func TestARehearsalWritesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := rehearsedCohort(t, d)
		before := everyRow(t, d)
		if len(before["participants"]) != 8 || len(before["history"]) == 0 || len(before["reviews"]) == 0 {
			t.Fatalf("there is little to change: %v", before)
		}
		if err := d.Write.Close(); err != nil {
			t.Fatal(err)
		}
		for _, c := range []rules.Change{{WindowDays: 41}, {WindowDays: 10}, {LastDay: wib("2021-04-10T00:00:00")}, {LagLimit: new(time.Duration(0))}, {LagLimit: new(96 * time.Hour)}} {
			if got := rehearse(t, f, registry.Rehearsal{Change: c, Sample: 10}); got.Changed() == 0 {
				t.Errorf("nobody would change: %v", inWords(got))
			}
		}
		if diff := cmp.Diff(before, everyRow(t, d)); diff != "" {
			t.Errorf("rows (-before +after):\n%s", diff)
		}
	})
}

func TestRehearseIsRefused(t *testing.T) {
	f := registrytest.New(t, dbtest.New(t, db.SQLite))
	f.Cohort13(1)
	longer := rules.Change{WindowDays: 35}
	for _, role := range append(viewer.Roles(), "") {
		_, err := f.Rehearse(context.Background(), viewer.Viewer{Role: role, Subject: "x", Platform: "tokopedia"}, registry.Rehearsal{Cohort: 13, Change: longer})
		want := registry.Forbidden
		if slices.Contains([]viewer.Role{viewer.Analyst, viewer.Officer, viewer.Supervisor, viewer.Admin}, role) {
			want = ""
		}
		if got := registry.CodeOf(err); got != want {
			t.Errorf("%s: %q (%v), want %q", role, got, err, want)
		}
	}
	tests := []struct {
		name  string
		in    registry.Rehearsal
		code  registry.Code
		field string
	}{
		{"nothing", registry.Rehearsal{Cohort: 13}, registry.Invalid, "change"},
		{"an unknown cohort", registry.Rehearsal{Cohort: 99, Change: longer}, registry.NotFound, "cohort"},
		{"a window and a last day", registry.Rehearsal{Cohort: 13, Change: rules.Change{WindowDays: 35, LastDay: f.Now()}}, registry.Invalid, "lastDay"},
		{"a negative window", registry.Rehearsal{Cohort: 13, Change: rules.Change{WindowDays: -1}}, registry.Invalid, "windowDays"},
		{"a window of years", registry.Rehearsal{Cohort: 13, Change: rules.Change{WindowDays: 367}}, registry.Invalid, "windowDays"},
		{"a last day before the announcement", registry.Rehearsal{Cohort: 13, Change: rules.Change{LastDay: wib("2021-03-09T23:59:59")}}, registry.Invalid, "lastDay"},
		{"a last day in years", registry.Rehearsal{Cohort: 13, Change: rules.Change{LastDay: wib("2022-03-20T00:00:00")}}, registry.Invalid, "lastDay"},
		{"a negative lag limit", registry.Rehearsal{Cohort: 13, Change: rules.Change{LagLimit: new(-time.Hour)}}, registry.Invalid, "lagLimit"},
		{"the past", registry.Rehearsal{Cohort: 13, Change: longer, At: f.Now().Add(-time.Microsecond)}, registry.Invalid, "at"},
		{"a sample of everybody", registry.Rehearsal{Cohort: 13, Change: longer, Sample: 1001}, registry.Invalid, "sample"},
		{"a negative sample", registry.Rehearsal{Cohort: 13, Change: longer, Sample: -1}, registry.Invalid, "sample"},
	}
	for _, tt := range tests {
		_, err := f.Rehearse(context.Background(), registrytest.Officer, tt.in)
		checkError(t, tt.name, err, tt.code, tt.field)
	}
	if got := rehearse(t, f, registry.Rehearsal{Change: rules.Change{LastDay: wib("2021-03-10T00:00:00")}}); got.Shorter != 1 {
		t.Errorf("the day of the announcement: %v", inWords(got))
	}
}

func TestARehearsalTellsHowFarItIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		const all = 4500
		f.Cohort13(all)
		var steps []int
		got := rehearse(t, f, registry.Rehearsal{Change: rules.Change{WindowDays: 35}, Progress: func(done, of int) {
			if of != all {
				t.Errorf("%d of %d", done, of)
			}
			steps = append(steps, done)
		}})
		if got.Longer != all || len(steps) < 3 || !slices.IsSorted(steps) || steps[len(steps)-1] != all {
			t.Errorf("%d have more time; told %v", got.Longer, steps)
		}
	})
}
