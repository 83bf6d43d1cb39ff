package main

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// printHelp prints a command's help. That of the program itself also lists what can be configured,
// which is what the default command takes.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() != nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(ctx.Stdout, "\nConfiguration of serve, by flag or by environment variable:\n"); err != nil {
		return err
	}
	options.NoAppSummary = true
	return kong.DefaultHelpPrinter(options, serve)
}
