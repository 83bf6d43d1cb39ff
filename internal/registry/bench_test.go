package registry_test

import (
	"fmt"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// BenchmarkSubmit records groups of purchases, each of another invoice, of five thousand participants in turn.
func BenchmarkSubmit(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		for _, size := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("%s/group=%d", dialect, size), func(b *testing.B) {
				f := registrytest.New(b, dbtest.New(b, dialect))
				cards := f.Cohort13(5000)
				sent := 0
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					group := make([]registry.Submission, size)
					for i := range group {
						e := registrytest.Bought(fmt.Sprintf("INV-%d", sent), cards[sent%len(cards)], wib("2021-04-01T10:00:00"))
						e.CourseCode = fmt.Sprintf("C-%d", sent%50)
						group[i] = f.Message("tokopedia", e)
						sent++
					}
					b.StartTimer()
					f.Send(group...)
				}
				b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "deliveries/s")
			})
		}
	}
}
