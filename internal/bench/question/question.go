// Package question holds what the benchmarks ask: each question as a GraphQL document for us, as one for PostGraphile,
// and as one prepared statement that answers the same JSON, with the keys to ask it for, and a form in which the three
// answers can be compared.
package question

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"gelombang/internal/bench/dataset"
	"gelombang/internal/db"
	"gelombang/internal/viewer"
)

// Question is something that a user asks.
type Question struct {
	Name  string // Q1, …
	Title string
	Role  viewer.Role // who asks us
	// Ours and Theirs are documents that give the same, as far as the two schemas allow; aliases make the shapes alike.
	Ours, Theirs string
	// Floor answers the same JSON as Ours has under data. It has parameters by name, as pgbench has them: :card.
	Floor string
	// Draws are the lines that draw the parameters, for pgbench.
	Draws func(*World) string
	// Keys draws about n keys to ask for, the same for the same seed.
	Keys func(ctx context.Context, w *World, draw *rand.Rand, n int) ([]Key, error)

	read func(w *World, side Side, data []byte) (any, error)
}

// Key is what a question is asked for.
type Key struct {
	Subject      string         // who asks, for questions of participants: the card
	Ours, Theirs map[string]any // variables
	Floor        map[string]any // parameters
}

// Side is who answers.
type Side string

// Who answers.
const (
	Ours   Side = "Gelombang"
	Theirs Side = "PostGraphile"
	Floor  Side = "statement"
)

// Sides lists all, in the order in which they are measured.
func Sides() []Side { return []Side{Ours, Theirs, Floor} }

// World is where the keys are.
type World struct {
	Data *dataset.Dataset
	DB   *db.DB
	Now  time.Time
	// Ask sends a document and returns what is under data; an error if there are errors. Sides but the floor.
	Ask func(ctx context.Context, side Side, role viewer.Role, subject, document string, variables map[string]any) ([]byte, error)

	platforms map[string]string // codes by id
}

// All returns every question.
func All() []Question { return []Question{one(), two(), three(), four(), five()} }

// Canonical reads an answer into the form in which it is compared.
func (q Question) Canonical(w *World, side Side, data []byte) (any, error) {
	answer, err := q.read(w, side, data)
	if err != nil {
		return nil, fmt.Errorf("%s: read the answer of %s: %w", q.Name, side, err)
	}
	return answer, nil
}

// Compare says where two answers differ, in the form of Canonical; empty when they do not.
func Compare(got, want any) string {
	if reflect.DeepEqual(got, want) {
		return ""
	}
	a, aerr := json.MarshalIndent(got, "", " ")
	b, berr := json.MarshalIndent(want, "", " ")
	if aerr != nil || berr != nil {
		return "cannot be written as JSON"
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	part := func(text []byte) []byte { return text[max(0, at-200):min(len(text), at+200)] }
	return fmt.Sprintf("from byte %d on: …%s…, but …%s…", at, part(a), part(b))
}
