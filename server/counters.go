package main

import (
	"fmt"
	"strings"

	"gelombang/internal/counters"
	"gelombang/internal/db"
	"gelombang/server/config"
)

// countersCommands are about the counters that the aggregates go by.
type countersCommands struct {
	Check  countersCheck  `cmd:"" help:"Count the facts, and say which counters differ."`
	Repair countersRepair `cmd:"" help:"Put counters that differ right, and print in how many groups they did."`
}

type countersCheck struct {
	countedDatabase `embed:""`
}

// Help is shown by --help.
func (countersCheck) Help() string {
	return `The database keeps its counters itself, in the transactions that change what is counted. They differ only if rows were changed while triggers were off, or if there is a fault. Standard output has each table of counters and in how many groups it differs, standard error a few of those groups. Nobody is kept waiting; with a replica it is the replica that is looked at. The exit code is 1 when some differ.

Example:

	DATABASE_URL=postgres://… gelombang counters check`
}

// Run implements the command.
func (c *countersCheck) Run(t *terminal) error {
	return c.with(t, func(d *db.DB, progress func(done, of int)) error {
		found, err := counters.Check(t.ctx, d, progress)
		if err != nil {
			return err
		}
		return tellDifferences(t, found)
	})
}

// tellDifferences prints what was found, and returns an error when there is something.
func tellDifferences(t *terminal, found []counters.Difference) error {
	wrong := 0
	differ := map[string]int{}
	for _, f := range found {
		differ[f.Table] = f.Groups
		wrong += f.Groups
		for _, line := range f.Sample {
			say(t.err, "gelombang: "+f.Table+": "+line)
		}
	}
	var lines strings.Builder
	lines.WriteString("COUNTERS\tDIFFERENT\n")
	for _, c := range counters.Cubes() {
		fmt.Fprintf(&lines, "%s\t%d\n", c.Table, differ[c.Table])
	}
	if err := printTable(t.out, lines.String()); err != nil || wrong == 0 {
		return err
	}
	return fmt.Errorf("%d groups are not counted as the facts are: 'counters repair' puts them right; find out what wrote past the triggers", wrong)
}

type countersRepair struct {
	countedDatabase `embed:""`
}

// Help is shown by --help.
func (countersRepair) Help() string {
	return `It may be run at any time, and after rows were written with the triggers off, as by a restore of the data alone. On Postgres nobody waits for it. With the embedded database, whoever wants to write waits while the tables that differ are counted.

Example:

	DATABASE_URL=postgres://… gelombang counters repair`
}

// Run implements the command.
func (c *countersRepair) Run(t *terminal) error {
	return c.with(t, func(d *db.DB, progress func(done, of int)) error {
		repaired, err := counters.Repair(t.ctx, d, progress)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, repaired)
		return err
	})
}

// countedDatabase is a database whose counters are looked at. No key is needed: nothing personal is read.
type countedDatabase struct {
	Database config.Database `embed:""`
}

// with opens the database, which must be there at our version, and tells how far the work on it is.
func (c *countedDatabase) with(t *terminal, fn func(d *db.DB, progress func(done, of int)) error) error {
	if err := checkExists(c.Database); err != nil {
		return err
	}
	return withDatabase(t, c.Database, func(d *db.DB) error {
		if err := d.CheckVersion(t.ctx); err != nil {
			return err
		}
		steps := t.stepProgress()
		defer steps.end()
		return fn(d, func(done, of int) { steps.set("counting", done, of) })
	})
}
