package counters

import "gelombang/internal/db"

// PurchaseDays counts purchases by the day, in WIB, on which they were made: the instant at which it began.
var PurchaseDays = Cube{
	Table:    "purchase_days",
	Keys:     []Key{ofCohort, numbered("platform_id", "q.platform_id"), day("q.purchased_at"), evidence, voided},
	Measures: purchaseMeasures,
	from:     purchases,
}

// PurchaseOfferings counts purchases by the training that was bought.
var PurchaseOfferings = Cube{
	Table:    "purchase_offerings",
	Keys:     []Key{numbered("offering_id", "q.offering_id"), evidence, voided},
	Measures: purchaseMeasures,
	from:     "purchases q",
}

// PurchasePeople counts purchases by who bought: each participant as known at present.
var PurchasePeople = Cube{
	Table: "purchase_people",
	Keys: []Key{
		ofCohort, numbered("platform_id", "q.platform_id"), named("province", "p.province"), named("gender", "p.gender"), named("age_band", "p.age_band"),
		evidence, voided,
	},
	Measures: purchaseMeasures,
	from:     purchases,
}

// ParticipantPlaces counts participants by where they live.
var ParticipantPlaces = Cube{
	Table:    "participant_places",
	Keys:     append([]Key{ofCohort, named("province", "p.province")}, standing...),
	Measures: participantMeasures,
	from:     "participants p",
}

// ParticipantPeople counts participants by what kind of people they are.
var ParticipantPeople = Cube{
	Table:    "participant_people",
	Keys:     append([]Key{ofCohort, named("gender", "p.gender"), named("age_band", "p.age_band"), named("education", "p.education")}, standing...),
	Measures: participantMeasures,
	from:     "participants p",
}

// ParticipantFirsts counts participants by the platform of the first purchase and its day in WIB. Whoever has none is at
// platform 0, and on the day 1970-01-01 07:00 WIB, which is the beginning of no day.
var ParticipantFirsts = Cube{
	Table:    "participant_firsts",
	Keys:     []Key{ofCohort, numbered("platform_id", "COALESCE(f.platform_id, 0)"), firstDay, revoked, reviewOpen},
	Measures: participantMeasures,
	from:     "participants p LEFT JOIN purchases f ON f.id = p.first_purchase_id AND f.participant_id = p.id",
}

// Cubes are all of them.
func Cubes() []Cube {
	return []Cube{PurchaseDays, PurchaseOfferings, PurchasePeople, ParticipantPlaces, ParticipantPeople, ParticipantFirsts}
}

const purchases = "purchases q JOIN participants p ON p.id = q.participant_id"

var (
	ofCohort   = numbered("cohort_id", "p.cohort_id")
	evidence   = named("evidence", "q.evidence")
	voided     = whether("voided", "q.voided_at IS NOT NULL")
	revoked    = whether("revoked", "p.revoked_at IS NOT NULL")
	reviewOpen = whether("review_open", "p.review_open")

	// standing is what a status follows from, with the time: see [rules.Facts.StatusAt]. A deadline is exclusive.
	standing = []Key{
		{Column: "deadline", kind: instant, of: same("p.deadline")}, revoked, reviewOpen, whether("bought", "p.first_purchase_id IS NOT NULL"),
	}

	firstDay = Key{Column: "day", kind: instant, of: func(d db.Dialect) string {
		never := "0"
		if d == db.Postgres {
			never = "'epoch'"
		}
		return "COALESCE(" + d.StartOf(db.Day, "f.purchased_at") + ", " + never + ")"
	}}

	one                 = Measure{Column: "n", of: "1"}
	purchaseMeasures    = []Measure{one, {Column: "amount", of: "q.amount", money: true}}
	participantMeasures = []Measure{one, {Column: "balance", of: "p.balance", money: true}}
)

func same(of string) func(db.Dialect) string { return func(db.Dialect) string { return of } }

func numbered(column, of string) Key { return Key{Column: column, kind: number, of: same(of)} }

func named(column, of string) Key {
	return Key{Column: column, kind: text, of: same("COALESCE(" + of + ", '')")}
}

func whether(column, of string) Key { return Key{Column: column, kind: yesOrNo, of: same(of)} }

func day(of string) Key {
	return Key{Column: "day", kind: instant, of: func(d db.Dialect) string { return d.StartOf(db.Day, of) }}
}
