package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

// explained13 is a member of cohort 13 on the evening of 6 April 2021; the changes follow.
func explained13(changes ...func(*rules.ExplainInput)) rules.ExplainInput {
	in := rules.ExplainInput{
		Cohort:         13,
		AnnouncedAt:    announced13,
		CohortDeadline: deadline13,
		Basis:          rules.BasisComputed,
		Facts:          rules.Facts{Deadline: deadline13},
		PlatformName: func(code string) string {
			return map[string]string{"tokopedia": "Tokopedia", "sekolahmu": "Sekolah.mu"}[code]
		},
		Settings: settings,
		Now:      at("2021-04-06 17:45"),
	}
	for _, change := range changes {
		change(&in)
	}
	return in
}

func on(now string) func(*rules.ExplainInput) {
	return func(in *rules.ExplainInput) { in.Now = at(now) }
}

// holding gives the participant purchases, and the facts that follow from them.
func holding(revokedAt string, purchases ...rules.Purchase) func(*rules.ExplainInput) {
	return func(in *rules.ExplainInput) {
		m := membership13(revokedAt)
		m.Facts.Deadline = in.Facts.Deadline
		out := rules.Reconsider(m, purchases, settings)
		in.Purchases, in.Facts = purchases, out.Facts
		for _, r := range out.Reviews {
			in.Reviews = append(in.Reviews, rules.ReviewNote{ReviewNeed: r, OpenedAt: at("2021-04-12 09:00")})
		}
	}
}

