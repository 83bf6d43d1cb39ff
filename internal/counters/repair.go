package counters

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/db"
)

// Repair brings the counters to what the facts come to, in one transaction, and returns in how many groups it did; then it
// does what [Fold] does. Progress is as for [Check].
//
// On Postgres nobody waits for it. What is missing from a counter stays the same while others write, for each of them
// changes facts and counters alike: so a cube is measured at one instant, and what was missing then is added in a lane of
// its own. Two repairs wait for each other, and so do a repair and a Fold. On SQLite, where there is one writer, the cubes
// that differ are found beforehand, and others wait while these are counted.
func Repair(ctx context.Context, d *db.DB, progress func(done, of int)) (int, error) {
	cubes := Cubes()
	if d.Dialect == db.SQLite {
		found, err := Check(ctx, d, progress)
		if err != nil {
			return 0, err
		}
		cubes = ofTables(cubes, found)
	}
	repaired := 0
	err := d.InTx(ctx, time.Now(), func(tx *db.Tx) error {
		repaired = 0
		if err := lockTables(ctx, tx); err != nil {
			return err
		}
		return each(progress, cubes, func(c Cube) error {
			n, err := c.repair(ctx, tx)
			repaired += n
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("repair the counters: %w", err)
	}
	if _, err := Fold(ctx, d); err != nil {
		return repaired, err
	}
	return repaired, nil
}

func ofTables(cubes []Cube, found []Difference) []Cube {
	var chosen []Cube
	for _, c := range cubes {
		for _, f := range found {
			if f.Table == c.Table {
				chosen = append(chosen, c)
			}
		}
	}
	return chosen
}

// lockTables waits until no other repair or fold is under way and keeps others out. Those who count do not notice.
func lockTables(ctx context.Context, tx *db.Tx) error {
	if tx.Dialect == db.SQLite {
		return nil
	}
	var names []string
	for _, c := range Cubes() {
		names = append(names, c.Table)
	}
	_, err := tx.ExecContext(ctx, "LOCK TABLE "+strings.Join(names, ", ")+" IN SHARE UPDATE EXCLUSIVE MODE")
	return err
}

// repair adds what is missing, below zero where there is too much, and returns in how many groups. It is one statement,
// and so sees one state of the database, of after the waiting.
func (c Cube) repair(ctx context.Context, tx *db.Tx) (int, error) {
	lane := 0
	if tx.Dialect == db.Postgres {
		lane = correction
	}
	var missing []string
	for _, m := range c.stored(tx.Dialect) {
		missing = append(missing, "should_"+m.Column+" - is_"+m.Column)
	}
	rows := "SELECT " + c.columns() + ", " + strconv.Itoa(lane) + ", " + strings.Join(missing, ", ") + " FROM (" + c.compared(tx.Dialect) + ") AS wrong WHERE true"
	return affected(tx.ExecContext(ctx, c.insert(tx.Dialect, rows)))
}
