package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"gelombang/internal/rules"
)

// Participant is a recipient, a member of exactly one cohort. It stores facts; the status is derived.
type Participant struct{ ent.Schema }

// Annotations of the participant.
func (Participant) Annotations() []schema.Annotation {
	return []schema.Annotation{table("participants")}
}

// Fields of the participant.
func (Participant) Fields() []ent.Field {
	return []ent.Field{
		field.Int("cohort_id").Immutable(),
		field.String("card_number").Immutable().Comment("16 digits"),
		field.Bytes("nik_hash").Optional().Nillable().Sensitive().Comment("keyed; the NIK itself is never stored"),
		field.Bytes("contact").Optional().Nillable().Sensitive().Comment("encrypted name, e-mail, phone and birth date"),
		field.Bytes("import_fingerprint").Optional().Nillable().Sensitive().Comment("keyed; tells a repeated row from a changed one"),
		field.Time("contact_erased_at").Optional().Nillable(),
		field.String("province").Optional().Nillable().Comment("BPS code"),
		field.String("regency").Optional().Nillable().Comment("BPS code"),
		field.Enum("gender").GoType(rules.Gender("")).Optional().Nillable(),
		field.Enum("age_band").GoType(rules.AgeBand("")).Optional().Nillable().Comment("on the announcement day"),
		field.Enum("education").GoType(rules.Education("")).Optional().Nillable(),
		field.Time("deadline").Comment("exclusive; the participant's own"),
		field.Int("first_purchase_id").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable().Comment("effective time of the revocation in force"),
		field.Int("settlement_id").Optional().Nillable().Comment("the settlement that ended the membership, exactly while a revocation is in force"),
		field.Bool("review_open").Default(false),
		field.Int64("balance").Comment("rupiah; may be negative"),
		createdAt(),
		field.Time("updated_at"),
	}
}

// Edges of the participant.
func (Participant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("cohort", Cohort.Type).Ref("participants").Field("cohort_id").Unique().Required().Immutable(),
		edge.To("purchases", Purchase.Type),
		edge.To("history", History.Type),
		edge.To("reviews", Review.Type),
		edge.From("settlement", Settlement.Type).Ref("participants").Field("settlement_id").Unique(),
		edge.To("entries", SettlementEntry.Type),
		edge.To("reminders", Reminder.Type),
	}
}

// Indexes of the participant.
func (Participant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("card_number").Unique(),
		index.Fields("nik_hash").Unique(),
		index.Fields("cohort_id", "deadline"),
		index.Fields("cohort_id", "province"),
		index.Fields("settlement_id").Annotations(entsql.IndexWhere("settlement_id IS NOT NULL")),
		// Those with neither a first purchase nor a revocation: few, and asked for by everything that a deadline needs.
		index.Fields("cohort_id", "deadline", "id").StorageKey("participant_outstanding").
			Annotations(entsql.IndexWhere("(first_purchase_id IS NULL) AND (revoked_at IS NULL)")),
		index.Fields("cohort_id", "id").StorageKey("participant_at_risk").
			Annotations(entsql.IndexWhere("(first_purchase_id IS NULL) AND (revoked_at IS NULL)")),
	}
}

// History is the append-only record of every change of a participant's facts. A trigger refuses
// updates and deletions.
type History struct{ ent.Schema }

// Annotations of the history.
func (History) Annotations() []schema.Annotation { return []schema.Annotation{table("history")} }

// Fields of the history.
func (History) Fields() []ent.Field {
	return []ent.Field{
		field.Int("participant_id").Immutable(),
		field.Enum("kind").GoType(rules.HistoryKind("")).Immutable(),
		field.Time("recorded_at").Immutable().Comment("our clock"),
		field.Time("effective_at").Immutable().Comment("event time"),
		field.Enum("cause").GoType(rules.Cause("")).Immutable(),
		field.Int("delivery_id").Optional().Nillable().Immutable(),
		field.String("actor").Default("").Immutable().Comment("the person's subject; empty for a delivery"),
		field.String("reason").Immutable(),
		field.Time("from_deadline").Immutable(),
		field.Int("from_first_purchase_id").Optional().Nillable().Immutable(),
		field.Time("from_revoked_at").Optional().Nillable().Immutable(),
		field.Int("settlement_id").Optional().Nillable().Immutable().Comment("the settlement that the entry belongs to"),
		field.Bool("from_review_open").Immutable(),
		field.Time("to_deadline").Immutable(),
		field.Int("to_first_purchase_id").Optional().Nillable().Immutable(),
		field.Time("to_revoked_at").Optional().Nillable().Immutable(),
		field.Bool("to_review_open").Immutable(),
	}
}

// Edges of the history.
func (History) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("participant", Participant.Type).Ref("history").Field("participant_id").Unique().Required().Immutable(),
		edge.From("settlement", Settlement.Type).Ref("history").Field("settlement_id").Unique().Immutable(),
	}
}

// Indexes of the history. As-of questions look for a participant's first entry after an instant, or for
// all entries of a stretch of time.
func (History) Indexes() []ent.Index {
	return []ent.Index{index.Fields("participant_id", "recorded_at", "id"), index.Fields("recorded_at")}
}

// Review is a question that only a person may decide.
type Review struct{ ent.Schema }

// Annotations of the review.
func (Review) Annotations() []schema.Annotation { return []schema.Annotation{table("reviews")} }

// Fields of the review.
func (Review) Fields() []ent.Field {
	return []ent.Field{
		field.Int("participant_id").Immutable(),
		field.Int("purchase_id").Immutable(),
		field.Enum("kind").GoType(rules.ReviewKind("")).Immutable(),
		field.Enum("state").GoType(rules.ReviewState("")),
		field.Time("opened_at").Immutable(),
		field.Int("delivery_id").Optional().Nillable().Immutable().Comment("the delivery that opened it"),
		field.Time("closed_at").Optional().Nillable().Comment("null exactly while open"),
		field.Enum("decision").GoType(rules.ReviewDecision("")).Optional().Nillable(),
		optionalText("decided_by"),
		optionalText("note"),
	}
}

// Edges of the review.
func (Review) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("participant", Participant.Type).Ref("reviews").Field("participant_id").Unique().Required().Immutable(),
		edge.From("purchase", Purchase.Type).Ref("reviews").Field("purchase_id").Unique().Required().Immutable(),
	}
}

// Indexes of the review: at most one open review of a kind for a purchase.
func (Review) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("participant_id"),
		index.Fields("purchase_id", "kind").Unique().Annotations(entsql.IndexWhere("closed_at IS NULL")),
		index.Fields("state", "opened_at"),
	}
}
