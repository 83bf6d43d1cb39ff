package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/participant"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// explainCommand says why a participant's status is what it is.
type explainCommand struct {
	Card string `arg:"" help:"The card number, 16 digits."`
	JSON bool   `name:"json" help:"Print JSON, for programs."`

	inLanguage `embed:""`
	acting     `embed:""`
}

// inLanguage is the language of an explanation.
type inLanguage struct {
	Language string `default:"en" enum:"id,en" placeholder:"LANG" help:"Of the explanation: id or en (default ${default})."`
}

func (l inLanguage) language() rules.Language { return rules.Language(strings.ToUpper(l.Language)) }

// Help is shown by --help.
func (explainCommand) Help() string {
	return `Prints what GraphQL answers as explanation: the status and its ground, how the deadline is counted, what each purchase on record proves, for or against, and what is awaited. A participant's own token explains its own card.

Examples:

	gelombang explain 1300000000000001
	gelombang explain 1300000000000001 --language id
	gelombang explain 1300000000000001 --json`
}

// Run implements the command.
func (c *explainCommand) Run(t *terminal) error {
	if !isCard(c.Card) {
		return usage(errors.New("<card>: " + cardLook))
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesCardNumber(c.Card) {
			return errors.New("your role does not allow you to ask about this card" + viewer.OfficersMay)
		}
		p, err := r.DB().Client().Participant.Query().Where(participant.CardNumber(c.Card)).Only(t.ctx)
		if ent.IsNotFound(err) {
			return errors.New("<card>: no participant has this card number: compare it digit by digit, and import the cohort if it is not there yet")
		}
		if err != nil {
			return err
		}
		explained, err := explanationOf(t, r, v, p.ID, c.language())
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, explainedJSON(p, r.Now(), explained))
		}
		head := fmt.Sprintf("Card\t%s\nCohort\t%d\nStatus\t%s\n", p.CardNumber, p.CohortID, statusOf(p, r.Now()))
		if err := printTable(t.out, head); err != nil {
			return err
		}
		return t.printExplanation(explained, c.language())
	})
}

// explanationOf explains the participant with the row id, as far as the viewer may read it.
func explanationOf(t *terminal, r *registry.Registry, v viewer.Viewer, id int, language rules.Language) (rules.Explanation, error) {
	all, err := r.ExplainAll(t.ctx, v, []int{id}, language)
	return all[id], err
}

// explainedWords are the headings of an explanation, and what stands before a purchase that counts and one that does not.
type explainedWords struct{ deadline, evidence, counts, not, awaited, nothing string }

var explainedIn = map[rules.Language]explainedWords{
	rules.EN: {"The deadline", "The purchases on record", "for", "against", "What is awaited", "Nothing"},
	rules.ID: {"Batas waktu", "Pembelian yang tercatat", "mendukung", "tidak mendukung", "Yang masih ditunggu", "Tidak ada"},
}

// printExplanation prints an explanation for reading, after whatever was printed before it.
func (t *terminal) printExplanation(e rules.Explanation, language rules.Language) error {
	w := explainedIn[language]
	var text strings.Builder
	section := func(title string, lines []string) {
		fmt.Fprintf(&text, "\n%s\n", title)
		for _, line := range lines {
			fmt.Fprintf(&text, "  %s\n", oneLine(line))
		}
		if len(lines) == 0 {
			fmt.Fprintf(&text, "  %s\n", w.nothing)
		}
	}
	var evidence []string
	for _, n := range e.Evidence {
		side := w.not
		if n.Counts {
			side = w.counts
		}
		evidence = append(evidence, fmt.Sprintf("%s (%s): %s", side, n.Code, n.Text))
	}
	fmt.Fprintf(&text, "\n%s\n", oneLine(e.Summary))
	section(w.deadline, e.Deadline)
	section(w.evidence, evidence)
	section(w.awaited, e.Awaited)
	_, err := fmt.Fprint(t.out, text.String())
	return err
}

// explainedOutput is an explanation as JSON, under the names that GraphQL gives.
type explainedOutput struct {
	CardNumber  string            `json:"cardNumber"`
	Cohort      int               `json:"cohort"`
	Status      rules.Status      `json:"status"`
	Deadline    time.Time         `json:"deadline"` // exclusive, WIB
	Explanation explanationOutput `json:"explanation"`
}

type explanationOutput struct {
	Summary  string           `json:"summary"`
	Deadline []string         `json:"deadline"`
	Evidence []evidenceOutput `json:"evidence"` // earliest first
	Awaited  []string         `json:"awaited"`
}

type evidenceOutput struct {
	Platform string             `json:"platform"`
	Invoice  string             `json:"invoiceCode"`
	Counts   bool               `json:"counts"`
	Code     rules.EvidenceCode `json:"code"`
	Text     string             `json:"text"`
}

func explainedJSON(p *ent.Participant, now time.Time, e rules.Explanation) explainedOutput {
	out := explainedOutput{
		CardNumber: p.CardNumber, Cohort: p.CohortID, Status: statusOf(p, now), Deadline: p.Deadline.In(rules.WIB),
		Explanation: explanationOutput{Summary: e.Summary, Deadline: e.Deadline, Evidence: []evidenceOutput{}, Awaited: append([]string{}, e.Awaited...)},
	}
	for _, n := range e.Evidence {
		out.Explanation.Evidence = append(out.Explanation.Evidence, evidenceOutput{n.Purchase.Platform, n.Purchase.Invoice, n.Counts, n.Code, n.Text})
	}
	return out
}
