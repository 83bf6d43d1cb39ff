// Command server is Gelombang: the system of record for the rule of Kartu Prakerja that a recipient
// must buy a first training within 30 days. Without a command it serves; `--help` lists the others.
//
// Each command is a file of this package. Standard output carries only a command's result; what
// there is to say besides goes to standard error. The exit code is 0, or 1 for a fault, or 2 for a
// command line or a configuration that cannot be used.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	// The first signal asks for an orderly stop; a later one has its usual effect and ends the
	// program at once. Some wrappers send the first twice: the second must not be taken for haste.
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, release) })
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
