package main

import (
	"errors"
	"fmt"
	"strings"

	"gelombang/internal/db"
	"gelombang/server/config"
)

// migrateCommands are about the database's version.
type migrateCommands struct {
	Up     migrateUp     `cmd:"" help:"Apply every pending migration, and print how many there were."`
	Status migrateStatus `cmd:"" help:"List the migrations and whether they have been applied."`
}

type migrateUp struct {
	Database config.Database `embed:""`
}

// Help is shown by --help.
func (migrateUp) Help() string {
	return `Two servers may do it at once: one waits for the other. A database that a newer version of this program has migrated is refused. On Postgres it also says, on standard error, what is left to be run before analysts may read the views for them.

Example:

	DATABASE_URL=postgres://… GELOMBANG_KEYS=/etc/gelombang/keys gelombang migrate up`
}

// Run implements the command.
func (c *migrateUp) Run(t *terminal) error {
	return withDatabase(t, c.Database, func(d *db.DB) error {
		applied, err := d.Migrate(t.ctx)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(t.out, applied); err != nil {
			return err
		}
		return sayAnalystAccess(t, d)
	})
}

// sayAnalystAccess says, on standard error, what is left for an administrator to do before analysts may read the views.
func sayAnalystAccess(t *terminal, d *db.DB) error {
	missing, err := d.AnalystAccess(t.ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	say(t.err, "gelombang: analysts may not read the views of the schema analytics yet. If they are to, run in this database, CREATE ROLE as somebody who may make roles and the rest as the owner of the tables:")
	for _, statement := range missing {
		say(t.err, "  "+statement)
	}
	return nil
}

type migrateStatus struct {
	Database config.Database `embed:""`
}

// Run implements the command.
func (c *migrateStatus) Run(t *terminal) error {
	if err := checkExists(c.Database); err != nil {
		return err
	}
	return withDatabase(t, c.Database, func(d *db.DB) error {
		states, err := d.MigrationStatus(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("VERSION\tNAME\tSTATE\n")
		for _, s := range states {
			state := "pending"
			if s.Applied {
				state = "applied"
			}
			fmt.Fprintf(&lines, "%d\t%s\t%s\n", s.Version, s.Name, state)
		}
		return printTable(t.out, lines.String())
	})
}

// withDatabase opens the database as it is, without a look at its version.
func withDatabase(t *terminal, c config.Database, fn func(*db.DB) error) (err error) {
	if err := c.Check(); err != nil {
		return usage(err)
	}
	d, err := db.Open(t.ctx, c.Open())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return fn(d)
}
