package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

func TestExplainDeadline(t *testing.T) {
	announcement := func(when string) func(*rules.ExplainInput) {
		return func(in *rules.ExplainInput) {
			in.AnnouncedAt = at(when)
			in.CohortDeadline = rules.Deadline(in.AnnouncedAt, 30)
			in.Facts.Deadline = in.CohortDeadline
		}
	}
	cohort := func(basis rules.DeadlineBasis, deadline, reference string) func(*rules.ExplainInput) {
		return func(in *rules.ExplainInput) {
			in.Basis, in.CohortDeadline, in.Reference = basis, at(deadline), reference
			in.Facts.Deadline = in.CohortDeadline
		}
	}
	extension := func(scope rules.ExtensionScope, until, reference, reason string) func(*rules.ExplainInput) {
		return func(in *rules.ExplainInput) {
			in.Extensions = append(in.Extensions, rules.ExtensionNote{Scope: scope, Until: at(until), Reference: reference, Reason: reason})
			in.Facts.Deadline = rules.Extend(in.Facts.Deadline, at(until))
		}
	}
	raising := func(until string) func(*rules.ExplainInput) {
		return func(in *rules.ExplainInput) { in.Facts.Deadline, in.Raises = deadline13, []time.Time{at(until)} }
	}
	tests := []struct {
		name   string
		in     rules.ExplainInput
		en, id []string
	}{
		{
			"computed", explained13(),
			[]string{"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.", "Last moment 8 April 2021, 23:59 WIB."},
			[]string{"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.", "Batas akhir 8 April 2021 pukul 23.59 WIB."},
		},
		{
			"announced in the evening", explained13(announcement("2021-09-22 20:00")),
			[]string{"Announced Wednesday 22 September 2021, 20:00 WIB. Day 1 is the whole of that day.", "Day 1 is 22 September, day 30 is 21 October.", "Last moment 21 October 2021, 23:59 WIB."},
			[]string{"Diumumkan Rabu, 22 September 2021, pukul 20.00 WIB. Hari ke-1 adalah seluruh hari itu.", "Hari ke-1 adalah 22 September, hari ke-30 adalah 21 Oktober.", "Batas akhir 21 Oktober 2021 pukul 23.59 WIB."},
		},
		{
			"computed when the window was another", explained13(cohort(rules.BasisComputed, "2021-03-25", "")),
			[]string{"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 15 is 24 March.", "Last moment 24 March 2021, 23:59 WIB."},
			[]string{"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-15 adalah 24 Maret.", "Batas akhir 24 Maret 2021 pukul 23.59 WIB."},
		},
		{
			"decreed", explained13(cohort(rules.BasisDecreed, "2021-12-01", "Kepmenko 1/2021")),
			[]string{"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.", "By decree (Kepmenko 1/2021) the last moment is 30 November 2021, 23:59 WIB, whatever the count of days.", "Last moment 30 November 2021, 23:59 WIB."},
			[]string{"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.", "Menurut ketetapan (Kepmenko 1/2021) batas akhirnya 30 November 2021 pukul 23.59 WIB, berapa pun hitungan harinya.", "Batas akhir 30 November 2021 pukul 23.59 WIB."},
		},
		{
			"extended for the cohort", explained13(cohort(rules.BasisExtended, "2021-04-16", "SE 7/2021")),
			[]string{"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.", "Extended for the whole cohort until 15 April 2021, 23:59 WIB (SE 7/2021).", "Last moment 15 April 2021, 23:59 WIB."},
			[]string{"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.", "Diperpanjang untuk seluruh gelombang sampai 15 April 2021 pukul 23.59 WIB (SE 7/2021).", "Batas akhir 15 April 2021 pukul 23.59 WIB."},
		},
		{
			"extended for the cohort, said once when the extension is given as well",
			explained13(cohort(rules.BasisExtended, "2021-04-16", "SE 7/2021"), extension(rules.ExtendCohort, "2021-04-16", "SE 7/2021", "outage")),
			[]string{"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.", "Extended for the whole cohort until 15 April 2021, 23:59 WIB (SE 7/2021): outage.", "Last moment 15 April 2021, 23:59 WIB."},
			[]string{"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.", "Diperpanjang untuk seluruh gelombang sampai 15 April 2021 pukul 23.59 WIB (SE 7/2021): outage.", "Batas akhir 15 April 2021 pukul 23.59 WIB."},
		},
		{
			"extended for a province, then for named cards until an afternoon; once in vain",
			explained13(extension(rules.ExtendCards, "2021-04-20 15:00", "", ""), extension(rules.ExtendProvince, "2021-04-12", "SE 8/2021", "flood"), extension(rules.ExtendCards, "2021-04-01", "SE 2/2021", "")),
			[]string{
				"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.",
				"An extension for named recipients until 31 March 2021, 23:59 WIB (SE 2/2021) changes nothing: an extension never shortens.",
				"Extended for the province until 11 April 2021, 23:59 WIB (SE 8/2021): flood.",
				"Extended for named recipients until 20 April 2021, 14:59 WIB.",
				"Last moment 20 April 2021, 14:59 WIB.",
			},
			[]string{
				"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.",
				"Perpanjangan untuk penerima tertentu sampai 31 Maret 2021 pukul 23.59 WIB (SE 2/2021) tidak mengubah apa pun: perpanjangan tidak pernah memendekkan waktu.",
				"Diperpanjang untuk provinsi sampai 11 April 2021 pukul 23.59 WIB (SE 8/2021): flood.",
				"Diperpanjang untuk penerima tertentu sampai 20 April 2021 pukul 14.59 WIB.",
				"Batas akhir 20 April 2021 pukul 14.59 WIB.",
			},
		},
		{
			"extended for the province, when it would have harmed",
			explained13(extension(rules.ExtendProvince, "2021-04-12", "SE 8/2021", "flood"), func(in *rules.ExplainInput) { in.Facts.Deadline = deadline13 }),
			[]string{
				"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.",
				"Extended for the province until 11 April 2021, 23:59 WIB (SE 8/2021): flood.",
				"The later deadline does not hold for this recipient: it had passed already when it was granted, and would have taken away a person's decision.",
				"Last moment 8 April 2021, 23:59 WIB.",
			},
			[]string{
				"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.",
				"Diperpanjang untuk provinsi sampai 11 April 2021 pukul 23.59 WIB (SE 8/2021): flood.",
				"Batas waktu yang lebih lama itu tidak berlaku bagi penerima ini: batas itu sudah lewat ketika diberikan, dan akan meniadakan keputusan petugas.",
				"Batas akhir 8 April 2021 pukul 23.59 WIB.",
			},
		},
		{
			"extended for the province, and on its way",
			explained13(extension(rules.ExtendProvince, "2021-04-12", "SE 8/2021", "flood"), raising("2021-04-12")),
			[]string{
				"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.",
				"Extended for the province until 11 April 2021, 23:59 WIB (SE 8/2021): flood.",
				"The later deadline is being applied to one recipient after the other, and has not reached this one yet.",
				"Last moment 8 April 2021, 23:59 WIB.",
			},
			[]string{
				"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.",
				"Diperpanjang untuk provinsi sampai 11 April 2021 pukul 23.59 WIB (SE 8/2021): flood.",
				"Batas waktu yang lebih lama itu sedang diterapkan bagi penerima satu demi satu, dan belum sampai pada penerima ini.",
				"Batas akhir 8 April 2021 pukul 23.59 WIB.",
			},
		},
		{
			"extended when it would have harmed, while a shorter extension is on its way",
			explained13(extension(rules.ExtendProvince, "2021-04-12", "SE 8/2021", "flood"), raising("2021-04-10")),
			[]string{
				"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.",
				"Extended for the province until 11 April 2021, 23:59 WIB (SE 8/2021): flood.",
				"The later deadline does not hold for this recipient: it had passed already when it was granted, and would have taken away a person's decision.",
				"Last moment 8 April 2021, 23:59 WIB.",
			},
			[]string{
				"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.",
				"Diperpanjang untuk provinsi sampai 11 April 2021 pukul 23.59 WIB (SE 8/2021): flood.",
				"Batas waktu yang lebih lama itu tidak berlaku bagi penerima ini: batas itu sudah lewat ketika diberikan, dan akan meniadakan keputusan petugas.",
				"Batas akhir 8 April 2021 pukul 23.59 WIB.",
			},
		},
		{
			"extended already, while others wait for it",
			explained13(extension(rules.ExtendProvince, "2021-04-12", "SE 8/2021", "flood"), func(in *rules.ExplainInput) { in.Raises = []time.Time{at("2021-04-12")} }),
			[]string{
				"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.",
				"Extended for the province until 11 April 2021, 23:59 WIB (SE 8/2021): flood.", "Last moment 11 April 2021, 23:59 WIB.",
			},
			[]string{
				"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.",
				"Diperpanjang untuk provinsi sampai 11 April 2021 pukul 23.59 WIB (SE 8/2021): flood.", "Batas akhir 11 April 2021 pukul 23.59 WIB.",
			},
		},
		{
			"a deadline within a minute shows its seconds", explained13(extension(rules.ExtendCards, "2021-04-20 15:00:30", "", "")),
			[]string{"Announced Wednesday 10 March 2021.", "Day 1 is 10 March, day 30 is 8 April.", "Extended for named recipients until 20 April 2021, 15:00:29 WIB.", "Last moment 20 April 2021, 15:00:29 WIB."},
			[]string{"Diumumkan Rabu, 10 Maret 2021.", "Hari ke-1 adalah 10 Maret, hari ke-30 adalah 8 April.", "Diperpanjang untuk penerima tertentu sampai 20 April 2021 pukul 15.00.29 WIB.", "Batas akhir 20 April 2021 pukul 15.00.29 WIB."},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.en, rules.Explain(tt.in, rules.EN).Deadline); diff != "" {
				t.Errorf("English (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.id, rules.Explain(tt.in, rules.ID).Deadline); diff != "" {
				t.Errorf("Indonesian (-want +got):\n%s", diff)
			}
		})
	}
}
