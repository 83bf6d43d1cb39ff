// Package counters declares the counters: tables beside the facts in which what aggregates ask for most often is added up
// already. It compares them with the facts, puts them right, and keeps them small.
//
// It does not count. Triggers of the database do, in the very transaction that changes the facts, whoever writes these.
// They are in the migration that makes the tables. What a counter holds is said twice, there for a change and here for
// the whole, and tests hold the two together.
//
// A counter is spread over lanes, so that transactions that write at the same time do not wait for each other's rows: its
// value is the sum over them. One lane by itself means nothing, and may be below zero. Where the sums of all measures are
// zero there is nothing to count, though rows may be left.
package counters

import (
	"strconv"
	"strings"

	"gelombang/internal/db"
)

// Cube is a table of counters: a row for each group of facts that have the keys in common, and lane.
type Cube struct {
	Table string
	Keys  []Key
	// Measures are how many facts there are, n, and a sum in rupiah, which beyond 64 bits is a real number on SQLite.
	Measures []Measure

	from string // the facts, one of each row
}

// Key is a column of a cube and what it is among the facts. It is never null: what is null there is the empty text, or 0
// where it is a number.
type Key struct {
	Column string

	kind kind
	of   func(db.Dialect) string
}

// Measure is a column of a cube and what of each fact it adds up.
type Measure struct {
	Column string

	of    string
	money bool
}

type kind int

const (
	number kind = iota
	text
	yesOrNo
	instant
)

// correction is the lane of the corrections, which no writer takes: see [Repair].
const correction = 16

// columns are the names of the keys, with commas between them.
func (c Cube) columns() string {
	names := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		names[i] = k.Column
	}
	return strings.Join(names, ", ")
}

// stored are the columns in which the measures stand. On SQLite, whose integers have a bound, a sum of rupiah is the sum of
// the thousands of millions and that of what is left over, and its own column is made of these.
func (c Cube) stored(d db.Dialect) []Measure {
	var stored []Measure
	for _, m := range c.Measures {
		if d == db.SQLite && m.money {
			stored = append(stored, Measure{Column: m.Column + "_high", of: m.of + " / 1000000000"}, Measure{Column: m.Column + "_low", of: m.of + " % 1000000000"})
		} else {
			stored = append(stored, m)
		}
	}
	return stored
}

// values are the names of the columns of the stored measures, with commas between them.
func (c Cube) values(d db.Dialect) string { return list(c.stored(d), "") }

// list is the names of the measures with the prefix, with commas between them.
func list(measures []Measure, prefix string) string {
	names := make([]string, len(measures))
	for i, m := range measures {
		names[i] = prefix + m.Column
	}
	return strings.Join(names, ", ")
}

// counted is a query for what the cube should hold: the keys and the stored measures, a row for each group of the facts.
func (c Cube) counted(d db.Dialect) string {
	var columns []string
	for _, k := range c.Keys {
		columns = append(columns, k.of(d)+" AS "+k.Column)
	}
	for _, m := range c.stored(d) {
		columns = append(columns, "SUM("+m.of+") AS "+m.Column)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + c.from + " GROUP BY " + places(len(c.Keys))
}

// compared is a query for the groups in which the cube is not as it should be: the keys, what should stand there, as
// should_ and the name of each stored measure, and what does, as is_ and the name.
func (c Cube) compared(d db.Dialect) string {
	var facts, counters, sums, differ []string
	for _, m := range c.stored(d) {
		should, is := "should_"+m.Column, "is_"+m.Column
		facts = append(facts, m.Column+" AS "+should+", 0 AS "+is)
		counters = append(counters, "0, "+m.Column)
		sums = append(sums, "SUM("+should+") AS "+should, "SUM("+is+") AS "+is)
		differ = append(differ, "SUM("+should+") <> SUM("+is+")")
	}
	return "SELECT " + c.columns() + ", " + strings.Join(sums, ", ") +
		" FROM (SELECT " + c.columns() + ", " + strings.Join(facts, ", ") + " FROM (" + c.counted(d) + ") AS f" +
		" UNION ALL SELECT " + c.columns() + ", " + strings.Join(counters, ", ") + " FROM " + c.Table + ") AS u" +
		" GROUP BY " + places(len(c.Keys)) + " HAVING " + strings.Join(differ, " OR ")
}

// insert is a statement that adds the rows of a query to those of the cube: the keys, the lane and the stored measures.
func (c Cube) insert(d db.Dialect, rows string) string {
	var set []string
	for _, m := range c.stored(d) {
		set = append(set, m.Column+" = "+c.Table+"."+m.Column+" + excluded."+m.Column)
	}
	return "INSERT INTO " + c.Table + " (" + c.columns() + ", lane, " + c.values(d) + ") " + rows +
		" ON CONFLICT (" + c.columns() + ", lane) DO UPDATE SET " + strings.Join(set, ", ")
}

// places are the numbers of the first n columns, for GROUP BY.
func places(n int) string {
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = strconv.Itoa(i + 1)
	}
	return strings.Join(numbers, ", ")
}
