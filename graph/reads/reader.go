// Package reads loads what a query asks for. A root field makes a [Reader], hands it the selection, and
// gets back whole objects: each level of the query is one statement, whatever the number of rows, and
// nothing below the root touches the database.
//
// It is also where the viewer is asked: what the viewer may not see is never loaded, and so is null or
// absent.
package reads

import (
	"context"
	"log/slog"
	"time"

	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// Config is what a reader needs. Every field is required, unless it says otherwise.
type Config struct {
	Query   db.Execer
	Dialect db.Dialect
	Viewer  viewer.Viewer
	Now     time.Time // UTC; statuses are derived by it
	Sizes   keyset.Sizes
	Groups  keyset.Sizes // of a page of groups
	// SmallestGroup is how many participants a group must hold at least for an analyst to see it. Optional; any group
	// is shown when 0.
	SmallestGroup int
	Log           *slog.Logger
	// Reference is the reference data in memory. Optional: without it, as for what a mutation has just written, it is read
	// from the database.
	Reference *Reference
	// OpenContact decrypts the contact of the participant with the card.
	OpenContact func(ciphertext []byte, card string) (registry.Contact, error)
	// Closings says what stands between cohorts, by their numbers, and their settlements. It is asked only for a viewer who
	// sees settlements.
	Closings func(ctx context.Context, cohorts []int) (map[int]registry.Closing, error)
	// Watch says how the platforms that the viewer may watch report at present.
	Watch func(context.Context) ([]registry.PlatformWatch, error)
	// PreviewReminders says who of a cohort would get which reminder. It is asked only for a viewer who manages cohorts.
	PreviewReminders func(ctx context.Context, in registry.PlanReminders) (registry.ReminderPreview, error)
	// Explain explains the statuses of participants, by their row ids, in what the viewer may read.
	Explain func(ctx context.Context, participants []int, language rules.Language) (map[int]rules.Explanation, error)
}

// Reader loads the objects of one root field. It is for one goroutine, and short-lived: it remembers the
// reference data that it has read.
type Reader struct {
	Config
	reference  reference
	unreadable map[int]bool // participants whose contact could not be decrypted, by row id
	past       bool         // Now is an instant of the past, see asOf
}

// New returns a reader.
func New(cfg Config) *Reader { return &Reader{Config: cfg, unreadable: map[int]bool{}} }
