package main

import (
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/outage"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// outageCommands are about times in which platforms cannot report.
type outageCommands struct {
	Declare outageDeclare `cmd:"" help:"Declare that a platform cannot report what it sells. Nobody is revoked until it is over."`
	End     outageEnd     `cmd:"" help:"Say when an outage ends, or has ended."`
	List    outageList    `cmd:"" help:"List the outages."`
}

type outageDeclare struct {
	Platform string `arg:"" help:"The platform's code."`
	From     string `placeholder:"TIME" help:"From when on; now when absent."`
	Until    string `placeholder:"TIME" help:"Until when, when that is known."`
	Reason   string `required:"" placeholder:"TEXT" help:"Why, for the record."`

	acting `embed:""`
}

// Help is shown by --help.
func (outageDeclare) Help() string {
	return `Prints the outage's number, which cohorts' lists now wait because of it, and which will when their deadline comes.`
}

// Run implements the command.
func (c *outageDeclare) Run(t *terminal) error {
	in := registry.DeclareOutage{Platform: c.Platform, BeginsAt: time.Now(), Reason: c.Reason}
	if c.From != "" {
		from, err := parseInstant(c.From)
		if err != nil {
			return usage(fmt.Errorf("--from: %w", err))
		}
		in.BeginsAt = from
	}
	if c.Until != "" {
		until, err := parseInstant(c.Until)
		if err != nil {
			return usage(fmt.Errorf("--until: %w", err))
		}
		in.EndsAt = &until
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		return t.changeOutage(r, v, func() (*ent.Outage, error) {
			declared, err := r.DeclareOutage(t.ctx, v, in)
			return declared, misuse(err, field{"platform", "<platform>"}, field{"beginsAt", "--from"}, field{"endsAt", "--until"}, field{"reason", "--reason"})
		})
	})
}

type outageEnd struct {
	Outage int    `arg:"" help:"The outage's number."`
	At     string `placeholder:"TIME" help:"When it ends or has ended; now when absent."`

	acting `embed:""`
}

// Help is shown by --help.
func (outageEnd) Help() string {
	return `Prints which cohorts' lists no longer wait for it, and what they wait for instead: as a rule, the platform has the lag limit from the end to send what it could not.`
}

// Run implements the command.
func (c *outageEnd) Run(t *terminal) error {
	in := registry.EndOutage{Outage: c.Outage}
	if c.At != "" {
		at, err := parseInstant(c.At)
		if err != nil {
			return usage(fmt.Errorf("--at: %w", err))
		}
		in.At = at
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		return t.changeOutage(r, v, func() (*ent.Outage, error) {
			ended, err := r.EndOutage(t.ctx, v, in)
			return ended, misuse(err, field{"outage", "<outage>"}, field{"at", "--at"})
		})
	})
}

type outageList struct {
	storage `embed:""`
}

// Run implements the command.
func (c *outageList) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
		all, err := r.DB().Client().Outage.Query().WithPlatform().Order(outage.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("OUTAGE\tPLATFORM\tFROM\tUNTIL\tDECLARED BY\tREASON\n")
		for _, o := range all {
			outageLine(&lines, o)
		}
		return printTable(t.out, lines.String())
	})
}

func outageLine(lines *strings.Builder, o *ent.Outage) {
	fmt.Fprintf(lines, "%d\t%s\t%s\t%s\t%s\t%s\n", o.ID, o.Edges.Platform.Code, minute(o.BeginsAt), when(o.EndsAt), o.DeclaredBy, o.Reason)
}
