package graph_test

import (
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

// filter is a filter as a variable of a query.
type filter = map[string]any

// pick draws some of the fields, each with its value, and now and then filters in the filter.
func pick(t *rapid.T, depth int, fields map[string]func() any, names []string, again func(*rapid.T, int) filter) filter {
	f := filter{}
	for range rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "how many conditions") {
		name := rapid.SampledFrom(names).Draw(t, "condition")
		f[name] = fields[name]()
	}
	if depth == 0 {
		return f
	}
	switch rapid.SampledFrom([]string{"", "", "", "not", "and", "or"}).Draw(t, "junction") {
	case "not":
		f["not"] = again(t, depth-1)
	case "and":
		f["and"] = []filter{again(t, depth-1), again(t, depth-1)}
	case "or":
		f["or"] = []filter{again(t, depth-1), again(t, depth-1)}
	}
	return f
}

func upToTwo(t *rapid.T, of ...string) []string {
	return rapid.SliceOfN(rapid.SampledFrom(of), 0, 2).Draw(t, "values")
}

func period(t *rapid.T) map[string]any {
	r := map[string]any{}
	if rapid.Bool().Draw(t, "bounded from") {
		r["from"] = near(t, "from").Format(time.RFC3339Nano)
	}
	if rapid.Bool().Draw(t, "bounded before") {
		r["before"] = near(t, "before").Format(time.RFC3339Nano)
	}
	return withRoom(r, "from", "before")
}

func between(t *rapid.T, values ...int64) map[string]any {
	r := map[string]any{}
	for _, side := range []string{"min", "max"} {
		if rapid.Bool().Draw(t, side) {
			r[side] = float64(rapid.SampledFrom(values).Draw(t, "bound"))
		}
	}
	return withRoom(r, "min", "max")
}

func flag(t *rapid.T) bool { return rapid.Bool().Draw(t, "flag") }

// purchaseFilters draws a filter of purchases.
func purchaseFilters(t *rapid.T, depth int) filter {
	fields := map[string]func() any{
		"platform":      func() any { return upToTwo(t, "pintaria", "tokopedia", "nowhere") },
		"cohort":        func() any { return rapid.SliceOfN(rapid.SampledFrom([]int{12, 13, 99}), 0, 2).Draw(t, "cohorts") },
		"purchasedAt":   func() any { return period(t) },
		"receivedAt":    func() any { return period(t) },
		"voidedAt":      func() any { return period(t) },
		"late":          func() any { return flag(t) },
		"voided":        func() any { return flag(t) },
		"counts":        func() any { return flag(t) },
		"first":         func() any { return flag(t) },
		"evidence":      func() any { return upToTwo(t, rules.Evidence("").Values()...) },
		"amount":        func() any { return between(t, 0, 250_000, 250_001) },
		"lag":           func() any { return between(t, -1, 0, 100_000) },
		"untilDeadline": func() any { return between(t, -1, 0, 21_600, 259_200) },
		"isNull":        func() any { return upToTwo(t, "SCHEDULE_CODE", "VOIDED_AT") },
	}
	names := []string{"platform", "cohort", "purchasedAt", "receivedAt", "voidedAt", "late", "voided", "counts", "first", "evidence", "amount", "lag", "untilDeadline", "isNull"}
	if depth > 0 {
		fields["participant"] = func() any { return participantFilters(t, depth-1) }
		fields["offering"] = func() any { return offeringFilters(t, depth-1) }
		names = append(names, "participant", "participant", "offering", "offering")
	}
	return pick(t, depth, fields, names, purchaseFilters)
}

// participantFilters draws a filter of participants.
func participantFilters(t *rapid.T, depth int) filter {
	fields := map[string]func() any{
		"cohort":     func() any { return rapid.SliceOfN(rapid.SampledFrom([]int{12, 13, 99}), 0, 2).Draw(t, "cohorts") },
		"status":     func() any { return upToTwo(t, "AWAITING", "PURCHASED", "OVERDUE", "UNDER_REVIEW", "REVOKED") },
		"deadline":   func() any { return period(t) },
		"revokedAt":  func() any { return period(t) },
		"reviewOpen": func() any { return flag(t) },
		"province":   func() any { return upToTwo(t, "31", "32") },
		"regency":    func() any { return upToTwo(t, "3171", "3201") },
		"gender":     func() any { return upToTwo(t, "F", "M") },
		"ageBand":    func() any { return upToTwo(t, "UNDER_18", "FROM_65") },
		"balance":    func() any { return between(t, -500_000, 0, 500_000) },
		"isNull":     func() any { return upToTwo(t, "FIRST_PURCHASE", "REVOKED_AT", "PROVINCE", "GENDER", "EDUCATION") },
	}
	names := []string{"cohort", "status", "deadline", "revokedAt", "reviewOpen", "province", "regency", "gender", "ageBand", "balance", "isNull"}
	if depth > 0 {
		fields["firstPurchase"] = func() any { return purchaseFilters(t, depth-1) }
		fields["purchases"] = func() any { return purchaseFilters(t, depth-1) }
		names = append(names, "firstPurchase", "firstPurchase", "purchases", "purchases")
	}
	return pick(t, depth, fields, names, participantFilters)
}

func offeringFilters(t *rapid.T, depth int) filter {
	fields := map[string]func() any{
		"platform": func() any { return upToTwo(t, "pintaria", "tokopedia") },
		"provider": func() any { return upToTwo(t, "dapur", "kursus") },
		"category": func() any { return upToTwo(t, "bahasa", "kuliner") },
		"mode":     func() any { return upToTwo(t, "ONLINE", "OFFLINE") },
		"onSale":   func() any { return flag(t) },
		"isNull":   func() any { return upToTwo(t, "PROVIDER", "CATEGORY", "MODE", "PRICE") },
	}
	return pick(t, depth, fields, []string{"platform", "provider", "category", "mode", "onSale", "isNull"}, offeringFilters)
}
