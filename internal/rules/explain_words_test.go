package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
)

func TestRupiahInBothLanguages(t *testing.T) {
	tests := []struct {
		amount int64
		en, id string
	}{
		{0, "Rp 0", "Rp0"},
		{999, "Rp 999", "Rp999"},
		{1_000, "Rp 1,000", "Rp1.000"},
		{1_000_000, "Rp 1,000,000", "Rp1.000.000"},
		{1_234_567_890, "Rp 1,234,567,890", "Rp1.234.567.890"},
		{-50_000, "-Rp 50,000", "-Rp50.000"},
	}
	for _, tt := range tests {
		p := bought("tokopedia", "A", "2021-03-20")
		p.Amount = tt.amount
		in := explained13(holding("", p))
		if en := rules.Explain(in, rules.EN).Evidence[0].Text; !strings.Contains(en, ", "+tt.en+", ") {
			t.Errorf("English: %q, want %s in it", en, tt.en)
		}
		if id := rules.Explain(in, rules.ID).Evidence[0].Text; !strings.Contains(id, ", "+tt.id+", ") {
			t.Errorf("Indonesian: %q, want %s in it", id, tt.id)
		}
	}
}

func TestEveryMonthAndWeekdayHasItsIndonesianName(t *testing.T) {
	months := strings.Fields("Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember")
	weekdays := strings.Fields("Minggu Senin Selasa Rabu Kamis Jumat Sabtu")
	seen := []string{}
	for i := range 12 {
		// 3 January 2021 was a Sunday.
		when := time.Date(2021, time.Month(i+1), 1, 0, 0, 0, 0, rules.WIB)
		days := int(when.Sub(at("2021-01-03"))/(24*time.Hour)) + 7
		weekday := weekdays[days%7]
		seen = append(seen, weekday)
		in := explained13(func(in *rules.ExplainInput) { in.AnnouncedAt = when })
		want := "Diumumkan " + weekday + ", 1 " + months[i] + " 2021."
		if got := rules.Explain(in, rules.ID).Deadline[0]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	slices.Sort(seen)
	if got := len(slices.Compact(seen)); got != 7 {
		t.Errorf("%d weekdays were tried, want 7", got)
	}
}

func TestTimeLeftIsSaidInTwoUnits(t *testing.T) {
	tests := []struct {
		now    string
		en, id string
	}{
		{"2021-03-10", "30 days", "30 hari"},
		{"2021-04-07 23:00", "1 day 1 hour", "1 hari 1 jam"},
		{"2021-04-07 23:58", "1 day", "1 hari"},
		{"2021-04-08 22:29", "1 hour 31 minutes", "1 jam 31 menit"},
		{"2021-04-08 23:59", "1 minute", "1 menit"},
	}
	for _, tt := range tests {
		in := explained13(on(tt.now))
		if en := rules.Explain(in, rules.EN).Summary; !strings.HasSuffix(en, ": "+tt.en+" left.") {
			t.Errorf("%s: %q, want %s", tt.now, en, tt.en)
		}
		if id := rules.Explain(in, rules.ID).Summary; !strings.HasSuffix(id, ": sisa waktu "+tt.id+".") {
			t.Errorf("%s: %q, want %s", tt.now, id, tt.id)
		}
	}
}

func TestALanguageThatIsNotKnownIsEnglish(t *testing.T) {
	in := explained13()
	if diff := cmp.Diff(rules.Explain(in, rules.EN), rules.Explain(in, "FR")); diff != "" {
		t.Errorf("explanation (-English +got):\n%s", diff)
	}
}
