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

// Purchase is one invoice of one participant at one platform.
type Purchase struct{ ent.Schema }

// Annotations of the purchase.
func (Purchase) Annotations() []schema.Annotation { return []schema.Annotation{table("purchases")} }

// Fields of the purchase.
func (Purchase) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.String("invoice_code").Immutable(),
		field.Int("participant_id").Immutable(),
		field.Int("offering_id").Immutable(),
		field.Int64("amount").NonNegative().Immutable().Comment("rupiah"),
		field.Time("purchased_at").Immutable().Comment("event time"),
		field.Time("received_at").Immutable().Comment("when we first received the report"),
		field.Time("stated_through").Optional().Nillable().Immutable().
			Comment("before when the platform had stated by then that all was sent, exclusive; null when that does not cover the purchase"),
		field.String("schedule_code").Default("").Immutable(),
		field.Int("delivery_id").Immutable().Comment("the delivery that reported it"),
		field.Enum("evidence").GoType(rules.Evidence("")),
		field.Time("voided_at").Optional().Nillable().Comment("event time of the void"),
		optionalText("void_reason"),
		field.Int("void_delivery_id").Optional().Nillable(),
		field.Bool("void_settled").Default(false).Comment("the void was known when the membership was last revoked"),
	}
}

// Edges of the purchase.
func (Purchase) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("purchases").Field("platform_id").Unique().Required().Immutable(),
		edge.From("participant", Participant.Type).Ref("purchases").Field("participant_id").Unique().Required().Immutable(),
		edge.From("offering", Offering.Type).Ref("purchases").Field("offering_id").Unique().Required().Immutable(),
		edge.From("delivery", Delivery.Type).Ref("purchases").Field("delivery_id").Unique().Required().Immutable(),
		edge.To("reviews", Review.Type),
	}
}

// Indexes of the purchase.
func (Purchase) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("platform_id", "invoice_code").Unique(),
		index.Fields("participant_id", "purchased_at"),
		index.Fields("purchased_at"),
		index.Fields("offering_id"),
		index.Fields("platform_id", "purchased_at"),
	}
}

// Delivery is one webhook message as it was received.
type Delivery struct{ ent.Schema }

// Annotations of the delivery.
func (Delivery) Annotations() []schema.Annotation { return []schema.Annotation{table("deliveries")} }

// Fields of the delivery.
func (Delivery) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.String("message_id").Immutable(),
		field.String("dedupe_key").Immutable().Comment("the message id; for a reuse with other bytes, the id, # and the digest of the bytes"),
		field.Int("platform_key_id").Immutable().Comment("the key that matched"),
		field.Bytes("body").Optional().Nillable().Sensitive().Comment("as received; removed after the retention time"),
		field.Bytes("body_sha256").Immutable(),
		field.String("headers").Immutable().Comment("the signature headers as received, as JSON"),
		field.Time("signed_at").Immutable(),
		field.Time("received_at").Immutable(),
		field.String("event_type").Default("").Immutable(),
		field.Time("event_time").Optional().Nillable().Immutable(),
		field.String("card_number").Default("").Immutable().Comment("the card it names"),
		field.String("invoice_code").Default("").Immutable().Comment("the invoice it names"),
		field.String("course_code").Default("").Immutable().Comment("the course it names"),
		field.Enum("outcome").GoType(rules.DeliveryOutcome("")),
		field.Enum("reason").GoType(rules.Reason("")).Optional().Nillable(),
		field.String("problem").Default("").Comment("where a malformed body departs from the contract; never its values"),
		field.Int("attempts").Default(1),
		field.Time("retry_at").Optional().Nillable().Comment("when a delivery from the future is believed, inclusive; null for any other"),
		field.Time("settled_at").Optional().Nillable().Comment("when it was applied or dismissed; null exactly while in quarantine"),
		optionalText("settled_by"),
	}
}

// Edges of the delivery.
func (Delivery) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("deliveries").Field("platform_id").Unique().Required().Immutable(),
		edge.To("purchases", Purchase.Type),
	}
}

// Indexes of the delivery. The quarantine is small; its indexes are partial, so that the applied
// deliveries do not pay for them.
func (Delivery) Indexes() []ent.Index {
	quarantined := entsql.IndexWhere("settled_at IS NULL")
	return []ent.Index{
		index.Fields("platform_id", "dedupe_key").Unique(),
		index.Fields("settled_at").Annotations(entsql.IndexWhere("body IS NOT NULL")), // to remove bodies after the retention time
		index.Fields("received_at"),
		index.Fields("platform_id", "received_at"),
		index.Fields("card_number").Annotations(quarantined),
		index.Fields("platform_id", "invoice_code").Annotations(quarantined),
		index.Fields("reason", "id").Annotations(quarantined),
		index.Fields("retry_at").Annotations(quarantined),
	}
}

// Statement is a platform's word that it has sent every purchase made before an instant.
type Statement struct{ ent.Schema }

// Annotations of the statement.
func (Statement) Annotations() []schema.Annotation { return []schema.Annotation{table("statements")} }

// Fields of the statement.
func (Statement) Fields() []ent.Field {
	return []ent.Field{
		field.Int("platform_id").Immutable(),
		field.Time("through").Immutable().Comment("exclusive"),
		field.Int64("count").Immutable(),
		field.Int64("amount").Immutable().Comment("rupiah"),
		field.Time("received_at").Immutable(),
		field.Int("delivery_id").Immutable(),
	}
}

// Edges of the statement.
func (Statement) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("platform", Platform.Type).Ref("statements").Field("platform_id").Unique().Required().Immutable(),
	}
}

// Indexes of the statement.
func (Statement) Indexes() []ent.Index {
	return []ent.Index{index.Fields("platform_id", "through").Unique()}
}
