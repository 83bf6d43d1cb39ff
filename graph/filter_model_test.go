package graph_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/generated"
)

var schemaOf = sync.OnceValue(func() *ast.Schema {
	return generated.NewExecutableSchema(generated.Config{}).Schema()
})

// filtered is the type that a filter is of, by the name of its input.
var filteredTypes = map[string]string{
	"CohortFilter": "Cohort", "ParticipantFilter": "Participant", "OfferingFilter": "Offering", "PurchaseFilter": "Purchase",
	"DeliveryFilter": "Delivery", "ReviewFilter": "Review", "HistoryFilter": "HistoryEntry",
	"SettlementFilter": "Settlement", "SettlementEntryFilter": "SettlementEntry", "OutboundMessageFilter": "OutboundMessage",
}

// filterConditions are what the fields of the filters speak of.
var filterConditions = map[string]reading{
	"CohortFilter.number": fact("number"), "CohortFilter.purchaseDeadline": instantFact("purchaseDeadline"), "CohortFilter.basis": fact("purchaseDeadlineBasis"),
	"CohortFilter.quota": fact("quota"), "CohortFilter.announcedAt": instantFact("announcedAt"),
	"CohortFilter.open": func(m *mirror, o object) any { return instantFact("purchaseDeadline")(m, o).(time.Time).After(m.now) },

	"ParticipantFilter.cohort": fact("cohort.number"), "ParticipantFilter.status": fact("status"), "ParticipantFilter.deadline": instantFact("deadline"),
	"ParticipantFilter.reviewOpen": fact("reviewOpen"), "ParticipantFilter.province": fact("province.code"), "ParticipantFilter.gender": fact("gender"),
	"ParticipantFilter.ageBand": fact("ageBand"), "ParticipantFilter.education": fact("education"), "ParticipantFilter.regency": fact("regency"),
	"ParticipantFilter.balance": fact("balance"), "ParticipantFilter.revokedAt": instantFact("revokedAt"),

	"OfferingFilter.platform": fact("platform.code"), "OfferingFilter.category": fact("category"), "OfferingFilter.mode": fact("mode"), "OfferingFilter.price": fact("price"),
	"OfferingFilter.sample": fact("sample"), "OfferingFilter.courseCode": fact("courseCode"), "OfferingFilter.provider": fact("provider"), "OfferingFilter.listed": fact("listed"),
	"OfferingFilter.updatedAt": instantFact("updatedAt"), "OfferingFilter.text": fact("title"),
	"OfferingFilter.onSale": func(_ *mirror, o object) any { return o["listed"] == true && o["withdrawnAt"] == nil },

	"PurchaseFilter.platform": fact("platform.code"), "PurchaseFilter.cohort": via("participant", fact("cohort.number")), "PurchaseFilter.invoiceCode": fact("invoiceCode"),
	"PurchaseFilter.purchasedAt": instantFact("purchasedAt"), "PurchaseFilter.receivedAt": instantFact("receivedAt"), "PurchaseFilter.evidence": fact("evidence"),
	"PurchaseFilter.amount": fact("amount"), "PurchaseFilter.voidedAt": instantFact("voidedAt"), "PurchaseFilter.lag": seconds(instantFact("receivedAt"), instantFact("purchasedAt")),
	"PurchaseFilter.untilDeadline": seconds(via("participant", instantFact("deadline")), instantFact("purchasedAt")), "PurchaseFilter.late": isLate, "PurchaseFilter.counts": isCounting,
	"PurchaseFilter.voided": func(_ *mirror, o object) any { return o["voidedAt"] != nil },
	"PurchaseFilter.first":  func(m *mirror, o object) any { return m.behind(o, "participant").at("firstPurchase.id") == o["id"] },

	"DeliveryFilter.platform": fact("platform.code"), "DeliveryFilter.outcome": fact("outcome"), "DeliveryFilter.reason": fact("quarantineReason"),
	"DeliveryFilter.eventType": fact("eventType"), "DeliveryFilter.messageId": fact("messageId"), "DeliveryFilter.receivedAt": instantFact("receivedAt"),
	"DeliveryFilter.invoiceCode": fact("invoiceCode"), "DeliveryFilter.courseCode": fact("courseCode"), "DeliveryFilter.signedAt": instantFact("signedAt"),
	"DeliveryFilter.eventTime": instantFact("eventTime"), "DeliveryFilter.settledAt": instantFact("settledAt"), "DeliveryFilter.attempts": fact("attempts"),

	"ReviewFilter.state": fact("state"), "ReviewFilter.kind": fact("kind"), "ReviewFilter.cohort": via("participant", fact("cohort.number")),
	"ReviewFilter.openedAt": instantFact("openedAt"), "ReviewFilter.closedAt": instantFact("closedAt"), "ReviewFilter.decision": fact("decision"),

	"SettlementFilter.cohort": fact("cohort.number"), "SettlementFilter.state": fact("state"), "SettlementFilter.preparedAt": instantFact("preparedAt"),
	"SettlementFilter.executedAt": instantFact("executedAt"),

	"SettlementEntryFilter.outcome": fact("outcome"), "SettlementEntryFilter.passedOver": fact("passedOver"),

	"OutboundMessageFilter.state": fact("state"), "OutboundMessageFilter.event": fact("event"), "OutboundMessageFilter.messageId": fact("messageId"),
	"OutboundMessageFilter.createdAt": instantFact("createdAt"),

	"HistoryFilter.kind": fact("kind"), "HistoryFilter.cause": fact("cause"), "HistoryFilter.recordedAt": instantFact("recordedAt"), "HistoryFilter.effectiveAt": instantFact("effectiveAt"),
}

