// Package load makes load with the public tools wrk and pgbench, and reads what they report.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Result is what a tool reports of one run.
type Result struct {
	Answers   int           `json:"answers"`
	Seconds   float64       `json:"seconds"`
	P50       time.Duration `json:"p50"`
	P99       time.Duration `json:"p99"`
	Max       time.Duration `json:"max"`
	Bytes     int64         `json:"bytes,omitempty"`  // of answers, headers included
	Errors    int           `json:"errors,omitempty"` // answers that were none, or not 2xx
	Processor float64       `json:"processor"`        // seconds that the tool used itself
}

// Rate is how many answers there were a second.
func (r Result) Rate() float64 {
	if r.Seconds == 0 {
		return 0
	}
	return float64(r.Answers) / r.Seconds
}

// Installed returns an error that says what to install when the tools are missing.
func Installed() error {
	for _, tool := range []string{"wrk", "pgbench"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing: apt-get install wrk postgresql", tool)
		}
	}
	return nil
}

// run runs a tool, and returns its output and the seconds of processor it used.
func run(ctx context.Context, cmd *exec.Cmd) ([]byte, float64, error) {
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w\n%s%s", cmd.Path, err, out.Bytes(), errOut.Bytes())
	}
	state := cmd.ProcessState
	return out.Bytes(), (state.UserTime() + state.SystemTime()).Seconds(), nil
}

var errNoResult = errors.New("the tool reports no result")
