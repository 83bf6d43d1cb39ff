package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gelombang/ent"
	"gelombang/ent/predicate"
	"gelombang/ent/settlement"
	"gelombang/ent/settlemententry"
	"gelombang/graph/scalar"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

type settleList struct {
	acting `embed:""`
}

// Run implements the command.
func (c *settleList) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesSettlements() {
			return errors.New("your role does not allow you to list settlements" + viewer.OfficersMay)
		}
		all, err := r.DB().Client().Settlement.Query().Order(settlement.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		counts, err := countEntries(t.ctx, r)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("SETTLEMENT\tCOHORT\tSTATE\tPREPARED\tBY\tAPPROVED BY\tLISTED\tREVOKED\tPASSED OVER\tGIVEN BACK\tNEXT\n")
		for _, s := range all {
			n := counts[s.ID]
			next := nextOf(s, n[rules.EntryPassedOver])
			fmt.Fprintf(&lines, "%d\t%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", s.ID, s.CohortID, standing(s), minute(s.PreparedAt), s.PreparedBy, orNone(s.ApprovedBy),
				s.Listed, n[rules.EntryRevoked], n[rules.EntryPassedOver], n[rules.EntryReinstated]+n[rules.EntryReversed], orNone(next.command))
		}
		return printTable(t.out, lines.String())
	})
}

// countEntries counts what became of the lists of all settlements.
func countEntries(ctx context.Context, r *registry.Registry) (map[int]map[rules.EntryOutcome]int, error) {
	var rows []struct {
		Settlement int                `json:"settlement_id"`
		Outcome    rules.EntryOutcome `json:"outcome"`
		Count      int                `json:"count"`
	}
	err := r.DB().Client().SettlementEntry.Query().GroupBy(settlemententry.FieldSettlementID, settlemententry.FieldOutcome).Aggregate(ent.Count()).Scan(ctx, &rows)
	counts := map[int]map[rules.EntryOutcome]int{}
	for _, row := range rows {
		if counts[row.Settlement] == nil {
			counts[row.Settlement] = map[rules.EntryOutcome]int{}
		}
		counts[row.Settlement][row.Outcome] = row.Count
	}
	return counts, err
}

type settleShow struct {
	settled `embed:""`
	Passed  bool `help:"List those who were passed over instead, and why."`
	acting  `embed:""`
}

// Run implements the command.
func (c *settleShow) Run(t *terminal) error {
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.SeesSettlements() {
			return errors.New("your role does not allow you to look at settlements" + viewer.OfficersMay)
		}
		s, err := r.DB().Client().Settlement.Get(t.ctx, c.Settlement)
		if ent.IsNotFound(err) {
			return usage(fmt.Errorf("<settlement>: there is no settlement %d", c.Settlement))
		}
		if err != nil {
			return err
		}
		if c.Passed {
			return t.printPassed(r, s.ID)
		}
		if err := t.printList(r, s); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(t.out); err != nil {
			return err
		}
		return t.printOutcome(r, s)
	})
}

// printSettlement prints what a settlement is, for the one who has to approve it, and what is to be done next.
func (t *terminal) printSettlement(r *registry.Registry, s *ent.Settlement) error {
	if err := t.printList(r, s); err != nil {
		return err
	}
	return printTable(t.out, "\n"+nextOf(s, 0).lines())
}

// printList prints what a settlement's list is.
func (t *terminal) printList(r *registry.Registry, s *ent.Settlement) error {
	var lines strings.Builder
	fmt.Fprintf(&lines, "Settlement\t%d\nCohort\t%d\nState\t%s\nListed\t%d\nHash\t%s\n", s.ID, s.CohortID, standing(s), s.Listed, s.ListSha256)
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
	if err := t.compositionOf(&lines, r, s); err != nil {
		return err
	}
	return printTable(t.out, lines.String())
}

