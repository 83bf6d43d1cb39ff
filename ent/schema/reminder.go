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

// ReminderPlan is an officer's order that those of a cohort who have not bought be reminded.
type ReminderPlan struct{ ent.Schema }

// Annotations of the plan.
func (ReminderPlan) Annotations() []schema.Annotation {
	return []schema.Annotation{table("reminder_plans")}
}

// Fields of the plan.
func (ReminderPlan) Fields() []ent.Field {
	return []ent.Field{
		field.Int("cohort_id").Immutable(),
		field.String("stages").Immutable().Comment("hours before the deadline, the largest first, separated by commas"),
		field.String("channels").Immutable().Comment("separated by commas"),
		field.Enum("language").GoType(rules.Language("")).Immutable(),
		createdAt(),
		field.String("created_by").Immutable(),
		field.Time("stopped_at").Optional().Nillable(),
		optionalText("stopped_by"),
	}
}

// Edges of the plan.
func (ReminderPlan) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("cohort", Cohort.Type).Ref("reminder_plans").Field("cohort_id").Unique().Required().Immutable(),
		edge.To("reminders", Reminder.Type),
	}
}

// Indexes of the plan: a cohort has at most one in force.
func (ReminderPlan) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("cohort_id", "id"),
		index.Fields("cohort_id").Unique().StorageKey("reminderplan_in_force").Annotations(entsql.IndexWhere("stopped_at IS NULL")),
	}
}

// Reminder is one message to one participant through one channel. Its row is made before anything is sent, and says
// that sending has begun before it does: what was begun when a server died is in doubt, and is not sent again.
type Reminder struct{ ent.Schema }

// Annotations of the reminder.
func (Reminder) Annotations() []schema.Annotation { return []schema.Annotation{table("reminders")} }

// Fields of the reminder.
func (Reminder) Fields() []ent.Field {
	return []ent.Field{
		field.Int("plan_id").Immutable(),
		field.Int("participant_id").Immutable(),
		field.Int("stage").Immutable().Comment("hours before the deadline"),
		field.Enum("channel").GoType(rules.ReminderChannel("")).Immutable(),
		field.Time("deadline").Immutable().Comment("of the participant, as planned, exclusive"),
		field.Time("due_at").Comment("not sent before"),
		field.Enum("state").GoType(rules.ReminderState("")),
		field.Enum("skipped").GoType(rules.ReminderSkip("")).Optional().Nillable().Comment("why it was not sent, for the state SKIPPED"),
		field.Int("attempts").Default(0),
		field.Time("begun_at").Optional().Nillable().Comment("when the latest attempt began"),
		field.Time("settled_at").Optional().Nillable().Comment("null exactly while it is planned or being sent"),
		field.String("problem").Default("").Comment("a code; never an address or a server's words"),
	}
}

// Edges of the reminder.
func (Reminder) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("plan", ReminderPlan.Type).Ref("reminders").Field("plan_id").Unique().Required().Immutable(),
		edge.From("participant", Participant.Type).Ref("reminders").Field("participant_id").Unique().Required().Immutable(),
		edge.To("messages", OutboundMessage.Type),
	}
}

// Indexes of the reminder: nobody is reminded twice of one deadline at one stage through one channel.
func (Reminder) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("participant_id", "channel", "stage", "deadline").Unique(),
		index.Fields("channel", "due_at", "id").Annotations(entsql.IndexWhere("settled_at IS NULL")),
		index.Fields("plan_id", "stage", "channel", "state"),
	}
}
