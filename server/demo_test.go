package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gelombang/internal/leftout"
	"gelombang/internal/seed"
)

// watched is an output that can be waited on.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	seen chan struct{} // closed when want has been written
}

func newWatched(want string) *watched { return &watched{want: want, seen: make(chan struct{})} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := strings.Contains(w.text.String(), w.want)
	n, err := w.text.Write(p)
	if !before && strings.Contains(w.text.String(), w.want) {
		close(w.seen)
	}
	return n, err
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// runDemo runs a small demonstration in this process until the test ends, and returns what it printed.
func runDemo(t *testing.T) (tour string, log *watched) {
	t.Helper()
	return runDemoAt(t, "0.001")
}

func runDemoAt(t *testing.T, scale string) (tour string, log *watched) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(context.Background())
	var out bytes.Buffer
	log = newWatched("msg=serving")
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"demo", "--addr", "127.0.0.1:0", "--scale", scale}, strings.NewReader(""), &out, log)
	}()
	t.Cleanup(func() {
		stop()
		if got := <-code; got != exitOK {
			t.Errorf("exit code %d\n%s", got, log)
		}
		if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	select {
	case <-log.seen:
	case got := <-code:
		code <- got
		t.Fatalf("the demonstration ended with %d\n%s", got, log)
	}
	return out.String(), log
}

// needShell leaves the test out where there is no shell or no curl to paste into.
func needShell(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			leftout.Test(t, tool, err)
		}
	}
}

// Everything that the tour prints between its tokens and those of the other roles is pasted into a shell.
func TestTheDemonstrationsLinesWorkAsPrinted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	needShell(t)
	t.Run("pasted", func(t *testing.T) {
		tour, log := runDemo(t)
		from, to := strings.Index(tour, "OFFICER="), strings.Index(tour, "Tokens of the other roles")
		if from < 0 || to < from {
			t.Fatalf("no lines to copy:\n%s", tour)
		}
		shell := exec.CommandContext(t.Context(), "sh", "-e")
		shell.Stdin = strings.NewReader(tour[from:to])
		answers, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, answers)
		}
		checkTour(t, string(answers), `"purchaseDeadlineText":"8 April 2021, 23:59 WIB","timeLeft":195\d\d\d,"progress":\{"recipients":\d+,"awaiting":[1-9]`)
		if cards := regexp.MustCompile(`[0-9]{16}`).FindString(log.String()); cards != "" {
			t.Errorf("the log holds a card number: %s", cards)
		}
	})
}

func TestTheSimulatorReachesTheDemonstration(t *testing.T) {
	tour, _ := runDemo(t)
	line := regexp.MustCompile(`gelombang (simulate purchase [^\n]*) \\\n *([^\n]*) --card CARD`).FindStringSubmatch(tour)
	cards := regexp.MustCompile(`awaiting +([0-9]{16})`).FindStringSubmatch(tour)
	if line == nil || cards == nil {
		t.Fatalf("no line of the simulator, or no card to try:\n%s", tour)
	}
	args := append(strings.Fields(line[1]+" "+line[2]), "--card", cards[1])
	var out, errOut bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &errOut); code != exitOK || !strings.HasPrefix(out.String(), "200 OK\n") {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), errOut.String())
	}

	load := []string{"simulate", "load", "-", "-n", "200", "--seed", "3", "--at", "2021-04-06T17:45", "--secret"}
	load = append(load, regexp.MustCompile(`tokopedia=whsec_\S+`).FindString(tour), "--server", regexp.MustCompile(`http://127[^/]+`).FindString(tour))
	out.Reset()
	if code := run(t.Context(), load, strings.NewReader(cards[1]+"\n"), &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), errOut.String())
	}
	if !regexp.MustCompile(`(?m)^acknowledged +200$`).MatchString(out.String()) {
		t.Errorf("summary:\n%s", out.String())
	}

	// A card that nobody has registered: the delivery is kept in quarantine, and that is an acknowledgement.
	out.Reset()
	load[slices.Index(load, "--seed")+1] = "4"
	if code := run(t.Context(), load, strings.NewReader("3100990000000001\n"), &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), errOut.String())
	}
	if !regexp.MustCompile(`(?m)^  answered 202 +\d+\n    UNKNOWN_CARD +\d+$`).MatchString(out.String()) {
		t.Errorf("summary:\n%s", out.String())
	}

	// Bytes that say nothing, signed: kept as well, and the reason is told.
	out.Reset()
	send := append([]string{"simulate", "send", "--platform", "tokopedia", "--body", "-"}, args[slices.Index(args, "--server"):slices.Index(args, "--card")]...)
	if code := run(t.Context(), send, strings.NewReader("{"), &out, &errOut); code != exitOK || !strings.HasPrefix(out.String(), "202 Accepted\n") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errOut.String())
	}
}

// checkProgress looks for the end of each step in the log: nobody watches here.
func checkProgress(t *testing.T, log *watched) {
	t.Helper()
	for _, line := range []string{`msg="planning what everybody does" done=1380 of=1380 percent=100 `, `msg="recording people and deliveries" done=(\d+) of=\d+ percent=100 `} {
		if !regexp.MustCompile(line).MatchString(log.String()) {
			t.Errorf("the log does not say %s:\n%s", line, log)
		}
	}
}

func TestTheDemonstrationsClockStandsUntilItIsStarted(t *testing.T) {
	var c demoClock
	if got := c.now(); !got.Equal(seed.Evening) {
		t.Fatalf("%v, want %v", got, seed.Evening)
	}
	c.start()
	if got := c.now(); got.Before(seed.Evening) || got.Sub(seed.Evening) > time.Minute {
		t.Errorf("%v, want a moment after %v", got, seed.Evening)
	}
}

func TestTheTourIsTheSameEveryTime(t *testing.T) {
	strip := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	var tours []string
	for range 2 {
		t.Run("once", func(t *testing.T) {
			tour, log := runDemo(t)
			checkProgress(t, log)
			tours = append(tours, strip.ReplaceAllString(tour, "SERVER"))
		})
	}
	if len(tours) == 2 && tours[0] != tours[1] {
		t.Errorf("two tours:\n%s\n%s", tours[0], tours[1])
	}
}
