package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"gelombang/internal/rules"
)

// Platform is one of the digital platforms that sell trainings.
type Platform struct{ ent.Schema }

// Annotations of the platform.
func (Platform) Annotations() []schema.Annotation { return []schema.Annotation{table("platforms")} }

// Fields of the platform.
func (Platform) Fields() []ent.Field {
	return []ent.Field{
		field.String("code").Immutable(),
		field.String("name"),
		field.String("kind"),
		optionalText("website"),
		field.Bool("active").Default(true),
		field.Int("tolerance_seconds").Default(300).Positive().Comment("how far a signature's timestamp may be from our clock"),
		createdAt(),
	}
}

// Edges of the platform.
func (Platform) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("keys", PlatformKey.Type),
		edge.To("offerings", Offering.Type),
		edge.To("purchases", Purchase.Type),
		edge.To("deliveries", Delivery.Type),
		edge.To("statements", Statement.Type),
		edge.To("outages", Outage.Type),
		edge.To("alerts", Alert.Type),
	}
}

// Indexes of the platform.
func (Platform) Indexes() []ent.Index { return []ent.Index{index.Fields("code").Unique()} }

// PlatformKey is a key with which a platform signs. Several may be active at once.
type PlatformKey struct{ ent.Schema }

// Annotations of the key.
func (PlatformKey) Annotations() []schema.Annotation {
	return []schema.Annotation{table("platform_keys")}
}

// Fields of the key.
func (PlatformKey) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.Enum("scheme").Values("STANDARD_V1", "STANDARD_V1A", "PMO").Immutable(),
		field.String("client_code").Default("").Immutable().Comment("for the scheme PMO"),
		field.Bytes("secret").Optional().Nillable().Sensitive().Immutable().Comment("encrypted; absent for STANDARD_V1A"),
		field.Bytes("public_key").Optional().Nillable().Immutable().Comment("for STANDARD_V1A"),
		field.String("fingerprint").Immutable().Comment("the first 12 hex digits of the SHA-256 of the key, to tell keys apart"),
		field.Time("not_before").Immutable().Comment("inclusive"),
		field.Time("not_after").Optional().Nillable().Comment("exclusive"),
		createdAt(),
		field.String("created_by").Default("").Immutable(),
		optionalText("retired_by"),
	}
}

// Edges of the key.
func (PlatformKey) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("keys").Field("platform_id").Unique().Required().Immutable(),
	}
}

// Indexes of the key.
func (PlatformKey) Indexes() []ent.Index { return []ent.Index{index.Fields("platform_id")} }

// Offering is a training on sale at one platform, known there by its course code.
type Offering struct{ ent.Schema }

// Annotations of the offering.
func (Offering) Annotations() []schema.Annotation { return []schema.Annotation{table("offerings")} }

// Fields of the offering.
func (Offering) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.String("course_code").Immutable(),
		field.String("title"),
		optionalText("provider"),
		optionalText("category"),
		field.Enum("mode").GoType(rules.Mode("")).Optional().Nillable(),
		field.Int64("price").Optional().Nillable().Comment("rupiah"),
		optionalText("url"),
		field.String("search").Default("").Comment("title, provider and category as internal/searchtext makes them; a full-text index is on it"),
		field.Bool("listed").Comment("false when only a purchase told us of it"),
		field.Time("withdrawn_at").Optional().Nillable(),
		field.Bool("sample").Default(false).Comment("part of the sample catalogue"),
		field.Time("changed_at").Optional().Nillable().Comment("event time of the last change that was applied; an older one is not"),
		createdAt(),
		field.Time("updated_at"),
	}
}

// Edges of the offering.
func (Offering) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("offerings").Field("platform_id").Unique().Required().Immutable(),
		edge.To("purchases", Purchase.Type),
	}
}

// Indexes of the offering.
func (Offering) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("platform_id", "course_code").Unique(),
		index.Fields("title", "id"),
		index.Fields("price", "id"),
		index.Fields("category"),
	}
}
