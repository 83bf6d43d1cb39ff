package graph_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// The oracle: what an aggregate answers, worked out in Go from what was written.

// item is what is grouped: a purchase with its participant, or a participant with its first purchase, which may be nil.
type item struct {
	person *person
	sale   *sale
}

// shown is a value of a key: as the answer shows it, and as groups are ordered by it, a number or a text. Both are
// nil for null.
type shown struct{ value, order any }

func textual[T ~string](v T) shown {
	if v == "" {
		return shown{}
	}
	return shown{string(v), string(v)}
}

func instantly(t time.Time, layout string) shown {
	return shown{t.Format(layout), float64(t.UnixMicro())}
}

func among[T ~string](v T, all []T) shown {
	if v == "" {
		return shown{}
	}
	return shown{string(v), float64(slices.Index(all, v))}
}

func truth(b bool) shown {
	if b {
		return shown{true, 1.}
	}
	return shown{false, 0.}
}

// oracleKey is how a query asks for a key, and what the answer is.
type oracleKey struct {
	ask string
	of  func(item) shown
}

// sold makes null of what there is none of without a purchase.
func sold(of func(*sale) shown) func(item) shown {
	return func(i item) shown {
		if i.sale == nil {
			return shown{}
		}
		return of(i.sale)
	}
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(rules.WIB).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, rules.WIB)
}

