package notice_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/notice"
	"gelombang/internal/rules"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

const day = 24 * time.Hour

// deadline13 is that of cohort 13: Thursday 8 April 2021, 23:59 WIB.
var deadline13 = time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)

func reminder() notice.Reminder {
	return notice.Reminder{
		Name: "Siti Rahayu", Cohort: 13, Deadline: deadline13, TimeLeft: 3 * day, Balance: 1_000_000, Card: "************1234",
		HelpURL: "https://bantuan.prakerja.example/", DashboardURL: "https://dashboard.prakerja.example/",
	}
}

func texts(t *testing.T, dir string) *notice.Notices {
	t.Helper()
	n, err := notice.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func write(t interface {
	Helper()
	Fatal(args ...any)
}, n *notice.Notices, r notice.Reminder, lang rules.Language) notice.Text {
	t.Helper()
	text, err := n.Reminder(r, lang)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// forms are all forms of a text, by name.
func forms(text notice.Text) map[string]string {
	return map[string]string{"subject": text.Subject, "text": text.Text, "HTML": text.HTML, "short": text.Short}
}

func TestRemindersOfEveryStageReadAsTheyShould(t *testing.T) {
	n := texts(t, "")
	stages := []struct {
		name   string
		change func(*notice.Reminder)
	}{
		{"14d", func(r *notice.Reminder) { r.TimeLeft = 14*day - 20*time.Minute }},
		{"7d", func(r *notice.Reminder) { r.TimeLeft = 7 * day }},
		{"3d", func(r *notice.Reminder) { r.TimeLeft = 3*day - time.Second; r.Balance = 250_500 }},
		{"1d", func(r *notice.Reminder) { r.TimeLeft = day }},
		{"6h", func(r *notice.Reminder) { r.TimeLeft = 6*time.Hour - time.Minute; r.Name = "" }},
		{"minutes", func(r *notice.Reminder) {
			*r = notice.Reminder{Cohort: 13, Deadline: deadline13, TimeLeft: 25 * time.Minute, Balance: -1}
		}},
	}
	for _, stage := range stages {
		for _, lang := range []rules.Language{rules.ID, rules.EN} {
			r := reminder()
			stage.change(&r)
			text := write(t, n, r, lang)
			got := fmt.Sprintf("== subject ==\n%s\n\n== short ==\n%s\n\n== text ==\n%s\n== html ==\n%s", text.Subject, text.Short, text.Text, text.HTML)
			file := filepath.Join("testdata", fmt.Sprintf("reminder-%s.%s.golden", stage.name, strings.ToLower(string(lang))))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		}
	}
}

func TestTheLastDayAndMinuteAreThoseOfWIB(t *testing.T) {
	n := texts(t, "")
	tests := []struct{ deadline, id, en string }{
		{"2021-04-09T00:00:00+07:00", "Kamis, 8 April 2021 pukul 23.59 WIB", "23:59 WIB on Thursday, 8 April 2021"},
		{"2021-04-08T17:00:00Z", "Kamis, 8 April 2021 pukul 23.59 WIB", "23:59 WIB on Thursday, 8 April 2021"},
		{"2021-04-09T02:00:00+09:00", "Kamis, 8 April 2021 pukul 23.59 WIB", "23:59 WIB on Thursday, 8 April 2021"},
		{"2021-04-08T23:59:00+07:00", "Kamis, 8 April 2021 pukul 23.58 WIB", "23:58 WIB on Thursday, 8 April 2021"},
		{"2021-04-09T00:00:01+07:00", "Jumat, 9 April 2021 pukul 00.00 WIB", "00:00 WIB on Friday, 9 April 2021"},
		{"2021-04-09T12:00:00+07:00", "Jumat, 9 April 2021 pukul 11.59 WIB", "11:59 WIB on Friday, 9 April 2021"},
		{"2021-03-01T00:00:00+07:00", "Minggu, 28 Februari 2021 pukul 23.59 WIB", "23:59 WIB on Sunday, 28 February 2021"},
		{"2024-03-01T00:00:00+07:00", "Kamis, 29 Februari 2024 pukul 23.59 WIB", "23:59 WIB on Thursday, 29 February 2024"},
		{"2022-01-01T00:00:00+07:00", "Jumat, 31 Desember 2021 pukul 23.59 WIB", "23:59 WIB on Friday, 31 December 2021"},
	}
	for _, tt := range tests {
		r := reminder()
		var err error
		if r.Deadline, err = time.Parse(time.RFC3339, tt.deadline); err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[rules.Language]string{rules.ID: tt.id, rules.EN: tt.en} {
			for form, got := range forms(write(t, n, r, lang)) {
				if !strings.Contains(got, want) {
					t.Errorf("%s, %s of %s: no %q in\n%s", tt.deadline, form, lang, want, got)
				}
			}
		}
	}
}

// TestNoDeadlineIsShownWithAWrongLastDay reckons the day in its own way: whole days since 1970, a Thursday, on a clock
// seven hours ahead of UTC.
func TestNoDeadlineIsShownWithAWrongLastDay(t *testing.T) {
	n := texts(t, "")
	weekdays := strings.Fields("Thursday Friday Saturday Sunday Monday Tuesday Wednesday")
	hari := strings.Fields("Kamis Jumat Sabtu Minggu Senin Selasa Rabu")
	bulan := strings.Fields("Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember")
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Int64Range(365*30, 365*80).Draw(t, "days since 1970")
		around := rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64Range(0, 86_400)).Draw(t, "seconds around midnight WIB")
		at := days*86_400 - 7*3600 + around
		r := reminder()
		r.Deadline = time.Unix(at, 0).In(time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset")))

		last := at - 1 + 7*3600 // the last second that counts, on WIB's clock
		date := time.Unix(last/86_400*86_400, 0).UTC()
		weekday := last / 86_400 % 7
		want := map[rules.Language]string{
			rules.ID: fmt.Sprintf("%s, %d %s %d", hari[weekday], date.Day(), bulan[date.Month()-1], date.Year()),
			rules.EN: fmt.Sprintf("%s, %s", weekdays[weekday], date.Format("2 January 2006")),
		}
		for lang, want := range want {
			for form, got := range forms(write(t, n, r, lang)) {
				if !strings.Contains(got, want) {
					t.Errorf("%s, %s of %s: no %q in\n%s", r.Deadline, form, lang, want, got)
				}
			}
		}
	})
}

