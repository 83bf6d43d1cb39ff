package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"gelombang/internal/leftout"
)

// openTerminal returns both ends of a new pseudo-terminal: what a person sees is read from the first.
func openTerminal(t *testing.T) (screen, line *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		leftout.Test(t, "a pseudo-terminal", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	fd := int(screen.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock the terminal: %v", err)
	}
	number, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("number of the terminal: %v", err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatalf("size of the terminal: %v", err)
	}
	line, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, line
}

func TestAnImportDrawsABarForAPersonAndNoneForAPipe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "people.csv")
	var rows strings.Builder
	rows.WriteString("card_number\n")
	for i := range 5000 {
		fmt.Fprintf(&rows, "13%014d\n", i)
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GELOMBANG_DATA", filepath.Join(dir, "data"))
	var out, piped bytes.Buffer
	if code := run(t.Context(), []string{"cohort", "announce", "13", "--on", "2021-03-10", "--quota", "600000"}, nil, io.Discard, &piped); code != exitOK {
		t.Fatalf("announce: %s", piped.String())
	}
	screen, line := openTerminal(t)
	seen := make(chan string, 1)
	go func() {
		var text bytes.Buffer
		_, err := io.Copy(&text, screen)
		if err != nil && !errors.Is(err, syscall.EIO) { // how Linux says that the other end is closed
			t.Errorf("read the screen: %v", err)
		}
		seen <- text.String()
	}()
	args := []string{"import", "participants", file, "--cohort", "13"}
	code := run(t.Context(), args, nil, &out, line)
	if err := line.Close(); err != nil {
		t.Fatal(err)
	}
	picture := <-seen
	if code != exitOK || !strings.Contains(out.String(), "added      5000\n") {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), picture)
	}
	const bar = "=="
	if !strings.Contains(picture, bar) {
		t.Errorf("no bar on the terminal: %q", picture)
	}
	if strings.Contains(out.String(), bar) {
		t.Errorf("a bar in the result: %q", out.String())
	}

	piped.Reset()
	if code := run(t.Context(), args, nil, &out, &piped); code != exitOK {
		t.Fatalf("again: %s", piped.String())
	}
	if strings.Contains(piped.String(), bar) || strings.Contains(piped.String(), "\x1b") {
		t.Errorf("a bar in a pipe: %q", piped.String())
	}
}
