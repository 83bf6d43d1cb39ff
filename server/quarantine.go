package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gelombang/ent"
	entdelivery "gelombang/ent/delivery"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// quarantineCommands are about deliveries that are authentic and cannot be applied.
type quarantineCommands struct {
	List    quarantineList    `cmd:"" help:"List the deliveries in quarantine."`
	Show    quarantineShow    `cmd:"" help:"Show a delivery: what it names, and why it is, or was, in quarantine."`
	Retry   quarantineRetry   `cmd:"" help:"Try deliveries in quarantine again."`
	Dismiss quarantineDismiss `cmd:"" help:"Take a delivery out of the quarantine without applying it."`
}

// page is how much of a list is shown.
type page struct {
	First int `default:"100" placeholder:"N" help:"How many are shown, at most 1000 (default ${default})."`
}

// longestPage is the most that is shown of a list.
const longestPage = 1000

func (p page) check() error {
	if p.First < 1 || p.First > longestPage {
		return fmt.Errorf("--first is %d: set a whole number from 1 to %d", p.First, longestPage)
	}
	return nil
}

// printPage prints the lines of a list, and says when there is more.
func (t *terminal) printPage(lines string, shown, all int) error {
	if shown < all {
		say(t.err, fmt.Sprintf("%d of %d are shown: --first shows more, and 'export' writes them all.", shown, all))
	}
	return printTable(t.out, lines)
}

type quarantineList struct {
	quarantineFilter `embed:""`
	page             `embed:""`
	acting           `embed:""`
}

// Help is shown by --help.
func (quarantineList) Help() string {
	return `The earliest first. Each delivery that names a card of a cohort holds up its list: --cohort shows those. UNKNOWN_CARD, UNKNOWN_INVOICE, UNKNOWN_OFFERING and FROM_FUTURE are tried again by themselves when what they wait for has come; the others wait for a person.

Examples:

	gelombang quarantine list --cohort 13
	gelombang quarantine list --platform tokopedia --kind CONTRADICTS_PURCHASE`
}

// Run implements the command.
func (c *quarantineList) Run(t *terminal) error {
	if err := errors.Join(c.quarantineFilter.check(), c.page.check()); err != nil {
		return usage(err)
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesAllDeliveries() {
			return errors.New("your role does not allow you to list the quarantine" + viewer.OfficersMay)
		}
		ids, err := c.find(t.ctx, r)
		if err != nil {
			return err
		}
		shown := ids[:min(len(ids), c.First)]
		deliveries, err := r.DB().Client().Delivery.Query().Where(entdelivery.IDIn(shown...)).WithPlatform().Order(entdelivery.ByID()).All(t.ctx)
		if err != nil {
			return fmt.Errorf("list the quarantine: %w", err)
		}
		var lines strings.Builder
		lines.WriteString("DELIVERY\tPLATFORM\tRECEIVED\tTYPE\tKIND\tCARD\tINVOICE\tCOURSE\tATTEMPTS\tPROBLEM\n")
		for _, d := range deliveries {
			fmt.Fprintf(&lines, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.Edges.Platform.Code, minute(d.ReceivedAt), named(d.EventType), kindOf(d),
				named(d.CardNumber), named(d.InvoiceCode), named(d.CourseCode), d.Attempts, named(d.Problem))
		}
		return t.printPage(lines.String(), len(deliveries), len(ids))
	})
}

// kindOf is why a delivery is, or was, in quarantine.
func kindOf(d *ent.Delivery) string {
	if d.Reason == nil {
		return "-"
	}
	return string(*d.Reason)
}

// named is what a delivery names, in a line.
func named(s string) string { return orNone(oneLine(s)) }

// oneLine takes out of a text what would break a line or drive the terminal. Platforms and people wrote it.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, s)
}

type quarantineShow struct {
	Delivery int `arg:"" help:"The delivery's number."`

	acting `embed:""`
}

// Help is shown by --help.
func (quarantineShow) Help() string {
	return `Also shows deliveries that have left the quarantine, or never were in it.

Example:

	gelombang quarantine show 4711`
}

// Run implements the command.
func (c *quarantineShow) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesAllDeliveries() {
			return errors.New("your role does not allow you to look at deliveries" + viewer.OfficersMay)
		}
		d, err := r.DB().Client().Delivery.Query().Where(entdelivery.ID(c.Delivery)).WithPlatform().Only(t.ctx)
		if ent.IsNotFound(err) {
			return fmt.Errorf("<delivery>: there is no delivery %d: 'quarantine list' shows those in quarantine", c.Delivery)
		}
		if err != nil {
			return fmt.Errorf("load the delivery: %w", err)
		}
		return printTable(t.out, deliveryLines(d))
	})
}

func deliveryLines(d *ent.Delivery) string {
	var lines strings.Builder
	line := func(name, value string) { fmt.Fprintf(&lines, "%s\t%s\n", name, value) }
	line("Delivery", fmt.Sprint(d.ID))
	line("Outcome", string(d.Outcome))
	line("Kind", kindOf(d))
	if d.Outcome == rules.DeliveryQuarantined && d.Reason != nil {
		line("Ends", endOf(*d.Reason))
	}
	line("Problem", named(d.Problem))
	line("Platform", d.Edges.Platform.Code)
	line("Message", named(d.MessageID))
	line("Type", named(d.EventType))
	line("Event time", when(d.EventTime))
	line("Signed", minute(d.SignedAt))
	line("Received", minute(d.ReceivedAt))
	line("Card", named(d.CardNumber))
	line("Invoice", named(d.InvoiceCode))
	line("Course", named(d.CourseCode))
	line("Attempts", fmt.Sprint(d.Attempts))
	line("Settled", when(d.SettledAt))
	if d.SettledBy != "" {
		line("Settled by", oneLine(d.SettledBy))
	}
	line("SHA-256", hex.EncodeToString(d.BodySha256))
	return lines.String()
}

// endOf says how a delivery with the reason leaves the quarantine.
func endOf(reason rules.Reason) string {
	switch {
	case reason.Heals():
		return "by itself, when what it waits for has come; or 'quarantine dismiss'"
	case reason == rules.ReasonMessageIDReused:
		return "by 'quarantine dismiss': what its id was used for before stands"
	default:
		return "by 'quarantine retry', when what was wrong is mended, or 'quarantine dismiss'"
	}
}

type quarantineDismiss struct {
	Delivery int    `arg:"" help:"The delivery's number."`
	Reason   string `required:"" placeholder:"TEXT" help:"Why, for the record."`

	acting `embed:""`
}

// Help is shown by --help.
func (quarantineDismiss) Help() string {
	return `What it says is never applied. It is not taken back: ask the platform what is right first.

Example:

	gelombang quarantine dismiss 4711 --reason "sent again with the right amount as msg_8812"`
}

// Run implements the command.
func (c *quarantineDismiss) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		d, err := r.DismissDelivery(t.ctx, v, c.Delivery, c.Reason)
		if err != nil {
			return misuse(err, field{"delivery", "<delivery>"}, field{"reason", "--reason"})
		}
		return printTable(t.out, fmt.Sprintf("Delivery\t%d\nOutcome\t%s\n", d.ID, d.Outcome))
	})
}
