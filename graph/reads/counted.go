package reads

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// counted is a table of rolled-up counters: each of its rows k stands for k.n base rows that have the same keys. A
// statement about base rows that speaks of nothing but those keys is as true of the counters, and the counters are few.
//
// Statements are put together from fragments of our own, in which every column is written with the name of its table.
// So it is found out from the text whether a cube covers it: each column must be a key, or be asked no more than the
// cube can tell.
type counted struct {
	table string
	joins string
	// plain are the base columns that are keys, each with an expression of the same value.
	plain map[string]string
	// present are base columns of which the cube knows only whether there is a value: the expression is null where it is.
	present map[string]string
	// instant is a base column of which the cube knows the WIB day; empty for none. Then day is an expression of the instant
	// at which that began, or null.
	instant, day string
	// measures are by the names of those of the base rows. They are expressions of the columns of the rows s.
	measures map[string]func(db.Dialect) string
	// money is the column of the sum of rupiah; has says whether there is a first purchase.
	money, has string
}

var (
	columnName = regexp.MustCompile(`\b[a-z]+[0-9]*\.[a-z_]+\b`)
	nullTest   = regexp.MustCompile(`^ IS (NOT )?NULL\b`)
	dayBound   = regexp.MustCompile(`^ (?:>=|<) \$([0-9]+)\b`)
)

// calendarUnits are the spans of the calendar that are whole days.
var calendarUnits = []db.Unit{db.Day, db.Week, db.Month}

// rewrite says of the counters what the text says of the base rows, or that the cube does not cover it. The arguments
// are those that the text's parameters name.
func (c *counted) rewrite(d db.Dialect, text string, args keyset.Args) (string, bool) {
	if c.instant != "" {
		for _, unit := range calendarUnits {
			text = strings.ReplaceAll(text, d.StartOf(unit, c.instant), d.StartOf(unit, c.day))
		}
	}
	var out strings.Builder
	last := 0
	for _, at := range columnName.FindAllStringIndex(text, -1) {
		name, rest := text[at[0]:at[1]], text[at[1]:]
		out.WriteString(text[last:at[0]])
		last = at[1]
		expression, covered := c.column(name, rest, args)
		if !covered {
			return "", false
		}
		out.WriteString(expression)
	}
	out.WriteString(text[last:])
	return out.String(), true
}

// column is what the counters know of the base column, in a text that goes on with the rest.
func (c *counted) column(name, rest string, args keyset.Args) (string, bool) {
	if strings.HasPrefix(name, "k.") { // what was written for the counters
		return name, true
	}
	if expression, is := c.plain[name]; is {
		return expression, true
	}
	if expression, is := c.present[name]; is && nullTest.MatchString(rest) {
		return expression, true
	}
	if name == c.instant {
		if bound := dayBound.FindStringSubmatch(rest); bound != nil {
			return c.day, beginsDay(bound[1], args)
		}
	}
	return "", false
}

// beginsDay reports whether the parameter is the instant at which a day begins in WIB: then the instants before it are
// those of whole days.
func beginsDay(parameter string, args keyset.Args) bool {
	n, err := strconv.Atoi(parameter)
	if err != nil || n < 1 || n > len(args) {
		return false
	}
	at, is := args[n-1].(time.Time)
	return is && at.Equal(rules.StartOfDay(at))
}

// tables are the counters k and what is joined to them.
func (c *counted) tables() string { return c.table + " k" + c.joins }

// covering returns the first of the cubes, of which the smallest are the first, that covers all of the texts, and the
// texts as they are said of it; nil when none does.
func covering(d db.Dialect, cubes []*counted, texts []string, args keyset.Args) (*counted, []string) {
	for _, c := range cubes {
		said := make([]string, 0, len(texts))
		for _, text := range texts {
			rewritten, covered := c.rewrite(d, text, args)
			if !covered {
				break
			}
			said = append(said, rewritten)
		}
		if len(said) == len(texts) {
			return c, said
		}
	}
	return nil, nil
}
