package graph_test

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"
)

// drawFilter draws a filter of the input type, as the schema has it: some of its fields, with values that there are
// in the mirror, others close by, and some that there are not.
func drawFilter(t *rapid.T, m *mirror, input string, depth int) map[string]any {
	def := schemaOf().Types[input]
	var own, deeper []*ast.FieldDefinition
	for _, f := range def.Fields {
		if strings.HasSuffix(f.Type.Name(), "Filter") {
			deeper = append(deeper, f)
		} else {
			own = append(own, f)
		}
	}
	filter := map[string]any{}
	for range rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "fields of "+input) {
		f := own[rapid.IntRange(0, len(own)-1).Draw(t, "field")]
		filter[f.Name] = drawValue(t, m, input, f)
	}
	if depth == 0 {
		return filter
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 2}).Draw(t, "filters in "+input) {
		f := deeper[rapid.IntRange(0, len(deeper)-1).Draw(t, "filter")]
		inner := func() any { return drawFilter(t, m, f.Type.Name(), depth-1) }
		if f.Type.Elem == nil {
			filter[f.Name] = inner()
			continue
		}
		several := []any{}
		for range rapid.SampledFrom([]int{0, 1, 2, 2}).Draw(t, "alternatives") {
			several = append(several, inner())
		}
		filter[f.Name] = several
	}
	return filter
}

func drawValue(t *rapid.T, m *mirror, input string, f *ast.FieldDefinition) any {
	if rapid.IntRange(0, 19).Draw(t, "null") == 0 {
		return nil
	}
	typeName := f.Type.Name()
	def := schemaOf().Types[typeName]
	key := input + "." + f.Name
	var known []any
	if read, ok := filterConditions[key]; ok {
		known = m.values(key, filteredTypes[input], read)
	}
	switch {
	case f.Name == "text":
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"apel", "ZEB", "dap", "a", "roti", "nothing"}), 0, 2).Draw(t, key), " ")
	case f.Type.Elem != nil:
		return drawList(t, f.Name, key, known, def)
	case typeName == "Boolean":
		return rapid.Bool().Draw(t, key)
	case typeName == "DateTimeRange":
		return drawSpan(t, key, known, "from", "before")
	default:
		span := drawSpan(t, key, known, "min", "max")
		if least, ok := span["min"].(float64); ok && typeName == "RupiahRange" && rapid.Bool().Draw(t, "as digits") {
			span["min"] = fmt.Sprintf("%.0f", least)
		}
		return span
	}
}

// drawList draws some of the values, or one that stands for a list.
func drawList(t *rapid.T, field, key string, known []any, def *ast.Definition) any {
	var from []any
	switch {
	case def.Kind == ast.Enum:
		for _, v := range def.EnumValues {
			from = append(from, v.Name)
		}
	case def.Name == "Int":
		from = append(append(from, known...), 99.0)
	default:
		from = append(append(from, known...), unused(field)...)
	}
	one := rapid.SampledFrom(from)
	if rapid.IntRange(0, 4).Draw(t, "one value") == 0 {
		return one.Draw(t, key)
	}
	return rapid.SliceOfN(one, 0, 3).Draw(t, key)
}

// unused are texts that nothing has, of the form that the field takes.
func unused(field string) []any {
	switch field {
	case "province":
		return []any{"00"}
	case "regency":
		return []any{"0000"}
	case "platform":
		return []any{"nowhere"}
	default:
		return []any{"nothing", ""}
	}
}

