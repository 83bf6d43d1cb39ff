package load

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

//go:embed wrk.lua
var script []byte

// Request is a POST request.
type Request struct {
	Path   string
	Header map[string]string // without Host, Content-Type and Content-Length
	Body   []byte
}

// Write writes requests to a file, for [Wrk].
func Write(name, host string, requests []Request) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for _, r := range requests {
		_, _ = fmt.Fprintf(w, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", r.Path, host, len(r.Body)) // Flush tells
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			_, _ = fmt.Fprintf(w, "%s: %s\r\n", name, r.Header[name])
		}
		_, _ = fmt.Fprintf(w, "\r\n%s\x00", r.Body)
	}
	return w.Flush()
}

// Wrk is a run of wrk.
type Wrk struct {
	URL         string // of the server's root
	File        string // of requests, see [Write]
	Once        bool   // stop when all are sent
	Connections int
	Time        time.Duration
}

// Run runs it: one thread, so that one processor is left to the servers at any load.
func (w Wrk) Run(ctx context.Context) (Result, error) {
	lua := filepath.Join(filepath.Dir(w.File), "wrk.lua")
	if err := os.WriteFile(lua, script, 0o644); err != nil { //nolint:gosec // for everybody to read
		return Result{}, err
	}
	args := []string{"-t", "1", "-c", fmt.Sprint(w.Connections), "-d", fmt.Sprintf("%ds", max(1, int(w.Time/time.Second))), "--timeout", "60s", "-s", lua, w.URL, "--", w.File}
	if w.Once {
		args = append(args, "once")
	}
	out, processor, err := run(ctx, exec.CommandContext(ctx, "wrk", args...)) //nolint:gosec // the arguments are ours
	if err != nil {
		return Result{}, err
	}
	_, text, found := bytes.Cut(out, []byte("\nRESULT "))
	if !found {
		return Result{}, fmt.Errorf("wrk: %w\n%s", errNoResult, out)
	}
	var r struct {
		Requests, Errors               int
		Duration, Bytes, P50, P99, Max int64 // times in microseconds
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return Result{}, fmt.Errorf("wrk: %w", err)
	}
	return Result{
		Answers: r.Requests, Seconds: float64(r.Duration) / 1e6, Bytes: r.Bytes, Errors: r.Errors, Processor: processor,
		P50: time.Duration(r.P50) * time.Microsecond, P99: time.Duration(r.P99) * time.Microsecond, Max: time.Duration(r.Max) * time.Microsecond,
	}, nil
}
