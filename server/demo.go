package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/seed"
	"gelombang/server/app"
	"gelombang/server/auth"
	"gelombang/server/config"
)

// demoCommand serves the demonstration.
type demoCommand struct {
	Scale float64 `default:"0.01" placeholder:"SHARE" help:"How much of the real size: 1 is 600,000 recipients a cohort (default ${default})."`

	HTTP config.HTTP `embed:"" set:"introspection=everyone"`
}

// Help is shown by --help.
func (demoCommand) Help() string {
	return `The evening of 6 April 2021, two days before the deadline of cohort 13: a clock of its own that starts at 17:45 WIB, invented people in a temporary database, and published tokens and secrets, for this machine only. It is all gone when you stop it with Ctrl+C. Platforms may be up to 24 hours off with the timestamps of their signatures, so that the printed lines work all evening.

How long it takes to begin, and what it needs meanwhile in the directory for temporary files, on a computer with two processors: 3 seconds and 0.1 GB at the scale 0.01, 20 seconds and 0.3 GB at 0.1, about 4 minutes, 2.5 GB and half a gigabyte of memory at 1.

Examples:

	gelombang demo
	gelombang demo --scale 0.1 --addr 127.0.0.1:9000`
}

// demoJWTSecret signs the demonstration's tokens. It is published on purpose, so that the lines in the
// documentation work as they stand, and good for nothing else: the demonstration listens on this
// machine only, and its data is invented.
const demoJWTSecret = "gelombang demo: a published secret" //nolint:gosec // see above

// demoEvening is how long the printed tokens and signatures are good for, in the demonstration's time.
const demoEvening = 24 * time.Hour

// demoClock stands still at 17:45 until it is started, and then runs on.
type demoClock struct{ started atomic.Pointer[time.Time] }

func (c *demoClock) start() {
	now := time.Now()
	c.started.Store(&now)
}

func (c *demoClock) now() time.Time {
	if began := c.started.Load(); began != nil {
		return seed.Evening.Add(time.Since(*began))
	}
	return seed.Evening
}

// Run implements the command.
func (c *demoCommand) Run(t *terminal) (err error) {
	if err := c.check(); err != nil {
		return usage(err)
	}
	dir, err := os.MkdirTemp("", "gelombang-demo-*")
	if err != nil {
		return fmt.Errorf("make a directory for the demonstration: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	clock := &demoClock{}
	s, err := c.server(t, dir, clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// Before the work of making the scenario, so that an address in use is found at once.
	addr, err := listen(t, s, c.HTTP.Addr)
	if err != nil {
		return err
	}
	info, err := c.scenario(t, s.Registry())
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return nil // somebody pressed Ctrl+C meanwhile
		}
		return err
	}
	clock.start()
	if err := printTour(t.out, "http://"+addr.String(), info); err != nil {
		return err
	}
	return s.Serve(t.ctx)
}

func (c *demoCommand) check() error {
	problems := []error{c.HTTP.Check()}
	if !c.HTTP.Loopback() {
		problems = append(problems, fmt.Errorf("GELOMBANG_ADDR is %q, but the demonstration's secrets are published: set an address of this machine only, such as 127.0.0.1:8080", c.HTTP.Addr))
	}
	if !(c.Scale > 0 && c.Scale <= 1) {
		problems = append(problems, fmt.Errorf("--scale is %v: give more than 0 and at most 1", c.Scale))
	}
	return errors.Join(problems...)
}

func (c *demoCommand) server(t *terminal, dir string, clock *demoClock) (*app.Server, error) {
	keys, err := secrets.Ephemeral()
	if err != nil {
		return nil, err
	}
	return app.New(t.ctx, app.Config{
		Store: app.Store{
			Database: config.Database{DataDir: dir}.Open(), Secrets: keys, Settings: rules.DefaultSettings(), Clock: clock.now, Log: t.log,
		},
		HTTP:    c.HTTP,
		Tokens:  demoTokens(),
		Version: version(),
		Note:    "This is a demonstration: its clock started at 17:45 WIB on 6 April 2021, and every person in it is invented.",
	})
}

func demoTokens() auth.Config {
	parties := config.Tokens{}
	return auth.Config{Issuer: parties.IssuerName(), Audience: parties.AudienceName(), Secret: []byte(demoJWTSecret)}
}

// scenario fills the registry.
func (c *demoCommand) scenario(t *terminal, r *registry.Registry) (seed.DemoInfo, error) {
	if err := seed.Catalogue(t.ctx, r); err != nil {
		return seed.DemoInfo{}, err
	}
	steps := t.stepProgress()
	defer steps.end()
	return seed.Demo(t.ctx, r, seed.DemoOptions{Scale: c.Scale, Progress: steps.set, Disposable: true})
}
