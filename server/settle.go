package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/settlement"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// settleCommands take a cohort from its deadline to its settlement.
type settleCommands struct {
	Status  settleStatus  `cmd:"" help:"Say where a cohort stands, and what is awaited before its list may be made."`
	List    settleList    `cmd:"" help:"List the settlements."`
	Show    settleShow    `cmd:"" help:"Show a settlement: what its list rests on, how it is made up, and what became of it."`
	Preview settlePreview `cmd:"" help:"Freeze the list of those who let their deadline pass, and print it. Nobody changes by it."`
	Approve settleApprove `cmd:"" help:"Approve a list, as another person than the one who prepared it."`
	Execute settleExecute `cmd:"" help:"End the memberships on an approved list, looking at everybody again."`
	Stop    settleStop    `cmd:"" help:"Stop an execution. It may go on later."`
	Discard settleDiscard `cmd:"" help:"Give up a list of which nobody was revoked."`
	Reverse settleReverse `cmd:"" help:"Give everybody whom a settlement revoked, or one of them, the exact state from before."`
}

type settleStatus struct {
	Cohort int `arg:"" help:"The cohort's number."`

	acting `embed:""`
}

// Run implements the command.
func (c *settleStatus) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		closing, err := r.Closing(t.ctx, v, c.Cohort)
		if err != nil {
			return misuse(err, field{"cohort", "<cohort>"})
		}
		state := rules.SettlementState("")
		if closing.Settlement != nil {
			state = closing.Settlement.State
		}
		var lines strings.Builder
		passed := !r.Now().Before(closing.Deadline)
		fmt.Fprintf(&lines, "State\t%s\n", rules.StateOfClosing(passed, closing.Overdue, len(closing.Waits), state))
		fmt.Fprintf(&lines, "Deadline\t%s\n", lastMinute(closing.Deadline))
		fmt.Fprintf(&lines, "Overdue\t%d\n", closing.Overdue)
		fmt.Fprintf(&lines, "With time left\t%d\n", closing.Outstanding)
		for _, p := range closing.Platforms {
			fmt.Fprintf(&lines, "%s\t%s\n", p.Platform, platformWord(p))
		}
		for _, w := range closing.Waits {
			fmt.Fprintf(&lines, "Awaited\t%s\n", w.Text(rules.EN))
		}
		if closing.Unreadable > 0 {
			fmt.Fprintf(&lines, "Look at\t%d deliveries in quarantine that cannot be read, and may be about anybody\n", closing.Unreadable)
		}
		if s := closing.Settlement; s != nil {
			fmt.Fprintf(&lines, "Settlement\t%d, prepared by %s, %d listed\n", s.ID, s.PreparedBy, s.Listed)
		}
		return printTable(t.out, lines.String())
	})
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

type settleList struct {
	acting `embed:""`
}

// Run implements the command.
func (c *settleList) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesSettlements() {
			return errors.New("your role does not allow you to list settlements")
		}
		all, err := r.DB().Client().Settlement.Query().Order(settlement.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("SETTLEMENT\tCOHORT\tSTATE\tLISTED\tPREPARED\tBY\tAPPROVED BY\tEXECUTED\n")
		for _, s := range all {
			fmt.Fprintf(&lines, "%d\t%d\t%s\t%d\t%s\t%s\t%s\t%s\n", s.ID, s.CohortID, s.State, s.Listed, minute(s.PreparedAt), s.PreparedBy, orNone(s.ApprovedBy), when(s.ExecutedAt))
		}
		return printTable(t.out, lines.String())
	})
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func when(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return minute(*at)
}

type settlePreview struct {
	Cohort  int    `arg:"" help:"The cohort's number."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why, for the record."`
	Reserve int    `default:"-1" placeholder:"N" help:"How many of the places that it frees are kept for reinstatements until it closes; by --reserve-percent when absent."`

	acting `embed:""`
}

// Help is shown by --help.
func (settlePreview) Help() string {
	return `Prints the number of the settlement, how many are on the list and how it is made up, and its hash, which the approval names.

Examples:

	GELOMBANG_TOKEN=$(gelombang token --role officer --subject siti) gelombang settle preview 13 --reason "deadline of 8 April 2021"`
}

// Run implements the command.
func (c *settlePreview) Run(t *terminal) error {
	in := registry.PrepareSettlement{Cohort: c.Cohort, Reason: c.Reason}
	if c.Reserve >= 0 {
		in.Reserve = &c.Reserve
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		s, err := r.PrepareSettlement(t.ctx, v, in)
		if err != nil {
			return misuse(err, field{"cohort", "<cohort>"}, field{"reason", "--reason"}, field{"reserve", "--reserve"})
		}
		return t.printSettlement(s)
	})
}

