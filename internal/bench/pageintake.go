package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// What the intake is to reach.
const (
	intakeRatio      = 4                     // times one by one
	intakeP99        = 60 * time.Millisecond // at the most connections
	readP99          = 30 * time.Millisecond // of Q1 beside the intake
	mostSlowdown     = 20                    // per cent, beside the heaviest aggregate
	tableOfIntake    = "\n| connections | in groups | one by one | ratio | target | | p50 | p99 | p99 one by one |\n|---|---|---|---|---|---|---|---|---|\n"
	tableOfCosts     = "\nMilliseconds of processor for each delivery:\n\n| connections | who | server | Postgres | load generator |\n|---|---|---|---|---|\n"
	tableOfNeighbour = "\n| beside the intake at 64 connections | deliveries | slower by | p99 of deliveries | its own rate | its own p99 | |\n|---|---|---|---|---|---|---|\n"
)

func (r *Intake) write(page *bytes.Buffer) {
	fmt.Fprintf(page, "\n## Intake\n\n%s\nSigned deliveries of 1 kB, each of them new, by all seven platforms, to a copy of the same data set. One by one is the same code with a transaction for each delivery, %d at a time.\n"+
		"After each run the database is asked: it has each acknowledged delivery once, applied, with its purchase.\n", r.Machine.words(), poolConnections)
	page.WriteString(tableOfIntake)
	numbers := r.connections()
	for i, n := range numbers {
		groups, ones := r.of(grouped, n), r.of(single, n)
		rate := func(m IntakeMeasurement) float64 { return m.Result.Rate() }
		p50 := func(m IntakeMeasurement) time.Duration { return m.Result.P50 }
		p99 := func(m IntakeMeasurement) time.Duration { return m.Result.P99 }
		ratio, slow := middle(groups, rate)/middle(ones, rate), i == len(numbers)-1 && middle(groups, p99) >= intakeP99
		fmt.Fprintf(page, "| %d | %s/s | %s/s | %.1f × | %d × | %s | %s | %s | %s |\n", n, perSecond(middle(groups, rate)), perSecond(middle(ones, rate)), ratio, intakeRatio,
			verdict(ratio >= intakeRatio && !slow), milliseconds(middle(groups, p50)), milliseconds(middle(groups, p99)), milliseconds(middle(ones, p99)))
	}
	page.WriteString(tableOfCosts)
	for _, n := range numbers {
		for _, way := range ways {
			each := func(seconds func(IntakeMeasurement) float64) float64 {
				return middle(r.of(way, n), func(m IntakeMeasurement) float64 { return 1000 * seconds(m) / float64(max(1, m.Result.Answers)) })
			}
			fmt.Fprintf(page, "| %d | %s | %.3f | %.3f | %.3f |\n", n, way, each(func(m IntakeMeasurement) float64 { return m.Server }),
				each(func(m IntakeMeasurement) float64 { return m.Postgres }), each(func(m IntakeMeasurement) float64 { return m.Result.Processor }))
		}
	}
	if len(r.Together) > 0 {
		r.writeTogether(page)
	}
	fmt.Fprintf(page, "\nThe server's memory at its peak: %s.\n", megabytes(r.MemoryPeak))
}

func (r *Intake) writeTogether(page *bytes.Buffer) {
	page.WriteString(tableOfNeighbour)
	rate := func(m Together) float64 { return m.Intake.Rate() }
	alone := middle(r.beside(besideNothing), rate)
	for _, name := range []string{besideNothing, besideReads, besideAggregate} {
		of := r.beside(name)
		slower := 100 * (1 - middle(of, rate)/alone)
		p99 := middle(of, func(m Together) time.Duration { return m.Other.P99 })
		fmt.Fprintf(page, "| %s | %s/s | %.0f %% | %s |", name, perSecond(middle(of, rate)), slower, milliseconds(middle(of, func(m Together) time.Duration { return m.Intake.P99 })))
		switch name {
		case besideReads:
			fmt.Fprintf(page, " %s/s | %s | %s |\n", perSecond(middle(of, func(m Together) float64 { return m.Other.Rate() })), milliseconds(p99), verdict(p99 < readP99))
		case besideAggregate:
			own := "not done in time"
			if p99 > 0 {
				own = milliseconds(p99)
			}
			fmt.Fprintf(page, " %.2f/s | %s | %s |\n", middle(of, func(m Together) float64 { return m.Other.Rate() }), own, verdict(slower <= mostSlowdown))
		default:
			page.WriteString(" | | |\n")
		}
	}
}

func (r *Intake) of(way string, connections int) []IntakeMeasurement {
	return slices.DeleteFunc(slices.Clone(r.Measurements), func(m IntakeMeasurement) bool { return m.Way != way || m.Connections != connections })
}

func (r *Intake) beside(name string) []Together {
	return slices.DeleteFunc(slices.Clone(r.Together), func(m Together) bool { return m.Beside != name })
}

// connections are the numbers of connections that were measured, in order.
func (r *Intake) connections() []int {
	var numbers []int
	for _, m := range r.Measurements {
		if !slices.Contains(numbers, m.Connections) {
			numbers = append(numbers, m.Connections)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// verdict says whether a target was reached.
func verdict(reached bool) string {
	if reached {
		return "pass"
	}
	return "**short**"
}
