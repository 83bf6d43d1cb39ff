package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/term"

	"gelombang/ent/platform"
	"gelombang/graph"
	"gelombang/graph/export"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// exportCommand writes a list or an aggregate to a file.
type exportCommand struct {
	Query         string `arg:"" help:"A GraphQL query of one list or aggregate. @FILE reads it from a file, - from standard input."`
	Format        string `placeholder:"FORMAT" help:"csv, ndjson or parquet. Without it the ending of --output says which; else it is csv."`
	Output        string `short:"o" placeholder:"FILE" help:"Where to write. Standard output when absent."`
	Role          string `default:"analyst" placeholder:"ROLE" help:"With whose rights: platform, analyst, officer, supervisor or admin (default ${default})."`
	Platform      string `placeholder:"CODE" help:"The platform whose sales the role platform sees."`
	Variables     string `placeholder:"JSON" help:"The variables of the query, as a JSON object."`
	SmallestGroup int    `env:"GELOMBANG_SMALLEST_GROUP" default:"0" placeholder:"N" help:"How many participants a group of an aggregate must hold at least for the role analyst (default ${default})."`

	storage `embed:""`
}

// Help is shown by --help.
func (exportCommand) Help() string {
	return `The query asks for one list, as nodes { … }, or one aggregate, as rows { … }, and for nothing beside it. Objects behind a row become columns such as platform.code. There is no page: all rows are written, or the first so many if the query says first. Contacts are never exported. Analysts see card numbers masked.

A file is written whole or not at all, and only its owner can read it.

Examples:

	gelombang export -o purchases.csv '{ purchases { nodes { invoiceCode amount purchasedAt platform { code } } } }'
	gelombang export -o days.parquet @days.graphql --variables '{"cohort": 13}'
	gelombang export --role officer --format ndjson - < atrisk.graphql`
}

// Run implements the command.
func (c *exportCommand) Run(t *terminal) error {
	e, err := c.export(t)
	if err != nil {
		return usage(err)
	}
	return c.reading(t, func(r *registry.Registry) error {
		if err := c.checkPlatform(t, r); err != nil {
			return err
		}
		if c.Output == "" {
			e.Out = t.out
			return c.write(t, r, e)
		}
		return whole(c.Output, func(out io.Writer) error {
			e.Out = out
			return c.write(t, r, e)
		})
	})
}

// write writes the export, with a progress bar.
func (c *exportCommand) write(t *terminal, r *registry.Registry, e graph.Export) error {
	var bar progress
	if t.interactive() {
		e.Total = func(rows int) { bar = t.countProgress("rows", int64(rows)) }
		e.Written = func(rows int) { bar.set(int64(rows)) }
	}
	err := graph.WriteExport(t.ctx, graph.Config{Registry: r, Log: t.log, Version: version(), SmallestGroup: c.SmallestGroup}, e)
	bar.end(t)
	if err != nil && t.ctx.Err() != nil {
		return errors.New("stopped before the last row: what was written is not whole")
	}
	return exportError(err)
}

// export reads the command line.
func (c *exportCommand) export(t *terminal) (graph.Export, error) {
	format, ferr := c.format(t)
	who, verr := c.viewer()
	variables, jerr := c.variables()
	if err := errors.Join(ferr, verr, jerr); err != nil {
		return graph.Export{}, err
	}
	query, err := c.query(t)
	return graph.Export{Viewer: who, Query: query, Variables: variables, Format: format}, err
}

// formatNames are the formats as they are written on the command line.
func formatNames() []string {
	var names []string
	for _, f := range export.Formats() {
		names = append(names, string(f))
	}
	return names
}

