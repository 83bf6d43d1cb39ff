package main

import (
	"errors"
	"fmt"
	"strings"

	"gelombang/ent"
	"gelombang/ent/participant"
	"gelombang/ent/review"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// reviewCommands are about the questions that only a person may decide.
type reviewCommands struct {
	List   reviewList   `cmd:"" help:"List the reviews: questions about purchases that only a person may decide."`
	Show   reviewShow   `cmd:"" help:"Show a review: the purchase in question, and what else is on record of the participant."`
	Decide reviewDecide `cmd:"" help:"Decide a review: the purchase counts, or it does not."`
}

type reviewList struct {
	Cohort int  `placeholder:"N" help:"Only those about participants of this cohort."`
	Open   bool `help:"Only those that wait for a decision."`

	page   `embed:""`
	acting `embed:""`
}

// Help is shown by --help.
func (reviewList) Help() string {
	return `The earliest first. VOID_AFTER_DEADLINE: the only purchase that counted was cancelled at or after the deadline. LATE_EVIDENCE: a purchase made in time was reported of somebody who is revoked, after the lag limit or against the platform's own statement.

Examples:

	gelombang review list --cohort 13 --open`
}

// Run implements the command.
func (c *reviewList) Run(t *terminal) error {
	if err := c.check(); err != nil {
		return usage(err)
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if err := mayReview(v, "list reviews"); err != nil {
			return err
		}
		q := r.DB().Client().Review.Query()
		if c.Cohort != 0 {
			if _, err := cohortOf(t.ctx, r, c.Cohort); err != nil {
				return err
			}
			q = q.Where(review.HasParticipantWith(participant.CohortID(c.Cohort)))
		}
		if c.Open {
			q = q.Where(review.StateEQ(rules.ReviewOpen))
		}
		all, err := q.Clone().Count(t.ctx)
		if err != nil {
			return fmt.Errorf("count the reviews: %w", err)
		}
		reviews, err := withBehind(q).Order(review.ByOpenedAt(), review.ByID()).Limit(c.First).All(t.ctx)
		if err != nil {
			return fmt.Errorf("list the reviews: %w", err)
		}
		var lines strings.Builder
		lines.WriteString("REVIEW\tCOHORT\tCARD\tSTATUS\tKIND\tSTATE\tOPENED\tPLATFORM\tINVOICE\tPURCHASED\tDECISION\n")
		for _, rv := range reviews {
			p, q := rv.Edges.Participant, rv.Edges.Purchase
			fmt.Fprintf(&lines, "%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", rv.ID, p.CohortID, p.CardNumber, statusOf(p, r.Now()), rv.Kind, rv.State,
				minute(rv.OpenedAt), q.Edges.Platform.Code, oneLine(q.InvoiceCode), minute(q.PurchasedAt), decisionOf(rv))
		}
		return t.printPage(lines.String(), len(reviews), all)
	})
}

func mayReview(v viewer.Viewer, what string) error {
	if v.ManagesCohorts() {
		return nil
	}
	return errors.New("your role does not allow you to " + what + viewer.OfficersMay)
}

// withBehind loads what a review is about with it.
func withBehind(q *ent.ReviewQuery) *ent.ReviewQuery {
	return q.WithParticipant().WithPurchase(func(q *ent.PurchaseQuery) { q.WithPlatform() })
}

func decisionOf(rv *ent.Review) string {
	if rv.Decision == nil {
		return "-"
	}
	return string(*rv.Decision)
}

// reviewed is the argument that names a review.
type reviewed struct {
	Review int `arg:"" help:"The review's number."`
}

type reviewShow struct {
	reviewed   `embed:""`
	inLanguage `embed:""`
	acting     `embed:""`
}

// Help is shown by --help.
func (reviewShow) Help() string {
	return `Example:

	gelombang review show 1 --language id`
}

