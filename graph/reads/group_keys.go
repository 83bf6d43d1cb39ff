package reads

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// groupKey is something that can be grouped by.
type groupKey struct {
	// of is the expression that the members of a group have in common.
	of func(args *keyset.Args) string
	// shown makes of the grouped column what is shown of a group and what orders it, once for each group; nil for the
	// column itself.
	shown    func(column string) string
	kind     keyset.Kind
	nullable bool
	// put puts a value that is not null into the key.
	put func(key *model.GroupKey, value any)
	// load is for keys that are objects: it reads those behind the values, with what is asked of them, and returns what
	// puts them. The field is that of the key.
	field string
	load  func(ctx context.Context, sel selection.Selection, values []any) (func(*model.GroupKey, any), error)
}

// keyNames are the tables that the keys speak of. What is asked of a purchase may be missing where it is optional.
type keyNames struct {
	purchase, offering string
	optional           bool
}

// buyerKeys are the keys that say something of who bought.
var buyerKeys = []string{"PROVINCE", "REGENCY", "GENDER", "AGE_BAND", "EDUCATION", "STATUS", "HOURS_BEFORE_DEADLINE"}

// refusedKeys refuses a viewer who may not ask about the buyers to group by what is known of them.
func (r *Reader) refusedKeys(groupBy []string) error {
	if slices.ContainsFunc(groupBy, func(name string) bool { return slices.Contains(buyerKeys, name) }) {
		return r.refusedAttributes()
	}
	return nil
}

// refusedMeasures refuses a viewer who may not ask about the buyers to measure what is known of them.
func (r *Reader) refusedMeasures(names []string) error {
	if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, untilDeadline) }) {
		return r.refusedAttributes()
	}
	return nil
}

// purchaseKeys are the keys of purchases among [purchaseTables], by the values of the enum.
func (r *Reader) purchaseKeys() map[string]groupKey {
	keys := r.groupKeys(keyNames{purchase: "p.", offering: "o."})
	yes := func(condition string, place func(*model.GroupKey) **bool) groupKey {
		return groupKey{of: expression("CASE WHEN " + condition + " THEN 1 ELSE 0 END"), put: func(key *model.GroupKey, v any) {
			is := v == int64(1)
			*place(key) = &is
		}}
	}
	keys["LATE"] = yes("p.purchased_at >= pa.deadline", func(k *model.GroupKey) **bool { return &k.Late })
	keys["VOIDED"] = yes("p.voided_at IS NOT NULL", func(k *model.GroupKey) **bool { return &k.Voided })
	keys["COUNTS"] = yes(countsCondition(r.Dialect, "p"), func(k *model.GroupKey) **bool { return &k.Counts })
	keys["EVIDENCE"] = textKey("p.evidence", false, func(k *model.GroupKey) **rules.Evidence { return &k.Evidence })
	return keys
}

// participantKeys are the keys of participants among those of [Reader.participantSource] and [firstPurchases].
func (r *Reader) participantKeys() map[string]groupKey {
	return r.groupKeys(keyNames{purchase: "fp.", offering: "fo.", optional: true})
}

func (r *Reader) groupKeys(n keyNames) map[string]groupKey {
	keys := map[string]groupKey{
		"COHORT": {of: expression("pa.cohort_id"), put: func(k *model.GroupKey, v any) {
			if number, ok := v.(int64); ok {
				cohort := int(number)
				k.Cohort = &cohort
			}
		}},
		"PLATFORM": {of: expression(n.purchase + "platform_id"), shown: platformCode, kind: keyset.Text, nullable: n.optional, field: "platform", load: r.loadPlatforms},
		"OFFERING": {of: expression(n.purchase + "offering_id"), nullable: n.optional, field: "offering", load: r.loadOfferings},
		"PROVINCE": {of: expression("pa.province"), kind: keyset.Text, nullable: true, field: "province", load: r.loadProvinces},
		"PROVIDER": textKey("NULLIF("+n.offering+"provider, '')", true, func(k *model.GroupKey) **string { return &k.Provider }),
		"CATEGORY": textKey("NULLIF("+n.offering+"category, '')", true, func(k *model.GroupKey) **string { return &k.Category }),
		"MODE":     textKey(n.offering+"mode", true, func(k *model.GroupKey) **rules.Mode { return &k.Mode }),
		"REGENCY":  textKey("pa.regency", true, func(k *model.GroupKey) **string { return &k.Regency }),
		"GENDER":   textKey("pa.gender", true, func(k *model.GroupKey) **rules.Gender { return &k.Gender }),
		"STATUS":   r.statusKey(),
		"HOURS_BEFORE_DEADLINE": {of: expression(beforeDeadline(r.Dialect, n.purchase+"purchased_at")), nullable: n.optional, put: func(k *model.GroupKey, v any) {
			k.HoursBeforeDeadline = hoursSpan(v)
		}},
	}
	bands := ranked(rules.AgeBand("").Values(), func(k *model.GroupKey) **rules.AgeBand { return &k.AgeBand })
	bands.of = expression("pa.age_band")
	levels := ranked(rules.Education("").Values(), func(k *model.GroupKey) **rules.Education { return &k.Education })
	levels.of = expression("pa.education")
	keys["AGE_BAND"], keys["EDUCATION"] = bands, levels
	maps.Copy(keys, calendarKeys(r.Dialect, n))
	return keys
}

func expression(s string) func(*keyset.Args) string { return func(*keyset.Args) string { return s } }

func textKey[T ~string](of string, nullable bool, place func(*model.GroupKey) **T) groupKey {
	return groupKey{of: expression(of), kind: keyset.Text, nullable: nullable, put: func(k *model.GroupKey, v any) {
		if s, ok := v.(string); ok {
			t := T(s)
			*place(k) = &t
		}
	}}
}

