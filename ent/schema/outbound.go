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

// Endpoint is where our own webhooks go: a messaging gateway, or a receiver of the PMO.
type Endpoint struct{ ent.Schema }

// Annotations of the endpoint.
func (Endpoint) Annotations() []schema.Annotation { return []schema.Annotation{table("endpoints")} }

// Fields of the endpoint.
func (Endpoint) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Immutable(),
		field.String("url").Immutable(),
		field.String("events").Immutable().Comment("the kinds of event it gets, separated by commas"),
		field.Enum("scheme").Values("STANDARD_V1", "STANDARD_V1A").Immutable(),
		field.Bytes("secret").Sensitive().Comment("encrypted; with it we sign"),
		field.String("public_key").Default("").Comment("whpk_…, for STANDARD_V1A"),
		field.Bytes("earlier_secret").Optional().Nillable().Sensitive().Comment("encrypted; signs as well until earlier_until"),
		field.Time("earlier_until").Optional().Nillable().Comment("exclusive"),
		createdAt(),
		field.String("created_by").Immutable(),
		field.Time("disabled_at").Optional().Nillable(),
		field.String("disabled_by").Default("").Comment("empty when the endpoint said itself that it is gone"),
	}
}

// Edges of the endpoint.
func (Endpoint) Edges() []ent.Edge { return []ent.Edge{edge.To("messages", OutboundMessage.Type)} }

// Indexes of the endpoint.
func (Endpoint) Indexes() []ent.Index { return []ent.Index{index.Fields("name").Unique()} }

// OutboundMessage is a webhook of ours to one endpoint: the outbox.
type OutboundMessage struct{ ent.Schema }

// Annotations of the message.
func (OutboundMessage) Annotations() []schema.Annotation {
	return []schema.Annotation{table("outbound_messages")}
}

// Fields of the message.
func (OutboundMessage) Fields() []ent.Field {
	return []ent.Field{
		field.Int("endpoint_id").Immutable(),
		field.Enum("event").GoType(rules.OutboundEvent("")).Immutable(),
		field.String("message_id").Immutable().Comment("the webhook-id, the same at every attempt"),
		field.Bytes("body").Optional().Nillable().Sensitive().Comment("encrypted; removed after the retention time"),
		field.Int("reminder_id").Optional().Nillable().Immutable().Comment("the reminder that it carries: looked at again at every attempt"),
		field.Time("expires_at").Optional().Nillable().Immutable().Comment("not sent at or after this instant"),
		createdAt(),
		field.Enum("state").GoType(rules.OutboundState("")),
		field.Int("attempts").Default(0),
		field.Time("next_at").Optional().Nillable().Comment("when it is tried next; null when it is not"),
		field.Time("settled_at").Optional().Nillable().Comment("null exactly while it is PENDING"),
	}
}

// Edges of the message.
func (OutboundMessage) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("endpoint", Endpoint.Type).Ref("messages").Field("endpoint_id").Unique().Required().Immutable(),
		edge.From("reminder", Reminder.Type).Ref("messages").Field("reminder_id").Unique().Immutable(),
		edge.To("attempts_made", OutboundAttempt.Type),
	}
}

// Indexes of the message.
func (OutboundMessage) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("message_id").Unique(),
		index.Fields("endpoint_id", "id"),
		index.Fields("next_at").Annotations(entsql.IndexWhere("settled_at IS NULL")),
		index.Fields("reminder_id").Annotations(entsql.IndexWhere("reminder_id IS NOT NULL")),
		index.Fields("settled_at").Annotations(entsql.IndexWhere("body IS NOT NULL")),
	}
}

// OutboundAttempt is one attempt to deliver a webhook of ours.
type OutboundAttempt struct{ ent.Schema }

// Annotations of the attempt.
func (OutboundAttempt) Annotations() []schema.Annotation {
	return []schema.Annotation{table("outbound_attempts")}
}

// Fields of the attempt.
func (OutboundAttempt) Fields() []ent.Field {
	return []ent.Field{
		field.Int("message_id").Immutable(),
		field.Int("attempt").Positive().Immutable(),
		field.Time("at").Immutable(),
		field.Int("took_ms").NonNegative().Immutable(),
		field.Int("status").Default(0).Immutable().Comment("of HTTP; 0 without an answer"),
		field.Enum("outcome").GoType(rules.AttemptOutcome("")).Immutable(),
		field.String("problem").Default("").Immutable().Comment("a code"),
	}
}

// Edges of the attempt.
func (OutboundAttempt) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("message", OutboundMessage.Type).Ref("attempts_made").Field("message_id").Unique().Required().Immutable(),
	}
}

// Indexes of the attempt.
func (OutboundAttempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("message_id", "attempt").Unique()}
}
