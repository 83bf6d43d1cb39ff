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

// Cohort is a gelombang: the recipients announced together. Its id is its number.
type Cohort struct{ ent.Schema }

// Annotations of the cohort.
func (Cohort) Annotations() []schema.Annotation {
	numbered := false
	return []schema.Annotation{entsql.Annotation{Table: "cohorts", Incremental: &numbered}}
}

// Fields of the cohort.
func (Cohort) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Positive().Immutable().Comment("the cohort's number"),
		field.Int("quota").NonNegative(),
		field.Time("announced_at"),
		field.Time("deadline").Comment("exclusive"),
		field.Enum("basis").GoType(rules.DeadlineBasis("")),
		optionalText("reference"),
		createdAt(),
		optionalText("created_by"),
	}
}

// Edges of the cohort.
func (Cohort) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("participants", Participant.Type),
		edge.To("extensions", Extension.Type),
		edge.To("raises", DeadlineRaise.Type),
		edge.To("settlements", Settlement.Type),
		edge.To("reminder_plans", ReminderPlan.Type),
	}
}

// Extension is a later deadline granted after the announcement. It never shortens.
type Extension struct{ ent.Schema }

// Annotations of the extension.
func (Extension) Annotations() []schema.Annotation { return []schema.Annotation{table("extensions")} }

// Fields of the extension.
func (Extension) Fields() []ent.Field {
	return []ent.Field{
		field.Int("cohort_id").Immutable(),
		field.Enum("scope").GoType(rules.ExtensionScope("")).Immutable(),
		field.String("province").Optional().Nillable().Immutable().Comment("BPS code, for the scope PROVINCE"),
		field.Time("until").Immutable().Comment("exclusive"),
		field.String("reference").Immutable().Comment("the legal reference"),
		field.String("reason").Immutable(),
		field.Int("participants").Comment("how many deadlines it moved when it was granted"),
		field.Time("applied_at").Optional().Nillable().Comment("when everybody whom it covers had it; null while it is under way"),
		field.String("created_by").Immutable(),
		createdAt(),
	}
}

// Edges of the extension.
func (Extension) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("cohort", Cohort.Type).Ref("extensions").Field("cohort_id").Unique().Required().Immutable(),
	}
}

// Indexes of the extension.
func (Extension) Indexes() []ent.Index { return []ent.Index{index.Fields("cohort_id")} }

// Province is one of the provinces by BPS code; its id is the two-digit code.
type Province struct{ ent.Schema }

// Annotations of the province.
func (Province) Annotations() []schema.Annotation { return []schema.Annotation{table("provinces")} }

// Fields of the province.
func (Province) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("BPS code, two digits"),
		field.String("name"),
	}
}
