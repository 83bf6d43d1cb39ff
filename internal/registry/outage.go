package registry

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"gelombang/ent"
	entoutage "gelombang/ent/outage"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// outageReach bounds how far from the present an outage may begin or end, before and after it: what is further away is a
// slip of the keyboard.
const outageReach = 60 * 24 * time.Hour

// DeclareOutage is the declaration that a platform cannot report what it sells. While it lasts nobody is put on a list
// for it, and its silence raises no alert.
type DeclareOutage struct {
	Platform string     // code
	BeginsAt time.Time  // inclusive; in the past, as a rule
	EndsAt   *time.Time // exclusive; nil while nobody knows
	Reason   string
}

// DeclareOutage records an outage. It returns [Conflict] when one is declared for a part of the time already.
func (r *Registry) DeclareOutage(ctx context.Context, v viewer.Viewer, in DeclareOutage) (*ent.Outage, error) {
	if err := authorise(v.ManagesCohorts(), "declare outages"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := in.check(r.Now()); err != nil {
		return nil, err
	}
	begins, ends := db.Instant(in.BeginsAt), time.Time{}
	if in.EndsAt != nil {
		ends = db.Instant(*in.EndsAt)
	}
	var out *ent.Outage
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		p, err := platformByCode(ctx, tx, in.Platform)
		if err != nil {
			return err
		}
		if err := lockPlatform(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := checkOverlap(ctx, tx, "beginsAt", p, 0, begins, ends); err != nil {
			return err
		}
		out, err = tx.Client.Outage.Create().SetPlatformID(p.ID).SetBeginsAt(begins).SetNillableEndsAt(db.Time{Time: ends}.Pointer()).
			SetReason(in.Reason).SetDeclaredBy(v.Subject).SetCreatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("record the outage: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (in DeclareOutage) check(now time.Time) error {
	switch {
	case in.BeginsAt.IsZero():
		return invalid("beginsAt", "say from when on the platform cannot report")
	case outOfReach(in.BeginsAt, now):
		return invalid("beginsAt", "an outage begins at most 60 days before or after the present")
	case in.EndsAt != nil && !in.EndsAt.After(in.BeginsAt):
		return invalid("endsAt", "the end of an outage is after its beginning: leave it out while nobody knows it")
	case in.EndsAt != nil && outOfReach(*in.EndsAt, now):
		return invalid("endsAt", "an outage ends at most 60 days before or after the present: leave the end out while nobody knows it")
	}
	return checkReason(in.Reason)
}

func outOfReach(t, now time.Time) bool {
	return t.Before(now.Add(-outageReach)) || t.After(now.Add(outageReach))
}

// EndOutage says when an outage ends, or has ended.
type EndOutage struct {
	Outage int
	At     time.Time // exclusive; zero for now. The beginning itself takes back what was declared in error
}

// EndOutage records when an outage ends. Said again, the last word holds.
func (r *Registry) EndOutage(ctx context.Context, v viewer.Viewer, in EndOutage) (*ent.Outage, error) {
	if err := authorise(v.ManagesCohorts(), "end outages"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if !in.At.IsZero() && outOfReach(in.At, r.Now()) {
		return nil, invalid("at", "an outage ends at most 60 days before or after the present")
	}
	var out *ent.Outage
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		declared, err := tx.Client.Outage.Query().Where(entoutage.ID(in.Outage)).WithPlatform().Only(ctx)
		if ent.IsNotFound(err) {
			return notFound("outage", "there is no such outage")
		}
		if err != nil {
			return fmt.Errorf("load the outage: %w", err)
		}
		ends := tx.Now
		if !in.At.IsZero() {
			ends = db.Instant(in.At)
		}
		if ends.Before(declared.BeginsAt) {
			return invalid("at", "the outage begins at %s, and cannot end before", shown(declared.BeginsAt))
		}
		if err := lockPlatform(ctx, tx, declared.PlatformID); err != nil {
			return err
		}
		if err := checkOverlap(ctx, tx, "at", declared.Edges.Platform, declared.ID, declared.BeginsAt, ends); err != nil {
			return err
		}
		if out, err = tx.Client.Outage.UpdateOne(declared).SetEndsAt(ends).SetEndedBy(v.Subject).Save(ctx); err != nil {
			return fmt.Errorf("record the end of the outage: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// lockPlatform keeps others from declaring outages of the platform until the end of the transaction. Deliveries and
// purchases of it may be recorded all the while.
func lockPlatform(ctx context.Context, tx *db.Tx, id int) error {
	if _, err := tx.ExecContext(ctx, "SELECT id FROM platforms WHERE id = $1"+tx.Dialect.ForUpdate(), id); err != nil {
		return fmt.Errorf("lock the platform: %w", err)
	}
	return nil
}

// checkOverlap refuses an outage of the platform from begins to ends (exclusive; zero for no end) that shares an instant
// with another one than except.
func checkOverlap(ctx context.Context, tx *db.Tx, field string, p *ent.Platform, except int, begins, ends time.Time) error {
	if ends.Equal(begins) {
		return nil // it covers nothing
	}
	q := tx.Client.Outage.Query().Where(entoutage.PlatformID(p.ID), entoutage.IDNEQ(except), lasts,
		entoutage.Or(entoutage.EndsAtIsNil(), entoutage.EndsAtGT(begins)))
	if !ends.IsZero() {
		q = q.Where(entoutage.BeginsAtLT(ends))
	}
	other, err := q.Order(entoutage.ByBeginsAt(), entoutage.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for other outages: %w", err)
	}
	until := "with no end yet"
	if other.EndsAt != nil {
		until = "until " + shown(*other.EndsAt)
	}
	return conflict(field, "an outage of %s is declared from %s %s: end that one first, or choose a time that it does not cover", p.Code, shown(other.BeginsAt), until)
}

// lasts leaves out the outages that cover nothing, because they were taken back.
func lasts(s *entsql.Selector) {
	s.Where(entsql.Or(entsql.IsNull(s.C(entoutage.FieldEndsAt)), entsql.ColumnsGT(s.C(entoutage.FieldEndsAt), s.C(entoutage.FieldBeginsAt))))
}

// shown is an instant as people read it.
func shown(t time.Time) string { return t.In(rules.WIB).Format("2 January 2006 15:04:05 WIB") }
