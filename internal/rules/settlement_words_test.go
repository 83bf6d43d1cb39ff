package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/internal/rules"
)

// TestWaitsInWords goes through every code in both languages.
func TestWaitsInWords(t *testing.T) {
	deadline := time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)
	tests := []struct {
		wait   rules.Wait
		en, id string
	}{
		{
			rules.Wait{Code: rules.WaitDeadline, Until: deadline},
			"The time to buy has not ended: it may be bought until 8 April 2021, 23:59 WIB.",
			"Waktu pembelian belum berakhir: pembelian dapat dilakukan sampai 8 April 2021 pukul 23.59 WIB.",
		},
		{
			rules.Wait{Code: rules.WaitStatement, Platform: "sekolahmu", Name: "Sekolah.mu", Until: deadline.Add(72 * time.Hour)},
			"Sekolah.mu has not stated that every purchase made in time is reported. This is awaited until 12 April 2021, 00:00:00 WIB at most.",
			"Sekolah.mu belum menyatakan bahwa semua pembelian yang tepat waktu sudah dilaporkan. Pernyataan ini ditunggu paling lambat sampai 12 April 2021 pukul 00.00.00 WIB.",
		},
		{
			rules.Wait{Code: rules.WaitOutage, Platform: "pintaria"},
			"pintaria is declared unable to report, and nobody has said until when.",
			"pintaria dinyatakan tidak dapat melapor, dan belum diketahui sampai kapan.",
		},
		{
			rules.Wait{Code: rules.WaitOutage, Platform: "pintaria", Name: "Pintaria", Until: deadline},
			"Pintaria is declared unable to report until 9 April 2021, 00:00:00 WIB.",
			"Pintaria dinyatakan tidak dapat melapor sampai 9 April 2021 pukul 00.00.00 WIB.",
		},
		{
			rules.Wait{Code: rules.WaitExtension},
			"A later deadline has been granted, and has not reached everybody whom it covers.",
			"Perpanjangan waktu sudah diberikan, tetapi belum berlaku bagi semua penerima yang tercakup.",
		},
		{
			rules.Wait{Code: rules.WaitQuarantine, Count: 1},
			"1 delivery in quarantine names a card of the cohort: it has to be applied or dismissed.",
			"1 laporan dalam karantina menyebut nomor kartu gelombang ini: laporan itu harus diterapkan atau ditolak.",
		},
		{
			rules.Wait{Code: rules.WaitQuarantine, Count: 3},
			"3 deliveries in quarantine name cards of the cohort: they have to be applied or dismissed.",
			"3 laporan dalam karantina menyebut nomor kartu gelombang ini: laporan itu harus diterapkan atau ditolak.",
		},
	}
	told := map[string]bool{}
	for _, tt := range tests {
		if got := tt.wait.Text(rules.EN); got != tt.en {
			t.Errorf("%s in English: %q, want %q", tt.wait.Code, got, tt.en)
		}
		if got := tt.wait.Text(rules.ID); got != tt.id {
			t.Errorf("%s in Indonesian: %q, want %q", tt.wait.Code, got, tt.id)
		}
		told[string(tt.wait.Code)] = true
	}
	for _, code := range rules.WaitCode("").Values() {
		if !told[code] {
			t.Errorf("%s is not told", code)
		}
	}
	if got, want := rules.TextOfWaits([]rules.Wait{tests[2].wait, tests[4].wait}, rules.EN), tests[2].en+" "+tests[4].en; got != want {
		t.Errorf("two together: %q, want %q", got, want)
	}
}

// TestTheExplanationNamesTheSettlement tells who is revoked by which list, and who is overdue what it waits for.
func TestTheExplanationNamesTheSettlement(t *testing.T) {
	revoked := explained13(on("2021-04-13"), func(in *rules.ExplainInput) {
		in.Facts.RevokedAt = at("2021-04-12 10:00")
		in.Settlement = rules.SettlementNote{Number: 7, PreparedAt: at("2021-04-12 08:00"), ApprovedAt: at("2021-04-12 09:30")}
	})
	for lang, want := range map[rules.Language]string{
		rules.EN: " It was ended by settlement 7, a list that one person prepared 12 April 2021, 08:00:00 WIB and another approved 12 April 2021, 09:30:00 WIB.",
		rules.ID: " Pencabutan ini berasal dari penyelesaian nomor 7, daftar yang disusun oleh seorang petugas 12 April 2021 pukul 08.00.00 WIB dan disetujui oleh petugas lain 12 April 2021 pukul 09.30.00 WIB.",
	} {
		if got := rules.Explain(revoked, lang).Summary; !strings.HasSuffix(got, want) {
			t.Errorf("in %s: %s", lang, got)
		}
	}
	revoked.Settlement = rules.SettlementNote{}
	if got := rules.Explain(revoked, rules.EN).Summary; strings.Contains(got, "settlement") {
		t.Errorf("from before there were settlements: %s", got)
	}

	wait := rules.Wait{Code: rules.WaitOutage, Platform: "pintaria", Name: "Pintaria"}
	overdue := explained13(on("2021-04-09"), func(in *rules.ExplainInput) { in.Waits = []rules.Wait{wait} })
	for _, lang := range []rules.Language{rules.EN, rules.ID} {
		if got := rules.Explain(overdue, lang).Awaited; !slices.Contains(got, wait.Text(lang)) {
			t.Errorf("in %s, of who is overdue: %q", lang, got)
		}
	}
	awaiting := explained13(func(in *rules.ExplainInput) { in.Waits = []rules.Wait{wait} })
	if got := rules.Explain(awaiting, rules.EN).Awaited; slices.Contains(got, wait.Text(rules.EN)) {
		t.Errorf("of who has time left: %q", got)
	}
}
