package rules_test

import (
	"slices"
	"testing"

	"gelombang/internal/rules"
)

func TestCounts(t *testing.T) {
	tests := []struct {
		name     string
		purchase rules.Purchase
		want     bool
	}{
		{"in the middle of the window", bought("tokopedia", "A", "2021-03-20 10:00"), true},
		{"at 00:00 WIB of day 1", bought("tokopedia", "A", "2021-03-09T17:00:00Z"), true},
		{"a microsecond before day 1", bought("tokopedia", "A", "2021-03-09T16:59:59.999999Z"), false},
		{"at 16:59:59 UTC of the last day", bought("tokopedia", "A", "2021-04-08T16:59:59Z"), true},
		{"in the last microsecond", bought("tokopedia", "A", "2021-04-08T16:59:59.999999Z"), true},
		{"at 17:00:00 UTC of the last day", bought("tokopedia", "A", "2021-04-08T17:00:00Z"), false},
		{"reported a month late", bought("tokopedia", "A", "2021-03-20 10:00", received("2021-05-20")), true},
		{"voided in time", bought("tokopedia", "A", "2021-03-20 10:00", voided("2021-03-21")), false},
		{"voided after the deadline", bought("tokopedia", "A", "2021-03-20 10:00", voided("2021-04-10")), false},
		{"pending", bought("tokopedia", "A", "2021-03-20 10:00", standing(rules.EvidencePending)), false},
		{"upheld", bought("tokopedia", "A", "2021-03-20 10:00", standing(rules.EvidenceUpheld)), true},
		{"upheld in spite of a void", bought("tokopedia", "A", "2021-03-20 10:00", voided("2021-04-10"), standing(rules.EvidenceUpheld)), true},
		{"upheld but late", bought("tokopedia", "A", "2021-04-09", standing(rules.EvidenceUpheld)), false},
		{"upheld but before the announcement", bought("tokopedia", "A", "2021-03-09", standing(rules.EvidenceUpheld)), false},
		{"rejected", bought("tokopedia", "A", "2021-03-20 10:00", standing(rules.EvidenceRejected)), false},
		{"without a standing", bought("tokopedia", "A", "2021-03-20 10:00", standing("")), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.purchase.Counts(announced13, deadline13); got != tt.want {
				t.Errorf("Counts = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLateAndVoidedInTime(t *testing.T) {
	tests := []struct {
		name         string
		purchase     rules.Purchase
		late         bool
		voidedInTime bool
	}{
		{"in time, not voided", bought("tokopedia", "A", "2021-04-08 23:59:59"), false, false},
		{"at the deadline", bought("tokopedia", "A", "2021-04-09"), true, false},
		{"before the announcement is not late", bought("tokopedia", "A", "2021-01-01"), false, false},
		{"voided in the last microsecond", bought("tokopedia", "A", "2021-03-20", voided("2021-04-08 23:59:59.999999")), false, true},
		{"voided at the deadline", bought("tokopedia", "A", "2021-03-20", voided("2021-04-09")), false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.purchase.Late(deadline13); got != tt.late {
				t.Errorf("Late = %v, want %v", got, tt.late)
			}
			if got := tt.purchase.VoidedInTime(deadline13); got != tt.voidedInTime {
				t.Errorf("VoidedInTime = %v, want %v", got, tt.voidedInTime)
			}
		})
	}
}

func TestFirstPurchase(t *testing.T) {
	a := bought("tokopedia", "A", "2021-03-20 10:00")
	tests := []struct {
		name      string
		purchases []rules.Purchase
		want      string // invoice; empty for none
	}{
		{"none of none", nil, ""},
		{"the only one", []rules.Purchase{a}, "A"},
		{"the earliest", []rules.Purchase{a, bought("tokopedia", "B", "2021-03-19 10:00")}, "B"},
		{"the earliest by time, not by receipt", []rules.Purchase{a, bought("tokopedia", "B", "2021-03-19 10:00", received("2021-04-01"))}, "B"},
		{"at one instant, by platform", []rules.Purchase{a, bought("bukalapak", "Z", "2021-03-20 10:00")}, "Z"},
		{"at one instant and platform, by invoice", []rules.Purchase{bought("tokopedia", "B", "2021-03-20 10:00"), a}, "A"},
		{"a voided one gives way to the next", []rules.Purchase{bought("tokopedia", "B", "2021-03-19", voided("2021-03-25")), a}, "A"},
		{"a pending one gives way to the next", []rules.Purchase{bought("tokopedia", "B", "2021-03-19", standing(rules.EvidencePending)), a}, "A"},
		{"none when all are late", []rules.Purchase{bought("tokopedia", "B", "2021-04-09"), bought("tokopedia", "C", "2021-04-10")}, ""},
		{"none when all are voided", []rules.Purchase{bought("tokopedia", "B", "2021-03-19", voided("2021-03-25"))}, ""},
		{"one from before the announcement is passed over", []rules.Purchase{bought("tokopedia", "B", "2021-03-09"), a}, "A"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			backwards := slices.Clone(tt.purchases)
			slices.Reverse(backwards)
			for _, purchases := range [][]rules.Purchase{tt.purchases, backwards} {
				got, ok := rules.FirstPurchase(announced13, deadline13, purchases)
				if got.Invoice != tt.want || ok != (tt.want != "") {
					t.Errorf("FirstPurchase = %q, %v, want %q", got.Invoice, ok, tt.want)
				}
			}
		})
	}
}

func TestBalance(t *testing.T) {
	costs := func(invoice string, amount int64, changes ...func(*rules.Purchase)) rules.Purchase {
		p := bought("tokopedia", invoice, "2021-03-20", changes...)
		p.Amount = amount
		return p
	}
	tests := []struct {
		name      string
		purchases []rules.Purchase
		want      int64
	}{
		{"whole before any purchase", nil, 1_000_000},
		{"less every purchase", []rules.Purchase{costs("A", 250_000), costs("B", 300_000)}, 450_000},
		{"a voided purchase gives its money back", []rules.Purchase{costs("A", 250_000, voided("2021-03-21")), costs("B", 300_000)}, 700_000},
		{"a late purchase is paid all the same", []rules.Purchase{costs("A", 250_000, func(p *rules.Purchase) { p.PurchasedAt = at("2021-04-20") })}, 750_000},
		{"a rejected purchase is paid all the same", []rules.Purchase{costs("A", 250_000, standing(rules.EvidenceRejected))}, 750_000},
		{"an upheld void gave its money back", []rules.Purchase{costs("A", 250_000, voided("2021-04-20"), standing(rules.EvidenceUpheld))}, 1_000_000},
		{"to the last rupiah", []rules.Purchase{costs("A", 1_000_000)}, 0},
		{"negative is shown, not refused", []rules.Purchase{costs("A", 1_000_000), costs("B", 1)}, -1},
		{"a free training costs nothing", []rules.Purchase{costs("A", 0)}, 1_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules.Balance(settings, tt.purchases); got != tt.want {
				t.Errorf("Balance = %d, want %d", got, tt.want)
			}
		})
	}
}