func isLate(m *mirror, o object) any {
	return !instantFact("purchasedAt")(m, o).(time.Time).Before(via("participant", instantFact("deadline"))(m, o).(time.Time))
}

// isCounting says what the schema says of Purchase.counts: in time, not voided or upheld, and not in doubt.
func isCounting(m *mirror, o object) any {
	announced := via("participant", instantFact("cohort.announcedAt"))(m, o).(time.Time).Add(7 * time.Hour).UTC().Truncate(24 * time.Hour).Add(-7 * time.Hour)
	inTime := isLate(m, o) == false && !instantFact("purchasedAt")(m, o).(time.Time).Before(announced)
	return inTime && (o["evidence"] == "UPHELD" || (o["evidence"] == "ACCEPTED" && o["voidedAt"] == nil))
}

// relations are the objects that a filter within a filter is about: one of them must meet it.
var relations = map[string]func(m *mirror, o object) []object{
	"ParticipantFilter.firstPurchase":   func(m *mirror, o object) []object { return present(m.behind(o, "firstPurchase")) },
	"ParticipantFilter.purchases":       (*mirror).bought,
	"PurchaseFilter.participant":        func(m *mirror, o object) []object { return present(m.behind(o, "participant")) },
	"PurchaseFilter.offering":           func(m *mirror, o object) []object { return present(m.behind(o, "offering")) },
	"SettlementEntryFilter.participant": func(m *mirror, o object) []object { return present(m.behind(o, "participant")) },
	"ReviewFilter.participant":          func(m *mirror, o object) []object { return present(m.behind(o, "participant")) },
	"ReviewFilter.purchase":             func(m *mirror, o object) []object { return present(m.behind(o, "purchase")) },
}

func present(o object) []object {
	if o == nil {
		return nil
	}
	return []object{o}
}

