package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PgBench is a run of pgbench: one statement, prepared on each connection.
type PgBench struct {
	Dir         string // for the script and the log
	Database    string // its address
	Draws       string // the lines that draw the parameters
	Statement   string // without a semicolon
	Connections int
	Time        time.Duration
}

// Run runs it.
func (p PgBench) Run(ctx context.Context) (_ Result, err error) {
	dir, err := os.MkdirTemp(p.Dir, "pgbench-")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "statement.sql")
	if err := os.WriteFile(file, []byte(p.Draws+p.Statement+";\n"), 0o600); err != nil {
		return Result{}, err
	}
	cmd := exec.CommandContext(ctx, "pgbench", "--no-vacuum", "--protocol=prepared", "--file="+file, //nolint:gosec // the arguments are ours
		fmt.Sprintf("--client=%d", p.Connections), "--jobs=1", fmt.Sprintf("--time=%d", max(1, int(p.Time/time.Second))), "--log", "--log-prefix="+filepath.Join(dir, "log"), p.Database)
	cmd.Dir = dir
	began := time.Now()
	_, processor, err := run(ctx, cmd)
	if err != nil {
		return Result{}, err
	}
	r := Result{Seconds: time.Since(began).Seconds(), Processor: processor}
	return r, r.readLog(dir)
}

// readLog reads how long each transaction took. Its lines are of the form client, number, microseconds, script, second,
// microsecond of its end.
func (r *Result) readLog(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return err
	}
	var took []int
	var first, last float64
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			fields := strings.Fields(s.Text())
			if len(fields) < 6 {
				continue
			}
			us, uerr := strconv.Atoi(fields[2])
			second, serr := strconv.Atoi(fields[4])
			microsecond, merr := strconv.Atoi(fields[5])
			if err := errors.Join(uerr, serr, merr); err != nil {
				return errors.Join(err, f.Close())
			}
			seconds := float64(second) + float64(microsecond)/1e6
			if began := seconds - float64(us)/1e6; first == 0 || began < first {
				first = began
			}
			last = max(last, seconds)
			took = append(took, us)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	if len(took) == 0 {
		return fmt.Errorf("pgbench: %w", errNoResult)
	}
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return time.Duration(took[int(share*float64(len(took)-1))]) * time.Microsecond
	}
	r.Answers, r.Seconds, r.P50, r.P99, r.Max = len(took), last-first, at(0.50), at(0.99), at(1)
	return nil
}
