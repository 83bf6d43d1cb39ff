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

// Settlement is a list of those of a cohort who let their deadline pass, and what became of it. A cohort may have
// several, one after the other: who was passed over, or had a later deadline, is on a later one.
type Settlement struct{ ent.Schema }

// Annotations of the settlement.
func (Settlement) Annotations() []schema.Annotation { return []schema.Annotation{table("settlements")} }

// Fields of the settlement.
func (Settlement) Fields() []ent.Field {
	return []ent.Field{
		field.Int("cohort_id").Immutable(),
		field.Enum("state").GoType(rules.SettlementState("")),
		field.Time("through").Immutable().Comment("the latest deadline of those on the list, exclusive"),
		field.Int("listed").NonNegative().Immutable().Comment("how many are on the list"),
		field.String("list_sha256").Immutable().Comment("hex, of the card numbers in ascending order, each followed by a line feed"),
		field.String("evidence").Immutable().Comment("what was known when the list was made, as JSON"),
		field.String("summary").Immutable().Comment("the list by province and by platform, as JSON"),
		field.Int("reserve").NonNegative().Immutable().Comment("places kept for reinstatements until the settlement closes"),
		field.String("reason").Immutable(),
		field.Time("prepared_at").Immutable(),
		field.String("prepared_by").Immutable(),
		field.Time("approved_at").Optional().Nillable(),
		optionalText("approved_by"),
		field.Time("ordered_at").Optional().Nillable().Comment("when its execution was ordered"),
		optionalText("ordered_by"),
		field.Time("stopped_at").Optional().Nillable().Comment("when its execution was stopped; null while it may go on"),
		optionalText("stopped_by"),
		field.Time("executed_at").Optional().Nillable(),
		field.Time("closes_at").Optional().Nillable().Comment("when the reserve is released, inclusive"),
		field.Time("closed_at").Optional().Nillable(),
		field.Time("reversal_ordered_at").Optional().Nillable(),
		optionalText("reversed_by"),
		optionalText("reversal_reason"),
		field.Time("reversed_at").Optional().Nillable(),
		optionalText("discarded_by"),
		field.Time("finished_at").Optional().Nillable().Comment("null exactly while it is previewed or approved"),
	}
}

// Edges of the settlement.
func (Settlement) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("cohort", Cohort.Type).Ref("settlements").Field("cohort_id").Unique().Required().Immutable(),
		edge.To("entries", SettlementEntry.Type),
		edge.To("participants", Participant.Type),
		edge.To("history", History.Type),
		edge.To("places", Places.Type),
	}
}

// Indexes of the settlement: a cohort has at most one that is not finished.
func (Settlement) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("cohort_id", "id"),
		index.Fields("cohort_id").Unique().StorageKey("settlement_unfinished").Annotations(entsql.IndexWhere("finished_at IS NULL")),
		index.Fields("closes_at").Annotations(entsql.IndexWhere("closed_at IS NULL")),
	}
}

// SettlementEntry is one participant on the list of a settlement.
type SettlementEntry struct{ ent.Schema }

// Annotations of the entry.
func (SettlementEntry) Annotations() []schema.Annotation {
	return []schema.Annotation{table("settlement_entries")}
}

// Fields of the entry.
func (SettlementEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Int("settlement_id").Immutable(),
		field.Int("participant_id").Immutable(),
		field.Time("deadline").Immutable().Comment("as it was when the list was made, exclusive"),
		field.Int("purchases").NonNegative().Immutable().Comment("how many purchases, of any standing, were recorded when the list was made"),
		field.Enum("outcome").GoType(rules.EntryOutcome("")),
		field.Enum("passed_over").GoType(rules.PassedOver("")).Optional().Nillable(),
		field.Time("decided_at").Optional().Nillable().Comment("when the outcome came about; null exactly while it is LISTED"),
		field.String("voids_settled").Default("").Comment("the purchases whose voids the revocation took into account, ids separated by commas: a reversal takes that back"),
	}
}

