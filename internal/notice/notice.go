// Package notice has the texts that people get, in Indonesian and English. A text is a template in texts/, and can be
// replaced by a file of the same name in a directory of the operator's. The package decides nothing and sends
// nothing: whom to write to, when and how is the caller's.
//
// The texts promise only what the rules hold: a first training must be bought by 23:59 WIB of the last day at one of
// the platforms, or the membership is ended; who has bought need do nothing.
package notice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"gelombang/internal/rules"
)

// Reminder is what a reminder of the deadline tells its recipient.
type Reminder struct {
	Name     string        // as the participant writes it, any characters; empty for a neutral salutation
	Cohort   int           // the cohort's number
	Deadline time.Time     // exclusive; shown as the minute before it in WIB, so 23:59 of the last day
	TimeLeft time.Duration // to the deadline, when the text is made; more than zero
	Balance  int64         // rupiah; a negative one is not shown
	Card     string        // masked, "************1234"; may be empty
	// HelpURL and DashboardURL are http or https addresses; empty ones are not shown.
	HelpURL, DashboardURL string
}

// Text is a notice in all its forms, each of which can stand alone.
type Text struct {
	Subject string // one line
	Text    string // plain, with LF at the ends of lines
	HTML    string // a whole document
	Short   string // one line of at most [MaxShort] characters, for messaging gateways
}

// Notices makes texts. It is safe for concurrent use.
type Notices struct {
	reminders map[rules.Language]forms
}

// forms are the templates of one notice in one language.
type forms struct{ subject, text, html, short template }

// template is a parsed file, of text/template or html/template.
type template struct {
	file string // its name, or its path if it is the operator's
	tree interface {
		Execute(w io.Writer, data any) error
	}
}

// masked is a card number of which four digits at most are shown.
var masked = regexp.MustCompile(`^\**([0-9]{4})$`)

// Reminder writes a reminder in a language. Its errors are mistakes of the caller's, such as a card number that is not
// masked or no time left; they hold nothing of what was given.
func (n *Notices) Reminder(r Reminder, lang rules.Language) (Text, error) {
	f, ok := n.reminders[lang]
	if !ok {
		return Text{}, errors.New("notice: there are no texts in that language")
	}
	if err := r.check(); err != nil {
		return Text{}, err
	}
	return f.write(r.view(languages[lang]))
}

func (r Reminder) check() error {
	switch {
	case r.Cohort < 1:
		return errors.New("notice: a reminder needs the number of the cohort")
	case r.Deadline.IsZero():
		return errors.New("notice: a reminder needs the deadline")
	case r.TimeLeft <= 0:
		return errors.New("notice: a reminder after the deadline would be untrue")
	case r.Card != "" && !masked.MatchString(r.Card):
		return errors.New("notice: a reminder shows a masked card number only, such as ************1234")
	}
	for _, link := range []string{r.HelpURL, r.DashboardURL} {
		if link == "" {
			continue
		}
		if u, err := url.Parse(link); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsFunc(link, unsafeInLink) {
			return errors.New("notice: a link in a reminder is an address that begins with https:// or http://")
		}
	}
	return nil
}

// unsafeInLink reports whether a character would end a link in a plain text, or break the text.
func unsafeInLink(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func (f forms) write(v view) (t Text, err error) {
	for _, form := range []struct {
		to    *string
		from  template
		shape func(string) string
	}{
		{&t.Subject, f.subject, oneLine},
		{&t.Text, f.text, paragraphs},
		{&t.HTML, f.html, paragraphs},
		{&t.Short, f.short, short},
	} {
		written, err := form.from.execute(v)
		if err != nil {
			return Text{}, err
		}
		*form.to = form.shape(written)
	}
	return t, nil
}

func (t template) execute(v view) (string, error) {
	var b bytes.Buffer
	if err := t.tree.Execute(&b, v); err != nil {
		return "", fmt.Errorf("notice: %w", err)
	}
	return b.String(), nil
}