// ranked is a key that is one of the values, ordered as they are.
func ranked[T ~string](values []string, place func(*model.GroupKey) **T) groupKey {
	return groupKey{shown: func(column string) string { return rank(column, values) }, nullable: true, put: func(k *model.GroupKey, v any) {
		if i, ok := v.(int64); ok {
			t := T(values[i])
			*place(k) = &t
		}
	}}
}

// calendarKeys are the spans of the calendar, in WIB, that a purchase lies in.
func calendarKeys(d db.Dialect, n keyNames) map[string]groupKey {
	keys := map[string]groupKey{}
	for name, span := range map[string]struct {
		unit  db.Unit
		place func(*model.GroupKey) **time.Time
	}{
		"HOUR":  {db.Hour, func(k *model.GroupKey) **time.Time { return &k.Hour }},
		"DAY":   {db.Day, func(k *model.GroupKey) **time.Time { return &k.Day }},
		"WEEK":  {db.Week, func(k *model.GroupKey) **time.Time { return &k.Week }},
		"MONTH": {db.Month, func(k *model.GroupKey) **time.Time { return &k.Month }},
	} {
		keys[name] = groupKey{of: expression(d.StartOf(span.unit, n.purchase+"purchased_at")), kind: keyset.Instant, nullable: n.optional, put: func(k *model.GroupKey, v any) {
			if begin, ok := v.(time.Time); ok {
				*span.place(k) = &begin
			}
		}}
	}
	return keys
}

// statusKey says each status in terms of the facts, as [rules.Facts.StatusAt] does, by its place among the statuses.
func (r *Reader) statusKey() groupKey {
	statuses := rules.Statuses()
	place := func(s rules.Status) string { return strconv.Itoa(slices.Index(statuses, s)) }
	of := func(args *keyset.Args) string {
		return "CASE WHEN pa.revoked_at IS NOT NULL THEN " + place(rules.StatusRevoked) +
			" WHEN pa.review_open THEN " + place(rules.StatusUnderReview) +
			" WHEN pa.first_purchase_id IS NOT NULL THEN " + place(rules.StatusPurchased) +
			" WHEN pa.deadline <= " + args.Add(db.Instant(r.Now)) + " THEN " + place(rules.StatusOverdue) +
			" ELSE " + place(rules.StatusAwaiting) + " END"
	}
	return groupKey{of: of, put: func(k *model.GroupKey, v any) {
		if i, ok := v.(int64); ok {
			k.Status = &statuses[i]
		}
	}}
}

// deadlineHours bound the spans of time before a deadline, in hours, inclusive.
var deadlineHours = []int{6, 12, 24, 48, 72, 7 * 24, 14 * 24, 21 * 24}

// beforeDeadline is an expression for the span before the deadline of pa that the instant of the column lies in: 0 for
// the deadline and after, then the place of the span from 1 on. It is null for no instant.
func beforeDeadline(d db.Dialect, column string) string {
	var spans strings.Builder
	for i, hours := range deadlineHours {
		before := "pa.deadline - " + strconv.Itoa(hours) + " * 3600000000" // microseconds
		if d == db.Postgres {
			before = "pa.deadline - INTERVAL '" + strconv.Itoa(hours) + " hours'"
		}
		spans.WriteString(" WHEN " + column + " >= " + before + " THEN " + strconv.Itoa(i+1))
	}
	return "CASE WHEN " + column + " >= pa.deadline THEN 0" + spans.String() + " WHEN " + column + " IS NOT NULL THEN " + strconv.Itoa(len(deadlineHours)+1) + " END"
}

func hoursSpan(v any) *model.HoursSpan {
	place, ok := v.(int64)
	if !ok {
		return nil
	}
	bounds := append([]int{0}, deadlineHours...)
	span := &model.HoursSpan{}
	if i := int(place); i < len(bounds) {
		span.UpTo = &bounds[i]
	}
	if place > 0 {
		span.Over = &bounds[place-1]
	}
	return span
}

func platformCode(column string) string {
	return "(SELECT code FROM platforms WHERE id = " + column + ")"
}

func (r *Reader) loadPlatforms(ctx context.Context, sel selection.Selection, values []any) (func(*model.GroupKey, any), error) {
	byCode := map[string]*model.Platform{}
	rows, err := all(ctx, r, r.platforms(), sel, anyText(r.Dialect, "pl.code", distinct(valuesOf[string](values))), "pl.id")
	for _, row := range rows {
		byCode[row.object.Code] = &row.object
	}
	return func(k *model.GroupKey, v any) {
		if code, ok := v.(string); ok {
			k.Platform = byCode[code]
		}
	}, err
}

func (r *Reader) loadOfferings(ctx context.Context, sel selection.Selection, values []any) (func(*model.GroupKey, any), error) {
	var ids []int
	for _, id := range valuesOf[int64](values) {
		ids = append(ids, int(id))
	}
	byID, err := r.offeringsByID(ctx, sel, ids)
	return func(k *model.GroupKey, v any) {
		if id, ok := v.(int64); ok {
			k.Offering = byID[int(id)]
		}
	}, err
}

func (r *Reader) loadProvinces(ctx context.Context, _ selection.Selection, _ []any) (func(*model.GroupKey, any), error) {
	known, err := r.provinces(ctx)
	return func(k *model.GroupKey, v any) {
		if code, ok := v.(string); ok {
			k.Province = province(known, code)
		}
	}, err
}

// valuesOf returns the values that are of the type: all but nulls.
func valuesOf[T any](values []any) []T {
	var found []T
	for _, v := range values {
		if t, ok := v.(T); ok {
			found = append(found, t)
		}
	}
	return found
}