// Run implements the command.
func (c *reviewShow) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if err := mayReview(v, "look at reviews"); err != nil {
			return err
		}
		rv, err := t.printReview(r, r.DB().Client(), c.Review)
		if err != nil {
			return err
		}
		explained, err := explanationOf(t, r, v, rv.ParticipantID, c.language())
		if err != nil {
			return err
		}
		return t.printExplanation(explained, c.language())
	})
}

// printReview prints a review as the client finds it, and returns it.
func (t *terminal) printReview(r *registry.Registry, client *ent.Client, id int) (*ent.Review, error) {
	rv, err := withBehind(client.Review.Query().Where(review.ID(id))).Only(t.ctx)
	if ent.IsNotFound(err) {
		return nil, fmt.Errorf("<review>: there is no review %d: 'review list' shows them", id)
	}
	if err != nil {
		return nil, fmt.Errorf("load the review: %w", err)
	}
	return rv, printTable(t.out, reviewLines(rv, statusOf(rv.Edges.Participant, r.Now())))
}

func reviewLines(rv *ent.Review, status rules.Status) string {
	p, q := rv.Edges.Participant, rv.Edges.Purchase
	var lines strings.Builder
	fmt.Fprintf(&lines, "Review\t%d\nKind\t%s\nState\t%s\nOpened\t%s\n", rv.ID, rv.Kind, rv.State, minute(rv.OpenedAt))
	fmt.Fprintf(&lines, "Card\t%s\nCohort\t%d\nStatus\t%s\nDeadline\t%s\n", p.CardNumber, p.CohortID, status, lastMinute(p.Deadline))
	fmt.Fprintf(&lines, "Purchase\t%s at %s, %d rupiah\nPurchased\t%s\nReported\t%s\n", oneLine(q.InvoiceCode), q.Edges.Platform.Code, q.Amount, minute(q.PurchasedAt), minute(q.ReceivedAt))
	if q.StatedThrough != nil {
		fmt.Fprintf(&lines, "Stated by then\tall before %s is sent\n", minute(*q.StatedThrough))
	}
	if q.VoidedAt != nil {
		fmt.Fprintf(&lines, "Cancelled\t%s\n", minute(*q.VoidedAt))
	}
	if rv.ClosedAt != nil {
		fmt.Fprintf(&lines, "Closed\t%s\n", minute(*rv.ClosedAt))
	}
	if rv.Decision != nil {
		fmt.Fprintf(&lines, "Decision\t%s, by %s\nNote\t%s\n", *rv.Decision, oneLine(rv.DecidedBy), oneLine(rv.Note))
	}
	return lines.String()
}

type reviewDecide struct {
	reviewed `embed:""`
	Uphold   bool   `help:"The purchase counts. For somebody revoked that ends the revocation."`
	Reject   bool   `help:"The purchase does not count."`
	Note     string `required:"" aliases:"reason" placeholder:"TEXT" help:"The grounds, for the record; PMO staff read them."`

	acting `embed:""`
}

// Help is shown by --help.
func (reviewDecide) Help() string {
	return `Prints the review as it is then, with the participant's status that follows. A decision is not taken back: look at 'review show' first.

Examples:

	gelombang review decide 1 --uphold --note "the platform's receipt of 8 April was shown"
	gelombang review decide 2 --reject --note "the platform confirms that the invoice was cancelled"`
}

// Run implements the command.
func (c *reviewDecide) Run(t *terminal) error {
	decision, err := c.decision()
	if err != nil {
		return usage(err)
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		_, err := r.DecideReview(t.ctx, v, registry.DecideReview{Review: c.Review, Decision: decision, Note: c.Note})
		if err != nil {
			return misuse(err, field{"review", "<review>"}, field{"note", "--note"})
		}
		_, err = t.printReview(r, r.DB().Primary(), c.Review)
		return err
	})
}

func (c *reviewDecide) decision() (rules.ReviewDecision, error) {
	if c.Uphold == c.Reject {
		return "", errors.New("say what is decided: either --uphold or --reject")
	}
	if c.Uphold {
		return rules.DecisionUphold, nil
	}
	return rules.DecisionReject, nil
}
