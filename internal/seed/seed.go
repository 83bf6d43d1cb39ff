// Package seed fills a registry: with the reference data that every installation needs, with a sample
// catalogue, with the cohorts of 2021, and with the scenario of the demonstration. It writes through
// package registry only, as a person or a platform would, and holds no rule of its own.
//
// Everything it makes up is plainly made up: people are called "Peserta" and a number, their addresses
// are at example.com, their telephone numbers cannot be dialled, and no offering's provider exists.
package seed

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// actor is who writes what is seeded.
var actor = viewer.System("seed")

// Reference adds the seven platforms and the 34 provinces of 2021. It is meant for every start: what is
// there already is left as it is, because somebody may have changed it.
func Reference(ctx context.Context, reg *registry.Registry) error {
	platforms, err := platformTable()
	if err != nil {
		return err
	}
	known, err := texts(ctx, reg, "SELECT code FROM platforms")
	if err != nil {
		return fmt.Errorf("look for platforms: %w", err)
	}
	for _, p := range platforms {
		if known[p.Code] {
			continue
		}
		if _, err := reg.PutPlatform(ctx, actor, p); err != nil {
			return fmt.Errorf("platform %s: %w", p.Code, err)
		}
	}
	provinces, err := provinceTable()
	if err != nil {
		return err
	}
	if known, err = texts(ctx, reg, "SELECT id FROM provinces"); err != nil {
		return fmt.Errorf("look for provinces: %w", err)
	}
	missing := map[string]string{}
	for _, p := range provinces {
		if !known[p.code] {
			missing[p.code] = p.name
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return reg.PutProvinces(ctx, actor, missing)
}

// Catalogue puts the sample catalogue on sale, some 300 offerings that are marked as a sample. It needs
// the platforms of [Reference]. Again, it changes nothing, unless somebody changed an offering of the
// sample: that is put back.
func Catalogue(ctx context.Context, reg *registry.Registry) error {
	offerings, err := catalogueTable()
	if err != nil {
		return err
	}
	byPlatform := map[string][]registry.Offering{}
	for _, o := range offerings {
		byPlatform[o.Platform] = append(byPlatform[o.Platform], o)
	}
	platforms, err := platformTable()
	if err != nil {
		return err
	}
	for _, p := range platforms {
		if _, err := reg.PutOfferings(ctx, actor, p.Code, byPlatform[p.Code]); err != nil {
			return fmt.Errorf("catalogue of %s: %w", p.Code, err)
		}
	}
	return nil
}

// Cohorts2021 announces the published cohorts of 2021 that had been announced by now, by the registry's
// clock. Cohort 17 is not among them: its announcement day was not published. A cohort that is there already
// is left as it is.
func Cohorts2021(ctx context.Context, reg *registry.Registry) error {
	cohorts, err := cohortTable(reg.Settings())
	if err != nil {
		return err
	}
	known, err := texts(ctx, reg, "SELECT CAST(id AS TEXT) FROM cohorts")
	if err != nil {
		return fmt.Errorf("look for cohorts: %w", err)
	}
	for _, c := range cohorts {
		if known[strconv.Itoa(c.Number)] || c.AnnouncedAt.After(reg.Now()) {
			continue
		}
		if _, err := reg.AnnounceCohort(ctx, actor, c); err != nil {
			return fmt.Errorf("cohort %d: %w", c.Number, err)
		}
	}
	return nil
}

// cohort returns one of the cohorts of 2021.
func cohort(settings rules.Settings, number int) (registry.AnnounceCohort, error) {
	cohorts, err := cohortTable(settings)
	if err != nil {
		return registry.AnnounceCohort{}, err
	}
	for _, c := range cohorts {
		if c.Number == number {
			return c, nil
		}
	}
	return registry.AnnounceCohort{}, fmt.Errorf("cohort %d is not among the cohorts of 2021", number)
}

// texts returns the set of texts that a query without parameters yields. It looks where is written, since a
// replica may lag behind.
func texts(ctx context.Context, reg *registry.Registry, query string) (map[string]bool, error) {
	set := map[string]bool{}
	err := db.Query(ctx, reg.DB().Write, scanInto(set), query)
	return set, err
}

// wib returns an instant of 2021.
func wib(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2021, month, day, hour, minute, 0, 0, rules.WIB)
}
