// Package ent holds the entities as ent generates them from ent/schema. Only this file, the
// schema and the migrations are written by hand.
package ent

//go:generate go tool ent generate --feature sql/lock ./schema
