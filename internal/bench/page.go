package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/bench/question"
)

// targets are how many times PostGraphile's rate each question is to be answered at, at least.
var targets = map[string]float64{"Q1": 3.5, "Q2": 2.8, "Q3": 8, "Q4": 80, "Q5": 30}

// renderPage writes the page of benchmarks from the latest results in the directory.
func renderPage(dir string) ([]byte, error) {
	reads, err := readResults[Reads](dir, readsFile)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	page.WriteString("# Benchmarks\n\nWritten by `go run ./internal/bench`, see the end of this page. Gelombang, PostGraphile and bare Postgres answer the same questions on the same machine, the same\n" +
		"Postgres and the same rows, by turns. The figures are the medians of the rounds; they hold for that machine, and the ratios are what to look at.\n")
	if reads != nil {
		reads.write(&page)
	}
	intake, err := readResults[Intake](dir, intakeFile)
	if err != nil {
		return nil, err
	}
	if intake != nil {
		intake.write(&page)
	}
	writeRepeat(&page)
	return page.Bytes(), nil
}

func (r *Reads) write(page *bytes.Buffer) {
	fmt.Fprintf(page, "\n## Reads\n\n%s\n", r.Machine.words())
	fmt.Fprintf(page, "%s participants, %s purchases, %s offerings; fsync and synchronous_commit on. Gelombang runs as released, with its limits and roles, a token with every request; PostGraphile as a user would run\n"+
		"it in production, in two processes, as the owner of the tables; the statement is one prepared statement under pgbench that answers the same JSON. Before anything was measured, their answers were compared.\n",
		thousands(r.Data.Participants), thousands(r.Data.Purchases), thousands(r.Data.Offerings))
	if r.Data.ReadsOnly || !r.Data.Contacts {
		page.WriteString("For the sake of the disk the data set lacks what no question looks at: contacts, or histories and most deliveries.\n")
	}
	page.WriteString("\n| | |\n|---|---|\n")
	for _, q := range question.All() {
		fmt.Fprintf(page, "| %s | %s |\n", q.Name, q.Title)
	}
	page.WriteString("\n| | connections | Gelombang | PostGraphile | statement | Gelombang : PostGraphile | target | | by processor | p99 Gelombang | p99 PostGraphile |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	r.each(func(q string, connections int) {
		ours, _ := r.median(q, question.Ours, connections)
		theirs, compared := r.median(q, question.Theirs, connections)
		floor, _ := r.median(q, question.Floor, connections)
		ratio, reached, processor := "", "", ""
		if compared && theirs.rate > 0 {
			ratio = fmt.Sprintf("%.1f ×", ours.rate/theirs.rate)
			processor = fmt.Sprintf("%.1f ×", (theirs.server+theirs.postgres)/(ours.server+ours.postgres))
			reached = verdict(ours.rate/theirs.rate >= targets[q] && ours.p99 < theirs.p99)
		}
		fmt.Fprintf(page, "| %s | %d | %s/s | %s/s | %s/s | %s | %g × | %s | %s | %s | %s |\n", q, connections, perSecond(ours.rate), perSecond(theirs.rate), perSecond(floor.rate),
			ratio, targets[q], reached, processor, milliseconds(ours.p99), milliseconds(theirs.p99))
	})
	page.WriteString("\n\"By processor\" is how many times the processor time of Gelombang and its Postgres PostGraphile and its Postgres take for an answer: it leaves the load generator out, and is steadier on a machine\n" +
		"that does something else as well. A target is reached when the rate is, and p99 is below PostGraphile's.\n")
	page.WriteString("\nWhere the time goes: milliseconds of processor for each answer, and the median latency.\n\n" +
		"| | connections | who | server | Postgres | load generator | p50 | p99 |\n|---|---|---|---|---|---|---|---|\n")
	r.each(func(q string, connections int) {
		for _, side := range question.Sides() {
			if m, ok := r.median(q, side, connections); ok {
				fmt.Fprintf(page, "| %s | %d | %s | %.3f | %.3f | %.3f | %s | %s |\n", q, connections, side, m.server, m.postgres, m.loadmaker, milliseconds(m.p50), milliseconds(m.p99))
			}
		}
	})
	r.writePrograms(page)
}

// What our program is to weigh at most.
const (
	mostMemory = 300_000_000 // bytes
	mostStart  = 300 * time.Millisecond
	mostFile   = 60_000_000 // bytes
)

func (r *Reads) writePrograms(page *bytes.Buffer) {
	page.WriteString("\n| | memory at the end | at its peak | start to ready | program | |\n|---|---|---|---|---|---|\n")
	for _, side := range question.Sides() {
		p, ok := r.Programs[side]
		if !ok {
			continue
		}
		file, reached := "", ""
		if side == question.Ours {
			file, reached = megabytes(p.File), verdict(p.MemoryPeak < mostMemory && p.Ready < mostStart && p.File < mostFile)
		}
		fmt.Fprintf(page, "| %s | %s | %s | %d ms | %s | %s |\n", side, megabytes(p.Memory), megabytes(p.MemoryPeak), p.Ready.Milliseconds(), file, reached)
	}
}

// each calls fn for every question at every number of connections that was measured, in order.
func (r *Reads) each(fn func(q string, connections int)) {
	var numbers []int
	for _, m := range r.Measurements {
		if !slices.Contains(numbers, m.Connections) {
			numbers = append(numbers, m.Connections)
		}
	}
	slices.Sort(numbers)
	for _, q := range question.All() {
		for _, n := range numbers {
			if _, ok := r.median(q.Name, question.Ours, n); ok {
				fn(q.Name, n)
			}
		}
	}
}

// words are a machine in a sentence or two.
func (m Machine) words() string {
	out := fmt.Sprintf("Measured on %s: %s, %d processors that server, Postgres and load generator share, %s of memory, Linux %s. %s, Postgres %s", m.At.Format("2 January 2006"),
		m.Processor, m.Processors, m.Memory, m.Kernel, m.Go, m.Postgres)
	if m.Peer != "" {
		out += ", " + m.Peer
	}
	return out + "."
}

func writeRepeat(page *bytes.Buffer) {
	page.WriteString("\n## How to repeat\n\n```sh\napt-get install wrk postgresql npm\ngo run ./internal/bench run\ngo run ./internal/bench intake\n```\n\n" +
		"The first run makes a Postgres in a directory of its own (`--dir`) and fills it; later ones use it again. `--help` tells of the other sizes, `results/` in that directory has every single measurement. The documents\n" +
		"and the statements are in [`internal/bench/question`](../internal/bench/question), how PostGraphile is run in [`server.mjs`](../internal/bench/postgraphile/server.mjs), and the settings of Postgres in\n" +
		"[`settings.go`](../internal/bench/cluster/settings.go).\n")
}

func perSecond(rate float64) string {
	if rate >= 100 {
		return thousands(int(rate + 0.5))
	}
	return fmt.Sprintf("%.1f", rate)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MB", (bytes+500_000)/1_000_000) }

// thousands writes a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
