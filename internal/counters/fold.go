package counters

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/db"
)

// class is the first number of the advisory locks on lanes, as the function gelombang_lane of the database has it.
const class = 20210410

// Fold makes the counters smaller without changing a sum: what stands in several lanes is put together, and what has come
// to zero removed. It returns how many rows it has moved or removed. It goes lane by lane, each in a short transaction,
// and waits for nobody: a lane that somebody writes in at the moment is left for the next time. Those who write meanwhile
// take other lanes than the two that it is at.
func Fold(ctx context.Context, d *db.DB) (int, error) {
	lanes := []int{0}
	if d.Dialect == db.Postgres {
		var err error
		if lanes, err = inUse(ctx, d.Write); err != nil {
			return 0, fmt.Errorf("look for the lanes of the counters: %w", err)
		}
	}
	folded := 0
	for _, lane := range lanes {
		n, err := foldLane(ctx, d, lane)
		if err != nil {
			return folded, fmt.Errorf("fold the counters: %w", err)
		}
		folded += n
	}
	return folded, nil
}

// inUse are the lanes that have rows, the highest first.
func inUse(ctx context.Context, in db.Execer) ([]int, error) {
	var lanes []int
	for _, c := range Cubes() {
		err := db.Query(ctx, in, func(rows *sql.Rows) error {
			var lane int
			err := rows.Scan(&lane)
			lanes = append(lanes, lane)
			return err
		}, "SELECT DISTINCT lane FROM "+c.Table)
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(lanes)
	lanes = slices.Compact(lanes)
	slices.Reverse(lanes)
	return lanes, nil
}

// foldLane moves the rows of a lane to the lowest that is free. If there is none below it, its zeros are removed.
func foldLane(ctx context.Context, d *db.DB, lane int) (folded int, err error) {
	err = d.InTx(ctx, time.Now(), func(tx *db.Tx) error {
		folded = 0
		target, free, err := takeLanes(ctx, tx, lane)
		if err != nil || !free {
			return err
		}
		for _, c := range Cubes() {
			n, err := c.fold(ctx, tx, lane, target)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Table, err)
			}
			folded += n
		}
		return nil
	})
	return folded, err
}

// takeLanes takes the lane, and the lowest that is free for a target, until the end of the transaction; it reports false
// when the lane is not free.
func takeLanes(ctx context.Context, tx *db.Tx, lane int) (target int, free bool, err error) {
	if tx.Dialect == db.SQLite {
		return lane, true, nil
	}
	if err := lockTables(ctx, tx); err != nil {
		return 0, false, err
	}
	for ; target < correction; target++ {
		if free, err = take(ctx, tx, target); free || err != nil {
			break
		}
	}
	if err != nil || !free || target >= lane || lane == correction {
		return target, free && target <= lane, err
	}
	free, err = take(ctx, tx, lane)
	return target, free, err
}

func take(ctx context.Context, tx *db.Tx, lane int) (free bool, err error) {
	err = tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1, $2)", class, lane).Scan(&free)
	return free, err
}

func (c Cube) fold(ctx context.Context, tx *db.Tx, lane, target int) (int, error) {
	d := tx.Dialect
	if lane == target {
		query := "DELETE FROM " + c.Table + " WHERE lane = $1"
		for _, m := range c.stored(d) {
			query += " AND " + m.Column + " = 0"
		}
		return affected(tx.ExecContext(ctx, query, lane))
	}
	gone := "DELETE FROM " + c.Table + " WHERE lane = $1 RETURNING " + c.columns() + ", " + c.values(d)
	rows := "SELECT " + c.columns() + ", CAST($2 AS smallint), " + c.values(d) + " FROM gone ORDER BY " + places(len(c.Keys))
	return affected(tx.ExecContext(ctx, "WITH gone AS ("+gone+") "+c.insert(d, rows), lane, target))
}

func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
