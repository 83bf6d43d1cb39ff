package notice

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name that is shown, in characters.
const maxName = 100

// urgent is how long before the deadline a reminder's tone changes.
const urgent = 24 * time.Hour

// view is what a template sees: everything in words already, so that no template does arithmetic.
type view struct {
	Name         string // empty for a neutral salutation
	Cohort       int
	LastDay      string // "Kamis, 8 April 2021", the last day on which a purchase counts
	Clock        string // "pukul 23.59 WIB", the last minute of that day in which it does
	TimeLeft     string // "2 hari 6 jam", when the text is made
	Urgent       bool   // 24 hours are left, or less
	Balance      string // "Rp1.000.000"; empty when there is none to show
	CardEnd      string // "1234"; empty when it is not known
	HelpURL      string // may be empty
	DashboardURL string // may be empty
}

func (r Reminder) view(l language) view {
	v := view{
		Name: displayName(r.Name), Cohort: r.Cohort, LastDay: l.lastDay(r.Deadline), Clock: l.lastMinute(r.Deadline),
		TimeLeft: l.span(r.TimeLeft), Urgent: r.TimeLeft <= urgent, HelpURL: r.HelpURL, DashboardURL: r.DashboardURL,
	}
	if r.Balance >= 0 {
		v.Balance = l.rupiah(r.Balance)
	}
	if m := masked.FindStringSubmatch(r.Card); m != nil {
		v.CardEnd = m[1]
	}
	return v
}

// displayName makes a name fit to be read in a line: no control signs, none that turn the direction of what
// follows, single spaces, and a bound.
func displayName(name string) string {
	name = oneLine(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if utf8.RuneCountInString(name) > maxName {
		name = strings.TrimSpace(string([]rune(name)[:maxName]))
	}
	return name
}
