package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/reminderplan"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// remindCommands are about the reminders of a cohort. They are sent by the servers.
type remindCommands struct {
	Preview remindPreview `cmd:"" help:"Say who would get which reminder. Nothing is planned."`
	Plan    remindPlan    `cmd:"" help:"Have those who have not bought reminded, in place of the plan in force."`
	Stop    remindStop    `cmd:"" help:"Stop the reminders of a cohort."`
	Status  remindStatus  `cmd:"" help:"Say what became of the reminders of a cohort."`
	Bounce  remindBounce  `cmd:"" help:"Record that an e-mail came back."`
}

// reminding is what a plan is made of.
type reminding struct {
	Cohort   int    `arg:"" help:"The cohort's number."`
	Stages   []int  `placeholder:"HOURS,…" help:"How many hours before the deadline; 336,168,72,24,6 when absent."`
	Channels string `default:"email" placeholder:"CHANNEL,…" help:"email, gateway or both (default ${default})."`
	Language string `default:"id" enum:"id,en" placeholder:"LANG" help:"id or en (default ${default})."`
}

func (m reminding) plan() registry.PlanReminders {
	in := registry.PlanReminders{Cohort: m.Cohort, Stages: m.Stages, Language: rules.Language(strings.ToUpper(m.Language))}
	for channel := range strings.SplitSeq(m.Channels, ",") {
		in.Channels = append(in.Channels, rules.ReminderChannel(strings.ToUpper(strings.TrimSpace(channel))))
	}
	return in
}

// misused returns an error under the names of the flags.
func (reminding) misused(err error) error {
	return misuse(err, field{"cohort", "<cohort>"}, field{"stages", "--stages"}, field{"channels", "--channels"}, field{"language", "--language"})
}

type remindPreview struct {
	reminding `embed:""`
	acting    `embed:""`
}

// Run implements the command.
func (c *remindPreview) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		preview, err := r.PreviewReminders(t.ctx, v, c.plan())
		if err != nil {
			return c.misused(err)
		}
		var lines strings.Builder
		lines.WriteString("HOURS BEFORE\tCHANNEL\tBEGINS\tSENT\tRECIPIENTS\tUNREACHABLE\tCAPPED\n")
		for _, s := range preview.Stages {
			fmt.Fprintf(&lines, "%d\t%s\t%s\t%s\t%d\t%d\t%d\n", s.Stage, s.Channel, minute(s.BeginsAt), yes(s.Sent), s.Recipients, s.Unreachable, s.Capped)
		}
		if err := printTable(t.out, lines.String()); err != nil {
			return err
		}
		if err := t.noteSample(preview); err != nil {
			return err
		}
		return t.printReminded(preview.Sample)
	})
}

// printReminded prints a few of those who would be reminded.
func (t *terminal) printReminded(sample []registry.ReminderSample) error {
	if len(sample) == 0 {
		return nil
	}
	var lines strings.Builder
	lines.WriteString("CARD\tDEADLINE\tNEXT REMINDER\n")
	for _, s := range sample {
		due := "-"
		if !s.DueAt.IsZero() {
			due = minute(s.DueAt)
		}
		fmt.Fprintf(&lines, "%s\t%s\t%s\n", s.Card, lastMinute(s.Deadline), due)
	}
	if _, err := fmt.Fprintln(t.out); err != nil {
		return err
	}
	return printTable(t.out, lines.String())
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type remindPlan struct {
	reminding `embed:""`
	acting    `embed:""`
}

// Help is shown by --help.
func (remindPlan) Help() string {
	return `Prints the plan and what it takes the place of, or that nothing changed, and how many are to be reminded at each stage, through each channel and on which day, as things stand.

The servers send, from then on, at each stage that begins, and at once what the present stage asks for. Whoever has bought by the moment of sending gets nothing.

Examples:

	gelombang remind plan 13 --channels email,gateway --stages 72,24,6`
}

// Run implements the command.
func (c *remindPlan) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		// Only for what is printed: of two who plan at the same moment, one may read that it replaced the plan before the other's.
		earlier, err := r.DB().Primary().ReminderPlan.Query().Where(reminderplan.CohortID(c.Cohort), reminderplan.StoppedAtIsNil()).Only(t.ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		plan, err := r.PlanReminders(t.ctx, v, c.plan())
		if err != nil {
			return c.misused(err)
		}
		if err := t.printPlan(r, plan, earlier); err != nil {
			return err
		}
		preview, err := r.PreviewReminders(t.ctx, v, c.plan())
		if err != nil {
			return c.misused(err)
		}
		return t.printPlanned(r, plan, preview)
	})
}

