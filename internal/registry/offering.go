package registry

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/ent"
	entoffering "gelombang/ent/offering"
	"gelombang/ent/platform"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// maxPrice bounds a price, in rupiah, against slips of the keyboard.
const maxPrice = 1_000_000_000

// Offering is a training on sale as somebody enters it.
type Offering struct {
	Platform   string // platform code; ignored where the call names the platform
	CourseCode string
	Title      string
	Provider   string
	Category   string
	Mode       rules.Mode
	Price      int64 // rupiah
	URL        string
	Sample     bool // part of the sample catalogue
}

// PutOffering adds an offering or changes it.
func (r *Registry) PutOffering(ctx context.Context, v viewer.Viewer, in Offering) (*ent.Offering, error) {
	if _, err := r.PutOfferings(ctx, v, in.Platform, []Offering{in}); err != nil {
		return nil, err
	}
	return r.offering(ctx, in.Platform, in.CourseCode)
}

// PutOfferings adds or changes offerings of one platform, all or none, and returns how many were changed.
// The same offerings again change nothing.
func (r *Registry) PutOfferings(ctx context.Context, v viewer.Viewer, platformCode string, in []Offering) (int, error) {
	if err := authorise(v.ManagesOfferings(platformCode), "change the catalogue of this platform"); err != nil {
		return 0, err
	}
	for _, o := range in {
		if err := o.check(); err != nil {
			return 0, err
		}
	}
	changed := 0
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		changed = 0
		p, err := platformByCode(ctx, tx, platformCode)
		if err != nil {
			return err
		}
		w, n := newWorkspace(tx, r.settings), newNeed()
		for _, o := range in {
			n.courses[course{p.ID, o.CourseCode}] = true
		}
		n.catalogue = true
		if err := w.load(ctx, n); err != nil {
			return err
		}
		for _, o := range in {
			if w.enterOffering(p.ID, o) {
				changed++
			}
		}
		return w.persist(ctx, nil)
	})
	if err != nil {
		return 0, err
	}
	r.retryCourses(ctx, in)
	return changed, nil
}

// enterOffering takes over what a person says, as of now. Unlike an event it changes nothing, not even
// the time of the last word, when it says what is known.
func (w *workspace) enterOffering(platformID int, in Offering) bool {
	key := course{platformID, in.CourseCode}
	said := offering{
		title: in.Title, provider: in.Provider, category: in.Category, mode: in.Mode, price: in.Price, hasPrice: true, url: in.URL, sample: in.Sample,
	}
	if known := w.offerings[key]; known != nil && known.says(said) {
		return false
	}
	at := w.tx.Now
	if known := w.offerings[key]; known != nil {
		for _, word := range []time.Time{known.changedAt, known.withdrawn} {
			if !at.After(word) {
				at = word.Add(time.Microsecond)
			}
		}
	}
	return w.putOffering(key, said, at)
}

// says reports whether the offering is on sale exactly as said.
func (o *offering) says(said offering) bool {
	said.id, said.platformID, said.code, said.listed, said.changedAt, said.changed = o.id, o.platformID, o.code, true, o.changedAt, o.changed
	return *o == said
}

func (o Offering) check() error {
	for _, f := range []struct{ field, value string }{{"courseCode", o.CourseCode}, {"title", o.Title}} {
		if strings.TrimSpace(f.value) == "" || f.value != strings.TrimSpace(f.value) {
			return invalid(f.field, "is required, and has no blank at either end")
		}
	}
	for _, f := range []struct {
		field, value string
		most         int // characters, as in the webhook contract
	}{{"courseCode", o.CourseCode, 128}, {"title", o.Title, 500}, {"provider", o.Provider, 500}, {"category", o.Category, 128}} {
		if utf8.RuneCountInString(f.value) > f.most {
			return invalid(f.field, "too long: at most %d characters", f.most)
		}
	}
	for _, f := range []struct{ field, value string }{
		{"courseCode", o.CourseCode}, {"title", o.Title}, {"provider", o.Provider}, {"category", o.Category}, {"url", o.URL},
	} {
		if err := checkText(f.field, f.value); err != nil {
			return err
		}
	}
	if o.Price < 0 || o.Price > maxPrice {
		return invalid("price", "the price is between 0 and %d rupiah", int64(maxPrice))
	}
	if o.Mode != "" && !slices.Contains(o.Mode.Values(), string(o.Mode)) {
		return invalid("mode", "the mode is ONLINE, OFFLINE or BLENDED")
	}
	if o.URL != "" {
		if u, err := url.Parse(o.URL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return invalid("url", "must be a complete address that begins with https:// or http://")
		}
	}
	return nil
}

// WithdrawOffering takes an offering off sale. Purchases of it stay.
func (r *Registry) WithdrawOffering(ctx context.Context, v viewer.Viewer, platformCode, courseCode string) (*ent.Offering, error) {
	if err := authorise(v.ManagesOfferings(platformCode), "change the catalogue of this platform"); err != nil {
		return nil, err
	}
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		p, err := platformByCode(ctx, tx, platformCode)
		if err != nil {
			return err
		}
		w, n := newWorkspace(tx, r.settings), newNeed()
		key := course{p.ID, courseCode}
		n.courses[key], n.catalogue = true, true
		if err := w.load(ctx, n); err != nil {
			return err
		}
		o := w.offerings[key]
		if o == nil {
			return notFound("courseCode", "the platform has no offering with that course code")
		}
		if o.withdrawn.IsZero() {
			at := tx.Now
			if at.Before(o.changedAt) {
				at = o.changedAt
			}
			o.withdraw(at)
		}
		return w.persist(ctx, nil)
	})
	if err != nil {
		return nil, err
	}
	return r.offering(ctx, platformCode, courseCode)
}

// retryCourses tries the withdrawals that wait for these offerings. What fails is left for the next round.
func (r *Registry) retryCourses(ctx context.Context, in []Offering) {
	codes := make([]string, len(in))
	for i, o := range in {
		codes[i] = o.CourseCode
	}
	ids, err := r.waiting(ctx, r.db.Dialect.Any("d.course_code", 1)+" AND "+courseIsKnown, r.db.Dialect.Texts(codes))
	if err == nil {
		_, err = r.reapply(ctx, ids, "")
	}
	if err != nil {
		r.log.WarnContext(ctx, "withdrawals that wait for these offerings are left for the next round", db.LogError(err))
	}
}

func (r *Registry) offering(ctx context.Context, platformCode, courseCode string) (*ent.Offering, error) {
	out, err := r.db.Primary().Offering.Query().
		Where(entoffering.CourseCode(courseCode), entoffering.HasPlatformWith(platform.Code(platformCode))).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the offering: %w", err)
	}
	return out, nil
}
