package reads

import (
	"gelombang/internal/db"
)

// The cubes are those of package counters, and their tables the migrations'. A text that stands for no value is empty
// in them, a number 0.
var (
	purchaseCubes    = []*counted{offeringCounts, purchaseDays, buyerCounts}
	participantCubes = []*counted{placeCounts, peopleCounts, firstCounts}
)

const optionalText = "NULLIF(k."

var offeringCounts = &counted{
	table: "purchase_offerings", joins: " LEFT JOIN offerings o ON o.id = k.offering_id",
	plain: map[string]string{
		"p.offering_id": "k.offering_id", "p.evidence": "k.evidence",
		// Those who see purchases see the platform's own only, which are few offerings.
		"p.platform_id": "o.platform_id", "o.provider": "o.provider", "o.category": "o.category", "o.mode": "o.mode",
		"o.course_code": "o.course_code", "o.listed": "o.listed", "o.sample": "o.sample", "o.withdrawn_at": "o.withdrawn_at",
		"o.price": "o.price", "o.url": "o.url", "o.updated_at": "o.updated_at", "o.search": "o.search",
	},
	present:  map[string]string{"p.voided_at": voidedOnly},
	measures: purchaseCounters, money: "amount",
}

var purchaseDays = &counted{
	table:   "purchase_days",
	plain:   map[string]string{"pa.cohort_id": "k.cohort_id", "p.platform_id": "k.platform_id", "p.evidence": "k.evidence"},
	present: map[string]string{"p.voided_at": voidedOnly},
	instant: "p.purchased_at", day: "k.day",
	measures: purchaseCounters, money: "amount",
}

var buyerCounts = &counted{
	table: "purchase_people",
	plain: map[string]string{
		"pa.cohort_id": "k.cohort_id", "p.platform_id": "k.platform_id", "p.evidence": "k.evidence",
		"pa.province": optionalText + "province, '')", "pa.gender": optionalText + "gender, '')", "pa.age_band": optionalText + "age_band, '')",
	},
	present:  map[string]string{"p.voided_at": voidedOnly},
	measures: purchaseCounters, money: "amount",
}

var placeCounts = &counted{
	table:    "participant_places",
	plain:    withFacts(map[string]string{"pa.province": optionalText + "province, '')", "pa.deadline": "k.deadline"}),
	present:  facts,
	measures: participantCounters, money: "balance", has: "k.bought",
}

var peopleCounts = &counted{
	table: "participant_people",
	plain: withFacts(map[string]string{
		"pa.gender": optionalText + "gender, '')", "pa.age_band": optionalText + "age_band, '')", "pa.education": optionalText + "education, '')",
		"pa.deadline": "k.deadline",
	}),
	present:  facts,
	measures: participantCounters, money: "balance", has: "k.bought",
}

// firstCounts says of who has no first purchase that there is no platform and no day.
var firstCounts = &counted{
	table: "participant_firsts",
	plain: withFacts(map[string]string{"fp.platform_id": "NULLIF(k.platform_id, 0)"}),
	present: map[string]string{
		"pa.revoked_at": revokedOnly, "pa.first_purchase_id": "NULLIF(k.platform_id, 0)", "fp.purchased_at": "NULLIF(k.platform_id, 0)",
	},
	instant: "fp.purchased_at", day: "CASE WHEN k.platform_id <> 0 THEN k.day END",
	measures: participantCounters, money: "balance", has: "(k.platform_id <> 0)",
}

const (
	voidedOnly  = "(CASE WHEN k.voided THEN 1 END)"
	revokedOnly = "(CASE WHEN k.revoked THEN 1 END)"
	boughtOnly  = "(CASE WHEN k.bought THEN 1 END)"
)

// facts are those of participants that only have a value or have none, for the counters.
var facts = map[string]string{"pa.revoked_at": revokedOnly, "pa.first_purchase_id": boughtOnly}

// withFacts adds what all cubes of participants know.
func withFacts(plain map[string]string) map[string]string {
	plain["pa.cohort_id"], plain["pa.review_open"] = "k.cohort_id", "k.review_open"
	return plain
}

// columns are those of the rows s that the measures are made of.
func (c *counted) columns(d db.Dialect) []string {
	columns := []string{"k.n"}
	for _, part := range moneyParts[d] {
		columns = append(columns, "k."+c.money+part+" AS money"+part)
	}
	if c.has != "" {
		columns = append(columns, "CASE WHEN "+c.has+" THEN k.n ELSE 0 END AS having_first")
	}
	return columns
}

var (
	purchaseCounters = map[string]func(db.Dialect) string{
		"COUNT": whole("s.n"), "AMOUNT_SUM": sumOfMoney, "AMOUNT_AVG": averageOfMoney,
	}
	participantCounters = map[string]func(db.Dialect) string{
		"COUNT": whole("s.n"), "PURCHASED": whole("s.having_first"), "PURCHASED_SHARE": func(db.Dialect) string {
			return "COALESCE(CAST(" + wholeSum("s.having_first") + " AS double precision) / NULLIF(" + wholeSum("s.n") + ", 0), 0)"
		},
		"BALANCE_SUM": sumOfMoney, "BALANCE_AVG": averageOfMoney,
	}
)

// wholeSum is a sum of counts, 0 of none.
func wholeSum(column string) string { return "CAST(COALESCE(SUM(" + column + "), 0) AS BIGINT)" }

func whole(column string) func(db.Dialect) string {
	return func(db.Dialect) string { return wholeSum(column) }
}

// moneyParts are the endings of the columns in which a sum of rupiah is kept: one number of any size on Postgres, and on
// SQLite, whose integers have 64 bits, thousands of millions and what is left over.
var moneyParts = map[db.Dialect][]string{db.Postgres: {""}, db.SQLite: {"_high", "_low"}}

// exactMoney is the sum without an overflow, the same as [exactSum] of the rows.
func exactMoney(d db.Dialect) string {
	if d == db.Postgres {
		return "SUM(s.money)"
	}
	return "(SUM(s.money_high) * 1000000000 + SUM(s.money_low))"
}

func sumOfMoney(d db.Dialect) string { return within64(d, exactMoney(d)) }

func averageOfMoney(d db.Dialect) string {
	return "CAST(" + exactMoney(d) + " AS double precision) / NULLIF(" + wholeSum("s.n") + ", 0)"
}

// cubes are those that the reader may use: none for what is not of the present.
func (r *Reader) cubes(cubes []*counted) []*counted {
	if r.past {
		return nil
	}
	return cubes
}
