package notice

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"gelombang/internal/rules"
)

//go:embed texts
var embedded embed.FS

// The ends of the names of a notice's files, after "reminder.", the language and a dot.
const (
	subjectEnd = "subject.txt"
	textEnd    = "txt"
	htmlEnd    = "html"
	shortEnd   = "short.txt"
)

// New reads the texts: those in dir, and the embedded ones for files that dir has not. An empty dir is for the embedded
// ones alone. All are tried out at once, with and without everything that may be missing, so that an error in a file
// shows here, with the file's name and line, and not on the night of a deadline.
func New(dir string) (*Notices, error) {
	if err := checkNames(dir); err != nil {
		return nil, err
	}
	n := &Notices{reminders: map[rules.Language]forms{}}
	for lang, l := range languages {
		var f forms
		for _, file := range []struct {
			to  *template
			end string
		}{{&f.subject, subjectEnd}, {&f.text, textEnd}, {&f.html, htmlEnd}, {&f.short, shortEnd}} {
			var err error
			if *file.to, err = read(dir, fileName(l, file.end)); err != nil {
				return nil, err
			}
		}
		if err := f.try(l); err != nil {
			return nil, err
		}
		n.reminders[lang] = f
	}
	return n, nil
}

func fileName(l language, end string) string { return "reminder." + l.tag + "." + end }

// checkNames refuses a file that would never be read: its name is most likely mistyped. Names that begin with a dot
// are left alone.
func checkNames(dir string) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("notice: the directory of texts: %w", err)
	}
	var known []string
	for _, l := range languages {
		for _, end := range []string{subjectEnd, textEnd, htmlEnd, shortEnd} {
			known = append(known, fileName(l, end))
		}
	}
	slices.Sort(known)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) {
			return fmt.Errorf("notice: %s is no name of a text, and would never be read: the names are %s", filepath.Join(dir, e.Name()), strings.Join(known, ", "))
		}
	}
	return nil
}

// read parses the operator's file, or else the embedded one.
func read(dir, name string) (template, error) {
	path := name
	text, err := fs.ReadFile(embedded, "texts/"+name)
	if dir != "" {
		own, ownErr := os.ReadFile(filepath.Join(dir, name))
		if !errors.Is(ownErr, fs.ErrNotExist) {
			path, text, err = filepath.Join(dir, name), own, ownErr
		}
	}
	if err != nil {
		return template{}, fmt.Errorf("notice: %w", err)
	}
	if !utf8.Valid(text) {
		return template{}, fmt.Errorf("notice: %s is not UTF-8", path)
	}
	t := template{file: path}
	if strings.HasSuffix(name, "."+htmlEnd) {
		t.tree, err = htmltemplate.New(path).Parse(string(text))
	} else {
		t.tree, err = texttemplate.New(path).Parse(string(text))
	}
	if err != nil {
		return template{}, fmt.Errorf("notice: %w", err)
	}
	return t, nil
}

// try writes each form from every sample. A form must say something, and a short one must fit before links, which
// are the operator's, are added to it: what is cut off then is a link.
func (f forms) try(l language) error {
	for _, r := range samples() {
		for _, t := range []template{f.subject, f.text, f.html, f.short} {
			text, err := t.execute(r.view(l))
			if err != nil {
				return err
			}
			if text = oneLine(text); text == "" {
				return fmt.Errorf("notice: %s says nothing", t.file)
			}
			if n := utf8.RuneCountInString(text); t.file == f.short.file && r.HelpURL+r.DashboardURL == "" && n > MaxShort {
				return fmt.Errorf("notice: %s has %d characters with a usual name and date, and %d are the most: shorten it", t.file, n, MaxShort)
			}
		}
	}
	return nil
}

// samples are reminders with and without everything that may be missing, early and late.
func samples() []Reminder {
	all := []Reminder{{Cohort: 13, Deadline: time.Date(2021, 9, 30, 0, 0, 0, 0, rules.WIB), TimeLeft: 14 * 24 * time.Hour, Balance: -1}}
	for _, add := range []func(*Reminder){
		func(r *Reminder) { r.Name = "Siti Nurhaliza Rahmawati" },
		func(r *Reminder) { r.TimeLeft = 6 * time.Hour },
		func(r *Reminder) { r.Balance = 1_000_000 },
		func(r *Reminder) { r.Card = "************1234" },
		func(r *Reminder) { r.HelpURL = "https://help.example.org/" },
		func(r *Reminder) { r.DashboardURL = "https://dashboard.example.org/" },
	} {
		for _, r := range all {
			add(&r)
			all = append(all, r)
		}
	}
	return all
}