func TestTimeLeftIsNeverMoreThanThereIs(t *testing.T) {
	n := texts(t, "")
	tests := []struct {
		left   time.Duration
		id, en string
	}{
		{14 * day, "14 hari", "14 days"},
		{14*day - time.Second, "13 hari 23 jam", "13 days 23 hours"},
		{day + time.Hour + time.Minute, "1 hari 1 jam", "1 day 1 hour"},
		{day + time.Minute, "1 hari", "1 day"},
		{day - time.Nanosecond, "23 jam 59 menit", "23 hours 59 minutes"},
		{6 * time.Hour, "6 jam", "6 hours"},
		{time.Hour + time.Minute, "1 jam 1 menit", "1 hour 1 minute"},
		{25 * time.Minute, "25 menit", "25 minutes"},
		{time.Minute, "1 menit", "1 minute"},
		{59 * time.Second, "kurang dari satu menit", "less than one minute"},
	}
	for _, tt := range tests {
		r := reminder()
		r.TimeLeft = tt.left
		for lang, want := range map[rules.Language]string{rules.ID: "pesan ini dibuat: " + tt.id, rules.EN: "message is written: " + tt.en} {
			if got := write(t, n, r, lang).Text; !strings.Contains(got, want+"\n") {
				t.Errorf("%s in %s: no %q in\n%s", tt.left, lang, want, got)
			}
		}
	}
}

func TestBalancesAreWrittenInBothLanguages(t *testing.T) {
	n := texts(t, "")
	tests := []struct {
		balance int64
		id, en  string
	}{
		{0, "Rp0", "Rp0"},
		{999, "Rp999", "Rp999"},
		{1_000, "Rp1.000", "Rp1,000"},
		{250_500, "Rp250.500", "Rp250,500"},
		{1_000_000, "Rp1.000.000", "Rp1,000,000"},
	}
	for _, tt := range tests {
		r := reminder()
		r.Balance = tt.balance
		for lang, want := range map[rules.Language]string{rules.ID: tt.id, rules.EN: tt.en} {
			got := write(t, n, r, lang)
			if !strings.Contains(got.Text, ": "+want+"\n") || !strings.Contains(got.HTML, "<strong>"+want+"</strong>") {
				t.Errorf("%d in %s: no %q in\n%s", tt.balance, lang, want, got.Text)
			}
		}
	}
	r := reminder()
	r.Balance = -250_000
	for form, got := range forms(write(t, n, r, rules.EN)) {
		if strings.Contains(got, "Rp") || strings.Contains(got, "250") {
			t.Errorf("%s shows a negative balance:\n%s", form, got)
		}
	}
}

