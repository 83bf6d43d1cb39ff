package registry_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// benchPeople is how many participants the benchmarks have; a cohort has up to 600,000.
func benchPeople(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(os.Getenv("GELOMBANG_BENCH_PEOPLE"))
	if err != nil {
		return 5000
	}
	return n
}

// BenchmarkReminders makes the reminders of a stage, looks again for those who still want one, previews a plan, and
// claims and settles some.
func BenchmarkReminders(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			d := dbtest.New(b, dialect)
			f := registrytest.New(b, d)
			people := benchPeople(b)
			f.Cohort13(0)
			row := registry.ParticipantRow{Name: "Siti Rahma", Email: "siti@example.org", Phone: "+62811000000"}
			for line := 0; line < people; {
				rows := make([]registry.ParticipantRow, min(people-line, 50_000))
				for i := range rows {
					line++
					rows[i] = row
					rows[i].Line, rows[i].CardNumber = line+1, fmt.Sprintf("3113%012d", line)
				}
				f.Import(13, rows)
			}
			in := registry.PlanReminders{Cohort: 13, Channels: []rules.ReminderChannel{rules.ChannelEmail}, Language: rules.ID}
			if _, err := f.PlanReminders(b.Context(), registrytest.Officer, in); err != nil {
				b.Fatal(err)
			}
			timed := func(unit string, n int, fn func() error) {
				began := time.Now()
				if err := fn(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(n)/time.Since(began).Seconds(), unit)
			}
			makes := func(want int) func() error {
				return func() error {
					made, err := f.MakeReminders(b.Context())
					if err == nil && made != want {
						err = fmt.Errorf("%d were made", made)
					}
					return err
				}
			}
			for b.Loop() {
				f.Clock.Set(registrytest.Evening)
				if _, err := d.Write.Exec("DELETE FROM reminders"); err != nil {
					b.Fatal(err)
				}
				timed("made/s", people, makes(people))
				timed("looked-at/s", people, makes(0))
				timed("previewed/s", people, func() error {
					_, err := f.PreviewReminders(b.Context(), registrytest.Officer, in)
					return err
				})
				f.Clock.Set(wib("2021-04-07T19:00:00"))
				timed("claims/s", 500, func() error {
					var result *registry.ReminderResult
					for range 500 {
						c, err := f.ClaimReminder(b.Context(), rules.ChannelEmail, result)
						if err != nil {
							return err
						}
						result = &registry.ReminderResult{Reminder: c.Reminder, Outcome: rules.ReminderTaken}
					}
					return nil
				})
			}
		})
	}
}