// nullables are what the values of the enums XNullable name.
var nullables = map[string]reading{
	"ParticipantNullable.FIRST_PURCHASE": fact("firstPurchase"), "ParticipantNullable.REVOKED_AT": fact("revokedAt"), "ParticipantNullable.PROVINCE": fact("province"),
	"ParticipantNullable.REGENCY": fact("regency"), "ParticipantNullable.GENDER": fact("gender"), "ParticipantNullable.AGE_BAND": fact("ageBand"), "ParticipantNullable.EDUCATION": fact("education"),
	"OfferingNullable.PROVIDER": fact("provider"), "OfferingNullable.CATEGORY": fact("category"), "OfferingNullable.MODE": fact("mode"), "OfferingNullable.PRICE": fact("price"),
	"OfferingNullable.URL": fact("url"), "OfferingNullable.WITHDRAWN_AT": fact("withdrawnAt"),
	"PurchaseNullable.SCHEDULE_CODE": fact("scheduleCode"), "PurchaseNullable.VOIDED_AT": fact("voidedAt"),
	"DeliveryNullable.EVENT_TYPE": fact("eventType"), "DeliveryNullable.EVENT_TIME": fact("eventTime"), "DeliveryNullable.CARD_NUMBER": fact("cardNumber"),
	"DeliveryNullable.INVOICE_CODE": fact("invoiceCode"), "DeliveryNullable.COURSE_CODE": fact("courseCode"), "DeliveryNullable.QUARANTINE_REASON": fact("quarantineReason"),
	"DeliveryNullable.SETTLED_AT": fact("settledAt"), "ReviewNullable.CLOSED_AT": fact("closedAt"), "ReviewNullable.DECISION": fact("decision"),
}

// holds says whether the filter lets the object through. A condition on what is null does not hold, and there is
// no third answer.
func (m *mirror) holds(input string, filter map[string]any, o object) bool {
	for name, given := range filter {
		if given != nil && !m.fieldHolds(input, name, given, o) {
			return false
		}
	}
	return true
}

func (m *mirror) fieldHolds(input, name string, given any, o object) bool {
	inner := func(f any) bool { return m.holds(input, f.(map[string]any), o) }
	switch name {
	case "and":
		return !slices.ContainsFunc(listOf(given), func(f any) bool { return !inner(f) })
	case "or":
		return slices.ContainsFunc(listOf(given), inner)
	case "not":
		return !inner(given)
	case "isNull":
		enum := schemaOf().Types[input].Fields.ForName(name).Type.Name()
		names := listOf(given)
		return len(names) > 0 && !slices.ContainsFunc(names, func(n any) bool { return nullables[enum+"."+n.(string)](m, o) != nil })
	case "text":
		return isFound(given.(string), o)
	}
	key := input + "." + name
	def := schemaOf().Types[input].Fields.ForName(name)
	if related, nested := relations[key]; nested {
		return slices.ContainsFunc(related(m, o), func(b object) bool { return m.holds(def.Type.Name(), given.(map[string]any), b) })
	}
	value := filterConditions[key](m, o)
	switch {
	case def.Type.Elem != nil:
		return value != nil && slices.Contains(listOf(given), value)
	case def.Type.Name() == "Boolean":
		return value == given
	default:
		return within(value, given.(map[string]any))
	}
}

// listOf is the list; of one value that stands for a list, the list of it.
func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// within says whether the value lies in the span; null lies in none that has a bound.
func within(value any, span map[string]any) bool {
	for side, bound := range span {
		if bound == nil {
			continue
		}
		if t, isTime := moment(bound); isTime {
			bound = t
		} else if digits, isText := bound.(string); isText {
			bound = amountOf(digits)
		}
		if value == nil {
			return false
		}
		c := compared(value, bound)
		if (side == "min" || side == "from") && c < 0 || side == "max" && c > 0 || side == "before" && c >= 0 {
			return false
		}
	}
	return true
}

// amountOf is an amount that is given as a string of digits.
func amountOf(digits string) float64 {
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		panic(err) // the tests draw none that is not a number
	}
	return n
}

// isFound says whether each word of the text begins a word of what is searched.
func isFound(text string, o object) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	var searched []string
	for _, field := range []string{"title", "provider", "category"} {
		if s, ok := o[field].(string); ok {
			searched = append(searched, words(s)...)
		}
	}
	return !slices.ContainsFunc(words(text), func(word string) bool {
		return !slices.ContainsFunc(searched, func(s string) bool { return strings.HasPrefix(s, word) })
	})
}