// Edges of the entry.
func (SettlementEntry) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("settlement", Settlement.Type).Ref("entries").Field("settlement_id").Unique().Required().Immutable(),
		edge.From("participant", Participant.Type).Ref("entries").Field("participant_id").Unique().Required().Immutable(),
	}
}

// Indexes of the entry.
func (SettlementEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("settlement_id", "participant_id").Unique(),
		index.Fields("settlement_id", "outcome", "participant_id"),
		index.Fields("participant_id"),
	}
}

// Places is the append-only ledger of the places that revocations free. A trigger refuses updates and deletions.
type Places struct{ ent.Schema }

// Annotations of the ledger.
func (Places) Annotations() []schema.Annotation { return []schema.Annotation{table("places")} }

// Fields of the ledger.
func (Places) Fields() []ent.Field {
	return []ent.Field{
		field.Int("cohort_id").Immutable(),
		field.Int("settlement_id").Immutable(),
		field.Int("participant_id").Optional().Nillable().Immutable().Comment("who took a place back, where it is one"),
		field.Enum("kind").GoType(rules.PlaceKind("")).Immutable(),
		field.Int("places").Positive().Immutable(),
		field.Time("recorded_at").Immutable(),
		field.String("actor").Default("").Immutable().Comment("the person's subject; empty when a delivery or the time did it"),
	}
}

// Edges of the ledger.
func (Places) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("settlement", Settlement.Type).Ref("places").Field("settlement_id").Unique().Required().Immutable(),
	}
}

// Indexes of the ledger.
func (Places) Indexes() []ent.Index {
	return []ent.Index{index.Fields("cohort_id", "kind"), index.Fields("settlement_id", "kind")}
}

// Outage is a time in which a platform cannot report what it sells, as an officer declared it.
type Outage struct{ ent.Schema }

// Annotations of the outage.
func (Outage) Annotations() []schema.Annotation { return []schema.Annotation{table("outages")} }

// Fields of the outage.
func (Outage) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.Time("begins_at").Immutable().Comment("inclusive"),
		field.Time("ends_at").Optional().Nillable().Comment("exclusive; null while nobody knows"),
		field.String("reason").Immutable(),
		field.String("declared_by").Immutable(),
		createdAt(),
		field.String("ended_by").Default("").Comment("who last said when it ends"),
	}
}

// Edges of the outage.
func (Outage) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("outages").Field("platform_id").Unique().Required().Immutable(),
	}
}

// Indexes of the outage.
func (Outage) Indexes() []ent.Index { return []ent.Index{index.Fields("platform_id", "begins_at")} }

// DeadlineRaise is a later deadline that is being given to many participants, in batches.
type DeadlineRaise struct{ ent.Schema }

// Annotations of the raise.
func (DeadlineRaise) Annotations() []schema.Annotation {
	return []schema.Annotation{table("deadline_raises")}
}

// Fields of the raise.
func (DeadlineRaise) Fields() []ent.Field {
	return []ent.Field{
		field.Int("cohort_id").Immutable(),
		field.Int("extension_id").Optional().Nillable().Immutable().Comment("null for a decree"),
		field.Time("until").Immutable().Comment("exclusive"),
		field.String("province").Optional().Nillable().Immutable().Comment("BPS code; null for the whole cohort"),
		field.String("actor").Immutable(),
		field.String("reason").Immutable().Comment("for the history"),
		field.Int("after_id").Default(0).Comment("participants up to this id have theirs"),
		field.Int("moved").Default(0).Comment("how many deadlines it has moved"),
		createdAt(),
		field.Time("done_at").Optional().Nillable(),
	}
}

// Edges of the raise.
func (DeadlineRaise) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("cohort", Cohort.Type).Ref("raises").Field("cohort_id").Unique().Required().Immutable(),
	}
}

// Indexes of the raise.
func (DeadlineRaise) Indexes() []ent.Index {
	return []ent.Index{index.Fields("cohort_id").Annotations(entsql.IndexWhere("done_at IS NULL"))}
}
