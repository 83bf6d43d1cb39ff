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

// Alert is something about a platform that wants a person's attention.
type Alert struct{ ent.Schema }

// Annotations of the alert.
func (Alert) Annotations() []schema.Annotation { return []schema.Annotation{table("alerts")} }

// Fields of the alert.
func (Alert) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.Enum("kind").GoType(rules.AlertKind("")).Immutable(),
		field.String("detail").Comment("the figures that raised it, as JSON"),
		field.Time("raised_at").Immutable(),
		field.Time("cleared_at").Optional().Nillable(),
	}
}

// Edges of the alert.
func (Alert) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("alerts").Field("platform_id").Unique().Required().Immutable(),
	}
}

// Indexes of the alert: at most one of a kind is raised for a platform.
func (Alert) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("platform_id", "kind").Unique().Annotations(entsql.IndexWhere("cleared_at IS NULL")),
		index.Fields("raised_at"),
	}
}
