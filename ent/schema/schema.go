// Package schema holds the hand-written entities of Gelombang: what is stored, and nothing of
// what is decided. Rules live in internal/rules; package internal/registry is the only writer.
//
// Instants are stored with microsecond resolution: timestamptz on Postgres, integer
// microseconds since 1970 UTC on SQLite. Money is whole rupiah in 64 bits.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

func createdAt() ent.Field { return field.Time("created_at").Immutable() }

func table(name string) schema.Annotation { return entsql.Annotation{Table: name} }

// optionalText is text that may be absent; absent and empty are the same, and stored as the empty string.
func optionalText(name string) ent.Field { return field.String(name).Default("") }
