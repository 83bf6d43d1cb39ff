package reads

import (
	"maps"
	"math"
	"strconv"
	"strings"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/internal/db"
)

// measure is a number that is made of a group.
type measure struct {
	// of is the expression of what is measured, null where there is nothing to measure; empty for the rows themselves.
	of string
	// sql makes the number of the column that holds what is measured.
	sql      func(column string) string
	kind     keyset.Kind
	nullable bool
	// ranked says that sql also uses the columns that tell each value's place in its group, see [ranks].
	ranked bool
	// fields are where a row shows it: the names of the row's fields, and of a field behind them.
	fields []string
	part   string
}

// purchaseMeasures are the measures of purchases, by the values of the enum that groups are ordered by. A lag and the
// time until a deadline are in seconds.
var purchaseMeasures = perDialect(func(d db.Dialect) map[string]measure {
	measures := map[string]measure{
		"COUNT":        rowCount,
		"PARTICIPANTS": {of: "p.participant_id", sql: func(v string) string { return "COUNT(DISTINCT " + v + ")" }, fields: []string{"participants"}},
	}
	maps.Copy(measures, measuresOf(d, "AMOUNT", "amount", "p.amount", 1))
	maps.Copy(measures, measuresOf(d, "LAG", "lag", d.Seconds("p.received_at", "p.purchased_at"), 1))
	maps.Copy(measures, measuresOf(d, untilDeadline, "untilDeadline", d.Seconds("pa.deadline", "p.purchased_at"), 1))
	return measures
})

// participantMeasures are the measures of participants. The hours to the first purchase are whole seconds, as hours.
var participantMeasures = perDialect(func(d db.Dialect) map[string]measure {
	const present = "pa.first_purchase_id"
	measures := map[string]measure{
		"COUNT":     rowCount,
		"PURCHASED": {of: present, sql: func(v string) string { return "COUNT(" + v + ")" }, fields: []string{"purchased", "purchasedShare"}},
		"PURCHASED_SHARE": {of: present, kind: keyset.Float, sql: func(v string) string {
			return "COALESCE(CAST(COUNT(" + v + ") AS double precision) / NULLIF(COUNT(*), 0), 0)"
		}},
	}
	maps.Copy(measures, measuresOf(d, "HOURS_TO_PURCHASE", "hoursToPurchase", d.Seconds("fp.purchased_at", d.StartOf(db.Day, "c.announced_at")), 3600))
	maps.Copy(measures, measuresOf(d, "BALANCE", "balance", "pa.balance", 1))
	return measures
})

var rowCount = measure{sql: func(string) string { return "COUNT(*)" }, fields: []string{"count"}}

// measuresOf are the measures of an expression for whole numbers, that many of which make a unit: all but the average
// are whole numbers again if one does.
func measuresOf(d db.Dialect, name, field, of string, unit int) map[string]measure {
	kind, scaled := keyset.Integer, func(s string) string { return s }
	if unit != 1 {
		kind, scaled = keyset.Float, func(s string) string { return "CAST(" + s + " AS double precision) / " + strconv.Itoa(unit) }
	}
	function := func(part string, sql func(v string) string) measure {
		return measure{of: of, sql: func(v string) string { return scaled(sql(v)) }, kind: kind, nullable: true, fields: []string{field}, part: part}
	}
	avg := function("avg", func(v string) string { return average(d, v) })
	avg.kind = keyset.Float
	median, p90 := function("median", percentile(d, 5)), function("p90", percentile(d, 9))
	median.ranked, p90.ranked = d == db.SQLite, d == db.SQLite
	measures := map[string]measure{
		name + "_AVG":    avg,
		name + "_MIN":    function("min", func(v string) string { return "MIN(" + v + ")" }),
		name + "_MAX":    function("max", func(v string) string { return "MAX(" + v + ")" }),
		name + "_MEDIAN": median,
		name + "_P90":    p90,
	}
	if unit == 1 {
		measures[name+"_SUM"] = measure{of: of, sql: func(v string) string { return sum(d, v) }, fields: []string{field}, part: "sum"}
	}
	return measures
}

// exactSum is the sum without an overflow: of any size on Postgres, and on SQLite, once it is beyond 64 bits, as a
// real number. SQLite's own sum would fail.
func exactSum(d db.Dialect, v string) string {
	if d == db.Postgres {
		return "SUM(" + v + ")"
	}
	return "(SUM(" + v + " / 1000000000) * 1000000000 + SUM(" + v + " % 1000000000))"
}

