package main

import (
	"fmt"

	"gelombang/ent/offering"
	"gelombang/internal/registry"
	"gelombang/internal/seed"
)

// importSample puts in what there is to try things out with.
type importSample struct {
	storage `embed:""`
}

// Help is shown by --help.
func (importSample) Help() string {
	return `Some 300 invented offerings, marked as a sample, and the published cohorts of 2021. There are no people in it. Doing it again changes nothing, but puts back what was changed of the sample. The platforms and the provinces are there in any case.`
}

// Run implements the command.
func (c *importSample) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		if err := seed.Cohorts2021(t.ctx, r); err != nil {
			return err
		}
		if err := seed.Catalogue(t.ctx, r); err != nil {
			return err
		}
		return printSample(t, r)
	})
}

// printSample says what there is of the sample, whether it was put in now or before.
func printSample(t *terminal, r *registry.Registry) error {
	offerings, err := r.DB().Primary().Offering.Query().Where(offering.Sample(true)).Count(t.ctx)
	if err != nil {
		return err
	}
	cohorts, err := r.DB().Primary().Cohort.Query().Count(t.ctx)
	if err != nil {
		return err
	}
	return printTable(t.out, fmt.Sprintf("sample offerings\t%d\ncohorts announced\t%d\n", offerings, cohorts))
}
