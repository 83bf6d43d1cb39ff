package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// printRehearsed prints the rehearsal as tables: what is changed, the transitions, where, and the sample.
func printRehearsed(out io.Writer, r registry.Rehearsed) error {
	tables := []string{rehearsedHead(r), rehearsedMatrix(r)}
	if r.Changed() > 0 {
		tables = append(tables, rehearsedProvinces(r))
	}
	if len(r.Sample) > 0 {
		tables = append(tables, rehearsedSample(r))
	}
	for i, table := range tables {
		if i > 0 {
			table = "\n" + table
		}
		if err := printTable(out, table); err != nil {
			return err
		}
	}
	return nil
}

func rehearsedHead(r registry.Rehearsed) string {
	var lines strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&lines, format+"\n", args...) }
	line("cohort\t%d", r.Cohort)
	line("statuses at\t%s", minute(r.At))
	line("deadline\t%s", lastMinute(r.Deadline.Before))
	line("deadline, rehearsed\t%s%s", lastMinute(r.Deadline.After), direction(r.Deadline))
	line("lag limit\t%s", r.LagLimit.Before)
	line("lag limit, rehearsed\t%s", r.LagLimit.After)
	line("participants\t%d", r.Participants)
	line("would change status\t%d", r.Changed())
	line("would have more time\t%d", r.Longer)
	if r.Shorter > 0 {
		line("would have less time\t%d, which no decree can bring about: people rely on what they were told", r.Shorter)
	}
	if r.Spared > 0 {
		line("spared\t%d, whom a later deadline would harm", r.Spared)
	}
	line("with an open review\t%d", r.Asked.Before)
	line("… rehearsed\t%d", r.Asked.After)
	return lines.String()
}

// direction says where the cohort's deadline is moved.
func direction(d registry.Compared[time.Time]) string {
	switch d.After.Compare(d.Before) {
	case -1:
		return ", EARLIER than now"
	case 1:
		return ", later"
	default:
		return ", the same"
	}
}

func statusName(s rules.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

// rehearsedMatrix has a row for every status as it is, and a column for every rehearsed one.
func rehearsedMatrix(r registry.Rehearsed) string {
	var lines strings.Builder
	columns := map[rules.Status]int{}
	lines.WriteString("AS IT IS, REHEARSED")
	for _, to := range rules.Statuses() {
		lines.WriteString("\t" + statusName(to))
	}
	lines.WriteString("\tTOTAL\n")
	for _, from := range rules.Statuses() {
		lines.WriteString(statusName(from))
		total := 0
		for _, to := range rules.Statuses() {
			n := r.Transitions[registry.Transition{From: from, To: to}]
			fmt.Fprintf(&lines, "\t%d", n)
			total += n
			columns[to] += n
		}
		fmt.Fprintf(&lines, "\t%d\n", total)
	}
	lines.WriteString("TOTAL")
	for _, to := range rules.Statuses() {
		fmt.Fprintf(&lines, "\t%d", columns[to])
	}
	fmt.Fprintf(&lines, "\t%d\n", r.Participants)
	return lines.String()
}

func rehearsedProvinces(r registry.Rehearsed) string {
	var lines strings.Builder
	lines.WriteString("PROVINCE\tNAME\tAS IT IS\tREHEARSED\tPARTICIPANTS\n")
	eachProvince(r, func(code string, t registry.Transition, n int) {
		fmt.Fprintf(&lines, "%s\t%s\t%s\t%s\t%d\n", orDash(code), orDash(r.Names[code]), statusName(t.From), statusName(t.To), n)
	})
	return lines.String()
}

// eachProvince calls fn for those who change, by province and in the order of statuses.
func eachProvince(r registry.Rehearsed, fn func(code string, t registry.Transition, n int)) {
	for _, code := range slices.Sorted(maps.Keys(r.Provinces)) {
		for _, from := range rules.Statuses() {
			for _, to := range rules.Statuses() {
				t := registry.Transition{From: from, To: to}
				if n := r.Provinces[code][t]; n > 0 {
					fn(code, t, n)
				}
			}
		}
	}
}

func rehearsedSample(r registry.Rehearsed) string {
	var lines strings.Builder
	lines.WriteString("CARD\tPROVINCE\tAS IT IS\tREHEARSED\tDEADLINE\tDEADLINE, REHEARSED\tWHY\n")
	for _, p := range r.Sample {
		fmt.Fprintf(&lines, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.CardNumber, orDash(p.Province), statusName(p.From), statusName(p.To),
			lastMinute(p.Before.Deadline), lastMinute(p.After.Deadline), because(p))
	}
	return lines.String()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// because says why somebody would change status.
func because(p registry.RehearsedParticipant) string {
	var q rules.Purchase
	if p.About != nil {
		q = *p.About
	}
	purchase := fmt.Sprintf("the purchase %s at %s of %s", q.Invoice, q.Platform, minute(q.PurchasedAt))
	switch p.Why {
	case rules.GroundMoreTime:
		return "there would be time left"
	case rules.GroundTimeOver:
		return "the time would be over"
	case rules.GroundInTime:
		return purchase + " would be in time"
	case rules.GroundLate:
		return purchase + " would be too late"
	case rules.GroundTrusted:
		return purchase + ", received " + minute(q.ReceivedAt) + ", would end the revocation"
	case rules.GroundDoubted:
		return purchase + ", received " + minute(q.ReceivedAt) + ", would not have ended the revocation without a person"
	case rules.GroundVoidInTime:
		return "the void on " + minute(q.VoidedAt) + " of " + purchase + " would be in time, and leave nothing to decide"
	case rules.GroundVoidLate:
		return "the void on " + minute(q.VoidedAt) + " of " + purchase + " would come after the deadline, and a person decide"
	default:
		return string(p.Why)
	}
}
