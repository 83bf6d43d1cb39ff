package main

import (
	"testing"
	"time"

	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// twoReviews leaves two reviews of cohort 13 and one of cohort 12: two purchases were cancelled after the deadline, and
// one of somebody revoked was reported after the lag limit.
func twoReviews(f *registrytest.Fixture) {
	at := func(day, hour int) time.Time { return time.Date(2021, 4, day, hour, 0, 0, 0, rules.WIB) }
	earlier := f.Cohort(12, time.Date(2021, 3, 3, 12, 0, 0, 0, rules.WIB), 1)
	cards := f.Cohort13(3)
	f.Send(f.Message("tokopedia", registrytest.Bought("INV-1", earlier[0], at(1, 9))), f.Message("pintaria", registrytest.Bought("INV-2", cards[0], at(1, 9))))
	f.Clock.Set(at(12, 0))
	f.Send(f.Message("tokopedia", registrytest.Voided("INV-1", at(11, 9))))
	f.Clock.Set(at(12, 1))
	f.Send(f.Message("pintaria", registrytest.Voided("INV-2", at(11, 9))))
	f.Settle(13)
	f.Clock.Set(at(20, 0))
	f.Send(f.Message("tokopedia", registrytest.Bought("INV-3", cards[1], at(7, 9))))
}

func TestReviewsAreDecidedFromTheTerminal(t *testing.T) {
	actingOn(t, twoReviews, func(t *testing.T, _ *registrytest.Fixture) {
		for _, l := range []typedLine{
			{args: "review list", out: []string{
				"REVIEW COHORT CARD STATUS KIND STATE OPENED PLATFORM INVOICE PURCHASED DECISION\n1 12 3112000000000001 UNDER_REVIEW VOID_AFTER_DEADLINE OPEN 2021-04-12 00:00 WIB tokopedia INV-1 2021-04-01 09:00 WIB -\n2 13 ",
				"\n3 13 3113000000000002 REVOKED LATE_EVIDENCE OPEN 2021-04-20 00:00 WIB tokopedia INV-3 2021-04-07 09:00 WIB -\n",
			}},
			{args: "review list --cohort 13 --first 1", out: []string{"\n2 13 "}, errOut: []string{"1 of 2 are shown"}, not: []string{"\n1 12 ", "\n3 13 "}},
			{args: "review list --cohort 99", code: exitFault, errOut: []string{"there is no cohort 99"}},
			{args: "review show 3", out: []string{
				"Review 3\nKind LATE_EVIDENCE\nState OPEN\n", "Status REVOKED\nDeadline 2021-04-08 23:59 WIB\nPurchase INV-3 at tokopedia, 250000 rupiah\nPurchased 2021-04-07 09:00 WIB\nReported 2021-04-20 00:00 WIB\n",
				"\nThe deadline\nAnnounced Wednesday 10 March 2021", "against (PENDING): ",
			}, not: []string{"Decision"}},
			{args: "review show 2 --language id", out: []string{"Cancelled 2021-04-11 09:00 WIB\n", "\nBatas waktu\n"}},
			{args: "review show 99", code: exitFault, errOut: []string{"there is no review 99"}},
			{args: "review decide 3 --note 'a receipt'", code: exitUsage, errOut: []string{"say what is decided: either --uphold or --reject"}},
			{args: "review decide 3 --uphold --reject --note 'a receipt'", code: exitUsage, errOut: []string{"either --uphold or --reject"}},
			{args: "review decide 3 --uphold", code: exitUsage, errOut: []string{"missing flags: --note"}},
			{args: "review decide 3 --uphold --note ' '", code: exitUsage, errOut: []string{"--note: say why, for the history"}},
			{args: "review decide 99 --uphold --note 'a receipt'", code: exitFault, errOut: []string{"there is no such review"}},
			{args: "review decide 3 --uphold --note 'a receipt was shown'", out: []string{"State DECIDED\n", "Status PURCHASED\n", "Decision UPHOLD, by siti\nNote a receipt was shown\n"}},
			{args: "review decide 3 --reject --note 'no'", code: exitFault, errOut: []string{"the review is closed already"}},
			{args: "review decide 2 --reject --reason 'the platform confirms it'", out: []string{"State DECIDED\n", "Status OVERDUE\n", "Decision REJECT, by siti\n"}},
			{args: "review list --open", out: []string{"\n1 12 "}, not: []string{"\n2 13 ", "\n3 13 "}},
			{args: "review list --cohort 13 --open", not: []string{" 13 "}},
			{args: "explain 3113000000000002", out: []string{"Status PURCHASED\n", "for (UPHELD): Invoice INV-3"}},
		} {
			l.check(t)
		}
	})
}
