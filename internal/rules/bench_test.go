package rules_test

import (
	"fmt"
	"testing"
	"time"

	"gelombang/internal/rules"
)

// many is a set of n purchases, latest first, the first half of them by time voided.
func many(n int) []rules.Purchase {
	purchases := make([]rules.Purchase, n)
	for i := range purchases {
		p := bought("tokopedia", fmt.Sprintf("INV-%04d", i), "2021-04-01")
		p.PurchasedAt = p.PurchasedAt.Add(-time.Duration(i) * time.Hour)
		if i > n/2 {
			p.VoidedAt = p.PurchasedAt.Add(time.Hour)
		}
		purchases[i] = p
	}
	return purchases
}

func BenchmarkFirstPurchase(b *testing.B) {
	for _, n := range []int{1, 3, 100} {
		purchases := many(n)
		b.Run(fmt.Sprintf("purchases=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := rules.FirstPurchase(announced13, deadline13, purchases); !ok {
					b.Fatal("no first purchase")
				}
			}
		})
	}
}

func BenchmarkReconsider(b *testing.B) {
	for _, n := range []int{0, 1, 3, 100} {
		purchases, m := many(n), membership13("")
		b.Run(fmt.Sprintf("purchases=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if out := rules.Reconsider(m, purchases, settings); (out.Facts.FirstPurchase != nil) != (n > 0) {
					b.Fatal("wrong first purchase")
				}
			}
		})
	}
	late, revoked := many(3), membership13("2021-04-09 12:00")
	for i := range late {
		late[i].Evidence, late[i].ReceivedAt = rules.EvidencePending, at("2021-05-01")
	}
	b.Run("revoked with pending evidence", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if out := rules.Reconsider(revoked, late, settings); !out.Facts.ReviewOpen {
				b.Fatal("no review")
			}
		}
	})
}

func BenchmarkExplain(b *testing.B) {
	purchases, m := many(3), membership13("")
	in := rules.ExplainInput{
		Cohort: 13, AnnouncedAt: announced13, CohortDeadline: deadline13, Basis: rules.BasisComputed,
		Facts: rules.Reconsider(m, purchases, settings).Facts, Purchases: purchases, Settings: settings, Now: at("2021-04-06 17:45"),
	}
	for _, lang := range []rules.Language{rules.EN, rules.ID} {
		b.Run(string(lang), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if x := rules.Explain(in, lang); len(x.Evidence) != 3 {
					b.Fatal("no evidence")
				}
			}
		})
	}
}
