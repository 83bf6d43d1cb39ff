package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"gelombang/internal/bench/load"
	"gelombang/internal/bench/question"
	"gelombang/internal/viewer"
)

// heaviest is as heavy a question as an analyst may ask: every purchase, sorted within thousands of groups.
const heaviest = `{ purchaseAggregate(groupBy: [OFFERING, PROVINCE], first: 1000) {
  totalGroups rows { key { offering { courseCode } province { code } } count participants amount { sum median p90 } lag { median p90 } }
} }`

// How many deliver, and how many read, at a time.
const (
	intakeConnections = 64
	readConnections   = 16
)

// What is measured beside the intake.
const (
	besideNothing   = "nothing"
	besideReads     = "Q1"
	besideAggregate = "the heaviest aggregate"
)

// together measures the intake alone, with readers of Q1, and with an analyst who asks one heavy question after another.
func (in *intake) together(t *terminal) ([]Together, error) {
	one := question.All()[0]
	if in.asked[one.Name] == nil {
		if err := in.prepare(t.ctx, one); err != nil {
			return nil, err
		}
	}
	var all []Together
	for _, other := range []struct {
		name string
		load func(context.Context) (load.Result, error)
	}{
		{besideNothing, func(context.Context) (load.Result, error) { return load.Result{}, nil }},
		{besideReads, func(ctx context.Context) (load.Result, error) {
			return load.Wrk{
				URL: in.servers[grouped].URL, File: in.asked[one.Name].file[question.Ours], Connections: readConnections, Time: in.command.length(),
			}.Run(ctx)
		}},
		{besideAggregate, in.analyse},
	} {
		m, err := in.beside(t.ctx, other.name, other.load)
		if err != nil {
			return nil, fmt.Errorf("the intake beside %s: %w", other.name, err)
		}
		t.say("the intake beside %s: %.1f/s, p99 %v; and that %.1f/s, p99 %v", m.Beside, m.Intake.Rate(), m.Intake.P99.Round(10*time.Microsecond), m.Other.Rate(), m.Other.P99.Round(10*time.Microsecond))
		all = append(all, m)
	}
	return all, nil
}

// length is how long a run takes.
func (c *intakeCommand) length() time.Duration { return time.Duration(c.Seconds) * time.Second }

// beside measures the intake with another load beside it, which ends by itself when the time of a run is over.
func (in *intake) beside(ctx context.Context, name string, other func(context.Context) (load.Result, error)) (Together, error) {
	m := Together{Beside: name}
	s, err := in.sign(grouped)
	if err != nil {
		return m, err
	}
	if _, err := in.world.DB.Write.ExecContext(ctx, "CHECKPOINT"); err != nil {
		return m, err
	}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		m.Other, err = other(running)
		return err
	})
	group.Go(func() error {
		sent, err := in.send(running, s, intakeConnections)
		m.Intake = sent.Result
		return err
	})
	if err := group.Wait(); err != nil {
		return m, errors.Join(err, os.Remove(s.file))
	}
	if m.Other.Errors > 0 {
		err = errors.New("questions were not answered")
	}
	return m, errors.Join(err, in.settled(ctx, s.batch, m.Intake.Answers, intakeConnections), os.Remove(s.file))
}

// analyse asks the heaviest question again and again, for as long as a run takes. What is not answered by then does
// not count.
func (in *intake) analyse(ctx context.Context) (load.Result, error) {
	asking, cancel := context.WithTimeout(ctx, in.command.length())
	defer cancel()
	var took []time.Duration
	began := time.Now()
	for {
		asked := time.Now()
		_, err := in.ask(asking, question.Ours, viewer.Analyst, "", heaviest, nil)
		if asking.Err() != nil {
			break
		}
		if err != nil {
			return load.Result{}, err
		}
		took = append(took, time.Since(asked))
	}
	r := load.Result{Answers: len(took), Seconds: time.Since(began).Seconds()}
	if len(took) > 0 {
		slices.Sort(took)
		r.P50, r.P99, r.Max = took[len(took)/2], took[len(took)-1], took[len(took)-1]
	}
	return r, ctx.Err()
}
