package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gelombang/ent"
	"gelombang/ent/outage"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// changeOutage lets change declare or end an outage, and prints which cohorts wait because of it, or no longer.
func (t *terminal) changeOutage(r *registry.Registry, v viewer.Viewer, change func() (*ent.Outage, error)) error {
	var before map[int]registry.Closing
	if v.SeesSettlements() { // else the change is refused
		var err error
		if before, err = t.allClosings(r, v); err != nil {
			return err
		}
	}
	changed, err := change()
	if err != nil {
		return err
	}
	after, err := t.allClosings(r, v)
	if err != nil {
		return err
	}
	o, err := r.DB().Primary().Outage.Query().Where(outage.ID(changed.ID)).WithPlatform().Only(t.ctx)
	if err != nil {
		return err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "Outage\t%d\nPlatform\t%s\nFrom\t%s\nUntil\t%s\n", o.ID, o.Edges.Platform.Code, minute(o.BeginsAt), when(o.EndsAt))
	lines.WriteString(effectOf(o, before, after))
	return printTable(t.out, lines.String())
}

// allClosings are those of all cohorts.
func (t *terminal) allClosings(r *registry.Registry, v viewer.Viewer) (map[int]registry.Closing, error) {
	numbers, err := r.DB().Primary().Cohort.Query().IDs(t.ctx)
	if err != nil {
		return nil, err
	}
	return r.Closings(t.ctx, r.DB().Fresh, v, numbers)
}

// effectOf tells, a line for each cohort, what changed for it by the outage.
func effectOf(o *ent.Outage, before, after map[int]registry.Closing) string {
	var lines strings.Builder
	platform := o.Edges.Platform.Code
	for _, number := range slices.Sorted(maps.Keys(after)) {
		c := after[number]
		was, is := waitsFor(before[number], platform), waitsFor(c, platform)
		switch {
		case is && !was:
			fmt.Fprintf(&lines, "Waits now\tcohort %d: %s\n", number, whoWaits(c))
		case is:
			fmt.Fprintf(&lines, "Waits still\tcohort %d: %s\n", number, whoWaits(c))
		case was:
			fmt.Fprintf(&lines, "Waits no longer\tcohort %d: %s\n", number, whatIsLeft(c, platform))
		case covers(o, c):
			fmt.Fprintf(&lines, "Will wait\tcohort %d: its deadline, %s, is within the outage\n", number, lastMinute(c.Deadline))
		}
	}
	if lines.Len() == 0 {
		return "Waits\tno cohort waits because of it, and none has waited\n"
	}
	return lines.String()
}

// waitsFor reports whether somebody's membership, or a list, depends on the end of an outage of the platform.
func waitsFor(c registry.Closing, platform string) bool {
	return (c.Overdue > 0 || c.Settlement != nil) && slices.ContainsFunc(c.Waits, func(w rules.Wait) bool { return w.Code == rules.WaitOutage && w.Platform == platform })
}

// covers reports whether the deadline that a cohort still has before it falls into the outage.
func covers(o *ent.Outage, c registry.Closing) bool {
	ahead := c.Overdue == 0 && c.Outstanding > 0 && slices.ContainsFunc(c.Waits, func(w rules.Wait) bool { return w.Code == rules.WaitDeadline })
	return ahead && o.BeginsAt.Before(c.Deadline) && (o.EndsAt == nil || o.EndsAt.After(c.Deadline))
}

func whoWaits(c registry.Closing) string {
	if c.Settlement != nil {
		return fmt.Sprintf("settlement %d, %s", c.Settlement.ID, standing(c.Settlement))
	}
	return fmt.Sprintf("no list can be made of the %d overdue", c.Overdue)
}

// whatIsLeft is what a cohort still waits for, of this platform first.
func whatIsLeft(c registry.Closing, platform string) string {
	own := slices.IndexFunc(c.Waits, func(w rules.Wait) bool { return w.Platform == platform })
	switch {
	case own >= 0:
		return "its statement is awaited instead, until " + minute(c.Waits[own].Until) + " at most"
	case len(c.Waits) > 0:
		return fmt.Sprintf("something else is awaited, see 'gelombang settle status %d'", c.Cohort)
	default:
		return "nothing is awaited"
	}
}
