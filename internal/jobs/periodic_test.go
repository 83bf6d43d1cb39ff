package jobs

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// dues are the instants at which the jobs of a kind were due.
func dues(t *testing.T, d *db.DB, kind string) []time.Time {
	t.Helper()
	var out []time.Time
	err := db.Query(context.Background(), d.Write, func(rows *sql.Rows) error {
		var due time.Time
		err := rows.Scan(&due)
		out = append(out, due)
		return err
	}, "SELECT scheduled_at FROM river_job WHERE kind = $1 ORDER BY id", kind)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// onceAPeriod fails the test if there were two jobs of the kind in one period.
func onceAPeriod(t *testing.T, d *db.DB, kind string, every time.Duration) {
	t.Helper()
	seen := map[time.Time]bool{}
	for _, due := range dues(t, d, kind) {
		if begin := due.UTC().Truncate(every); seen[begin] {
			t.Errorf("%s ran twice in the period from %v", kind, begin)
		} else {
			seen[begin] = true
		}
	}
}

// TestTimeBringsWorkRoundOnceAPeriod on however many servers, also when it fails, and when the lead passes from one to
// another, which does again at its start only what has not been done in the period.
func TestTimeBringsWorkRoundOnceAPeriod(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			d := dbtest.Open(t, cfg)
			ran, daily := make(chan struct{}, 100), make(chan struct{}, 100)
			work := Config{Periodics: []Periodic{
				{Name: "sweep", Every: time.Second, Run: func(context.Context) error { ran <- struct{}{}; return nil }},
				{Name: "broken", Every: time.Second, RunOnStart: true, Run: func(context.Context) error { return errors.New("broken") }},
				{Name: "daily", Every: 24 * time.Hour, RunOnStart: true, Run: func(context.Context) error { daily <- struct{}{}; return nil }},
			}}
			var servers [2]*Jobs
			for i := range servers {
				work.DB = dbtest.Open(t, cfg)
				servers[i] = running(t, work)
			}
			receive(t, daily)
			for range 2 {
				receive(t, ran)
			}
			// One of them leads. Whichever it is, the other must take over.
			stop(t, servers[0])
			work.DB = dbtest.Open(t, cfg)
			third := running(t, work)
			stop(t, servers[1])
			for len(ran) > 0 {
				<-ran
			}
			for range 2 {
				receive(t, ran)
			}
			stop(t, third)
			onceAPeriod(t, d, "sweep", time.Second)
			onceAPeriod(t, d, "daily", 24*time.Hour)
			if n := len(dues(t, d, "daily")); len(daily) != n-1 {
				t.Errorf("there were %d daily jobs, which ran %d times", n, len(daily)+1)
			}
			for _, s := range table(t, d) {
				// One that the end found waiting or interrupted is available, without a failure to its name.
				if s.Kind == "broken" && s != (stored{"broken", "discarded", 1}) && s != (stored{"broken", "available", 0}) {
					t.Errorf("a job is %+v", s)
				}
			}
		})
	}
}

// TestPeriodsAreTheSameOnEveryServer whenever it started.
func TestPeriodsAreTheSameOnEveryServer(t *testing.T) {
	at := func(text string) time.Time {
		out, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, tt := range []struct {
		every     time.Duration
		now, next string
	}{
		{time.Hour, "2021-04-06T17:45:00+07:00", "2021-04-06T18:00:00+07:00"},
		{time.Hour, "2021-04-06T18:00:00+07:00", "2021-04-06T19:00:00+07:00"},
		{30 * time.Second, "2021-04-06T17:45:01+07:00", "2021-04-06T17:45:30+07:00"},
		{24 * time.Hour, "2021-04-06T06:59:59+07:00", "2021-04-06T07:00:00+07:00"},
	} {
		if got := periods(tt.every).Next(at(tt.now)); !got.Equal(at(tt.next)) {
			t.Errorf("after %s, every %v: %v, want %s", tt.now, tt.every, got, tt.next)
		}
	}
}

// TestWorkThatWaitedForPeriodsIsLeftOut since a later one of its kind is there.
func TestWorkThatWaitedForPeriodsIsLeftOut(t *testing.T) {
	runs := 0
	p := Periodic{Every: time.Hour, Run: func(context.Context) error { runs++; return nil }}
	if next, err := p.run(t.Context(), time.Now().Add(-90*time.Minute)); next != Done() || err != nil || runs != 1 {
		t.Errorf("after one and a half periods: %v, %v, %d runs", next, err, runs)
	}
	if next, err := p.run(t.Context(), time.Now().Add(-3*time.Hour)); next != GiveUp() || err == nil || runs != 1 {
		t.Errorf("after three: %v, %v, %d runs", next, err, runs)
	}
}
