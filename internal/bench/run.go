package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gelombang/internal/bench/load"
	"gelombang/internal/bench/peer"
	"gelombang/internal/bench/question"
)

// runCommand measures the reads.
type runCommand struct {
	filled `embed:""`

	Connections  []int         `default:"16,64" placeholder:"N,…" help:"How many ask at a time (default ${default})."`
	Rounds       int           `default:"5" placeholder:"N" help:"How often everybody is asked everything; medians are told (default ${default})."`
	Seconds      int           `default:"8" placeholder:"N" help:"How long each of them is asked (default ${default})."`
	Questions    []string      `placeholder:"Q1,…" help:"Only these questions."`
	PostGraphile bool          `default:"true" negatable:"" name:"postgraphile" help:"Measure PostGraphile, too (default ${default})."`
	Warm         time.Duration `default:"3s" placeholder:"D" help:"How long each is asked before the first round (default ${default})."`

	output `embed:""`
}

// Help is shown by --help.
func (runCommand) Help() string {
	return `Asks the same five questions of Gelombang, of PostGraphile and of bare Postgres by turns. Before, it compares the answers, and stops if they differ. A first run fills the Postgres, which takes two minutes; another uses it again.

Examples:

	go run ./internal/bench run
	go run ./internal/bench run --purchases 20000000 --participants 15000000 --no-contacts --reads-only
	go run ./internal/bench run --rounds 1 --questions Q1,Q4 --docs=`
}

// Run implements the command.
func (c *runCommand) Run(t *terminal) (err error) {
	if err := load.Installed(); err != nil {
		return err
	}
	p, err := c.open(t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	sides := question.Sides()
	if !c.PostGraphile {
		sides = []question.Side{question.Ours, question.Floor}
	}
	all, err := openContest(t, p, databaseName, sides)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.removeRequests(), all.Close()) }()
	all.choose(c.Questions)
	for _, q := range all.questions {
		if err := all.prepare(t.ctx, q); err != nil {
			return err
		}
		t.say("%s: everybody gives the same answers", q.Name)
	}
	results, err := all.describe(t.ctx)
	if err != nil {
		return err
	}
	if results.Measurements, err = c.rounds(t, all, sides); err != nil {
		return err
	}
	if err := all.weigh(results); err != nil {
		return err
	}
	if err := results.save(p.dir); err != nil {
		return err
	}
	return c.publish(t, p.dir)
}

// choose leaves the questions with the names; all if there are none.
func (c *contest) choose(names []string) {
	if len(names) == 0 {
		return
	}
	var chosen []question.Question
	for _, q := range c.questions {
		for _, name := range names {
			if q.Name == name {
				chosen = append(chosen, q)
			}
		}
	}
	c.questions = chosen
}

// rounds asks everybody everything, by turns.
func (c *runCommand) rounds(t *terminal, all *contest, sides []question.Side) ([]Measurement, error) {
	for _, q := range all.questions {
		for _, side := range sides {
			if _, err := all.measure(t.ctx, q, side, c.Connections[0], c.Warm); err != nil {
				return nil, err
			}
		}
	}
	var measured []Measurement
	for round := range c.Rounds {
		for _, q := range all.questions {
			for _, connections := range c.Connections {
				for _, side := range sides {
					m, err := all.measure(t.ctx, q, side, connections, time.Duration(c.Seconds)*time.Second)
					if err != nil {
						return nil, err
					}
					m.Round = round + 1
					measured = append(measured, m)
					t.say("round %d of %d: %s %-12s at %3d: %8.1f/s, p50 %v, p99 %v", m.Round, c.Rounds, q.Name, side, connections, m.Result.Rate(),
						m.Result.P50.Round(10*time.Microsecond), m.Result.P99.Round(10*time.Microsecond))
				}
			}
		}
	}
	return measured, nil
}

// weigh notes what the programs hold in memory at the end, and the size of ours on the disk.
func (c *contest) weigh(r *Reads) error {
	for side, p := range c.peers {
		now, peak, err := peer.Memory(p.PID())
		if err != nil {
			return err
		}
		r.Programs[side] = Program{Memory: now, MemoryPeak: peak, Ready: p.Ready}
	}
	info, err := os.Stat(filepath.Join(c.place.dir, "gelombang"))
	if err != nil {
		return err
	}
	ours := r.Programs[question.Ours]
	ours.File = info.Size()
	r.Programs[question.Ours] = ours
	return nil
}

// output is where the results are told.
type output struct {
	Docs string `default:"docs/benchmarks.md" placeholder:"FILE" help:"The page to write, in the directory of the module; empty for none (default ${default})."`
}

// publish writes the page of everything that has been measured, and prints it.
func (o output) publish(t *terminal, dir string) error {
	page, err := renderPage(dir)
	if err != nil {
		return err
	}
	if _, err := t.out.Write(page); err != nil || o.Docs == "" {
		return err
	}
	root, err := peer.Root(t.ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, o.Docs), page, 0o644) //nolint:gosec // for everybody to read
}

// saveJSON writes results to the directory of the results.
func saveJSON(dir, name string, v any) error {
	dir = filepath.Join(dir, "results")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for everybody to read
		return err
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	for _, file := range []string{name + ".json", fmt.Sprintf("%s-%s.json", name, time.Now().Format("20060102-150405"))} {
		if err := os.WriteFile(filepath.Join(dir, file), append(text, '\n'), 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
	}
	return nil
}
