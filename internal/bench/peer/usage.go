package peer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks is how many of the kernel's ticks are a second, on every Linux that matters.
const ticks = 100

// process is what /proc says of a process.
type process struct {
	parent int
	cpu    float64 // seconds, its own
	ended  float64 // seconds, of children that have ended
}

// CPU returns the seconds of processor that a process and all that descend from it have used, those that have ended
// included.
func CPU(pid int) (float64, error) {
	all, err := processes()
	if err != nil {
		return 0, err
	}
	root, ok := all[pid]
	if !ok {
		return 0, fmt.Errorf("process %d has ended", pid)
	}
	total := root.cpu + root.ended
	for child := range descendants(all, pid) {
		total += all[child].cpu + all[child].ended
	}
	return total, nil
}

// Memory returns what a process and all that descend from it hold in memory, in bytes: now, and each at its peak.
func Memory(pid int) (now, peak int64, err error) {
	all, err := processes()
	if err != nil {
		return 0, 0, err
	}
	family := descendants(all, pid)
	family[pid] = true
	for member := range family {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", member))
		if err != nil {
			return 0, 0, err
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) < 2 {
				continue
			}
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			switch {
			case err != nil:
			case fields[0] == "VmRSS:":
				now += kilobytes << 10
			case fields[0] == "VmHWM:":
				peak += kilobytes << 10
			}
		}
	}
	return now, peak, nil
}

func descendants(all map[int]process, of int) map[int]bool {
	family := map[int]bool{}
	for grown := true; grown; {
		grown = false
		for pid, p := range all {
			if (p.parent == of || family[p.parent]) && !family[pid] {
				family[pid], grown = true, true
			}
		}
	}
	return family
}

func processes() (map[int]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return nil, errors.Join(errors.New("the use of processors is read from /proc, which Linux has"), err)
	}
	all := map[int]process{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		if all[pid], err = parseStat(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return all, nil
}

// parseStat reads /proc/PID/stat. The second field, the program's name in brackets, may hold anything.
func parseStat(text []byte) (process, error) {
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 15 {
		return process{}, errors.New("not in the form of proc(5)")
	}
	var values [5]int
	for i, field := range []string{fields[1], fields[11], fields[12], fields[13], fields[14]} {
		v, err := strconv.Atoi(field)
		if err != nil {
			return process{}, err
		}
		values[i] = v
	}
	return process{parent: values[0], cpu: float64(values[1]+values[2]) / ticks, ended: float64(values[3]+values[4]) / ticks}, nil
}
