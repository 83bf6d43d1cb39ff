package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"gelombang/server/config"
)

// The exit codes.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

const description = `The system of record for one rule of Kartu Prakerja: a recipient must buy a first training within 30 days or lose the membership.

Without a command it serves. To look around, start the demonstration, which needs nothing and leaves nothing behind: go run ./server demo

A command's result goes to standard output, everything else to standard error. The exit code is 0; 1 for a fault, or for rows or deliveries that were not accepted; 2 for a command line or a configuration that cannot be used.`

// program is the grammar of the command line.
type program struct {
	Serve      serveCommand       `cmd:"" default:"withargs" help:"Serve the API and take in webhooks. The default."`
	Demo       demoCommand        `cmd:"" help:"Serve the evening of 6 April 2021, with tokens and curl lines to copy."`
	Migrate    migrateCommands    `cmd:"" help:"Bring the database to this program's version."`
	Keys       keysCommands       `cmd:"" help:"Make the keys that encrypt contacts and signing secrets."`
	Token      tokenCommand       `cmd:"" help:"Print a development access token."`
	Platform   platformCommands   `cmd:"" help:"List the training platforms, and manage their signing keys."`
	Cohort     cohortCommands     `cmd:"" help:"Announce cohorts and list them."`
	Import     importCommands     `cmd:"" help:"Read participants or offerings from a CSV file, or put in a sample."`
	Export     exportCommand      `cmd:"" help:"Write a list or an aggregate to a CSV, NDJSON or Parquet file."`
	Forecast   forecastCommand    `cmd:"" help:"Estimate how many of a cohort will be overdue at its deadline."`
	Rehearse   rehearseCommand    `cmd:"" help:"Say who would change status under another window, deadline or lag limit."`
	Explain    explainCommand     `cmd:"" help:"Say in words why a participant's status is what it is, and what is awaited."`
	Extend     extendCommands     `cmd:"" help:"Give a cohort, a province or listed cards more time."`
	Review     reviewCommands     `cmd:"" help:"Decide the questions that only a person may decide."`
	Quarantine quarantineCommands `cmd:"" help:"Look at deliveries that could not be applied, try them again or dismiss them."`
	Settle     settleCommands     `cmd:"" help:"Settle a cohort after its deadline: preview, approve, execute, reverse."`
	Outage     outageCommands     `cmd:"" help:"Declare that a platform cannot report, and until when."`
	Remind     remindCommands     `cmd:"" help:"Remind those of a cohort who have not bought, and see what became of it."`
	Endpoint   endpointCommands   `cmd:"" help:"Manage where our own webhooks go."`
	Counters   countersCommands   `cmd:"" help:"Compare the counters that aggregates go by with the facts, and put them right."`
	Simulate   simulateCommands   `cmd:"" help:"Send signed webhooks as the platforms would."`
	Version    versionCommand     `cmd:"" help:"Print the program's version."`

	Logs config.Logs `embed:""`
}

var groups = []kong.Group{
	{Key: "database", Title: "Database:"},
	{Key: "tokens", Title: "Access tokens:"},
	{Key: "rules", Title: "Rules:"},
	{Key: "serving", Title: "Serving:"},
	{Key: "messages", Title: "Reminders and our own webhooks:"},
	{Key: "message", Title: "Message:"},
	{Key: "sending", Title: "Sending:"},
	{Key: "logs", Title: "Log, on standard error:"},
}

// terminal is what a command is run with.
type terminal struct {
	ctx context.Context // ends at SIGINT or SIGTERM
	in  io.Reader
	out io.Writer // the result, and nothing else
	err io.Writer
	log *slog.Logger

	logTo *logOutput // where log writes
}

// interactive reports whether a person watches standard error, so that progress is worth drawing.
func (t *terminal) interactive() bool {
	f, ok := t.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// usageError is a command line or a configuration that cannot be used. It ends the program with
// code 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage returns err, if there is one, as a usageError.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

// run is the program: it runs the command that args name and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var p program
	var bad badValues
	helped := false
	parser, err := kong.New(&p, append(bad.options(),
		kong.Name("gelombang"),
		kong.Description(description),
		kong.ExplicitGroups(groups),
		kong.Writers(out, errOut),
		kong.Help(printHelp),
		kong.ValueFormatter(describe),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, FlagsLast: true}),
		// --help is the one way in which kong exits; the rest of the parsing is then of no interest.
		kong.Exit(func(int) { helped = true }),
	)...)
	if err != nil {
		complain(errOut, err)
		return exitFault
	}
	command, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err = bad.join(command, err); err != nil {
		err = suggest(parser, args, err)
		complain(errOut, err)
		say(errOut, seeHelp(command, err))
		return exitUsage
	}
	logTo := &logOutput{w: errOut}
	t := &terminal{ctx: ctx, in: in, out: out, err: errOut, log: p.Logs.New(logTo), logTo: logTo}
	for _, name := range unknownVariables(parser.Model.Node, os.Environ()) {
		t.log.Warn("an environment variable means nothing to this program: see --help for those that do", slog.String("name", name))
	}
	err = command.Run(t)
	if err == nil {
		return exitOK
	}
	complain(errOut, err)
	var misuse *usageError
	if errors.As(err, &misuse) {
		say(errOut, seeHelp(command, err))
		return exitUsage
	}
	return exitFault
}

// complain prints an error for a person; joined errors take a line each.
func complain(errOut io.Writer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		say(errOut, "gelombang: "+line)
	}
}

// say prints a line for a person. If standard error is gone, nobody is left to be told.
func say(errOut io.Writer, line string) { _, _ = fmt.Fprintln(errOut, line) }
