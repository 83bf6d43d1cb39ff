package rules

import (
	"fmt"
	"strings"
	"time"
)

// indonesian is the wording in Indonesian. The time of day is written with a full stop, "23.59",
// and money without a space, "Rp1.000.000", as the official spelling has it.
type indonesian struct{}

var (
	indonesianMonths = [...]string{
		"Januari", "Februari", "Maret", "April", "Mei", "Juni",
		"Juli", "Agustus", "September", "Oktober", "November", "Desember",
	}
	indonesianWeekdays = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
)

func (indonesian) dayMonth(t time.Time) string {
	_, month, day := t.In(WIB).Date()
	return fmt.Sprintf("%d %s", day, indonesianMonths[month-1])
}

func (w indonesian) day(t time.Time) string {
	return fmt.Sprintf("%s %d", w.dayMonth(t), t.In(WIB).Year())
}

func (indonesian) clock(t time.Time, layout string) string {
	return "pukul " + strings.ReplaceAll(t.In(WIB).Format(layout), ":", ".") + " WIB"
}

func (indonesian) rupiah(amount int64) string { return rupiah(amount, "Rp", ".") }

// moment writes an instant to the second, so that it can be compared with a deadline.
func (w indonesian) moment(t time.Time) string { return w.day(t) + " " + w.clock(t, "15:04:05") }

func (w indonesian) until(deadline time.Time) string {
	last, layout := beforeDeadline(deadline)
	return w.day(last) + " " + w.clock(last, layout)
}

func (indonesian) span(d time.Duration) string {
	s := spans(d, func(n int, unit byte) string {
		return fmt.Sprintf("%d %s", n, map[byte]string{'d': "hari", 'h': "jam", 'm': "menit"}[unit])
	})
	if s == "" {
		return "kurang dari satu menit"
	}
	return s
}

func (w indonesian) awaiting(cohort int, deadline time.Time, left time.Duration) string {
	return fmt.Sprintf("Penerima gelombang %d, belum membeli pelatihan pertama. Pembelian masih dapat dilakukan sampai %s: sisa waktu %s.", cohort, w.until(deadline), w.span(left))
}

func (w indonesian) purchased(cohort int, invoice, platform string, at time.Time) string {
	return fmt.Sprintf("Penerima gelombang %d, pelatihan pertama dibeli tepat waktu: invoice %s di %s, %s.", cohort, invoice, platform, w.moment(at))
}

func (indonesian) purchasedUnseen(cohort int, invoice, platform string) string {
	return fmt.Sprintf("Penerima gelombang %d, pelatihan pertama dibeli tepat waktu: invoice %s di %s.", cohort, invoice, platform)
}

func (w indonesian) overdue(cohort int, deadline time.Time) string {
	return fmt.Sprintf("Penerima gelombang %d, tidak diketahui adanya pembelian yang diperhitungkan. Waktu pembelian berakhir %s. Kepesertaan tidak dicabut.", cohort, w.until(deadline))
}

func (indonesian) underReview(cohort int) string {
	return fmt.Sprintf("Penerima gelombang %d. Apakah pelatihan pertama dibeli tepat waktu akan diputuskan oleh petugas. Sampai saat itu kepesertaan tidak dicabut.", cohort)
}

func (w indonesian) revoked(cohort int, at, deadline time.Time, reason string) string {
	window := "dan waktu pembelian berakhir"
	if deadline.After(at) { // extended since
		window = "dan waktu pembelian sudah berakhir; sejak itu diperpanjang sampai"
	}
	s := fmt.Sprintf("Penerima gelombang %d, kepesertaan dicabut %s: tidak diketahui adanya pembelian yang diperhitungkan, %s %s.", cohort, w.moment(at), window, w.until(deadline))
	if reason != "" {
		s += fmt.Sprintf(" Alasan yang diberikan: %s.", reason)
	}
	return s
}

func (w indonesian) settled(n SettlementNote) string {
	return fmt.Sprintf("Pencabutan ini berasal dari penyelesaian nomor %d, daftar yang disusun oleh seorang petugas %s dan disetujui oleh petugas lain %s.", n.Number, w.moment(n.PreparedAt), w.moment(n.ApprovedAt))
}

func (w indonesian) reinstated(at time.Time) string {
	return fmt.Sprintf("Pencabutan sebelumnya berakhir %s.", w.moment(at))
}

func (w indonesian) announced(at time.Time) string {
	day := indonesianWeekdays[at.In(WIB).Weekday()] + ", " + w.day(at)
	if at.Equal(StartOfDay(at)) {
		return fmt.Sprintf("Diumumkan %s.", day)
	}
	return fmt.Sprintf("Diumumkan %s, %s. Hari ke-1 adalah seluruh hari itu.", day, w.clock(at, "15:04"))
}

func (w indonesian) counting(first, last time.Time, days int) string {
	return fmt.Sprintf("Hari ke-1 adalah %s, hari ke-%d adalah %s.", w.dayMonth(first), days, w.dayMonth(last))
}

func (w indonesian) decreed(deadline time.Time, reference string) string {
	return fmt.Sprintf("Menurut ketetapan%s batas akhirnya %s, berapa pun hitungan harinya.", bracketed(reference), w.until(deadline))
}

