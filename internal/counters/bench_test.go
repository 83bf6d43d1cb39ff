package counters_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// BenchmarkSubmit records groups of purchases in two databases in turn, of which one has no triggers, and tells what a
// group takes in the middle, in either.
func BenchmarkSubmit(b *testing.B) {
	for _, size := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("postgres/group=%d", size), func(b *testing.B) {
			counted, plain := newTown(b, db.Postgres), newTown(b, db.Postgres)
			plain.withoutTriggers()
			var with, without []time.Duration
			for b.Loop() {
				with = append(with, counted.send(size))
				without = append(without, plain.send(size))
			}
			w, wo := middle(with), middle(without)
			b.ReportMetric(float64(w.Microseconds()), "counted-µs/group")
			b.ReportMetric(float64(wo.Microseconds()), "plain-µs/group")
			b.ReportMetric(100*float64(w-wo)/float64(wo), "%more")
		})
	}
}

// middle is the median.
func middle(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// town is a database with participants of every kind, who buy in turn.
type town struct {
	*registrytest.Fixture
	b     testing.TB
	db    *db.DB
	cards []string
	sent  int
}

const people = 20_000

func newTown(b testing.TB, dialect db.Dialect) *town {
	b.Helper()
	d := dbtest.New(b, dialect)
	t := &town{Fixture: registrytest.New(b, d), b: b, db: d}
	t.Cohort13(0)
	rows := make([]registry.ParticipantRow, people)
	for i := range rows {
		rows[i] = registry.ParticipantRow{
			Line: i + 2, CardNumber: fmt.Sprintf("3113%012d", i+1), Province: fmt.Sprint(11 + i*7919%34),
			Gender: []rules.Gender{rules.GenderFemale, rules.GenderMale}[i*31%2], Education: rules.Education(rules.Education("").Values()[i*13%6]),
			BirthDate: time.Date(1960+i*17%42, 5, 1, 0, 0, 0, 0, time.UTC),
		}
		t.cards = append(t.cards, rows[i].CardNumber)
	}
	for chunk := range slices.Chunk(rows, 5000) {
		t.Import(13, chunk)
	}
	return t
}

func (t *town) withoutTriggers() {
	t.b.Helper()
	for _, table := range []string{"participants", "purchases"} {
		if _, err := t.db.Write.Exec("ALTER TABLE " + table + " DISABLE TRIGGER USER"); err != nil {
			t.b.Fatal(err)
		}
	}
}

// send records a group of purchases and returns how long that took.
func (t *town) send(size int) time.Duration {
	group := make([]registry.Submission, size)
	for i := range group {
		n := t.sent * 7919 % people
		e := registrytest.Bought(fmt.Sprintf("INV-%d", t.sent), t.cards[n], registrytest.Evening.Add(-time.Duration(n%20*24)*time.Hour))
		e.CourseCode = fmt.Sprintf("C-%d", n*n%500)
		group[i] = t.Message([]string{"tokopedia", "pintaria"}[n%2], e)
		t.sent++
	}
	start := time.Now()
	t.Send(group...)
	return time.Since(start)
}
