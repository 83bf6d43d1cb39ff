package counters

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gelombang/internal/db"
)

// samples is how many of the groups in which a cube is wrong are told of.
const samples = 5

// Difference is a cube that is not what the facts come to.
type Difference struct {
	Table  string
	Groups int // in how many groups it differs
	// Sample tells of a few of them in words. They are groups of people: it names nobody.
	Sample []string
}

// Check counts the facts and returns in which cubes something else stands; none when all is well. It sees facts and
// counters as they are at one instant, keeps nobody from writing, and takes as long as to read the facts a few times:
// progress, which may be nil, is told how many of all cubes are done, from 0 on.
//
// On Postgres with a replica it is the replica that is looked at.
func Check(ctx context.Context, d *db.DB, progress func(done, of int)) ([]Difference, error) {
	var found []Difference
	err := d.Snapshot(ctx, 0, func(s *db.Snapshot) error {
		return each(progress, Cubes(), func(c Cube) error {
			different, err := c.check(ctx, s, d.Dialect)
			if different.Groups > 0 {
				found = append(found, different)
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("compare the counters: %w", err)
	}
	return found, nil
}

// each does something with one cube after the other and tells how far it is.
func each(progress func(done, of int), cubes []Cube, do func(Cube) error) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	progress(0, len(cubes))
	for i, c := range cubes {
		if err := do(c); err != nil {
			return fmt.Errorf("%s: %w", c.Table, err)
		}
		progress(i+1, len(cubes))
	}
	return nil
}

func (c Cube) check(ctx context.Context, in db.Execer, d db.Dialect) (Difference, error) {
	found := Difference{Table: c.Table}
	err := db.Query(ctx, in, func(rows *sql.Rows) error {
		if found.Groups++; found.Groups > samples {
			return nil
		}
		line, err := c.describe(rows)
		found.Sample = append(found.Sample, line)
		return err
	}, c.told(d))
	return found, err
}

// told is a query for the groups in which the cube is wrong: the keys, and of each measure what should stand there and
// what does.
func (c Cube) told(d db.Dialect) string {
	var figures []string
	for _, m := range c.Measures {
		for _, prefix := range []string{"should_", "is_"} {
			column := prefix + m.Column
			if d == db.SQLite && m.money {
				column = column + "_high * 1000000000 + " + column + "_low"
			}
			figures = append(figures, column)
		}
	}
	return "SELECT " + c.columns() + ", " + strings.Join(figures, ", ") + " FROM (" + c.compared(d) + ") AS wrong"
}

// describe says of a row of told which group it is, what stands there and what should.
func (c Cube) describe(rows *sql.Rows) (string, error) {
	var targets []any
	for _, k := range c.Keys {
		targets = append(targets, k.target())
	}
	figures := make([]sql.NullString, 2*len(c.Measures))
	for i := range figures {
		targets = append(targets, &figures[i])
	}
	if err := rows.Scan(targets...); err != nil {
		return "", err
	}
	keys, measures := make([]string, len(c.Keys)), make([]string, len(c.Measures))
	for i, k := range c.Keys {
		keys[i] = k.Column + " " + word(targets[i])
	}
	for i, m := range c.Measures {
		measures[i] = m.Column + " is " + figures[2*i+1].String + " and should be " + figures[2*i].String
	}
	return strings.Join(keys, ", ") + ": " + strings.Join(measures, ", "), nil
}

func (k Key) target() any {
	switch k.kind {
	case number:
		return new(int64)
	case yesOrNo:
		return new(bool)
	case instant:
		return new(db.Time)
	default:
		return new(string)
	}
}

// wib is what instants are told in.
var wib = time.FixedZone("WIB", 7*60*60)

// word is what a target holds.
func word(target any) string {
	switch v := target.(type) {
	case *int64:
		return fmt.Sprint(*v)
	case *bool:
		return fmt.Sprint(*v)
	case *db.Time:
		return v.In(wib).Format(time.RFC3339Nano)
	case *string:
		if *v == "" {
			return "-"
		}
		return *v
	default:
		return ""
	}
}
