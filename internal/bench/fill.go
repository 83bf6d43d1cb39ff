package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gelombang/internal/bench/cluster"
	"gelombang/internal/bench/dataset"
	"gelombang/internal/db"
	"gelombang/internal/secrets"
)

// filled is the filled database: which data set, and where it is kept.
type filled struct {
	Dir          string `default:"${dir}" placeholder:"DIR" help:"Where the Postgres and the results are kept (default ${default})."`
	Participants int    `default:"1200000" placeholder:"N" help:"Participants of the data set (default ${default})."`
	Purchases    int    `default:"1600000" placeholder:"N" help:"Purchases of the data set (default ${default})."`
	Offerings    int    `default:"2000" placeholder:"N" help:"Offerings of the data set (default ${default})."`
	Seed         uint64 `default:"2021" placeholder:"N" help:"Draws another data set of the same kind (default ${default})."`
	Contacts     bool   `default:"true" negatable:"" help:"Give participants encrypted contacts and hashed NIKs. Without, the rows are narrower (default ${default})."`
	ReadsOnly    bool   `help:"Leave out what no question looks at, histories and most deliveries, for a large data set on a small disk."`
	Refill       bool   `help:"Fill again, also what is there already."`
}

// databaseName is the database of the data set.
const databaseName = "gelombang"

// place is the directory with everything in it.
type place struct {
	dir     string
	cluster *cluster.Cluster
	data    *dataset.Dataset
}

// manifestFile says what the database holds. It is written when all is there.
func (p *place) manifestFile() string { return filepath.Join(p.dir, "dataset.json") }

func (p *place) keys() string { return filepath.Join(p.dir, "keys") }

// open returns the place with the Postgres running, the database filled, and the settings of the measurements. Close it.
func (f *filled) open(t *terminal) (*place, error) {
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // Postgres runs as another user
		return nil, err
	}
	p := &place{dir: dir}
	if p.cluster, err = cluster.Open(dir); err != nil {
		return nil, err
	}
	usable, err := p.reuse(f)
	if err != nil {
		return nil, err
	}
	if !usable || f.Refill {
		if err := p.fill(t, f); err != nil {
			return nil, err
		}
	}
	if err := p.cluster.Start(cluster.Measuring()); err != nil {
		return nil, err
	}
	return p, p.migrate(t.ctx)
}

// Close stops the Postgres.
func (p *place) Close() error { return p.cluster.Stop() }

// leastTime is how much time an open cohort of a data set in use has left, for what it is to show: its participants are
// at risk.
const leastTime = 2 * time.Hour

// reuse reads the manifest, and reports whether the data set is the one asked for and still young enough.
func (p *place) reuse(f *filled) (bool, error) {
	text, err := os.ReadFile(p.manifestFile())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var cfg dataset.Config
	if err := json.Unmarshal(text, &cfg); err != nil {
		return false, fmt.Errorf("%s: %w", p.manifestFile(), err)
	}
	if p.data, err = dataset.New(cfg); err != nil {
		return false, err
	}
	return cfg == f.config(cfg.AsOf) && len(p.data.Open(time.Now().Add(leastTime))) == dataset.OpenCohorts, nil
}

func (f *filled) config(asOf time.Time) dataset.Config {
	return dataset.Config{Seed: f.Seed, Participants: f.Participants, Purchases: f.Purchases, Offerings: f.Offerings, Contacts: f.Contacts, ReadsOnly: f.ReadsOnly, AsOf: asOf}
}

// fill makes the database anew.
func (p *place) fill(t *terminal, f *filled) (err error) {
	began := time.Now()
	if err := os.RemoveAll(p.manifestFile()); err != nil {
		return err
	}
	if p.data, err = dataset.New(f.config(began.UTC().Truncate(time.Hour))); err != nil {
		return err
	}
	if err := errors.Join(p.cluster.Stop(), p.cluster.Start(cluster.Filling())); err != nil {
		return err
	}
	if err := p.fillDatabase(t); err != nil {
		return errors.Join(err, p.cluster.Stop())
	}
	if err := p.cluster.Stop(); err != nil {
		return err
	}
	syscall.Sync() // the server did not
	manifest, err := json.MarshalIndent(p.data.Config, "", "  ")
	if err != nil {
		return err
	}
	t.say("filled in %v", time.Since(began).Round(time.Second))
	return os.WriteFile(p.manifestFile(), append(manifest, '\n'), 0o644) //nolint:gosec // for everybody to read
}

func (p *place) fillDatabase(t *terminal) (err error) {
	if err := p.recreate(t.ctx, databaseName, ""); err != nil {
		return err
	}
	keys, err := secrets.OpenOrCreate(p.keys())
	if err != nil {
		return err
	}
	d, err := db.Open(t.ctx, db.Config{URL: p.cluster.URL(databaseName)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.Migrate(t.ctx); err != nil {
		return err
	}
	steps := newSteps(t)
	defer steps.end()
	return p.data.Fill(t.ctx, dataset.Target{DB: d, Keys: keys, Log: slog.New(slog.DiscardHandler), Progress: steps.set})
}

// recreate makes a database anew, as a copy of another if there is a template.
func (p *place) recreate(ctx context.Context, name, template string) error {
	create := "CREATE DATABASE " + name
	if template != "" {
		create += " TEMPLATE " + template + " STRATEGY FILE_COPY"
	}
	return p.admin(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", create)
}

// admin runs statements outside any database of ours.
func (p *place) admin(ctx context.Context, statements ...string) (err error) {
	d, err := db.Open(ctx, db.Config{URL: p.cluster.URL("postgres"), MaxConns: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for _, s := range statements {
		if _, err := d.Write.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// postgresVersion is the version of the server, such as 15.14.
func (p *place) postgresVersion(ctx context.Context) (version string, err error) {
	d, err := db.Open(ctx, db.Config{URL: p.cluster.URL(databaseName), MaxConns: 2})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	err = d.Read.QueryRowContext(ctx, "SELECT split_part(current_setting('server_version'), ' ', 1)").Scan(&version)
	return version, err
}

// migrate brings a database that was filled earlier to the version of this tree.
func (p *place) migrate(ctx context.Context) (err error) {
	d, err := db.Open(ctx, db.Config{URL: p.cluster.URL(databaseName)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	applied, err := d.Migrate(ctx)
	if err == nil && applied > 0 {
		_, err = d.Write.ExecContext(ctx, "VACUUM (ANALYZE)")
	}
	return err
}

// fillCommand fills.
type fillCommand struct {
	filled `embed:""`
}

// Run implements the command.
func (c *fillCommand) Run(t *terminal) error {
	p, err := c.open(t)
	if err != nil {
		return err
	}
	return p.Close()
}

// postgresCommand runs the Postgres for somebody who wants to look.
type postgresCommand struct {
	filled `embed:""`
}

// Run implements the command.
func (c *postgresCommand) Run(t *terminal) error {
	p, err := c.open(t)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, p.cluster.URL(databaseName))
	t.say("keys: %s", p.keys())
	<-t.ctx.Done()
	return errors.Join(err, p.Close())
}
