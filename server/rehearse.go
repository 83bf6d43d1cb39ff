package main

import (
	"errors"
	"fmt"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/server/config"
)

// rehearseCommand says who would change status under another rule.
type rehearseCommand struct {
	Number     int            `arg:"" help:"The cohort's number."`
	WindowDays int            `placeholder:"DAYS" help:"Another window: calendar days to buy in, the announcement day included."`
	LastDay    string         `placeholder:"DATE" help:"Another decreed last day (WIB), such as 2021-04-15. Not with --window-days."`
	LagLimit   *time.Duration `placeholder:"D" help:"Another limit for late evidence after the deadline, such as 96h."`
	At         string         `placeholder:"TIME" help:"For when the statuses are, if nobody buys until then: a WIB time such as 2021-04-16T00:00, or a time with an offset. Now when absent."`
	Sample     int            `default:"10" placeholder:"N" help:"Of how many who change it is told who they are, at most 1000 (default ${default})."`
	JSON       bool           `name:"json" help:"Print JSON, for programs."`

	Database config.Database `embed:""`
	// Present are the rules in force, which have the names of the changes in the other commands.
	Present config.Rules `embed:"" prefix:"present-"`
}

// Help is shown by --help.
func (rehearseCommand) Help() string {
	return `It changes nothing: every participant of the cohort is looked at as if the rule were changed now, by the functions that decide about real ones, and it is told how many would go from which status to which, where they live, and of some who they are and why. The rules in force are those of the environment, or of the flags that begin with --present.

A later deadline is tried out as a decree would grant it: who has a later one keeps that, whom it would harm keeps the old one and is counted as spared, and it reinstates nobody who has not bought. An earlier deadline cannot be decreed; who would have less time than was told is counted.

A shorter lag limit, or an earlier deadline, takes up the latest revocation of those whom late evidence has reinstated since. What cannot be derived from the facts is not guessed: whom a settlement would have revoked under the other rule, what a person would have decided, or what recipients would have bought.

Examples:

	gelombang rehearse 13 --window-days 35
	gelombang rehearse 13 --last-day 2021-04-15 --at 2021-04-16 --sample 50
	gelombang rehearse 13 --last-day 2021-04-15 --lag-limit 96h --json`
}

// Run implements the command.
func (c *rehearseCommand) Run(t *terminal) error {
	in, err := c.rehearsal()
	if err != nil {
		return usage(err)
	}
	return storage{Database: c.Database, Rules: c.Present}.reading(t, func(r *registry.Registry) error {
		var bar progress
		if t.interactive() {
			in.Progress = func(done, all int) {
				if bar == (progress{}) {
					bar = t.countProgress("participants", int64(all))
				}
				bar.set(int64(done))
			}
		}
		got, err := r.Rehearse(t.ctx, atTheTerminal, in)
		bar.end(t)
		if err != nil {
			return misuse(err, field{"windowDays", "--window-days"}, field{"lastDay", c.deadlineFlag()}, field{"lagLimit", "--lag-limit"}, field{"at", "--at"}, field{"sample", "--sample"})
		}
		if c.JSON {
			return printJSON(t.out, rehearsedJSON(got))
		}
		return printRehearsed(t.out, got)
	})
}

// Check reports what is wrong with the settings of the program.
func (c *rehearseCommand) Check() error { return errors.Join(c.Database.Check(), c.Present.Check()) }

// deadlineFlag is the flag that sets the deadline.
func (c *rehearseCommand) deadlineFlag() string {
	if c.LastDay == "" {
		return "--window-days"
	}
	return "--last-day"
}

// rehearsal reads the command line.
func (c *rehearseCommand) rehearsal() (registry.Rehearsal, error) {
	in := registry.Rehearsal{Cohort: c.Number, Change: rules.Change{WindowDays: c.WindowDays, LagLimit: c.LagLimit}, Sample: c.Sample}
	var wrong []error
	switch {
	case c.WindowDays == 0 && c.LastDay == "" && c.LagLimit == nil:
		wrong = append(wrong, errors.New("say what to change: --window-days, --last-day or --lag-limit"))
	case c.WindowDays != 0 && c.LastDay != "":
		wrong = append(wrong, errors.New("--window-days and --last-day both say when the deadline is: leave one out"))
	}
	var err error
	if c.LastDay != "" {
		if in.Change.LastDay, err = parseDay(c.LastDay); err != nil {
			wrong = append(wrong, fmt.Errorf("--last-day: %w", err))
		}
	}
	if c.At != "" {
		if in.At, err = parseInstant(c.At); err != nil {
			wrong = append(wrong, fmt.Errorf("--at: %w", err))
		}
	}
	return in, errors.Join(wrong...)
}
