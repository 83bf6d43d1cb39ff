package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// maxRehearsed bounds the sample of a rehearsal.
const maxRehearsed = 1000

// Rehearsal is a changed rule to be tried out on the participants of a cohort.
type Rehearsal struct {
	Cohort int
	Change rules.Change
	// At is the instant for which the statuses are; zero for the present. Until one in the future nobody is taken to buy.
	At time.Time
	// Sample is of how many who change it is told who they are, at most 1,000.
	Sample int
	// Progress, when not nil, is told now and then how many of the participants have been looked at.
	Progress func(done, all int)
}

// Rehearsed is what a changed rule would do.
type Rehearsed struct {
	Cohort       int
	At           time.Time // UTC
	Deadline     Compared[time.Time]
	LagLimit     Compared[time.Duration]
	Participants int
	// Transitions counts the participants by their status without and with the change, those who keep theirs
	// included. Pairs without anybody are not in it.
	Transitions map[Transition]int
	// Provinces counts those who change status, by BPS code; those without a province under the empty code.
	Provinces map[string]map[Transition]int
	// Names are those of the provinces in Provinces, as far as they have one.
	Names map[string]string
	// Spared is how many keep their deadline because a later one would do harm, by [rules.ExtensionHarms].
	Spared int
	// Longer and Shorter are how many have more and less time to buy than they were told.
	Longer, Shorter int
	// Asked is how many participants have a question open for a person.
	Asked  Compared[int]
	Sample []RehearsedParticipant
}

// Compared is something without a change and with it.
type Compared[T any] struct{ Before, After T }

// Transition is the status without a change and with it.
type Transition struct{ From, To rules.Status }

// RehearsedParticipant is somebody who would change status.
type RehearsedParticipant struct {
	CardNumber string // masked, unless the viewer may see it
	Province   string // BPS code; empty for none
	rules.Rehearsed
}

// Changed returns how many change status.
func (r Rehearsed) Changed() int {
	n := 0
	for t, count := range r.Transitions {
		if t.From != t.To {
			n += count
		}
	}
	return n
}

// Rehearse says who would change status if the change were made now. It looks at every participant of the cohort, in
// one state of the database, and writes nothing. Whoever may list participants may ask: nothing is told that is not
// in those lists, but for what the rules make of it.
//
// It returns [NotFound] for an unknown cohort and [Invalid] for a change that nobody can mean.
func (r *Registry) Rehearse(ctx context.Context, v viewer.Viewer, in Rehearsal) (Rehearsed, error) {
	if err := authorise(v.SeesAllParticipants(), "rehearse changes of the rules"+viewer.AnalystsMay); err != nil {
		return Rehearsed{}, err
	}
	now := r.Now()
	if in.At.IsZero() {
		in.At = now
	}
	in.At = db.Instant(in.At)
	if err := in.check(now); err != nil {
		return Rehearsed{}, err
	}
	var out Rehearsed
	err := r.db.Snapshot(ctx, 0, func(s *db.Snapshot) error {
		re := rehearsing{in: in, viewer: v, snapshot: s, rehearsal: rules.Rehearsal{Change: in.Change, Settings: r.settings, Now: now, At: in.At}}
		if err := re.begin(ctx); err != nil {
			return err
		}
		if err := re.play(ctx); err != nil {
			return err
		}
		out = re.result()
		return nil
	})
	return out, err
}

// check refuses what cannot be meant, as far as that can be said without the cohort.
func (in Rehearsal) check(now time.Time) error {
	c := in.Change
	switch {
	case !c.MovesDeadline() && c.LagLimit == nil:
		return invalid("change", "nothing is changed: give another window, another last day or another lag limit")
	case c.WindowDays != 0 && !c.LastDay.IsZero():
		return invalid("lastDay", "a window and a last day exclude each other: both say when the deadline is")
	case c.WindowDays < 0 || c.WindowDays > longestWindow:
		return invalid("windowDays", "a window has between 1 and %d days", longestWindow)
	case c.LagLimit != nil && *c.LagLimit < 0:
		return invalid("lagLimit", "the lag limit is a time after the deadline: it cannot be negative")
	case in.At.Before(now):
		return invalid("at", "a rehearsal is about the present or the future: what was known in the past is not replayed")
	case in.Sample < 0 || in.Sample > maxRehearsed:
		return invalid("sample", "a sample has at most %d participants", maxRehearsed)
	}
	return nil
}

// rehearsing is a rehearsal under way.
type rehearsing struct {
	in        Rehearsal
	viewer    viewer.Viewer
	snapshot  *db.Snapshot
	rehearsal rules.Rehearsal
	platforms map[int]string    // code by id
	ended     map[int]time.Time // by participant, the revocation that the rules have ended
	out       Rehearsed
	sample    map[Transition][]RehearsedParticipant
}

// begin reads what is not of single participants.
func (re *rehearsing) begin(ctx context.Context) error {
	var announced, deadline db.Time
	err := queryRow(ctx, re.snapshot, "SELECT announced_at, deadline FROM cohorts WHERE id = $1", []any{re.in.Cohort}, &announced, &deadline)
	if errors.Is(err, sql.ErrNoRows) {
		return notFound("cohort", "there is no cohort %d", re.in.Cohort)
	}
	if err != nil {
		return fmt.Errorf("load the cohort: %w", err)
	}
	re.rehearsal.AnnouncedAt, re.rehearsal.CohortDeadline = announced.Time, deadline.Time
	if err := re.checkDeadline(); err != nil {
		return err
	}
	re.sample = map[Transition][]RehearsedParticipant{}
	re.out = Rehearsed{
		Cohort: re.in.Cohort, At: re.in.At, Transitions: map[Transition]int{}, Provinces: map[string]map[Transition]int{}, Names: map[string]string{},
		Deadline: Compared[time.Time]{deadline.Time, db.Instant(re.rehearsal.Deadline())},
		LagLimit: Compared[time.Duration]{re.rehearsal.Settings.LagLimit, re.in.Change.Settings(re.rehearsal.Settings).LagLimit},
	}
	err = queryRow(ctx, re.snapshot, "SELECT COUNT(*) FROM participants WHERE cohort_id = $1", []any{re.in.Cohort}, &re.out.Participants)
	if err != nil {
		return fmt.Errorf("count the participants: %w", err)
	}
	if err := re.loadPlatforms(ctx); err != nil {
		return fmt.Errorf("load the platforms: %w", err)
	}
	if err := re.loadEnded(ctx); err != nil {
		return fmt.Errorf("load the revocations that ended: %w", err)
	}
	return nil
}

// checkDeadline refuses a deadline that no announcement could have.
func (re *rehearsing) checkDeadline() error {
	announced, deadline := re.rehearsal.AnnouncedAt, re.rehearsal.Deadline()
	switch {
	case !re.in.Change.MovesDeadline():
		return nil
	case !deadline.After(rules.AnnouncedFrom(announced)):
		return invalid("lastDay", "the last day is before the announcement: give a day on or after it")
	case rules.LastDay(deadline).After(announced.AddDate(0, 0, longestWindow)):
		return invalid("lastDay", "the last day is at most %d days after the announcement", longestWindow)
	default:
		return nil
	}
}

// queryRow reads the one row of a query; sql.ErrNoRows if there is none.
func queryRow(ctx context.Context, s *db.Snapshot, query string, args []any, into ...any) error {
	found := false
	err := db.Query(ctx, s, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	}, query, args...)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}