// drawSpan draws a span with bounds on the known values and next to them. A bound may be absent, or null. In one with
// both there is room: it would be refused without.
func drawSpan(t *rapid.T, key string, known []any, lower, upper string) map[string]any {
	span := map[string]any{}
	if len(known) == 0 {
		known = []any{0.0}
		if lower == "from" {
			known[0] = wib(1, 9, 0)
		}
	}
	for _, side := range []string{lower, upper} {
		if rapid.IntRange(0, 2).Draw(t, "open side") == 0 {
			continue
		}
		aside := rapid.SampledFrom([]int{0, 0, -1, 1}).Draw(t, "aside")
		switch v := rapid.SampledFrom(known).Draw(t, key+"."+side).(type) {
		case time.Time:
			span[side] = v.Add(time.Duration(aside) * time.Microsecond).UTC().Format(time.RFC3339Nano)
		case float64:
			span[side] = max(math.MinInt32, min(v+float64(aside), math.MaxInt32))
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "null bound") == 0 {
		span[upper] = nil
	}
	return withRoom(span, lower, upper)
}

// withRoom returns the span with its bounds the right way round, or without the lower one where nothing can lie between
// them.
func withRoom(span map[string]any, lower, upper string) map[string]any {
	if span[lower] == nil || span[upper] == nil {
		return span
	}
	from, isTime := moment(span[lower])
	if !isTime {
		if compared(span[lower], span[upper]) > 0 {
			span[lower], span[upper] = span[upper], span[lower]
		}
		return span
	}
	switch before, _ := moment(span[upper]); {
	case from.Equal(before):
		delete(span, lower)
	case from.After(before):
		span[lower], span[upper] = span[upper], span[lower]
	}
	return span
}

// orderTerms are what the values of the enums XOrderField name.
var orderTerms = map[string]reading{
	"CohortOrderField.NUMBER": fact("number"), "CohortOrderField.ANNOUNCED_AT": instantFact("announcedAt"), "CohortOrderField.PURCHASE_DEADLINE": instantFact("purchaseDeadline"),
	"CohortOrderField.QUOTA":         fact("quota"),
	"ParticipantOrderField.IMPORTED": recorded, "ParticipantOrderField.DEADLINE": instantFact("deadline"), "ParticipantOrderField.PROVINCE": fact("province.code"),
	"ParticipantOrderField.COHORT": fact("cohort.number"), "ParticipantOrderField.FIRST_PURCHASED_AT": instantFact("firstPurchase.purchasedAt"),
	"ParticipantOrderField.REVOKED_AT": instantFact("revokedAt"), "ParticipantOrderField.BALANCE": fact("balance"), "ParticipantOrderField.REGENCY": fact("regency"),
	"ParticipantOrderField.GENDER": fact("gender"), "ParticipantOrderField.AGE_BAND": enumRank("ageBand", "AgeBand"), "ParticipantOrderField.EDUCATION": enumRank("education", "Education"),
	"OfferingOrderField.TITLE": fact("title"), "OfferingOrderField.PRICE": fact("price"), "OfferingOrderField.PROVIDER": fact("provider"), "OfferingOrderField.CATEGORY": fact("category"),
	"OfferingOrderField.COURSE_CODE": fact("courseCode"), "OfferingOrderField.UPDATED_AT": instantFact("updatedAt"),
	"PurchaseOrderField.PURCHASED_AT": instantFact("purchasedAt"), "PurchaseOrderField.RECORDED": recorded, "PurchaseOrderField.RECEIVED_AT": instantFact("receivedAt"),
	"PurchaseOrderField.AMOUNT": fact("amount"), "PurchaseOrderField.LAG": seconds(instantFact("receivedAt"), instantFact("purchasedAt")), "PurchaseOrderField.VOIDED_AT": instantFact("voidedAt"),
	"PurchaseOrderField.UNTIL_DEADLINE": seconds(via("participant", instantFact("deadline")), instantFact("purchasedAt")),
	"PurchaseOrderField.INVOICE_CODE":   fact("invoiceCode"),
	"DeliveryOrderField.RECEIVED_AT":    instantFact("receivedAt"), "DeliveryOrderField.SIGNED_AT": instantFact("signedAt"), "DeliveryOrderField.EVENT_TIME": instantFact("eventTime"),
	"DeliveryOrderField.SETTLED_AT": instantFact("settledAt"), "DeliveryOrderField.ATTEMPTS": fact("attempts"),
	"ReviewOrderField.OPENED_AT": instantFact("openedAt"), "ReviewOrderField.CLOSED_AT": instantFact("closedAt"),
	"SettlementOrderField.PREPARED_AT": instantFact("preparedAt"), "SettlementOrderField.EXECUTED_AT": instantFact("executedAt"), "SettlementOrderField.LISTED": fact("listed"),
	"HistoryOrderField.RECORDED_AT": instantFact("recordedAt"), "HistoryOrderField.EFFECTIVE_AT": instantFact("effectiveAt"),
}

func recorded(_ *mirror, o object) any { return float64(o.row()) }

// usualOrders are the orders of the lists when none is asked for, as the schema says in words.
var usualOrders = map[string]map[string]any{
	"CohortOrder": {"field": "NUMBER"}, "ParticipantOrder": {"field": "IMPORTED"}, "OfferingOrder": {"field": "TITLE"},
	"PurchaseOrder": {"field": "PURCHASED_AT", "direction": "DESC"}, "DeliveryOrder": {"field": "RECEIVED_AT", "direction": "DESC"},
	"ReviewOrder": {"field": "OPENED_AT"}, "HistoryOrder": {"field": "RECORDED_AT"},
	"SettlementOrder": {"field": "PREPARED_AT", "direction": "DESC"},
}

// onlyOrders are the orders of the lists that have one only, by what is on them.
var onlyOrders = map[string]func(m *mirror, a, b object) int{
	"SettlementEntry": func(m *mirror, a, b object) int {
		imported := via("participant", recorded)
		return cmp.Or(compared(imported(m, a), imported(m, b)), compared(recorded(m, a), recorded(m, b)))
	},
	"OutboundMessage": func(m *mirror, a, b object) int { return -compared(recorded(m, a), recorded(m, b)) },
}

// drawOrder draws up to three fields to order by; nil for none.
func drawOrder(t *rapid.T, input string) []map[string]any {
	var by []map[string]any
	fields := schemaOf().Types[schemaOf().Types[input].Fields.ForName("field").Type.Name()].EnumValues
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 3}).Draw(t, "fields to order by") {
		one := map[string]any{"field": fields[rapid.IntRange(0, len(fields)-1).Draw(t, "field")].Name}
		if direction := rapid.SampledFrom([]string{"ASC", "DESC", "DESC", ""}).Draw(t, "direction"); direction != "" {
			one["direction"] = direction
		}
		by = append(by, one)
	}
	return by
}

// inOrder compares two objects of a list by the fields, what is null last; what is equal by the order in which it
// was recorded, which is reversed when the last field is descending.
func (m *mirror) inOrder(input string, by []map[string]any, a, b object) int {
	if only := onlyOrders[input]; only != nil {
		return only(m, a, b)
	}
	if len(by) == 0 {
		by = []map[string]any{usualOrders[input]}
	}
	enum := schemaOf().Types[input].Fields.ForName("field").Type.Name()
	sign := 1
	for _, one := range append(append([]map[string]any{}, by...), nil) {
		read := recorded
		if one != nil {
			sign, read = 1, orderTerms[enum+"."+one["field"].(string)]
			if one["direction"] == "DESC" {
				sign = -1
			}
		}
		x, y := read(m, a), read(m, b)
		switch {
		case x == nil && y == nil:
			continue
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		if c := compared(x, y); c != 0 {
			return sign * c
		}
	}
	return 0
}
