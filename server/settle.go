package main

import (
	"errors"

	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// settleCommands take a cohort from its deadline to its settlement.
type settleCommands struct {
	Status  settleStatus  `cmd:"" help:"Say where a cohort stands, and what is awaited before its list may be made."`
	List    settleList    `cmd:"" help:"List the settlements."`
	Show    settleShow    `cmd:"" help:"Show a settlement: what its list rests on, how it is made up, what became of it, and who was passed over."`
	Preview settlePreview `cmd:"" help:"Freeze the list of those who let their deadline pass, and print it. Nobody changes by it."`
	Approve settleApprove `cmd:"" help:"Approve a list, as another person than the one who prepared it."`
	Execute settleExecute `cmd:"" help:"End the memberships on an approved list, looking at everybody again."`
	Stop    settleStop    `cmd:"" help:"Stop an execution. It may go on later."`
	Discard settleDiscard `cmd:"" help:"Give up a list of which nobody was revoked."`
	Reverse settleReverse `cmd:"" help:"Give everybody whom a settlement revoked, or one of them, the exact state from before."`
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
		return t.printSettlement(r, s)
	})
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
		return t.printSettlement(r, s)
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
	if c.Card != "" && !isCard(c.Card) {
		return usage(errors.New("--card: " + cardLook))
	}
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
