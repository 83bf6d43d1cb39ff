package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// runbooks are the pages whose commands people type on a deadline's night.
var runbooks = []string{"../docs/deadline.md", "../docs/reminders.md", outboundDoc}

// Every command line that the pages show is one that the program reads.
func TestTheCommandsInTheRunbooksAreRead(t *testing.T) {
	needShell(t)
	t.Setenv("GELOMBANG_WEBHOOK_SECRETS", "tokopedia=whsec_") // which the practice has exported
	seen := map[string]bool{}
	for _, page := range runbooks {
		for _, block := range blocksOf(t, page, "sh") {
			for _, args := range commandsIn(t, block) {
				if err := read(args); err != nil {
					t.Errorf("%s: gelombang %s: %v", filepath.Base(page), strings.Join(args, " "), err)
				}
				if len(args) > 1 {
					seen[args[0]+" "+args[1]] = true
				}
			}
		}
	}
	for _, command := range []string{
		"settle status", "settle preview", "settle approve", "settle execute", "settle stop", "settle discard", "settle reverse", "settle list", "settle show",
		"outage declare", "outage end", "outage list", "remind preview", "remind plan", "remind stop", "remind status", "remind bounce",
		"extend cohort", "extend province", "extend cards", "extend list", "quarantine list", "quarantine show", "quarantine retry", "quarantine dismiss",
		"review list", "review show", "review decide", "explain 1300000000000002",
		"endpoint add", "endpoint list", "endpoint status", "endpoint rotate", "endpoint disable", "endpoint enable", "endpoint test", "endpoint resend",
	} {
		if !seen[command] {
			t.Errorf("no page shows gelombang %s", command)
		}
	}
}

// commandsIn has a shell read the block, and returns the arguments with which it would run the program.
func commandsIn(t *testing.T, block string) [][]string {
	t.Helper()
	record := filepath.Join(t.TempDir(), "commands")
	shell := exec.CommandContext(t.Context(), "sh", "-eu")
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "RECORD=" + record}
	shell.Stdin = strings.NewReader("SITI=s BUDI=b HASH=h TODAY=2021-04-09\ngelombang() { printf '%s\\n' \"$@\" '' >>\"$RECORD\"; echo answer; }\n" + block)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, block)
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatalf("no command of ours in\n%s", block)
	}
	var commands [][]string
	for call := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n\n"), "\n\n") {
		commands = append(commands, strings.Split(call, "\n"))
	}
	return commands
}

// read parses a command line as the program does.
func read(args []string) error {
	var p program
	var bad badValues
	parser, err := kong.New(&p, append(bad.options(), kong.Name("gelombang"), kong.ExplicitGroups(groups), kong.ValueFormatter(describe))...)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	return bad.join(command, err)
}

// marked returns the shell blocks of the runbook between marks of the name, one after the other.
func marked(t *testing.T, name string) string {
	t.Helper()
	var script strings.Builder
	for _, part := range regexp.MustCompile("(?s)<!-- "+name+" -->(.*?)<!-- /"+name+" -->").FindAllStringSubmatch(readDoc(t, "../docs/deadline.md"), -1) {
		for _, b := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(part[1], -1) {
			script.WriteString(b[1])
		}
	}
	if script.Len() == 0 {
		t.Fatalf("the runbook has no %s", name)
	}
	return script.String()
}

// states pastes a script into a shell in the directory, and returns which states the commands print one after the other.
func states(t *testing.T, dir, script string) (states []string, out string) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh", "-eu")
	shell.Dir, shell.Stdin = dir, strings.NewReader(script)
	printed, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, printed)
	}
	for _, s := range regexp.MustCompile(`(?m)^State +([a-z]+)`).FindAllStringSubmatch(string(printed), -1) {
		states = append(states, s[1])
	}
	return states, string(printed)
}

// night is which states the night's commands print.
var night = []string{"ready", "previewed", "previewed", "previewed", "approved", "executed", "settled", "executed", "reversed"}

// The night's commands are pasted into a shell one after the other, to the letter, when the deadline of cohort 13 and
// the time for late evidence are over.
func TestTheNightsCommandsWorkAsTheyStand(t *testing.T) {
	needShell(t)
	dir := t.TempDir()
	t.Setenv("GELOMBANG_DATA", filepath.Join(dir, "data"))
	file := filepath.Join(dir, "thirteen.csv")
	if err := os.WriteFile(file, []byte("card_number,province\n1300000000000001,32\n1300000000000002,32\n1300000000000003,31\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"cohort", "announce", "13", "--on", "2021-03-10", "--quota", "600000"},
		{"import", "participants", file, "--cohort", "13"},
	} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errOut); code != exitOK {
			t.Fatalf("%v: exit code %d: %s", args, code, errOut.String())
		}
	}
	if got, out := states(t, dir, marked(t, "night")); !slices.Equal(got, night) {
		t.Errorf("the night went through %v, want %v\n%s", got, night, out)
	}
}

// The practice is pasted beside a server, as the page says, and after it the night.
func TestTheNightCanBePractised(t *testing.T) {
	needShell(t)
	dir := t.TempDir()
	t.Setenv("GELOMBANG_DATA", filepath.Join(dir, "night"))
	ctx, stop := context.WithCancel(context.Background())
	log, code := newWatched("msg=serving address="), make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--addr", "127.0.0.1:0"}, strings.NewReader(""), io.Discard, log)
	}()
	t.Cleanup(func() {
		stop()
		if got := <-code; got != exitOK {
			t.Errorf("exit code %d\n%s", got, log)
		}
	})
	select {
	case <-log.seen:
	case got := <-code:
		code <- got
		t.Fatalf("the server ended with %d\n%s", got, log)
	}
	t.Setenv("GELOMBANG_SERVER", "http://"+regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(log.String())[1])
	got, out := states(t, dir, marked(t, "practice")+marked(t, "night"))
	if want := append([]string{"closing", "closing"}, night...); !slices.Equal(got, want) {
		t.Errorf("the night went through %v, want %v\n%s", got, want, out)
	}
	for _, told := range []string{
		`(?m)^Awaited +7 platforms have not stated`,
		`(?m)^Awaited +6 platforms have not stated .*: Bukalapak, MauBelajarApa, Pijar Mahir, Sekolah\.mu, Sisnaker, Tokopedia$`,
		`(?m)^Waits now +cohort 13: no list can be made of the 3 overdue$`,
		`(?m)^Waits no longer +cohort 13: its statement is awaited instead`,
	} {
		if !regexp.MustCompile(told).MatchString(out) {
			t.Errorf("nothing says %s:\n%s", told, out)
		}
	}
}