func TestExplainSummaryAndAwaited(t *testing.T) {
	const inTime = "2021-03-20 14:05:09"
	tests := []struct {
		name      string
		in        rules.ExplainInput
		en        string
		enAwaited []string
		id        string
		idAwaited []string
	}{
		{
			"awaiting", explained13(),
			"Recipient of cohort 13, no first training bought yet. It may be bought until 8 April 2021, 23:59 WIB: 2 days 6 hours left.",
			[]string{"A first purchase, until 8 April 2021, 23:59 WIB."},
			"Penerima gelombang 13, belum membeli pelatihan pertama. Pembelian masih dapat dilakukan sampai 8 April 2021 pukul 23.59 WIB: sisa waktu 2 hari 6 jam.",
			[]string{"Pembelian pertama, sampai 8 April 2021 pukul 23.59 WIB."},
		},
		{
			"awaiting, in the last seconds", explained13(on("2021-04-08 23:59:30")),
			"Recipient of cohort 13, no first training bought yet. It may be bought until 8 April 2021, 23:59 WIB: less than a minute left.",
			[]string{"A first purchase, until 8 April 2021, 23:59 WIB."},
			"Penerima gelombang 13, belum membeli pelatihan pertama. Pembelian masih dapat dilakukan sampai 8 April 2021 pukul 23.59 WIB: sisa waktu kurang dari satu menit.",
			[]string{"Pembelian pertama, sampai 8 April 2021 pukul 23.59 WIB."},
		},
		{
			"purchased", explained13(holding("", bought("tokopedia", "INV-1", inTime))),
			"Recipient of cohort 13, first training bought in time: invoice INV-1 at Tokopedia, 20 March 2021, 14:05:09 WIB.",
			nil,
			"Penerima gelombang 13, pelatihan pertama dibeli tepat waktu: invoice INV-1 di Tokopedia, 20 Maret 2021 pukul 14.05.09 WIB.",
			nil,
		},
		{
			"purchased, the purchase itself not given", explained13(func(in *rules.ExplainInput) { in.Facts.FirstPurchase = key("pintaria", "INV-1") }),
			"Recipient of cohort 13, first training bought in time: invoice INV-1 at pintaria.",
			nil,
			"Penerima gelombang 13, pelatihan pertama dibeli tepat waktu: invoice INV-1 di pintaria.",
			nil,
		},
		{
			"reinstated by a late report",
			explained13(on("2021-04-10"), holding("2021-04-09 12:00", bought("tokopedia", "INV-1", inTime)), func(in *rules.ExplainInput) { in.ReinstatedAt = at("2021-04-09 13:00") }),
			"Recipient of cohort 13, first training bought in time: invoice INV-1 at Tokopedia, 20 March 2021, 14:05:09 WIB. An earlier revocation ended 9 April 2021, 13:00:00 WIB.",
			nil,
			"Penerima gelombang 13, pelatihan pertama dibeli tepat waktu: invoice INV-1 di Tokopedia, 20 Maret 2021 pukul 14.05.09 WIB. Pencabutan sebelumnya berakhir 9 April 2021 pukul 13.00.00 WIB.",
			nil,
		},
		{
			"overdue, with messages that wait", explained13(on("2021-04-09"), func(in *rules.ExplainInput) { in.WaitingDeliveries = 2 }),
			"Recipient of cohort 13, no purchase known that counts. The time to buy ended 8 April 2021, 23:59 WIB. The membership is not revoked.",
			[]string{
				"A report of a purchase made in time. It counts whenever it arrives before a revocation.",
				"The settlement of the cohort, which one person prepares and another approves.",
				"2 messages from platforms about this card that cannot be applied yet.",
			},
			"Penerima gelombang 13, tidak diketahui adanya pembelian yang diperhitungkan. Waktu pembelian berakhir 8 April 2021 pukul 23.59 WIB. Kepesertaan tidak dicabut.",
			[]string{
				"Laporan tentang pembelian yang dilakukan tepat waktu. Pembelian itu diperhitungkan kapan pun laporannya tiba sebelum pencabutan.",
				"Penyelesaian gelombang, yang disiapkan oleh satu petugas dan disetujui oleh petugas lain.",
				"2 pesan dari platform tentang kartu ini yang belum dapat diterapkan.",
			},
		},
		{
			"under review", explained13(on("2021-04-13"), holding("", bought("tokopedia", "INV-1", inTime, voided("2021-04-11")))),
			"Recipient of cohort 13. Whether a first training was bought in time is for a person to decide. Until then the membership is not revoked.",
			[]string{
				"A report of a purchase made in time. It counts whenever it arrives before a revocation.",
				"A person's decision, open since 12 April 2021, whether invoice INV-1 at Tokopedia counts: the platform cancelled it after the last moment.",
			},
			"Penerima gelombang 13. Apakah pelatihan pertama dibeli tepat waktu akan diputuskan oleh petugas. Sampai saat itu kepesertaan tidak dicabut.",
			[]string{
				"Laporan tentang pembelian yang dilakukan tepat waktu. Pembelian itu diperhitungkan kapan pun laporannya tiba sebelum pencabutan.",
				"Keputusan petugas, dibuka sejak 12 April 2021, apakah invoice INV-1 di Tokopedia diperhitungkan: dibatalkan oleh platform setelah batas akhir.",
			},
		},
		{
			"under review, the review itself not given", explained13(on("2021-04-13"), func(in *rules.ExplainInput) { in.Facts.ReviewOpen, in.WaitingDeliveries = true, 1 }),
			"Recipient of cohort 13. Whether a first training was bought in time is for a person to decide. Until then the membership is not revoked.",
			[]string{
				"A report of a purchase made in time. It counts whenever it arrives before a revocation.",
				"A person's decision.",
				"1 message from a platform about this card that cannot be applied yet.",
			},
			"Penerima gelombang 13. Apakah pelatihan pertama dibeli tepat waktu akan diputuskan oleh petugas. Sampai saat itu kepesertaan tidak dicabut.",
			[]string{
				"Laporan tentang pembelian yang dilakukan tepat waktu. Pembelian itu diperhitungkan kapan pun laporannya tiba sebelum pencabutan.",
				"Keputusan petugas.",
				"1 pesan dari platform tentang kartu ini yang belum dapat diterapkan.",
			},
		},
		{
			"revoked, at the end of the lag limit", explained13(on("2021-04-12"), holding("2021-04-09 12:00"), func(in *rules.ExplainInput) { in.RevokedReason = "settlement of cohort 13" }),
			"Recipient of cohort 13, membership revoked 9 April 2021, 12:00:00 WIB: no purchase that counts was known, and the time to buy ended 8 April 2021, 23:59 WIB. Reason given: settlement of cohort 13.",
			[]string{"A report of a purchase made in time. It reinstates at once when it arrives by 12 April 2021, 00:00:00 WIB and the platform had not stated that all was sent; otherwise a person decides."},
			"Penerima gelombang 13, kepesertaan dicabut 9 April 2021 pukul 12.00.00 WIB: tidak diketahui adanya pembelian yang diperhitungkan, dan waktu pembelian berakhir 8 April 2021 pukul 23.59 WIB. Alasan yang diberikan: settlement of cohort 13.",
			[]string{"Laporan tentang pembelian yang dilakukan tepat waktu. Kepesertaan langsung dipulihkan bila laporan tiba paling lambat 12 April 2021 pukul 00.00.00 WIB dan platform belum menyatakan semua laporan telah dikirim; selain itu petugas yang memutuskan."},
		},
		{
			"revoked, with late evidence before a person",
			explained13(on("2021-04-13"), holding("2021-04-09 12:00", bought("sekolahmu", "INV-2", inTime, received("2021-04-12 08:00"), standing(rules.EvidencePending)))),
			"Recipient of cohort 13, membership revoked 9 April 2021, 12:00:00 WIB: no purchase that counts was known, and the time to buy ended 8 April 2021, 23:59 WIB.",
			[]string{
				"A report of a purchase made in time. It comes too late to reinstate by itself: a person would decide.",
				"A person's decision, open since 12 April 2021, whether invoice INV-2 at Sekolah.mu counts: it was reported too late, or after the platform had stated that all was sent.",
			},
			"Penerima gelombang 13, kepesertaan dicabut 9 April 2021 pukul 12.00.00 WIB: tidak diketahui adanya pembelian yang diperhitungkan, dan waktu pembelian berakhir 8 April 2021 pukul 23.59 WIB.",
			[]string{
				"Laporan tentang pembelian yang dilakukan tepat waktu. Laporan itu terlambat untuk langsung memulihkan kepesertaan: petugas yang akan memutuskan.",
				"Keputusan petugas, dibuka sejak 12 April 2021, apakah invoice INV-2 di Sekolah.mu diperhitungkan: dilaporkan terlambat, atau setelah platform menyatakan semua laporan telah dikirim.",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			en, id := rules.Explain(tt.in, rules.EN), rules.Explain(tt.in, rules.ID)
			if diff := cmp.Diff([]string{tt.en, tt.id}, []string{en.Summary, id.Summary}); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([][]string{tt.enAwaited, tt.idAwaited}, [][]string{en.Awaited, id.Awaited}); diff != "" {
				t.Errorf("awaited (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplainEvidence(t *testing.T) {
	const inTime = "2021-03-20 14:05:09"
	upheld, rejected := standing(rules.EvidenceUpheld), standing(rules.EvidenceRejected)
	pending := func(p *rules.Purchase) { p.Evidence, p.StatedThrough = rules.EvidencePending, at("2021-04-01") }
	decided := func(when string) []rules.ReviewNote {
		need := rules.ReviewNeed{Kind: rules.ReviewVoidAfterDeadline, Purchase: *key("tokopedia", "A")}
		return []rules.ReviewNote{{ReviewNeed: need, OpenedAt: at("2021-04-12"), DecidedAt: at(when)}}
	}
	first := bought("tokopedia", "F", "2021-03-15")
	tests := []struct {
		name      string
		purchase  rules.Purchase
		others    []rules.Purchase
		revokedAt string
		reviews   []rules.ReviewNote
		code      rules.EvidenceCode
		counts    bool
		en, id    string // after the invoice, its platform, amount and time
	}{
		{"the first", bought("tokopedia", "A", inTime), nil, "", nil, rules.CodeFirstPurchase, true,
			": counts, it is the first purchase.", ": diperhitungkan, inilah pembelian pertama."},
		{"another is the first", bought("tokopedia", "A", inTime), []rules.Purchase{first}, "", nil, rules.CodeCountsLater, true,
			": counts, but another purchase is the first.", ": diperhitungkan, tetapi pembelian lain adalah yang pertama."},
		{"reported after the deadline", bought("tokopedia", "A", inTime, received("2021-04-10 08:00:01")), nil, "", nil, rules.CodeFirstPurchase, true,
			", reported to us 10 April 2021, 08:00:01 WIB: counts, it is the first purchase.", ", dilaporkan kepada kami 10 April 2021 pukul 08.00.01 WIB: diperhitungkan, inilah pembelian pertama."},
		{"late", bought("tokopedia", "A", "2021-04-09", received("2021-04-09 00:00:01")), nil, "", nil, rules.CodeLate, false,
			", reported to us 9 April 2021, 00:00:01 WIB: does not count, it was made after the last moment.", ", dilaporkan kepada kami 9 April 2021 pukul 00.00.01 WIB: tidak diperhitungkan, dibeli setelah batas akhir."},
		{"late, and voided as well", bought("tokopedia", "A", "2021-04-09", received("2021-03-01"), voided("2021-04-10")), nil, "", nil, rules.CodeLate, false,
			": does not count, it was made after the last moment.", ": tidak diperhitungkan, dibeli setelah batas akhir."},
		{"before the announcement", bought("tokopedia", "A", "2021-03-09 23:59:59"), nil, "", nil, rules.CodeBeforeAnnouncement, false,
			": does not count, it was made before the day of the announcement.", ": tidak diperhitungkan, dibeli sebelum hari pengumuman."},
		{"voided", bought("tokopedia", "A", inTime, voided("2021-03-21")), nil, "", nil, rules.CodeVoided, false,
			": does not count, the platform cancelled it 21 March 2021, 00:00:00 WIB, in the time to buy.", ": tidak diperhitungkan, dibatalkan oleh platform 21 Maret 2021 pukul 00.00.00 WIB, dalam waktu pembelian."},
		{"voided after the deadline", bought("tokopedia", "A", inTime, voided("2021-04-09")), nil, "", nil, rules.CodeVoidedAfterDeadline, false,
			": does not count unless a person so decides, the platform cancelled it 9 April 2021, 00:00:00 WIB, after the last moment.", ": tidak diperhitungkan kecuali petugas memutuskan lain, dibatalkan oleh platform 9 April 2021 pukul 00.00.00 WIB, setelah batas akhir."},
		{"pending", bought("tokopedia", "A", inTime, pending), nil, "2021-04-09 12:00", nil, rules.CodePending, false,
			": does not count yet, it was reported too late, or after the platform had stated that all was sent; a person decides.", ": belum diperhitungkan, dilaporkan terlambat, atau setelah platform menyatakan semua laporan telah dikirim; petugas yang memutuskan."},
		{"upheld", bought("tokopedia", "A", inTime, voided("2021-04-09"), upheld), nil, "", decided("2021-04-14 10:00"), rules.CodeUpheld, true,
			": counts, by a person's decision of 14 April 2021.", ": diperhitungkan, menurut keputusan petugas tanggal 14 April 2021."},
		{"rejected", bought("tokopedia", "A", inTime, voided("2021-04-09"), rejected), nil, "", nil, rules.CodeRejected, false,
			": does not count, by a person's decision.", ": tidak diperhitungkan, menurut keputusan petugas."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := explained13(on("2021-04-15"), holding(tt.revokedAt, append(tt.others, tt.purchase)...))
			in.Reviews = tt.reviews
			en, id := rules.Explain(in, rules.EN).Evidence, rules.Explain(in, rules.ID).Evidence
			if len(en) != len(in.Purchases) || len(id) != len(in.Purchases) {
				t.Fatalf("%d and %d notes about %d purchases", len(en), len(id), len(in.Purchases))
			}
			got, gotID := en[len(en)-1], id[len(id)-1]
			if got.Purchase != tt.purchase.PurchaseKey || got.Code != tt.code || got.Counts != tt.counts || gotID.Code != tt.code || gotID.Counts != tt.counts {
				t.Errorf("note %+v, want code %s, counts %v", got, tt.code, tt.counts)
			}
			if !strings.HasPrefix(got.Text, "Invoice A at Tokopedia, Rp 250,000, bought ") || !strings.HasSuffix(got.Text, " WIB"+tt.en) {
				t.Errorf("English: %q, want it to end %q", got.Text, tt.en)
			}
			if !strings.HasPrefix(gotID.Text, "Invoice A di Tokopedia, Rp250.000, dibeli ") || !strings.HasSuffix(gotID.Text, " WIB"+tt.id) {
				t.Errorf("Indonesian: %q, want it to end %q", gotID.Text, tt.id)
			}
		})
	}
}

func TestExplainEvidenceEarliestFirst(t *testing.T) {
	in := explained13(holding("", bought("tokopedia", "B", "2021-03-25"), bought("tokopedia", "A", "2021-03-20 14:05:09")))
	notes := rules.Explain(in, rules.EN).Evidence
	want := []rules.EvidenceNote{
		{Purchase: *key("tokopedia", "A"), Counts: true, Code: rules.CodeFirstPurchase, Text: "Invoice A at Tokopedia, Rp 250,000, bought 20 March 2021, 14:05:09 WIB: counts, it is the first purchase."},
		{Purchase: *key("tokopedia", "B"), Counts: true, Code: rules.CodeCountsLater, Text: "Invoice B at Tokopedia, Rp 250,000, bought 25 March 2021, 00:00:00 WIB: counts, but another purchase is the first."},
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if in.Purchases[0].Invoice != "B" {
		t.Error("the purchases given were put in another order")
	}
}

// A deadline that was extended after a revocation is not said to have passed before it.
func TestExplainARevocationBeforeAnExtension(t *testing.T) {
	in := explained13(on("2021-04-10"), holding("2021-04-09 12:00"), func(in *rules.ExplainInput) {
		in.Facts.Deadline = rules.DeadlineAfterLastDay(in.Facts.Deadline.AddDate(0, 0, 3))
	})
	for lang, want := range map[rules.Language]string{
		rules.EN: "Recipient of cohort 13, membership revoked 9 April 2021, 12:00:00 WIB: no purchase that counts was known, and the time to buy had ended; it has been extended since, until 12 April 2021, 23:59 WIB.",
		rules.ID: "Penerima gelombang 13, kepesertaan dicabut 9 April 2021 pukul 12.00.00 WIB: tidak diketahui adanya pembelian yang diperhitungkan, dan waktu pembelian sudah berakhir; sejak itu diperpanjang sampai 12 April 2021 pukul 23.59 WIB.",
	} {
		if got := rules.Explain(in, lang).Summary; got != want {
			t.Errorf("%s\ngot  %s\nwant %s", lang, got, want)
		}
	}
}
