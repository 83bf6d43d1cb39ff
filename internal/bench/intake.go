package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gelombang/internal/bench/load"
	"gelombang/internal/bench/peer"
	"gelombang/internal/bench/question"
)

// intakeCommand measures the intake of webhooks.
type intakeCommand struct {
	filled `embed:""`

	Connections []int `default:"64,256" placeholder:"N,…" help:"How many deliver at a time (default ${default})."`
	Rounds      int   `default:"3" placeholder:"N" help:"How often everything is measured; medians are told (default ${default})."`
	Seconds     int   `default:"10" placeholder:"N" help:"How long each run takes (default ${default})."`
	Most        int   `default:"15000" placeholder:"N" help:"Deliveries that are signed for each second of a run; a faster intake would run out of them (default ${default})."`
	Together    bool  `default:"true" negatable:"" help:"Measure reads during the intake, and the intake during an aggregate, too (default ${default})."`

	output `embed:""`
}

// Help is shown by --help.
func (intakeCommand) Help() string {
	return `Sends signed deliveries of 1 kB, each of them new, to Gelombang, and by turns to the same code with a transaction for each delivery. After each run the database is asked whether exactly what was acknowledged is there, once. It works on a copy of the filled database, and removes it in the end.

Examples:

	go run ./internal/bench intake
	go run ./internal/bench intake --connections 64 --rounds 1 --docs=`
}

// copyName is the copy of the database that deliveries go to.
const copyName = "intake"

// Run implements the command.
func (c *intakeCommand) Run(t *terminal) (err error) {
	if err := load.Installed(); err != nil {
		return err
	}
	p, err := c.open(t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.recreate(t.ctx, copyName, databaseName); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, p.admin(context.WithoutCancel(t.ctx), "DROP DATABASE IF EXISTS "+copyName+" WITH (FORCE)"))
	}()
	results, err := c.measure(t, p)
	if err != nil {
		return err
	}
	if err := saveJSON(p.dir, intakeFile, results); err != nil {
		return err
	}
	return c.publish(t, p.dir)
}

func (c *intakeCommand) measure(t *terminal, p *place) (_ *Intake, err error) {
	in, err := openIntake(t, p, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r := &Intake{Data: p.data.Config}
	if r.Machine, err = p.machine(t.ctx); err != nil {
		return nil, err
	}
	for round := range c.Rounds {
		for _, connections := range c.Connections {
			for _, way := range ways {
				m, err := in.measure(t.ctx, way, connections)
				if err != nil {
					return nil, err
				}
				m.Round = round + 1
				r.Measurements = append(r.Measurements, m)
				t.say("round %d of %d: %s at %3d: %8.1f/s, p50 %v, p99 %v", m.Round, c.Rounds, way, connections, m.Result.Rate(),
					m.Result.P50.Round(10*time.Microsecond), m.Result.P99.Round(10*time.Microsecond))
			}
		}
		if c.Together {
			together, err := in.together(t)
			if err != nil {
				return nil, err
			}
			r.Together = append(r.Together, together...)
		}
	}
	_, r.MemoryPeak, err = peer.Memory(in.servers[grouped].PID())
	return r, err
}

// The two ways to commit, in the order in which they are measured.
const (
	grouped = "in groups"
	single  = "one by one"
)

var ways = []string{grouped, single}

// intake is both servers on the copy of the database.
type intake struct {
	*contest
	command    *intakeCommand
	servers    map[string]*peer.Peer // by way
	deliveries *deliveries
}

func openIntake(t *terminal, p *place, c *intakeCommand) (_ *intake, err error) {
	all, err := openContest(t, p, copyName, []question.Side{question.Ours})
	if err != nil {
		return nil, err
	}
	in := &intake{contest: all, command: c, servers: map[string]*peer.Peer{grouped: all.peers[question.Ours]}}
	defer func() {
		if err != nil {
			err = errors.Join(err, in.Close())
		}
	}()
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if in.servers[single], err = (peer.Gelombang{Dir: p.dir, Database: p.cluster.URL(copyName), Keys: p.keys()}).StartSingle(t.ctx, program); err != nil {
		return nil, err
	}
	in.deliveries, err = newDeliveries(p.data)
	return in, err
}

// Close stops both servers.
func (in *intake) Close() error {
	var err error
	if s := in.servers[single]; s != nil {
		err = s.Stop()
	}
	return errors.Join(err, in.removeRequests(), in.contest.Close())
}

// signed is a batch in a file for wrk.
type signed struct {
	batch
	way, file string
}

func (in *intake) sign(way string) (signed, error) {
	s := signed{way: way, file: filepath.Join(in.place.dir, "deliveries.requests")}
	var err error
	if s.batch, err = in.deliveries.sign(in.command.Most * in.command.Seconds); err != nil {
		return s, err
	}
	return s, s.write(s.file, in.servers[way].URL)
}

// measure signs, sends and checks.
func (in *intake) measure(ctx context.Context, way string, connections int) (IntakeMeasurement, error) {
	s, err := in.sign(way)
	if err != nil {
		return IntakeMeasurement{}, err
	}
	if _, err := in.world.DB.Write.ExecContext(ctx, "CHECKPOINT"); err != nil {
		return IntakeMeasurement{}, err
	}
	m, err := in.send(ctx, s, connections)
	if err != nil {
		return m, errors.Join(err, os.Remove(s.file))
	}
	return m, errors.Join(in.settled(ctx, s.batch, m.Result.Answers, connections), os.Remove(s.file))
}

// send sends a batch for as long as a run takes.
func (in *intake) send(ctx context.Context, s signed, connections int) (IntakeMeasurement, error) {
	m, server := IntakeMeasurement{Way: s.way, Connections: connections}, in.servers[s.way]
	before, err := in.place.used(server)
	if err != nil {
		return m, err
	}
	m.Result, err = load.Wrk{URL: server.URL, File: s.file, Once: true, Connections: connections, Time: in.command.length()}.Run(ctx)
	if err != nil {
		return m, err
	}
	after, err := in.place.used(server)
	m.Server, m.Postgres = after.server-before.server, after.postgres-before.postgres
	switch {
	case err != nil:
		return m, err
	case m.Result.Errors > 0:
		return m, fmt.Errorf("%s at %d connections: %d deliveries were not acknowledged", s.way, connections, m.Result.Errors)
	case m.Result.Answers+connections >= len(s.requests):
		return m, fmt.Errorf("%s at %d connections: the deliveries have run out: give more with --most", s.way, connections)
	}
	return m, nil
}

// settled checks what is on record, once what was under way has been recorded.
func (in *intake) settled(ctx context.Context, b batch, acknowledged, underWay int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for earlier := -1; ; {
		recorded, err := b.recorded(ctx, in.world.DB)
		if err != nil {
			return err
		}
		if recorded == earlier {
			return b.check(ctx, in.world.DB, acknowledged, underWay)
		}
		earlier = recorded
		select {
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
