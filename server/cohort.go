package main

import (
	"errors"
	"fmt"
	"time"

	"gelombang/ent"
	"gelombang/ent/cohort"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// cohortCommands are about cohorts.
type cohortCommands struct {
	Announce cohortAnnounce `cmd:"" help:"Announce a cohort, and print its deadline."`
	List     cohortList     `cmd:"" help:"List the cohorts."`
}

type cohortAnnounce struct {
	Number    int    `arg:"" help:"The cohort's number."`
	On        string `required:"" placeholder:"DATE|TIME" help:"When it was announced: a WIB day such as 2021-03-10, a WIB time such as 2021-09-22T20:00, or a time with an offset."`
	Quota     int    `required:"" placeholder:"N" help:"How many may be members."`
	Deadline  string `placeholder:"DATE" help:"A published last day (WIB) that overrides the computed one. Needs --reference."`
	Reference string `placeholder:"TEXT" help:"The legal reference of the published last day."`

	storage `embed:""`
}

// Help is shown by --help.
func (cohortAnnounce) Help() string {
	return `Announcing the same again changes nothing; other facts for the same number are refused.

Examples:

	gelombang cohort announce 13 --on 2021-03-10 --quota 600000
	gelombang cohort announce 21 --on 2021-09-22T20:00 --quota 754929
	gelombang cohort announce 22 --on 2021-11-01 --quota 46000 --deadline 2021-11-30 --reference "SE 12/2021"`
}

// Run implements the command.
func (c *cohortAnnounce) Run(t *terminal) error {
	announced, err := parseInstant(c.On)
	if err != nil {
		return usage(fmt.Errorf("--on: %w", err))
	}
	in := registry.AnnounceCohort{Number: c.Number, Quota: c.Quota, AnnouncedAt: announced, Reference: c.Reference}
	if c.Deadline != "" {
		if in.LastDay, err = parseDay(c.Deadline); err != nil {
			return usage(fmt.Errorf("--deadline: %w", err))
		}
	}
	return c.with(t, func(r *registry.Registry) error {
		announced, err := r.AnnounceCohort(t.ctx, atTheTerminal, in)
		if err != nil {
			return misuse(err)
		}
		_, err = fmt.Fprintln(t.out, lastMinute(announced.Deadline))
		return err
	})
}

type cohortList struct {
	storage `embed:""`
}

// Run implements the command.
func (c *cohortList) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		all, err := r.DB().Client().Cohort.Query().Order(cohort.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		lines := "COHORT\tANNOUNCED\tQUOTA\tDEADLINE\tBASIS\tREFERENCE\n"
		for _, c := range all {
			lines += cohortLine(c)
		}
		return printTable(t.out, lines)
	})
}

func cohortLine(c *ent.Cohort) string {
	return fmt.Sprintf("%d\t%s\t%d\t%s\t%s\t%s\n", c.ID, c.AnnouncedAt.In(rules.WIB).Format("2006-01-02 15:04 WIB"),
		c.Quota, lastMinute(c.Deadline), c.Basis, c.Reference)
}

// lastMinute writes an exclusive deadline as people read it: 23:59 WIB of the last day.
func lastMinute(deadline time.Time) string {
	return deadline.Add(-time.Minute).In(rules.WIB).Format("2006-01-02 15:04 WIB")
}

// parseDay reads a WIB day, and returns its beginning.
func parseDay(s string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, s, rules.WIB)
	if err != nil {
		return time.Time{}, errors.New("not a day: write it as 2021-03-10")
	}
	return day, nil
}

// parseInstant reads a WIB day, which begins at 00:00, a WIB time without an offset, or a time with
// an offset.
func parseInstant(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, rules.WIB); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a time: write a WIB day as 2021-03-10, a WIB time as 2021-03-10T09:00, or a time with its offset as 2021-03-10T02:00:00Z")
}