func (c *exportCommand) format(t *terminal) (export.Format, error) {
	name, from := c.Format, "--format"
	if ending := strings.TrimPrefix(filepath.Ext(c.Output), "."); name == "" && ending != "" {
		name, from = strings.ToLower(ending), "the ending of --output"
	}
	if name == "" {
		name = string(export.CSV)
	}
	f := export.Format(name)
	if !slices.Contains(export.Formats(), f) {
		return "", fmt.Errorf("%s is %q: set --format to %s", from, name, oneOf(formatNames()))
	}
	if out, is := t.out.(*os.File); f == export.Parquet && c.Output == "" && is && term.IsTerminal(int(out.Fd())) {
		return "", errors.New("parquet is nothing to look at: name a file with --output")
	}
	return f, nil
}

func (c *exportCommand) viewer() (viewer.Viewer, error) {
	v := viewer.Viewer{Role: viewer.Role(strings.ToUpper(c.Role)), Subject: atTheTerminal.Subject, Platform: c.Platform}
	exporting := []viewer.Role{viewer.Platform, viewer.Analyst, viewer.Officer, viewer.Supervisor, viewer.Admin}
	switch {
	case !slices.Contains(exporting, v.Role):
		var names []string
		for _, role := range exporting {
			names = append(names, strings.ToLower(string(role)))
		}
		return v, fmt.Errorf("--role is %q, which may not export: set %s", c.Role, oneOf(names))
	case v.Role == viewer.Platform && c.Platform == "":
		return v, errors.New("the role platform needs --platform, its code")
	case v.Role != viewer.Platform && c.Platform != "":
		return v, errors.New("--platform is for the role platform only: filter by the platform in the query")
	}
	return v, nil
}

// checkPlatform looks for the platform of --platform: one that is not there would own nothing.
func (c *exportCommand) checkPlatform(t *terminal, r *registry.Registry) error {
	if c.Platform == "" {
		return nil
	}
	there, err := r.DB().Primary().Platform.Query().Where(platform.Code(c.Platform)).Exist(t.ctx)
	if err == nil && !there {
		err = noPlatform(c.Platform)
	}
	return err
}

func (c *exportCommand) variables() (map[string]any, error) {
	if c.Variables == "" {
		return map[string]any{}, nil
	}
	dec := json.NewDecoder(strings.NewReader(c.Variables))
	dec.UseNumber()
	var variables map[string]any
	err := dec.Decode(&variables)
	if _, more := dec.Token(); err != nil || variables == nil || !errors.Is(more, io.EOF) {
		return nil, errors.New(`--variables is not a JSON object: write it as '{"cohort": 13}'`)
	}
	return variables, nil
}

// longestQuery is longer than any query that is accepted, in bytes.
const longestQuery = 256 << 10

func (c *exportCommand) query(t *terminal) (string, error) {
	name, named := strings.CutPrefix(c.Query, "@")
	if !named && c.Query != standardInput {
		return c.Query, nil
	}
	if !named {
		name = standardInput
	}
	in, _, err := openInput(t, name)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(in, longestQuery))
	return string(text), errors.Join(err, in.Close())
}

// exportError is an error for a person: of the query, when it can be mended there.
func exportError(err error) error {
	var list gqlerror.List
	if !errors.As(err, &list) {
		return err
	}
	var lines []error
	mendable := true
	for _, e := range list {
		line := e.Message
		if len(e.Locations) > 0 {
			line = fmt.Sprintf("the query, line %d, column %d: %s", e.Locations[0].Line, e.Locations[0].Column, e.Message)
		}
		lines = append(lines, errors.New(line))
		switch e.Extensions["code"] {
		case "INTERNAL", "UNAVAILABLE", "TIMEOUT":
			mendable = false
		}
	}
	if err = errors.Join(lines...); mendable {
		return usage(err)
	}
	return err
}

// whole writes a file whole, or leaves what was there: it is written under another name beside it first.
func whole(name string, write func(io.Writer) error) (err error) {
	part, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.part")
	if err != nil {
		return usage(fmt.Errorf("--output: %w", err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	if err := write(part); err != nil {
		return errors.Join(err, part.Close())
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), name)
}
