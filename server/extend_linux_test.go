package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnExtensionIsFollowedToItsEndByABar(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "people.csv")
	var rows strings.Builder
	rows.WriteString("card_number\n")
	for i := range 2000 {
		fmt.Fprintf(&rows, "13%014d\n", i)
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GELOMBANG_DATA", filepath.Join(dir, "data"))
	for _, args := range [][]string{{"cohort", "announce", "13", "--on", "2021-03-10", "--quota", "600000"}, {"import", "participants", file, "--cohort", "13"}} {
		if _, errOut, code := typed(t, args...); code != exitOK {
			t.Fatalf("%v: %s", args, errOut)
		}
	}
	token, _, _ := typed(t, "token", "--role", "officer")
	t.Setenv("GELOMBANG_TOKEN", strings.TrimSpace(token))
	screen, line := openTerminal(t)
	seen := make(chan string, 1)
	go func() {
		var text bytes.Buffer
		_, _ = io.Copy(&text, screen) // ends with EIO when the other end is closed
		seen <- text.String()
	}()
	var out bytes.Buffer
	code := run(t.Context(), []string{"extend", "cohort", "13", "--until", "2021-04-15", "--reference", "Decree 21/2021", "--reason", "the gateway was down"}, nil, &out, line)
	if err := line.Close(); err != nil {
		t.Fatal(err)
	}
	picture := <-seen
	if code != exitOK || !strings.Contains(out.String(), "Moved                   2000\n") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	for _, want := range []string{"2000 of 2000 have an earlier deadline", "deadlines moved", "2000 / 2000"} {
		if !strings.Contains(picture, want) {
			t.Errorf("without %q on the terminal: %q", want, picture)
		}
	}
}
