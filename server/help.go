package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// printHelp prints a command's help. That of the program itself also lists what can be configured,
// which is what the default command takes.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if command := ctx.Selected(); command != nil {
		logsLast(ctx.Model.Node, command)
		return kong.DefaultHelpPrinter(options, ctx)
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	logsLast(ctx.Model.Node, serve.Selected())
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(ctx.Stdout, "\nConfiguration of serve, by flag or by environment variable:\n"); err != nil {
		return err
	}
	options.NoAppSummary = true
	return kong.DefaultHelpPrinter(options, serve)
}

// logsLast moves the flags of the log, which every command has, to the end of the command's: kong lists
// flags from the outermost to the innermost. Help is the last thing that the program does.
func logsLast(root, command *kong.Node) {
	isLog := func(f *kong.Flag) bool { return f.Group != nil && f.Group.Key == "logs" }
	for _, flag := range root.Flags {
		if isLog(flag) {
			command.Flags = append(command.Flags, flag)
		}
	}
	root.Flags = slices.DeleteFunc(slices.Clone(root.Flags), isLog)
}

// describe is the help of a flag or an argument.
func describe(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Required && v.Flag != nil {
		return "Required. " + text
	}
	return text
}

// seeHelp says where to read on after a misuse.
func seeHelp(read *kong.Context, err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		read = parse.Context
	}
	if read != nil {
		if command := read.Selected(); command != nil {
			return fmt.Sprintf("Run %q for its settings and examples.", command.FullPath()+" --help")
		}
	}
	return `Run "gelombang --help" for the commands and their settings.`
}

// suggest returns err, or, when the first argument is no command, the error that names the one that may
// have been meant. With a default command kong takes such a word for an argument of that.
func suggest(parser *kong.Kong, args []string, err error) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return err
	}
	if slices.ContainsFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == args[0] }) {
		return err
	}
	parser.Model.DefaultCmd = nil
	if _, named := parser.Parse(args[:1]); named != nil {
		return named
	}
	return err
}
