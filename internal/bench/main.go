// Command bench measures Gelombang against what a user would pick instead, on the same machine, the same Postgres and
// the same rows, interleaved in one run:
//
//	go run ./internal/bench run
//	go run ./internal/bench intake
//
// It keeps a throw-away Postgres with a data set in a directory, and writes what it measured to docs/benchmarks.md. It
// needs wrk, pgbench and, for PostGraphile, npm. `--help` says the rest.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"
)

// program is the grammar of the command line.
type program struct {
	Fill     fillCommand     `cmd:"" help:"Make the Postgres and fill it, if that has not been done."`
	Run      runCommand      `cmd:"" help:"Measure the reads: five questions, asked of everybody by turns."`
	Intake   intakeCommand   `cmd:"" help:"Measure the intake of webhooks, in groups and one by one."`
	Postgres postgresCommand `cmd:"" help:"Start the filled Postgres, print its address, and stop it at SIGINT."`

	ServeSingle singleCommand `cmd:"" hidden:""`
}

// terminal is what a command is run with.
type terminal struct {
	ctx context.Context // ends at SIGINT or SIGTERM
	out io.Writer       // the result, and nothing else
	err *os.File
}

// say prints a line for a person. If standard error is gone, nobody is left to be told.
func (t *terminal) say(format string, args ...any) { _, _ = fmt.Fprintf(t.err, format+"\n", args...) }

func main() {
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	t := &terminal{ctx: ctx, out: os.Stdout, err: os.Stderr}
	var p program
	command := kong.Parse(&p, kong.Name("bench"), kong.Description("Measures Gelombang against PostGraphile and against bare Postgres."),
		kong.Vars{"dir": defaultDir()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err := command.Run(t); err != nil {
		t.say("bench: %v", err)
		if errors.Is(ctx.Err(), context.Canceled) {
			os.Exit(130) //nolint:gocritic // nothing is left to be released
		}
		os.Exit(1)
	}
}

func defaultDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "gelombang-bench")
}
