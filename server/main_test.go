package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"gelombang/internal/rules"
)

// The scripts run the program as a process of its own: the test binary under another name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gelombang": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "as": as},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TODAY", time.Now().In(rules.WIB).Format(time.DateOnly))
			return nil
		},
	})
}

// as is a command of the scripts: "as ROLE SUBJECT" lets the commands that follow be given by somebody, with a
// development token.
func as(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: as ROLE SUBJECT")
	}
	ts.Check(ts.Exec("gelombang", "token", "--role", args[0], "--subject", args[1]))
	ts.Setenv("GELOMBANG_TOKEN", strings.TrimSpace(ts.ReadFile("stdout")))
}

// exits is a command of the scripts: "exits CODE PROGRAM ARGS…" runs a program that must end with
// that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func TestServeEndsWithZeroWhenItIsAskedToStop(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Setenv("GELOMBANG_DATA", t.TempDir())
	for _, args := range [][]string{{"--addr", "127.0.0.1:0"}, {"serve", "--addr", "127.0.0.1:0", "--log-format", "json"}} {
		ctx, stop := context.WithCancel(context.Background())
		log := newWatched("serving")
		var out bytes.Buffer
		code := make(chan int, 1)
		go func() { code <- run(ctx, args, nil, &out, log) }()
		<-log.seen
		stop()
		if got := <-code; got != exitOK || out.Len() > 0 {
			t.Errorf("%v: exit code %d, output %q\n%s", args, got, out.String(), log)
		}
	}
}
