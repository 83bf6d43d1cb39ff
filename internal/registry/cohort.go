package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/cohort"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// maxText bounds free text that a person enters, in characters.
const maxText = 1000

// Bounds against slips of the keyboard: people rely on what was announced, so that it cannot simply be
// taken back.
const (
	maxCohort     = 9999
	maxQuota      = 10_000_000
	longestWindow = 366 // days from the announcement to the last day
)

// programmeStart is earlier than any cohort: the programme began in April 2020.
var programmeStart = time.Date(2020, time.January, 1, 0, 0, 0, 0, rules.WIB)

// AnnounceCohort is the announcement of a cohort.
type AnnounceCohort struct {
	Number      int
	Quota       int       // how many may be members
	AnnouncedAt time.Time // any hour of day 1
	// LastDay is a published last day that overrides the computation; zero for the computed one. Any
	// instant of that WIB day.
	LastDay time.Time
	// Reference is the legal reference of a published last day; required with it.
	Reference string
}

// AnnounceCohort records a cohort. The same announcement again changes nothing; another one for the
// same number is a [Conflict].
func (r *Registry) AnnounceCohort(ctx context.Context, v viewer.Viewer, in AnnounceCohort) (*ent.Cohort, error) {
	if err := authorise(v.ManagesCohorts(), "announce cohorts"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := in.check(r.Now()); err != nil {
		return nil, err
	}
	announced := db.Instant(in.AnnouncedAt)
	deadline, basis := rules.Deadline(announced, r.settings.WindowDays), rules.BasisComputed
	if !in.LastDay.IsZero() {
		deadline, basis = rules.DeadlineAfterLastDay(in.LastDay), rules.BasisDecreed
	}
	deadline = db.Instant(deadline)
	if !deadline.After(rules.AnnouncedFrom(announced)) {
		return nil, invalid("lastDay", "the last day is before the announcement: give a day on or after it")
	}
	var out *ent.Cohort
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		known, err := tx.Client.Cohort.Get(ctx, in.Number)
		if err == nil {
			if !in.sameAs(known, announced, deadline) {
				return conflict("number", "cohort %d is announced already, with other facts: decree or extend its deadline to change it", in.Number)
			}
			out = known
			return nil
		}
		if !ent.IsNotFound(err) {
			return fmt.Errorf("look for the cohort: %w", err)
		}
		out, err = tx.Client.Cohort.Create().SetID(in.Number).SetQuota(in.Quota).SetAnnouncedAt(announced).SetDeadline(deadline).
			SetBasis(basis).SetReference(in.Reference).SetCreatedAt(tx.Now).SetCreatedBy(v.Subject).Save(ctx)
		if db.Classify(err) == db.ClassUnique {
			return conflict("number", "cohort %d has just been announced by somebody else: look at it before you try again", in.Number)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// sameAs reports whether the cohort was announced so. A deadline that was decreed or extended since is not
// the announcement's.
func (in AnnounceCohort) sameAs(known *ent.Cohort, announced, deadline time.Time) bool {
	if known.Quota != in.Quota || !known.AnnouncedAt.Equal(announced) {
		return false
	}
	asAnnounced := known.Deadline.Equal(deadline) && known.Reference == in.Reference
	changedSince := known.Basis == rules.BasisExtended || (known.Basis == rules.BasisDecreed && in.LastDay.IsZero())
	return asAnnounced || changedSince
}

func (in AnnounceCohort) check(now time.Time) error {
	switch {
	case in.Number <= 0 || in.Number > maxCohort:
		return invalid("number", "the number of a cohort is between 1 and %d", maxCohort)
	case in.Quota <= 0 || in.Quota > maxQuota:
		return invalid("quota", "the quota is between 1 and %d", maxQuota)
	case in.AnnouncedAt.IsZero():
		return invalid("announcedAt", "the announcement needs a day")
	case in.AnnouncedAt.Before(programmeStart) || in.AnnouncedAt.After(now.AddDate(1, 0, 0)):
		return invalid("announcedAt", "the announcement lies between %s and a year from now", programmeStart.Format(time.DateOnly))
	case in.LastDay.After(in.AnnouncedAt.AddDate(0, 0, longestWindow)):
		return invalid("lastDay", "the last day is at most %d days after the announcement", longestWindow)
	case in.LastDay.IsZero() && in.Reference != "":
		return invalid("reference", "a reference belongs to a published last day: give the last day too")
	case !in.LastDay.IsZero() && strings.TrimSpace(in.Reference) == "":
		return invalid("reference", "a published last day needs its legal reference")
	}
	return checkText("reference", in.Reference)
}

// DecreeDeadline is a published last day for a cohort that is announced already.
type DecreeDeadline struct {
	Cohort    int
	LastDay   time.Time // any instant of the WIB day
	Reference string    // the legal reference
	Reason    string
}

// DecreeDeadline overrides a cohort's deadline with a published one. People rely on the deadline they
// were told, so once the cohort has participants it can only become later. It is then given to them in batches, until
// which the answer waits. When ctx ends before, or a batch fails, the decree stands and [Registry.RaiseChunk] goes on.
func (r *Registry) DecreeDeadline(ctx context.Context, v viewer.Viewer, in DecreeDeadline) (*ent.Cohort, error) {
	if err := authorise(v.ManagesCohorts(), "decree deadlines"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := checkGrant(in.LastDay, in.Reference, in.Reason); err != nil {
		return nil, err
	}
	deadline := db.Instant(rules.DeadlineAfterLastDay(in.LastDay))
	var out *ent.Cohort
	var begun int
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		c, err := lockCohort(ctx, tx, in.Cohort)
		if err != nil {
			return err
		}
		if err := checkLastDay(c, in.LastDay); err != nil {
			return err
		}
		if deadline.Before(c.Deadline) {
			if err := r.mayShorten(ctx, tx, c, deadline); err != nil {
				return err
			}
		}
		if out, err = tx.Client.Cohort.UpdateOne(c).SetDeadline(deadline).SetBasis(rules.BasisDecreed).SetReference(in.Reference).Save(ctx); err != nil {
			return fmt.Errorf("update the cohort: %w", err)
		}
		to := raise{until: deadline, actor: v.Subject, reason: "deadline decreed, " + in.Reference + ": " + in.Reason}
		begun, err = r.beginRaise(ctx, tx, c.ID, to, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.raiseAll(ctx, begun)
	return out, nil
}

func (r *Registry) mayShorten(ctx context.Context, tx *db.Tx, c *ent.Cohort, deadline time.Time) error {
	if !deadline.After(rules.AnnouncedFrom(c.AnnouncedAt)) {
		return invalid("lastDay", "the last day is before the announcement: give a day on or after it")
	}
	members, err := tx.Client.Cohort.QueryParticipants(c).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for participants: %w", err)
	}
	if members {
		return notPossible("lastDay", "cohort %d has participants, who rely on its deadline: it can only become later", c.ID)
	}
	return nil
}

// lockCohort loads a cohort and keeps others from changing it until the end of the transaction.
func lockCohort(ctx context.Context, tx *db.Tx, number int) (*ent.Cohort, error) {
	q := tx.Client.Cohort.Query().Where(cohort.ID(number))
	if tx.Dialect == db.Postgres {
		q = q.ForUpdate()
	}
	c, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound("cohort", "there is no cohort %d: announce it first", number)
	}
	if err != nil {
		return nil, fmt.Errorf("load the cohort: %w", err)
	}
	return c, nil
}

// checkLastDay refuses a last day that is too far from the announcement to be meant.
func checkLastDay(c *ent.Cohort, lastDay time.Time) error {
	if lastDay.After(c.AnnouncedAt.AddDate(0, 0, longestWindow)) {
		return invalid("lastDay", "the last day is at most %d days after the announcement", longestWindow)
	}
	return nil
}

func checkGrant(lastDay time.Time, reference, reason string) error {
	switch {
	case lastDay.IsZero():
		return invalid("lastDay", "the last day is missing")
	case strings.TrimSpace(reference) == "":
		return invalid("reference", "a deadline is changed only with its legal reference")
	case strings.TrimSpace(reason) == "":
		return invalid("reason", "say why, for the history")
	}
	if err := checkText("reference", reference); err != nil {
		return err
	}
	return checkText("reason", reason)
}

// checkText refuses what a database cannot hold or a person cannot read.
func checkText(field, s string) error {
	if len([]rune(s)) > maxText {
		return invalid(field, "too long: at most %d characters", maxText)
	}
	for _, c := range s {
		if c == '\uFFFD' || (c < ' ' && c != '\n' && c != '\t') || c == 0x7f {
			return invalid(field, "has control characters or is not UTF-8")
		}
	}
	return nil
}
