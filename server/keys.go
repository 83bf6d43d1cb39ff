package main

import (
	"errors"
	"fmt"
	"io/fs"

	"gelombang/internal/secrets"
)

// keysCommands are about the keysets outside the database.
type keysCommands struct {
	New keysNew `cmd:"" help:"Make a directory with new keysets, and print its name."`
}

type keysNew struct {
	Dir string `arg:"" help:"The directory, made when it is missing. Keysets that are there are never overwritten."`
}

// Help is shown by --help.
func (keysNew) Help() string {
	return `The keysets encrypt names, contacts and signing secrets, and hash identity numbers. Keep a copy in a safe place, apart from the database's backups: what they encrypted cannot be read without them.

Example:

	gelombang keys new /etc/gelombang/keys`
}

// Run implements the command.
func (c *keysNew) Run(t *terminal) error {
	if err := secrets.Create(c.Dir); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s already holds keysets, and overwriting them would make what they encrypted unreadable: name another directory", c.Dir)
	} else if err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, c.Dir)
	return err
}
