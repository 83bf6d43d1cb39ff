package main

import (
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/outage"
	"gelombang/ent/settlement"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

type settleStatus struct {
	Cohort int `arg:"" help:"The cohort's number."`

	acting `embed:""`
}

// Help is shown by --help.
func (settleStatus) Help() string {
	return `Prints what is awaited, the settlement under way or the last one, and what to do next, with the command for it.`
}

// Run implements the command.
func (c *settleStatus) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		closing, err := r.Closing(t.ctx, v, c.Cohort)
		if err != nil {
			return misuse(err, field{"cohort", "<cohort>"})
		}
		var lines strings.Builder
		fmt.Fprintf(&lines, "State\t%s\n", closingWords[stateOf(closing, r.Now())])
		fmt.Fprintf(&lines, "Deadline\t%s\n", lastMinute(closing.Deadline))
		fmt.Fprintf(&lines, "Overdue\t%d\n", closing.Overdue)
		fmt.Fprintf(&lines, "With time left\t%d\n", closing.Outstanding)
		for _, p := range closing.Platforms {
			fmt.Fprintf(&lines, "%s\t%s\n", p.Platform, platformWord(p))
		}
		for _, line := range waitWords(closing.Waits) {
			fmt.Fprintf(&lines, "Awaited\t%s\n", line)
		}
		if closing.Unreadable > 0 {
			fmt.Fprintf(&lines, "Look at\t%d deliveries in quarantine that cannot be read, and may be about anybody\n", closing.Unreadable)
		}
		if err := t.settlementAndNext(&lines, r, closing); err != nil {
			return err
		}
		return printTable(t.out, lines.String())
	})
}

// stateOf is where a cohort stands on the way to its settlement.
func stateOf(c registry.Closing, now time.Time) rules.ClosingState {
	state := rules.SettlementState("")
	if c.Settlement != nil {
		state = c.Settlement.State
	}
	return rules.StateOfClosing(!now.Before(c.Deadline), c.Overdue, len(c.Waits), state)
}

func platformWord(p rules.PlatformWord) string {
	switch {
	case p.Outage:
		return "in an outage, as was declared"
	case p.StatedThrough.IsZero():
		return "has stated nothing"
	default:
		return "has sent everything before " + minute(p.StatedThrough)
	}
}

// settlementAndNext writes the settlement under way, or the last one, and what to do next.
func (t *terminal) settlementAndNext(lines *strings.Builder, r *registry.Registry, c registry.Closing) error {
	label, s := "Settlement", c.Settlement
	if s == nil {
		label = "Last settlement"
		last, err := r.DB().Primary().Settlement.Query().Where(settlement.CohortID(c.Cohort)).Order(ent.Desc(settlement.FieldID)).First(t.ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		s = last
	}
	counts := map[rules.EntryOutcome]int{}
	if s != nil {
		var err error
		if counts, err = r.SettlementCounts(t.ctx, s.ID); err != nil {
			return err
		}
		fmt.Fprintf(lines, "%s\t%d, %s. Prepared %s by %s: %d listed, %d revoked, %d passed over, %d given back\n", label, s.ID, standing(s), minute(s.PreparedAt), s.PreparedBy,
			s.Listed, counts[rules.EntryRevoked], counts[rules.EntryPassedOver], counts[rules.EntryReinstated]+counts[rules.EntryReversed])
	}
	steps, err := t.nextSteps(r, c, s, counts[rules.EntryPassedOver])
	for _, step := range steps {
		lines.WriteString(step.lines())
	}
	return err
}

// nextSteps are what to do now: what brings an end to each wait, as long as anything is awaited.
func (t *terminal) nextSteps(r *registry.Registry, c registry.Closing, last *ent.Settlement, passed int) ([]step, error) {
	switch {
	case c.Settlement == nil && c.Overdue == 0 && r.Now().Before(c.Deadline):
		return []step{{"wait for the deadline; see meanwhile what became of the reminders", fmt.Sprintf("gelombang remind status %d", c.Cohort)}}, nil
	case c.Settlement == nil && c.Overdue == 0 && last != nil:
		return []step{nextOf(last, passed)}, nil
	case c.Settlement == nil && c.Overdue == 0:
		return []step{{what: "nothing: nobody is overdue"}}, nil
	}
	var steps []step
	told := map[rules.WaitCode]bool{}
	for _, w := range c.Waits {
		if told[w.Code] {
			continue
		}
		told[w.Code] = true
		step, err := t.endOf(r, c.Cohort, w)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	switch {
	case len(steps) > 0:
		return steps, nil
	case c.Settlement != nil:
		return []step{nextOf(c.Settlement, passed)}, nil
	default:
		return []step{{"freeze the list; nobody changes by it", fmt.Sprintf("gelombang settle preview %d --reason TEXT", c.Cohort)}}, nil
	}
}

// endOf is what brings about the end of a wait.
func (t *terminal) endOf(r *registry.Registry, cohort int, w rules.Wait) (step, error) {
	switch w.Code {
	case rules.WaitStatement:
		return step{"ask them whether they have sent everything, and for their statement; declare one that cannot report", "gelombang outage declare PLATFORM --reason TEXT"}, nil
	case rules.WaitOutage:
		now := r.Now()
		ids, err := r.DB().Primary().Outage.Query().Where(outage.BeginsAtLTE(now), outage.Or(outage.EndsAtIsNil(), outage.EndsAtGT(now))).Order(outage.ByID()).IDs(t.ctx)
		if err != nil || len(ids) == 0 {
			return step{what: "wait for the end of the outage"}, err
		}
		return step{"when the platform can report again, say so", fmt.Sprintf("gelombang outage end %d", ids[0])}, nil
	case rules.WaitQuarantine:
		return step{"look at each delivery that names a card of the cohort; then retry or dismiss it", fmt.Sprintf("gelombang quarantine list --cohort %d", cohort)}, nil
	case rules.WaitExtension:
		return step{what: "wait until everybody has the later deadline, seconds as a rule"}, nil
	case rules.WaitDeadline:
		return step{"wait for the deadline; see meanwhile what became of the reminders", fmt.Sprintf("gelombang remind status %d", cohort)}, nil
	default:
		return step{what: "wait"}, nil
	}
}
