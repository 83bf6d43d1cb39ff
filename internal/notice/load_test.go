package notice_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"gelombang/internal/notice"
	"gelombang/internal/rules"
)

// directory makes a directory of the operator's texts.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheOperatorsTextsReplaceOurs(t *testing.T) {
	ours := texts(t, "")
	theirs := texts(t, directory(t, map[string]string{
		"reminder.id.subject.txt": "Ingat\n{{.LastDay}}!",
		"reminder.en.html":        `<p title="{{.Name}}">{{.TimeLeft}}</p>`,
		".gitkeep":                "",
	}))
	r := reminder()
	r.Name = `"><script>`
	if got := write(t, theirs, r, rules.ID).Subject; got != "Ingat Kamis, 8 April 2021!" {
		t.Errorf("subject %q", got)
	}
	if got := write(t, theirs, r, rules.EN).HTML; got != "<p title=\"&#34;&gt;&lt;script&gt;\">3 days</p>\n" {
		t.Errorf("HTML %q", got)
	}
	if got, want := write(t, theirs, r, rules.ID).Text, write(t, ours, r, rules.ID).Text; got != want {
		t.Errorf("a text that was not replaced changed:\n%s", got)
	}
}

func TestATextWithAMistakeIsRefusedAtTheStart(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		says  []string
	}{
		"syntax":             {map[string]string{"reminder.id.txt": "a\nb\n{{.Name"}, []string{"DIR/reminder.id.txt:3:"}},
		"unknown field":      {map[string]string{"reminder.en.txt": "a\n{{.Nama}}"}, []string{"DIR/reminder.en.txt:2:", "Nama"}},
		"… if urgent":        {map[string]string{"reminder.en.subject.txt": "a{{if .Urgent}}{{.Nama}}{{end}}"}, []string{"DIR/reminder.en.subject.txt:1:", "Nama"}},
		"… without a name":   {map[string]string{"reminder.en.txt": "a{{if not .Name}}{{.Nama}}{{end}}"}, []string{"DIR/reminder.en.txt:1:"}},
		"… with all":         {map[string]string{"reminder.en.txt": "a{{if and .Name .Urgent .Balance .CardEnd .HelpURL .DashboardURL}}{{.Nama}}{{end}}"}, []string{"DIR/reminder.en.txt:1:"}},
		"HTML field":         {map[string]string{"reminder.id.html": "<p>\n\n{{.Nama}}</p>"}, []string{"DIR/reminder.id.html:3:", "Nama"}},
		"HTML context":       {map[string]string{"reminder.id.html": "<p>\n<a href=\"{{if .Name}}\">{{end}}"}, []string{"DIR/reminder.id.html:2:"}},
		"unknown function":   {map[string]string{"reminder.id.short.txt": "{{upper .Name}}"}, []string{"DIR/reminder.id.short.txt:1:"}},
		"says nothing":       {map[string]string{"reminder.id.txt": " \n"}, []string{"DIR/reminder.id.txt says nothing"}},
		"nothing when early": {map[string]string{"reminder.id.subject.txt": "{{if .Urgent}}x{{end}}"}, []string{"DIR/reminder.id.subject.txt says nothing"}},
		"too long":           {map[string]string{"reminder.id.short.txt": "{{.LastDay}}" + strings.Repeat(" panjang", 40)}, []string{"DIR/reminder.id.short.txt has ", "shorten it"}},
		"not UTF-8":          {map[string]string{"reminder.id.txt": "\xff"}, []string{"DIR/reminder.id.txt is not UTF-8"}},
		"mistyped name":      {map[string]string{"reminder.in.txt": "a"}, []string{"DIR/reminder.in.txt is no name of a text", "reminder.id.txt"}},
	}
	for name, tt := range tests {
		dir := directory(t, tt.files)
		_, err := notice.New(dir)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range tt.says {
			if want = strings.ReplaceAll(want, "DIR", dir); !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
	if _, err := notice.New(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a directory that is not there is taken")
	}
}

func TestAShortFormNeverExceedsItsBound(t *testing.T) {
	ours := texts(t, "")
	open := texts(t, directory(t, map[string]string{"reminder.en.short.txt": "{{.LastDay}} {{.HelpURL}} {{.Name}}"}))
	rapid.Check(t, func(t *rapid.T) {
		r := reminder()
		r.Name = rapid.StringOfN(rapid.RuneFrom([]rune("aé界 😀")), 0, 120, -1).Draw(t, "name")
		link := rapid.Map(rapid.IntRange(0, 320), func(n int) string { return "https://a.example/" + strings.Repeat("x", n) })
		r.HelpURL, r.DashboardURL = link.Draw(t, "help"), link.Draw(t, "dashboard")
		for name, n := range map[string]*notice.Notices{"ours": ours, "open": open} {
			got := write(t, n, r, rules.EN).Short
			if c := utf8.RuneCountInString(got); c > notice.MaxShort || !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.Contains(got, "\n") {
				t.Errorf("%s: %d characters: %q", name, c, got)
			}
			whole := maps.Collect(func(yield func(string, bool) bool) { // the words that may be in it
				all := "Thursday, 8 April 2021 " + r.HelpURL + " " + r.Name
				if name == "ours" {
					short := r
					short.DashboardURL = ""
					all = write(t, n, short, rules.EN).Short + " " + r.DashboardURL
				}
				for word := range strings.FieldsSeq(all) {
					if !yield(word, true) {
						return
					}
				}
			})
			for word := range strings.FieldsSeq(strings.TrimSuffix(got, "...")) {
				if !whole[word] {
					t.Errorf("%s: %q is cut within the word %q", name, got, word)
				}
			}
		}
	})
}