// printPlan says which plan is in force, and what became of the earlier one, which may be nil or the same.
func (t *terminal) printPlan(r *registry.Registry, plan, earlier *ent.ReminderPlan) error {
	var lines strings.Builder
	switch {
	case earlier == nil:
		fmt.Fprintf(&lines, "Plan\t%d\n", plan.ID)
	case earlier.ID == plan.ID:
		fmt.Fprintf(&lines, "Plan\t%d, unchanged: these reminders were planned %s by %s\n", plan.ID, minute(plan.CreatedAt), plan.CreatedBy)
	default:
		fmt.Fprintf(&lines, "Plan\t%d\n", plan.ID)
		sent := 0
		counts, err := r.ReminderCounts(t.ctx, earlier.ID)
		if err != nil {
			return err
		}
		for _, c := range counts {
			if c.State == rules.ReminderSent {
				sent += c.N
			}
		}
		fmt.Fprintf(&lines, "In place of\tplan %d (%s; %s hours before; %s), by which %d were sent\n", earlier.ID, earlier.Channels, earlier.Stages, earlier.Language, sent)
	}
	lines.WriteString("\n")
	return printTable(t.out, lines.String())
}

// printPlanned says how many are to be reminded at each stage, through each channel, and on which days, as things stand.
// The days are those for the cohort's own deadline.
func (t *terminal) printPlanned(r *registry.Registry, plan *ent.ReminderPlan, preview registry.ReminderPreview) error {
	cohort, err := r.DB().Primary().Cohort.Get(t.ctx, plan.CohortID)
	if err != nil {
		return err
	}
	var stages []int
	for _, s := range preview.Stages {
		stages = append(stages, s.Stage)
	}
	slices.Sort(stages)
	stages = slices.Compact(stages)
	var lines strings.Builder
	lines.WriteString("HOURS BEFORE\tCHANNEL\tDAY\tTO REMIND\tUNREACHABLE\n")
	for _, s := range preview.Stages {
		fmt.Fprintf(&lines, "%d\t%s\t%s\t%d\t%d\n", s.Stage, s.Channel, daysOf(stages, s, cohort.Deadline, r.Now()), s.Recipients, s.Unreachable)
	}
	if err := printTable(t.out, lines.String()); err != nil {
		return err
	}
	return t.noteSample(preview)
}

// daysOf are the WIB days on which the reminders of a stage go out, for those who have the cohort's own deadline.
func daysOf(stages []int, s registry.ReminderStagePreview, deadline, now time.Time) string {
	if !s.Sent {
		return "over: not sent"
	}
	w, _ := rules.ReminderWindowOf(stages, s.Stage, deadline)
	spread, possible := rules.SpreadReminders(w, now)
	if !possible {
		return "by deadlines of their own"
	}
	first, last := spread.First.Begins, spread.First.Begins.Add(spread.First.Length)
	if spread.Second.Length > 0 {
		last = spread.Second.Begins.Add(spread.Second.Length)
	}
	from, to := first.In(rules.WIB).Format(time.DateOnly), last.In(rules.WIB).Format(time.DateOnly)
	if from == to {
		return from
	}
	return from + " and " + to
}

// noteSample says that the numbers of those who cannot be reached are projected, if they are.
func (t *terminal) noteSample(preview registry.ReminderPreview) error {
	if preview.Exact {
		return nil
	}
	_, err := fmt.Fprintln(t.out, "Who cannot be reached is projected from a sample.")
	return err
}

type remindStop struct {
	Cohort int `arg:"" help:"The cohort's number."`

	acting `embed:""`
}

// Run implements the command.
func (c *remindStop) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		_, err := r.StopReminders(t.ctx, v, c.Cohort)
		return misuse(err, field{"cohort", "<cohort>"})
	})
}

type remindStatus struct {
	Cohort int `arg:"" help:"The cohort's number."`

	acting `embed:""`
}

// Run implements the command.
func (c *remindStatus) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.ManagesCohorts() {
			return errors.New("your role does not allow you to look at reminders" + viewer.OfficersMay)
		}
		plan, err := r.DB().Client().ReminderPlan.Query().Where(reminderplan.CohortID(c.Cohort)).Order(reminderplan.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("PLAN\tHOURS BEFORE\tCHANNEL\tSTATE\tWHY\tREMINDERS\n")
		for _, p := range plan {
			if err := t.planLines(&lines, r, p); err != nil {
				return err
			}
		}
		return printTable(t.out, lines.String())
	})
}

func (t *terminal) planLines(lines *strings.Builder, r *registry.Registry, p *ent.ReminderPlan) error {
	counts, err := r.ReminderCounts(t.ctx, p.ID)
	for _, c := range counts {
		fmt.Fprintf(lines, "%s\t%d\t%s\t%s\t%s\t%d\n", strconv.Itoa(p.ID), c.Stage, c.Channel, c.State, orNone(string(c.Skipped)), c.N)
	}
	return err
}

type remindBounce struct {
	MessageID string `arg:"" help:"The Message-ID of the e-mail, as the mail server names it."`

	acting `embed:""`
}

// Run implements the command.
func (c *remindBounce) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		_, err := r.ReportBounce(t.ctx, v, registry.ReportBounce{MessageID: c.MessageID})
		return misuse(err, field{"messageId", "<message-id>"})
	})
}