// compositionOf writes how a list is made up.
func (t *terminal) compositionOf(lines *strings.Builder, r *registry.Registry, s *ent.Settlement) error {
	summary, err := registry.SummaryOf(s)
	if err != nil {
		return err
	}
	provinces, err := r.DB().Client().Province.Query().All(t.ctx)
	if err != nil {
		return err
	}
	names := map[string]string{"": "not known"}
	for _, p := range provinces {
		names[p.ID] = p.Name
	}
	for _, p := range summary.Provinces {
		fmt.Fprintf(lines, "Province %s\t%d\n", names[p.Province], p.Count)
	}
	for _, p := range summary.Platforms {
		if p.Platform == "" {
			fmt.Fprintf(lines, "Bought nothing anywhere\t%d\n", p.Count)
		} else {
			fmt.Fprintf(lines, "Bought at %s, late or voided\t%d\n", p.Platform, p.Count)
		}
	}
	return nil
}

// printOutcome prints what became of a list, and what is to be done next.
func (t *terminal) printOutcome(r *registry.Registry, s *ent.Settlement) error {
	counts, err := r.SettlementCounts(t.ctx, s.ID)
	if err != nil {
		return err
	}
	passed, err := t.countPassed(r, s.ID)
	if err != nil {
		return err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "Settlement\t%d\nState\t%s\nOn the list\t%d\n", s.ID, standing(s), s.Listed)
	for _, o := range outcomeWords {
		fmt.Fprintf(&lines, "%s\t%d\n", o.words, counts[o.outcome])
		if o.outcome != rules.EntryPassedOver {
			continue
		}
		for _, ground := range rules.PassedOver("").Values() {
			if n := passed[rules.PassedOver(ground)]; n > 0 {
				fmt.Fprintf(&lines, "  %s\t%d\n", passedWords[rules.PassedOver(ground)], n)
			}
		}
	}
	lines.WriteString(nextOf(s, counts[rules.EntryPassedOver]).lines())
	return printTable(t.out, lines.String())
}

// ofPassed are the entries of those of a list who were passed over.
func ofPassed(id int) []predicate.SettlementEntry {
	return []predicate.SettlementEntry{settlemententry.SettlementID(id), settlemententry.OutcomeEQ(rules.EntryPassedOver)}
}

// countPassed counts those of a list who were passed over, by the ground.
func (t *terminal) countPassed(r *registry.Registry, id int) (map[rules.PassedOver]int, error) {
	var rows []struct {
		Ground rules.PassedOver `json:"passed_over"`
		Count  int              `json:"count"`
	}
	err := r.DB().Primary().SettlementEntry.Query().Where(ofPassed(id)...).GroupBy(settlemententry.FieldPassedOver).Aggregate(ent.Count()).Scan(t.ctx, &rows)
	counts := map[rules.PassedOver]int{}
	for _, row := range rows {
		counts[row.Ground] = row.Count
	}
	return counts, err
}

// passedPage is how many of those who were passed over are read at a time.
const passedPage = 1000

// printPassed lists those who were passed over, in the order of the list.
func (t *terminal) printPassed(r *registry.Registry, id int) error {
	now := r.Now()
	var lines strings.Builder
	lines.WriteString("CARD\tPASSED OVER\tWHY\tSTATUS NOW\n")
	for last, more := 0, true; more; {
		entries, err := r.DB().Client().SettlementEntry.Query().Where(ofPassed(id)...).Where(settlemententry.IDGT(last)).
			WithParticipant().Order(settlemententry.ByID()).Limit(passedPage).All(t.ctx)
		if err != nil {
			return err
		}
		for _, e := range entries {
			p := e.Edges.Participant
			fmt.Fprintf(&lines, "%s\t%s\t%s\t%s\n", scalar.Mask(p.CardNumber), when(e.DecidedAt), passedWords[*e.PassedOver], inWords(statusOf(p, now)))
			last = e.ID
		}
		more = len(entries) == passedPage
	}
	return printTable(t.out, lines.String())
}

// inWords writes a name of the schema, such as UNDER_REVIEW, as people do.
func inWords[T ~string](name T) string {
	return strings.ToLower(strings.ReplaceAll(string(name), "_", " "))
}