func TestANameOfAnyCharactersDoesNoHarm(t *testing.T) {
	n := texts(t, "")
	plain := write(t, n, reminder(), rules.EN)
	rapid.Check(t, func(t *rapid.T) {
		r := reminder()
		r.Name = rapid.OneOf(rapid.String(), rapid.StringMatching("[<>&\"'{}.\\n\\r \u202e\u2028a-z]*")).Draw(t, "name")
		got := write(t, n, r, rules.EN)
		if got.Subject != plain.Subject || got.Short != plain.Short {
			t.Errorf("the name is in the subject or the short form: %q, %q", got.Subject, got.Short)
		}
		if strings.Count(got.Text, "\n") != strings.Count(plain.Text, "\n") {
			t.Errorf("the name made or took lines:\n%s", got.Text)
		}
		for _, sign := range []string{"<", ">"} {
			if strings.Count(got.HTML, sign) != strings.Count(plain.HTML, sign) {
				t.Errorf("the name made or took tags:\n%s", got.HTML)
			}
		}
		for form, got := range forms(got) {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\u202e\u2066\r\x00\x1b") || strings.Contains(got, "<no value>") {
				t.Errorf("%s: %q", form, got)
			}
		}
		if salutation, _, _ := strings.Cut(got.Text, "\n"); salutation == "Dear ," || len([]rune(salutation)) > len("Dear ,")+100 {
			t.Errorf("salutation %q", salutation)
		}
	})
}

func TestANameIsShownAsWritten(t *testing.T) {
	n := texts(t, "")
	r := reminder()
	r.Name = "  R. A.\tKartini &\nCo. <b>Ñ</b>  "
	got := write(t, n, r, rules.ID)
	if !strings.HasPrefix(got.Text, "Yth. R. A. Kartini & Co. <b>Ñ</b>,\n") {
		t.Errorf("text:\n%s", got.Text)
	}
	if !strings.Contains(got.HTML, "<p>Yth. R. A. Kartini &amp; Co. &lt;b&gt;Ñ&lt;/b&gt;,</p>") {
		t.Errorf("HTML:\n%s", got.HTML)
	}
}

func TestTextsPromiseOnlyWhatHolds(t *testing.T) {
	n := texts(t, "")
	for lang, say := range map[rules.Language]struct{ text, short []string }{
		rules.ID: {
			text:  []string{"di salah satu platform", "dicabut", "Sudah membeli? Abaikan pesan ini", "memerlukan waktu", "tidak pernah meminta kata sandi", "gelombang 13", "berakhiran 1234"},
			short: []string{"di salah satu platform", "dicabut", "Sudah membeli? Abaikan pesan ini", "tidak pernah meminta kata sandi"},
		},
		rules.EN: {
			text:  []string{"at one of the digital platforms", "will be ended", "Have you bought already?", "may take time", "we never ask for a password", "cohort 13", "ending in 1234"},
			short: []string{"at one of the partner platforms", "will be ended", "Bought already? Ignore this message", "We never ask for passwords"},
		},
	} {
		got := write(t, n, reminder(), lang)
		for _, want := range say.text {
			if !strings.Contains(got.Text, want) {
				t.Errorf("the text in %s does not say %q", lang, want)
			}
		}
		for _, want := range say.short {
			if !strings.Contains(got.Short, want) {
				t.Errorf("the short form in %s does not say %q", lang, want)
			}
		}
		if !strings.HasSuffix(got.Short, " https://dashboard.prakerja.example/") {
			t.Errorf("the short form in %s does not end in the link: %s", lang, got.Short)
		}
	}
}

func TestWhatWouldBeUntrueOrTellTooMuchIsRefused(t *testing.T) {
	n := texts(t, "")
	tests := map[string]func(*notice.Reminder){
		"no cohort":        func(r *notice.Reminder) { r.Cohort = 0 },
		"no deadline":      func(r *notice.Reminder) { r.Deadline = time.Time{} },
		"no time left":     func(r *notice.Reminder) { r.TimeLeft = 0 },
		"too late":         func(r *notice.Reminder) { r.TimeLeft = -time.Second },
		"a whole card":     func(r *notice.Reminder) { r.Card = "1234567890123456" },
		"half a card":      func(r *notice.Reminder) { r.Card = "********90123456" },
		"no link":          func(r *notice.Reminder) { r.HelpURL = "bantuan" },
		"a script":         func(r *notice.Reminder) { r.DashboardURL = "javascript:alert(1)" },
		"a link in two":    func(r *notice.Reminder) { r.DashboardURL = "https://a.example/ b" },
		"a link of a file": func(r *notice.Reminder) { r.HelpURL = "file:///etc/passwd" },
	}
	for name, spoil := range tests {
		r := reminder()
		spoil(&r)
		if text, err := n.Reminder(r, rules.EN); err == nil || text != (notice.Text{}) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "3456") || strings.Contains(err.Error(), "Siti") {
			t.Errorf("%s: the error tells too much: %v", name, err)
		}
	}
	if _, err := n.Reminder(reminder(), "FR"); err == nil {
		t.Error("a language without texts is taken")
	}
}