func (indonesian) covered(scope ExtensionScope) string {
	switch scope {
	case ExtendCohort:
		return "seluruh gelombang"
	case ExtendProvince:
		return "provinsi"
	default:
		return "penerima tertentu"
	}
}

func (w indonesian) extended(x ExtensionNote) string {
	return fmt.Sprintf("Diperpanjang untuk %s sampai %s%s%s.", w.covered(x.Scope), w.until(x.Until), bracketed(x.Reference), after(": ", x.Reason))
}

func (w indonesian) extendedInVain(x ExtensionNote) string {
	return fmt.Sprintf("Perpanjangan untuk %s sampai %s%s tidak mengubah apa pun: perpanjangan tidak pernah memendekkan waktu.", w.covered(x.Scope), w.until(x.Until), bracketed(x.Reference))
}

func (indonesian) raising() string {
	return "Batas waktu yang lebih lama itu sedang diterapkan bagi penerima satu demi satu, dan belum sampai pada penerima ini."
}

func (indonesian) spared() string {
	return "Batas waktu yang lebih lama itu tidak berlaku bagi penerima ini: batas itu sudah lewat ketika diberikan, dan akan meniadakan keputusan petugas."
}

func (w indonesian) lastMoment(deadline time.Time) string {
	return fmt.Sprintf("Batas akhir %s.", w.until(deadline))
}

func (w indonesian) invoice(invoice, platform string, amount int64, at time.Time) string {
	return fmt.Sprintf("Invoice %s di %s, %s, dibeli %s", invoice, platform, w.rupiah(amount), w.moment(at))
}

func (w indonesian) reported(at time.Time) string {
	return fmt.Sprintf(", dilaporkan kepada kami %s", w.moment(at))
}

func (w indonesian) decision(at time.Time) string {
	if at.IsZero() {
		return "menurut keputusan petugas"
	}
	return fmt.Sprintf("menurut keputusan petugas tanggal %s", w.day(at))
}

func (w indonesian) verdict(code EvidenceCode, voidedAt, decidedAt time.Time) string {
	switch code {
	case CodeBeforeAnnouncement:
		return "tidak diperhitungkan, dibeli sebelum hari pengumuman"
	case CodeLate:
		return "tidak diperhitungkan, dibeli setelah batas akhir"
	case CodeUpheld:
		return "diperhitungkan, " + w.decision(decidedAt)
	case CodeRejected:
		return "tidak diperhitungkan, " + w.decision(decidedAt)
	case CodeVoided:
		return fmt.Sprintf("tidak diperhitungkan, dibatalkan oleh platform %s, dalam waktu pembelian", w.moment(voidedAt))
	case CodePending:
		return "belum diperhitungkan, dilaporkan terlambat, atau setelah platform menyatakan semua laporan telah dikirim; petugas yang memutuskan"
	case CodeVoidedAfterDeadline:
		return fmt.Sprintf("tidak diperhitungkan kecuali petugas memutuskan lain, dibatalkan oleh platform %s, setelah batas akhir", w.moment(voidedAt))
	case CodeFirstPurchase:
		return "diperhitungkan, inilah pembelian pertama"
	default:
		return "diperhitungkan, tetapi pembelian lain adalah yang pertama"
	}
}

func (w indonesian) awaitPurchase(deadline time.Time) string {
	return fmt.Sprintf("Pembelian pertama, sampai %s.", w.until(deadline))
}

func (indonesian) awaitReport() string {
	return "Laporan tentang pembelian yang dilakukan tepat waktu. Pembelian itu diperhitungkan kapan pun laporannya tiba sebelum pencabutan."
}

func (w indonesian) awaitLateReport(until time.Time) string {
	return fmt.Sprintf("Laporan tentang pembelian yang dilakukan tepat waktu. Kepesertaan langsung dipulihkan bila laporan tiba paling lambat %s dan platform belum menyatakan semua laporan telah dikirim; selain itu petugas yang memutuskan.", w.moment(until))
}

func (indonesian) awaitDoubtedReport() string {
	return "Laporan tentang pembelian yang dilakukan tepat waktu. Laporan itu terlambat untuk langsung memulihkan kepesertaan: petugas yang akan memutuskan."
}

func (w indonesian) awaitDecision(kind ReviewKind, invoice, platform string, openedAt time.Time) string {
	question := "dibatalkan oleh platform setelah batas akhir"
	if kind == ReviewLateEvidence {
		question = "dilaporkan terlambat, atau setelah platform menyatakan semua laporan telah dikirim"
	}
	return fmt.Sprintf("Keputusan petugas, dibuka sejak %s, apakah invoice %s di %s diperhitungkan: %s.", w.day(openedAt), invoice, platform, question)
}

func (indonesian) awaitAnyDecision() string { return "Keputusan petugas." }

func (indonesian) awaitSettlement() string {
	return "Penyelesaian gelombang, yang disiapkan oleh satu petugas dan disetujui oleh petugas lain."
}

func (indonesian) awaitDeliveries(n int) string {
	return fmt.Sprintf("%d pesan dari platform tentang kartu ini yang belum dapat diterapkan.", n)
}