// printSettlement prints what a settlement is, for the one who has to approve it.
func (t *terminal) printSettlement(s *ent.Settlement) error {
	summary, err := registry.SummaryOf(s)
	if err != nil {
		return err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "Settlement\t%d\nCohort\t%d\nState\t%s\nListed\t%d\nHash\t%s\n", s.ID, s.CohortID, s.State, s.Listed, s.ListSha256)
	fmt.Fprintf(&lines, "Prepared\t%s by %s\n", minute(s.PreparedAt), s.PreparedBy)
	if s.ApprovedAt != nil {
		fmt.Fprintf(&lines, "Approved\t%s by %s\n", minute(*s.ApprovedAt), s.ApprovedBy)
	}
	evidence, err := registry.EvidenceOf(s)
	if err != nil {
		return err
	}
	fmt.Fprintf(&lines, "Reason\t%s\nPlaces kept\t%d, for reinstatements, until it closes\nLag limit\t%v\n", s.Reason, s.Reserve, evidence.LagLimit)
	for _, p := range evidence.Platforms {
		fmt.Fprintf(&lines, "Then: %s\t%s\n", p.Platform, platformWord(p))
	}
	if evidence.Unreadable > 0 {
		fmt.Fprintf(&lines, "Then: unreadable\t%d deliveries in quarantine\n", evidence.Unreadable)
	}
	for _, p := range summary.Provinces {
		fmt.Fprintf(&lines, "Province %s\t%d\n", orNone(p.Province), p.Count)
	}
	for _, p := range summary.Platforms {
		if p.Platform == "" {
			fmt.Fprintf(&lines, "Bought nothing anywhere\t%d\n", p.Count)
		} else {
			fmt.Fprintf(&lines, "Bought at %s, late or voided\t%d\n", p.Platform, p.Count)
		}
	}
	return printTable(t.out, lines.String())
}

// settled is the argument that names a settlement.
type settled struct {
	Settlement int `arg:"" help:"The settlement's number."`
}

type settleApprove struct {
	settled `embed:""`
	Hash    string `required:"" placeholder:"SHA256" help:"The hash of the list that you have read."`

	acting `embed:""`
}

// Run implements the command.
func (c *settleApprove) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		s, err := r.ApproveSettlement(t.ctx, v, registry.ApproveSettlement{Settlement: c.Settlement, ListSHA256: c.Hash})
		if err != nil {
			return misuse(err, field{"settlement", "<settlement>"}, field{"listHash", "--hash"})
		}
		return t.printSettlement(s)
	})
}

type settleExecute struct {
	settled `embed:""`
	acting  `embed:""`
}

// Help is shown by --help.
func (settleExecute) Help() string {
	return `Works in small steps, beside the intake, and may be interrupted: the servers go on with what was ordered, and so does the same command. Everybody on the list is looked at again, and whoever has bought, is under review, was given more time, or has anything new on record keeps the membership.`
}

// Run implements the command.
func (c *settleExecute) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		bar := t.countProgress("looked at again", 0)
		s, err := r.Execute(t.ctx, v, c.Settlement, func(p registry.Progress) { bar.of(int64(p.Done), int64(p.Of)) })
		bar.end(t)
		if err != nil {
			return misuse(err, field{"settlement", "<settlement>"})
		}
		return t.printOutcome(r, s)
	})
}

// printOutcome prints what became of a list.
func (t *terminal) printOutcome(r *registry.Registry, s *ent.Settlement) error {
	counts, err := r.SettlementCounts(t.ctx, s.ID)
	if err != nil {
		return err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "Settlement\t%d\nState\t%s\nOn the list\t%d\n", s.ID, s.State, s.Listed)
	for _, outcome := range rules.EntryOutcome("").Values() {
		fmt.Fprintf(&lines, "%s\t%d\n", outcome, counts[rules.EntryOutcome(outcome)])
	}
	return printTable(t.out, lines.String())
}

type settleShow struct {
	settled `embed:""`
	acting  `embed:""`
}

// Run implements the command.
func (c *settleShow) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesSettlements() {
			return errors.New("your role does not allow you to look at settlements")
		}
		s, err := r.DB().Client().Settlement.Get(t.ctx, c.Settlement)
		if ent.IsNotFound(err) {
			return usage(fmt.Errorf("<settlement>: there is no settlement %d", c.Settlement))
		}
		if err != nil {
			return err
		}
		if err := t.printSettlement(s); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(t.out); err != nil {
			return err
		}
		return t.printOutcome(r, s)
	})
}

type settleStop struct {
	settled `embed:""`
	acting  `embed:""`
}

// Run implements the command.
func (c *settleStop) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		s, err := r.StopExecution(t.ctx, v, c.Settlement)
		if err != nil {
			return misuse(err, field{"settlement", "<settlement>"})
		}
		return t.printOutcome(r, s)
	})
}

type settleDiscard struct {
	settled `embed:""`
	acting  `embed:""`
}

// Run implements the command.
func (c *settleDiscard) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		s, err := r.DiscardSettlement(t.ctx, v, c.Settlement)
		if err != nil {
			return misuse(err, field{"settlement", "<settlement>"})
		}
		return t.printOutcome(r, s)
	})
}

type settleReverse struct {
	settled `embed:""`
	Card    string `placeholder:"CARD" help:"Only the participant with this card number; everybody when absent."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why, for the history."`

	acting `embed:""`
}

// Run implements the command.
func (c *settleReverse) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		bar := t.countProgress("given back", 0)
		in := registry.ReverseSettlement{Settlement: c.Settlement, Card: c.Card, Reason: c.Reason}
		s, err := r.Reverse(t.ctx, v, in, func(p registry.Progress) { bar.of(int64(p.Done), int64(p.Of)) })
		bar.end(t)
		if err != nil {
			return misuse(err, field{"settlement", "<settlement>"}, field{"cardNumber", "--card"}, field{"reason", "--reason"})
		}
		return t.printOutcome(r, s)
	})
}