func monday(t time.Time) time.Time {
	day := midnight(t)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

var oracleKeys = map[string]oracleKey{
	"COHORT":   {"cohort", func(i item) shown { return shown{float64(i.person.cohort), float64(i.person.cohort)} }},
	"PLATFORM": {"platform { code }", sold(func(s *sale) shown { return shown{map[string]any{"code": s.course.platform}, s.course.platform} })},
	"OFFERING": {"offering { title }", sold(func(s *sale) shown {
		return shown{map[string]any{"title": "Course " + string(rune('0'+s.course.id))}, float64(s.course.id)}
	})},
	"PROVIDER":  {"provider", sold(func(s *sale) shown { return textual(s.course.provider) })},
	"CATEGORY":  {"category", sold(func(s *sale) shown { return textual(s.course.category) })},
	"MODE":      {"mode", sold(func(s *sale) shown { return textual(s.course.mode) })},
	"PROVINCE":  {"province { code name }", oracleProvince},
	"REGENCY":   {"regency", func(i item) shown { return textual(i.person.regency) }},
	"GENDER":    {"gender", func(i item) shown { return textual(i.person.gender) }},
	"AGE_BAND":  {"ageBand", func(i item) shown { return among(i.person.bands, rules.AgeBand("").Values()) }},
	"EDUCATION": {"education", func(i item) shown { return among(i.person.education, rules.Education("").Values()) }},
	"STATUS":    {"status", func(i item) shown { return among(i.person.status(), rules.Statuses()) }},
	"HOUR":      {"hour", sold(func(s *sale) shown { return instantly(s.purchased.In(rules.WIB).Truncate(time.Hour), time.RFC3339) })},
	"DAY":       {"day", sold(func(s *sale) shown { return instantly(midnight(s.purchased), time.DateOnly) })},
	"WEEK":      {"week", sold(func(s *sale) shown { return instantly(monday(s.purchased), time.DateOnly) })},
	"MONTH": {"month", sold(func(s *sale) shown {
		day := midnight(s.purchased)
		return instantly(day.AddDate(0, 0, 1-day.Day()), time.DateOnly)
	})},
	"HOURS_BEFORE_DEADLINE": {"hoursBeforeDeadline { over upTo }", func(i item) shown {
		if i.sale == nil {
			return shown{}
		}
		return oracleSpan(i.person.deadline.Sub(i.sale.purchased))
	}},
	"LATE":     {"late", sold(func(s *sale) shown { return truth(!s.purchased.Before(s.buyer.deadline)) })},
	"VOIDED":   {"voided", sold(func(s *sale) shown { return truth(!s.voided.IsZero()) })},
	"COUNTS":   {"counts", sold(func(s *sale) shown { return truth(s.counts()) })},
	"EVIDENCE": {"evidence", sold(func(s *sale) shown { return textual(s.evidence) })},
}

func oracleProvince(i item) shown {
	if i.person.province == "" {
		return shown{}
	}
	name := i.person.province
	if name == "31" {
		name = "DKI Jakarta"
	}
	return shown{map[string]any{"code": i.person.province, "name": name}, i.person.province}
}

func oracleSpan(left time.Duration) shown {
	if left <= 0 {
		return shown{map[string]any{"over": nil, "upTo": 0.}, 0.}
	}
	over := 0.
	for i, hours := range []float64{6, 12, 24, 48, 72, 168, 336, 504} {
		if left <= time.Duration(hours)*time.Hour {
			return shown{map[string]any{"over": over, "upTo": hours}, float64(i + 1)}
		}
		over = hours
	}
	return shown{map[string]any{"over": over, "upTo": nil}, 9.}
}

func (p *person) status() rules.Status {
	f := rules.Facts{Deadline: p.deadline, RevokedAt: p.revoked, ReviewOpen: p.review}
	if p.first != nil {
		f.FirstPurchase = &rules.PurchaseKey{}
	}
	return f.StatusAt(registrytest.Evening)
}

func (s *sale) counts() bool {
	p := rules.Purchase{PurchasedAt: s.purchased, VoidedAt: s.voided, Evidence: s.evidence}
	return p.Counts(rules.AnnouncedFrom(announcements[s.buyer.cohort]), s.buyer.deadline)
}

// oracleMeasure is where an answer shows a measure, the field of `having` that limits it, and what it is of a group: a
// number, or nil for none.
type oracleMeasure struct {
	path, limit string
	of          func([]item) any
}

// The measures of values, which are whole numbers, so many of which make a unit.
func oracleMeasures(all map[string]oracleMeasure, name, field, limit string, unit float64, value func(item) (int64, bool)) {
	measure := func(part string, of func(sorted []int64) float64) oracleMeasure {
		return oracleMeasure{path: field + "." + part, of: func(items []item) any {
			var values []int64
			for _, i := range items {
				if v, ok := value(i); ok {
					values = append(values, v)
				}
			}
			if len(values) == 0 {
				return nil
			}
			slices.Sort(values)
			return of(values) / unit
		}}
	}
	tenths := func(n int) func([]int64) float64 {
		return func(sorted []int64) float64 { return float64(sorted[(len(sorted)*n+9)/10-1]) }
	}
	for part, of := range map[string]func([]int64) float64{
		"Avg": func(v []int64) float64 { return float64(total(v)) / float64(len(v)) },
		"Min": func(v []int64) float64 { return float64(v[0]) }, "Max": func(v []int64) float64 { return float64(v[len(v)-1]) },
		"Median": tenths(5), "P90": tenths(9),
	} {
		lower := map[string]string{"Avg": "avg", "Min": "min", "Max": "max", "Median": "median", "P90": "p90"}[part]
		m := measure(lower, of)
		m.limit = limit + part
		all[name+"_"+map[string]string{"Avg": "AVG", "Min": "MIN", "Max": "MAX", "Median": "MEDIAN", "P90": "P90"}[part]] = m
	}
	if unit == 1 && name != "LAG" && name != "UNTIL_DEADLINE" {
		m := measure("sum", func(v []int64) float64 { return float64(total(v)) })
		whole := m.of
		m.limit, m.of = limit+"Sum", func(items []item) any {
			if v := whole(items); v != nil {
				return v
			}
			return 0.
		}
		all[name+"_SUM"] = m
	}
}

func total(values []int64) int64 {
	var sum int64
	for _, v := range values {
		sum += v
	}
	return sum
}

// wholeSeconds are those between two instants, towards the past.
func wholeSeconds(later, earlier time.Time) int64 {
	return int64(math.Floor(float64(later.Sub(earlier)/time.Microsecond) / 1e6))
}

func oracleCount(limit string, counts func(item) bool) oracleMeasure {
	return oracleMeasure{path: limit, limit: limit, of: func(items []item) any {
		n := 0.
		for _, i := range items {
			if counts(i) {
				n++
			}
		}
		return n
	}}
}

func purchaseOracle() map[string]oracleMeasure {
	all := map[string]oracleMeasure{
		"COUNT": oracleCount("count", func(item) bool { return true }),
		"PARTICIPANTS": {path: "participants", limit: "participants", of: func(items []item) any {
			seen := map[int]bool{}
			for _, i := range items {
				seen[i.person.id] = true
			}
			return float64(len(seen))
		}},
	}
	oracleMeasures(all, "AMOUNT", "amount", "amount", 1, func(i item) (int64, bool) { return i.sale.amount, true })
	oracleMeasures(all, "LAG", "lag", "lag", 1, func(i item) (int64, bool) { return wholeSeconds(i.sale.received, i.sale.purchased), true })
	oracleMeasures(all, "UNTIL_DEADLINE", "untilDeadline", "untilDeadline", 1, func(i item) (int64, bool) { return wholeSeconds(i.person.deadline, i.sale.purchased), true })
	return all
}

func participantOracle() map[string]oracleMeasure {
	bought := func(i item) bool { return i.sale != nil }
	purchased := oracleCount("purchased", bought)
	all := map[string]oracleMeasure{
		"COUNT":     oracleCount("count", func(item) bool { return true }),
		"PURCHASED": purchased,
		"PURCHASED_SHARE": {path: "purchasedShare", limit: "purchasedShare", of: func(items []item) any {
			n, isNumber := purchased.of(items).(float64)
			if !isNumber || len(items) == 0 {
				return 0.
			}
			return n / float64(len(items))
		}},
	}
	oracleMeasures(all, "HOURS_TO_PURCHASE", "hoursToPurchase", "hoursToPurchase", 3600, func(i item) (int64, bool) {
		if i.sale == nil {
			return 0, false
		}
		return wholeSeconds(i.sale.purchased, midnight(announcements[i.person.cohort])), true
	})
	oracleMeasures(all, "BALANCE", "balance", "balance", 1, func(i item) (int64, bool) { return i.person.balance, true })
	return all
}

// compareShown orders as the databases do: null last, in either direction.
func compareShown(a, b any, desc bool) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a == nil), btoi(b == nil))
	}
	var c int
	switch a := a.(type) {
	case float64:
		c = cmp.Compare(a, b.(float64))
	case string:
		c = cmp.Compare(a, b.(string))
	}
	if desc {
		return -c
	}
	return c
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
