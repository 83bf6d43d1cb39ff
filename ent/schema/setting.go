package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Setting is a fact about this database itself, by name.
type Setting struct{ ent.Schema }

// Annotations of the setting.
func (Setting) Annotations() []schema.Annotation { return []schema.Annotation{table("settings")} }

// Fields of the setting.
func (Setting) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("the name"),
		field.Bytes("value"),
	}
}
