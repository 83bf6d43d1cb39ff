package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/deadlineraise"
	"gelombang/ent/extension"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// extendCommands grant later deadlines.
type extendCommands struct {
	Cohort   extendCohort   `cmd:"" help:"Give a whole cohort more time."`
	Province extendProvince `cmd:"" help:"Give those of a cohort who live in a province more time."`
	Cards    extendCards    `cmd:"" help:"Give those with these cards more time: all of them, or nobody."`
	List     extendList     `cmd:"" help:"List the extensions of a cohort, and whether everybody has the time that they grant."`
}

// granting is what every extension is made of.
type granting struct {
	Until     string `required:"" aliases:"last-day" placeholder:"DATE" help:"The last day (WIB) on which a purchase counts, such as 2021-04-15: until 23:59."`
	Reference string `placeholder:"TEXT" help:"The legal reference. Required, but for a dry run."`
	Reason    string `placeholder:"TEXT" help:"Why, for the history. Required, but for a dry run."`
	DryRun    bool   `help:"Only say how many it would reach. Nothing is written."`

	acting `embed:""`
}

type extendCohort struct {
	Cohort int `arg:"" help:"The cohort's number."`

	granting `embed:""`
}

// Help is shown by --help.
func (extendCohort) Help() string {
	return `An extension never shortens: whoever has as much time already keeps it, and whom more time would harm is passed over. It reinstates nobody who is revoked; a purchase in the longer window does. What it would change is said beforehand by 'rehearse N --last-day DATE'.

The deadlines are moved in small steps, beside the intake. The command may be interrupted: the extension stands then, and the servers go on with it. Until everybody has it, nobody of the cohort is put on a list or revoked.

Examples:

	gelombang extend cohort 13 --until 2021-04-15 --dry-run
	gelombang extend cohort 13 --until 2021-04-15 --reference "Decree 21/2021" --reason "the payment gateway was down"`
}

// Run implements the command.
func (c *extendCohort) Run(t *terminal) error {
	return c.grant(t, registry.ExtendDeadline{Cohort: c.Cohort, Scope: rules.ExtendCohort}, nil)
}

type extendProvince struct {
	Cohort   int    `arg:"" help:"The cohort's number."`
	Province string `arg:"" help:"The BPS code of the province, such as 53."`

	granting `embed:""`
}

// Help is shown by --help.
func (extendProvince) Help() string {
	return `As 'extend cohort', for those of the cohort who live in the province.

Example:

	gelombang extend province 13 53 --until 2021-04-15 --reference "Decree 21/2021" --reason "Cyclone Seroja"`
}

// Run implements the command.
func (c *extendProvince) Run(t *terminal) error {
	return c.grant(t, registry.ExtendDeadline{Cohort: c.Cohort, Scope: rules.ExtendProvince, Province: c.Province}, nil)
}

// grant extends the deadline, or says whom it would reach. The places are where the cards of the list stand.
func (c *granting) grant(t *terminal, in registry.ExtendDeadline, places []cardPlace) error {
	day, err := c.check()
	if err != nil {
		return usage(err)
	}
	in.LastDay, in.Reference, in.Reason = day, c.Reference, c.Reason
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.ManagesCohorts() {
			return errors.New("your role does not allow you to extend deadlines" + viewer.OfficersMay)
		}
		reach, err := reachOf(t.ctx, r, in)
		if err != nil {
			return err
		}
		if err := notOfCohort(t.ctx, r, in, places); err != nil {
			return err
		}
		if c.DryRun {
			return printTable(t.out, reach.lines()+"Nothing is written\tthis is a dry run\n")
		}
		say(t.err, fmt.Sprintf("%d of %d have an earlier deadline than %s.", reach.earlier, reach.covered, lastMinute(reach.until)))
		granted, err := t.granting(r, v, in, reach)
		if err != nil {
			return misuse(err, field{"cohort", "<cohort>"}, field{"province", "<province>"}, field{"cards", "<cards>"},
				field{"lastDay", "--until"}, field{"reference", "--reference"}, field{"reason", "--reason"})
		}
		return t.printGranted(r, granted, reach)
	})
}

// check reads the command line, and returns the last day.
func (c *granting) check() (time.Time, error) {
	day, err := parseDay(c.Until)
	var wrong []error
	if err != nil {
		wrong = append(wrong, fmt.Errorf("--until: %w", err))
	}
	if !c.DryRun && strings.TrimSpace(c.Reference) == "" {
		wrong = append(wrong, errors.New("--reference: a deadline is changed only with its legal reference"))
	}
	if !c.DryRun && strings.TrimSpace(c.Reason) == "" {
		wrong = append(wrong, errors.New("--reason: say why, for the history"))
	}
	return day, errors.Join(wrong...)
}

// watchEvery is how often a person at the terminal is shown how far an extension is.
const watchEvery = 200 * time.Millisecond

