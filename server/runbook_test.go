package main

import (
	"bytes"
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
		"settle status", "settle preview", "settle approve", "settle execute", "settle stop", "settle discard", "settle reverse", "settle list",
		"outage declare", "outage end", "outage list", "remind preview", "remind plan", "remind stop", "remind status", "remind bounce",
		"endpoint add", "endpoint list", "endpoint rotate", "endpoint disable", "endpoint enable", "endpoint test", "endpoint resend",
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
	shell.Stdin = strings.NewReader("SITI=s BUDI=b HASH=h\ngelombang() { printf '%s\\n' \"$@\" '' >>\"$RECORD\"; echo answer; }\n" + block)
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
	var script strings.Builder
	for _, part := range regexp.MustCompile("(?s)<!-- night -->(.*?)<!-- /night -->").FindAllStringSubmatch(readDoc(t, "../docs/deadline.md"), -1) {
		for _, b := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(part[1], -1) {
			script.WriteString(b[1])
		}
	}
	shell := exec.CommandContext(t.Context(), "sh", "-eu")
	shell.Stdin = strings.NewReader(script.String())
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script.String(), out)
	}
	states := regexp.MustCompile(`(?m)^State +([A-Z]+)$`).FindAllStringSubmatch(string(out), -1)
	var passed []string
	for _, s := range states {
		passed = append(passed, s[1])
	}
	if want := []string{"READY", "PREVIEWED", "APPROVED", "EXECUTED", "SETTLED", "EXECUTED", "REVERSED"}; !slices.Equal(passed, want) {
		t.Errorf("the night went through %v, want %v\n%s", passed, want, out)
	}
}
