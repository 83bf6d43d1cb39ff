package rules

import (
	"cmp"
	"fmt"
	"strings"
)

// Text says in a sentence what is awaited. It holds no personal data. A language that is not one of the constants
// stands for English.
func (w Wait) Text(lang Language) string {
	if lang == ID {
		return indonesian{}.wait(w)
	}
	return english{}.wait(w)
}

// TextOfWaits says in sentences, one after the other, what is awaited.
func TextOfWaits(waits []Wait, lang Language) string {
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = w.Text(lang)
	}
	return strings.Join(texts, " ")
}

// platform is what the platform is called.
func (w Wait) platform() string { return cmp.Or(w.Name, w.Platform) }

func (w english) wait(a Wait) string {
	switch a.Code {
	case WaitDeadline:
		return fmt.Sprintf("The time to buy has not ended: it may be bought until %s.", w.until(a.Until))
	case WaitStatement:
		return fmt.Sprintf("%s has not stated that every purchase made in time is reported. This is awaited until %s at most.", a.platform(), w.moment(a.Until))
	case WaitOutage:
		if a.Until.IsZero() {
			return fmt.Sprintf("%s is declared unable to report, and nobody has said until when.", a.platform())
		}
		return fmt.Sprintf("%s is declared unable to report until %s.", a.platform(), w.moment(a.Until))
	case WaitExtension:
		return "A later deadline has been granted, and has not reached everybody whom it covers."
	case WaitQuarantine:
		if a.Count == 1 {
			return "1 delivery in quarantine names a card of the cohort: it has to be applied or dismissed."
		}
		return fmt.Sprintf("%d deliveries in quarantine name cards of the cohort: they have to be applied or dismissed.", a.Count)
	default:
		return string(a.Code)
	}
}

func (w indonesian) wait(a Wait) string {
	switch a.Code {
	case WaitDeadline:
		return fmt.Sprintf("Waktu pembelian belum berakhir: pembelian dapat dilakukan sampai %s.", w.until(a.Until))
	case WaitStatement:
		return fmt.Sprintf("%s belum menyatakan bahwa semua pembelian yang tepat waktu sudah dilaporkan. Pernyataan ini ditunggu paling lambat sampai %s.", a.platform(), w.moment(a.Until))
	case WaitOutage:
		if a.Until.IsZero() {
			return fmt.Sprintf("%s dinyatakan tidak dapat melapor, dan belum diketahui sampai kapan.", a.platform())
		}
		return fmt.Sprintf("%s dinyatakan tidak dapat melapor sampai %s.", a.platform(), w.moment(a.Until))
	case WaitExtension:
		return "Perpanjangan waktu sudah diberikan, tetapi belum berlaku bagi semua penerima yang tercakup."
	case WaitQuarantine:
		return fmt.Sprintf("%d laporan dalam karantina menyebut nomor kartu gelombang ini: laporan itu harus diterapkan atau ditolak.", a.Count)
	default:
		return string(a.Code)
	}
}