// sum is the sum as 64 bits, and the nearest number of 64 bits to one that is beyond; 0 of nothing.
func sum(d db.Dialect, v string) string { return within64(d, exactSum(d, v)) }

// within64 is the exact sum as 64 bits.
func within64(d db.Dialect, exact string) string {
	s := "COALESCE(" + exact + ", 0)"
	if d == db.Postgres {
		return "CAST(LEAST(GREATEST(" + s + ", -9223372036854775808), 9223372036854775807) AS bigint)"
	}
	return "CASE WHEN typeof(" + s + ") <> 'real' THEN " + s + " WHEN " + s + " > 0 THEN 9223372036854775807 ELSE -9223372036854775807 - 1 END"
}

// average is the sum, rounded to double precision, by the number: the same in both databases.
func average(d db.Dialect, v string) string {
	return "CAST(" + exactSum(d, v) + " AS double precision) / NULLIF(COUNT(" + v + "), 0)"
}

// percentile is the least value that so many tenths of the values do not exceed.
func percentile(d db.Dialect, tenths int) func(v string) string {
	return func(v string) string {
		if d == db.Postgres {
			return "percentile_disc(0." + strconv.Itoa(tenths) + ") WITHIN GROUP (ORDER BY " + v + ")"
		}
		return "MIN(CASE WHEN " + v + "_place * 10 >= " + v + "_of * " + strconv.Itoa(tenths) + " THEN " + v + " END)"
	}
}

// ranks are the columns that tell the place of a value among those of its group, from 1 on, and how many there are;
// rows without a value have the last places. Only SQLite needs them: it has no percentiles of its own.
func ranks(column, partition string) string {
	return ", ROW_NUMBER() OVER (" + partition + " ORDER BY " + column + " NULLS LAST) AS " + column + "_place" +
		", COUNT(" + column + ") OVER (" + partition + ") AS " + column + "_of"
}

// limit is a condition on a measure; without the condition, none.
type limit struct {
	measure   string
	condition func(column string) (where, error)
}

func limited[S any](measure string, within func(name, column string, span *S) (where, error), span *S) limit {
	if span == nil {
		return limit{}
	}
	return limit{measure, func(column string) (where, error) { return within(limitName(measure), column, span) }}
}

// limitName is the field of the input that limits the measure: amountSum for AMOUNT_SUM.
func limitName(measure string) string {
	first, rest, _ := strings.Cut(measure, "_")
	name := strings.ToLower(first)
	for word := range strings.SplitSeq(rest, "_") {
		if word != "" {
			name += word[:1] + strings.ToLower(word[1:])
		}
	}
	return name
}

// The methods below read the measures of a group, by their names. One that nobody asked for is 0 or nil.

func (row *groupRow) count(name string) int {
	n, ok := row.measure(name).(int64)
	if !ok {
		return 0
	}
	return int(n)
}

func (row *groupRow) integer(name string) *int64 {
	n, ok := row.measure(name).(int64)
	if !ok {
		return nil
	}
	return &n
}

func (row *groupRow) float(name string) *float64 {
	f, ok := row.measure(name).(float64)
	if !ok {
		return nil
	}
	return &f
}

// seconds are no more, either way, than the 32 bits of GraphQL's Int hold.
func (row *groupRow) seconds(name string) *int {
	n := row.integer(name)
	if n == nil {
		return nil
	}
	s := int(max(math.MinInt32, min(*n, math.MaxInt32)))
	return &s
}

func (row *groupRow) secondsMeasures(name string) *model.SecondsMeasures {
	return &model.SecondsMeasures{
		Avg: row.float(name + "_AVG"), Min: row.seconds(name + "_MIN"), Max: row.seconds(name + "_MAX"), Median: row.seconds(name + "_MEDIAN"), P90: row.seconds(name + "_P90"),
	}
}

func (row *groupRow) rupiah(name string) *model.RupiahMeasures {
	m := &model.RupiahMeasures{
		Avg: row.float(name + "_AVG"), Min: row.integer(name + "_MIN"), Max: row.integer(name + "_MAX"),
		Median: row.integer(name + "_MEDIAN"), P90: row.integer(name + "_P90"),
	}
	if sum := row.integer(name + "_SUM"); sum != nil {
		m.Sum = *sum
	}
	return m
}