// granting extends the deadline, with a bar for whoever watches.
func (t *terminal) granting(r *registry.Registry, v viewer.Viewer, in registry.ExtendDeadline, reach reach) (*ent.Extension, error) {
	if !t.interactive() {
		return r.ExtendDeadline(t.ctx, v, in)
	}
	type outcome struct {
		granted *ent.Extension
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		granted, err := r.ExtendDeadline(t.ctx, v, in)
		done <- outcome{granted, err}
	}()
	bar := t.countProgress("deadlines moved", int64(reach.earlier))
	defer bar.end(t)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case o := <-done:
			if o.err == nil {
				bar.of(int64(o.granted.Participants), int64(reach.earlier))
			}
			return o.granted, o.err
		case <-tick.C:
			// What cannot be read now is shown at the next tick.
			if raise, err := r.DB().Client().DeadlineRaise.Query().
				Where(deadlineraise.CohortID(in.Cohort), deadlineraise.Until(reach.until), deadlineraise.DoneAtIsNil()).
				Order(ent.Desc(deadlineraise.FieldID)).First(t.ctx); err == nil {
				bar.set(int64(raise.Moved))
			}
		}
	}
}

// printGranted prints what became of an extension, and who was passed over. One that was interrupted is an error.
func (t *terminal) printGranted(r *registry.Registry, granted *ent.Extension, reach reach) error {
	lines := fmt.Sprintf("Extension\t%d\n", granted.ID) + reach.lines() + fmt.Sprintf("Moved\t%d\n", granted.Participants)
	if granted.AppliedAt == nil {
		return errors.Join(printTable(t.out, lines+"Given\tnot to everybody yet\n"),
			fmt.Errorf("extension %d stands and is not given to everybody yet: the servers go on with it, and 'extend list %d' says when it is", granted.ID, granted.CohortID))
	}
	over, err := r.DB().Primary().Participant.Query().Where(reach.stillEarlier()...).Count(t.ctx)
	if err != nil {
		return fmt.Errorf("count who was passed over: %w", err)
	}
	lines += fmt.Sprintf("Passed over\t%d\nGiven\tto everybody else, at %s\n", over, minute(*granted.AppliedAt))
	if err := printTable(t.out, lines); err != nil || over == 0 {
		return err
	}
	return t.printPassedOver(r, reach, over)
}

// passedOverShown is how many of those who were passed over are named.
const passedOverShown = 50

func (t *terminal) printPassedOver(r *registry.Registry, reach reach, all int) error {
	over, err := r.DB().Primary().Participant.Query().Where(reach.stillEarlier()...).Order(ent.Asc("id")).Limit(passedOverShown).All(t.ctx)
	if err != nil {
		return fmt.Errorf("look for who was passed over: %w", err)
	}
	var lines strings.Builder
	lines.WriteString("\nPASSED OVER\tSTATUS\tDEADLINE\n")
	for _, p := range over {
		fmt.Fprintf(&lines, "%s\t%s\t%s\n", p.CardNumber, statusOf(p, r.Now()), lastMinute(p.Deadline))
	}
	if err := printTable(t.out, lines.String()); err != nil {
		return err
	}
	say(t.err, "Whom more time would harm is passed over: 'explain CARD' says what is on record.")
	if all > len(over) {
		say(t.err, fmt.Sprintf("%d of %d are shown.", len(over), all))
	}
	return nil
}

type extendList struct {
	Cohort int `arg:"" help:"The cohort's number."`

	acting `embed:""`
}

// Help is shown by --help.
func (extendList) Help() string {
	return `MOVED is how many deadlines it has moved, and GIVEN when everybody whom it covers had it. Until then nobody of the cohort is put on a list or revoked.

Example:

	gelombang extend list 13`
}

// Run implements the command.
func (c *extendList) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.ManagesCohorts() {
			return errors.New("your role does not allow you to list extensions" + viewer.OfficersMay)
		}
		if _, err := cohortOf(t.ctx, r, c.Cohort); err != nil {
			return err
		}
		all, err := r.DB().Client().Extension.Query().Where(extension.CohortID(c.Cohort)).Order(extension.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("EXTENSION\tSCOPE\tPROVINCE\tUNTIL\tMOVED\tGIVEN\tGRANTED\tBY\tREFERENCE\tREASON\n")
		for _, x := range all {
			extensionLine(&lines, x)
		}
		return printTable(t.out, lines.String())
	})
}

func extensionLine(lines *strings.Builder, x *ent.Extension) {
	province, given := "-", "not to everybody yet"
	if x.Province != nil {
		province = *x.Province
	}
	if x.AppliedAt != nil {
		given = minute(*x.AppliedAt)
	}
	fmt.Fprintf(lines, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.Scope, province, lastMinute(x.Until), x.Participants, given,
		minute(x.CreatedAt), oneLine(x.CreatedBy), oneLine(x.Reference), oneLine(x.Reason))
}

// untilOf is the deadline after the last day, exclusive, as it is stored.
func untilOf(lastDay time.Time) time.Time { return db.Instant(rules.DeadlineAfterLastDay(lastDay)) }
