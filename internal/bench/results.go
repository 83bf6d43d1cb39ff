package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gelombang/internal/bench/dataset"
	"gelombang/internal/bench/load"
	"gelombang/internal/bench/peer"
	"gelombang/internal/bench/question"
)

// Machine is where something was measured.
type Machine struct {
	At         time.Time `json:"at"`
	Processor  string    `json:"processor"`
	Processors int       `json:"processors"`
	Memory     string    `json:"memory"`
	Kernel     string    `json:"kernel"`
	Go         string    `json:"go"`
	Postgres   string    `json:"postgres"`
	Peer       string    `json:"peer,omitempty"` // versions of PostGraphile, its plugins and Node
}

// Measurement is one run of one side.
type Measurement struct {
	Question    string        `json:"question"`
	Side        question.Side `json:"side"`
	Connections int           `json:"connections"`
	Round       int           `json:"round"`
	Result      load.Result   `json:"result"`
	Server      float64       `json:"server"`   // seconds of processor
	Postgres    float64       `json:"postgres"` // seconds of processor
}

// Program is what a program weighs.
type Program struct {
	Memory     int64         `json:"memory"`         // bytes, at the end
	MemoryPeak int64         `json:"memoryPeak"`     // bytes
	Ready      time.Duration `json:"ready"`          // from its start to the first good answer
	File       int64         `json:"file,omitempty"` // bytes of the program
}

// Reads is what a run of the reads has measured.
type Reads struct {
	Machine      Machine                   `json:"machine"`
	Data         dataset.Config            `json:"data"`
	Programs     map[question.Side]Program `json:"programs"`
	Measurements []Measurement             `json:"measurements"`
}

// IntakeMeasurement is one run of the intake.
type IntakeMeasurement struct {
	Way         string      `json:"way"`
	Connections int         `json:"connections"`
	Round       int         `json:"round"`
	Result      load.Result `json:"result"`
	Server      float64     `json:"server"`   // seconds of processor
	Postgres    float64     `json:"postgres"` // seconds of processor
}

// Together is one run of the intake beside something else.
type Together struct {
	Beside string      `json:"beside"`
	Intake load.Result `json:"intake"`
	Other  load.Result `json:"other"`
}

// Intake is what a run of the intake has measured.
type Intake struct {
	Machine      Machine             `json:"machine"`
	Data         dataset.Config      `json:"data"`
	Measurements []IntakeMeasurement `json:"measurements"`
	Together     []Together          `json:"together"`
	MemoryPeak   int64               `json:"memoryPeak"` // bytes, of our server
}

// The names of the files of results.
const (
	readsFile  = "reads"
	intakeFile = "intake"
)

func (r *Reads) save(dir string) error { return saveJSON(dir, readsFile, r) }

// describe notes where and with what is measured.
func (c *contest) describe(ctx context.Context) (*Reads, error) {
	r := &Reads{Data: c.place.data.Config, Programs: map[question.Side]Program{}}
	var err error
	if r.Machine, err = c.place.machine(ctx); err != nil {
		return nil, err
	}
	if c.peers[question.Theirs] != nil {
		r.Machine.Peer, err = peer.PostGraphile{Dir: c.place.dir}.Versions(ctx)
	}
	return r, err
}

// machine reads what /proc says.
func (p *place) machine(ctx context.Context) (Machine, error) {
	m := Machine{At: time.Now(), Processors: runtime.NumCPU(), Go: runtime.Version()}
	m.Processor = field("/proc/cpuinfo", "model name")
	m.Memory = field("/proc/meminfo", "MemTotal")
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	var err error
	m.Postgres, err = p.postgresVersion(ctx)
	return m, err
}

// field is the value of the first line with the name in a file of /proc; empty where there is none.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // it was only read
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, found := strings.Cut(s.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}

// readResults reads the latest results of a kind; nil when there are none.
func readResults[T any](dir, name string) (*T, error) {
	text, err := os.ReadFile(filepath.Join(dir, "results", name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there are none, which is no error
	}
	if err != nil {
		return nil, err
	}
	out := new(T)
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// median of the rounds, for one side of one question at so many connections.
type median struct {
	rate                        float64 // answers a second
	p50, p99                    time.Duration
	server, postgres, loadmaker float64 // milliseconds of processor for each answer
}

// median takes each figure's median over the rounds.
func (r *Reads) median(q string, side question.Side, connections int) (median, bool) {
	var of []Measurement
	for _, m := range r.Measurements {
		if m.Question == q && m.Side == side && m.Connections == connections {
			of = append(of, m)
		}
	}
	if len(of) == 0 {
		return median{}, false
	}
	each := func(seconds func(Measurement) float64) float64 {
		return middle(of, func(m Measurement) float64 { return 1000 * seconds(m) / float64(max(1, m.Result.Answers)) })
	}
	return median{
		rate:      middle(of, func(m Measurement) float64 { return m.Result.Rate() }),
		p50:       middle(of, func(m Measurement) time.Duration { return m.Result.P50 }),
		p99:       middle(of, func(m Measurement) time.Duration { return m.Result.P99 }),
		server:    each(func(m Measurement) float64 { return m.Server }),
		postgres:  each(func(m Measurement) float64 { return m.Postgres }),
		loadmaker: each(func(m Measurement) float64 { return m.Result.Processor }),
	}, true
}

// middle is the median of a figure.
func middle[M any, T cmp.Ordered](of []M, figure func(M) T) T {
	values := make([]T, len(of))
	for i, m := range of {
		values[i] = figure(m)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
