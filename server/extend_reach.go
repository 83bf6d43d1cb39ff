package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/participant"
	"gelombang/ent/predicate"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// reach is whom an extension would reach, as they stood before it.
type reach struct {
	in       registry.ExtendDeadline
	until    time.Time // exclusive
	deadline time.Time // the cohort's, exclusive
	covered  int       // whom it covers
	earlier  int       // of these, who have less time
}

// reachOf counts whom the extension would reach. It refuses what the registry would refuse for the same reasons, so that
// a dry run says so too.
func reachOf(ctx context.Context, r *registry.Registry, in registry.ExtendDeadline) (reach, error) {
	cohort, err := cohortOf(ctx, r, in.Cohort)
	if err != nil {
		return reach{}, err
	}
	out := reach{in: in, until: untilOf(in.LastDay), deadline: cohort.Deadline}
	if !out.until.After(cohort.Deadline) {
		return reach{}, fmt.Errorf("--until: cohort %d has until %s already: give a later day, for an extension never shortens", cohort.ID, lastMinute(cohort.Deadline))
	}
	if in.Scope == rules.ExtendProvince {
		if _, err := r.DB().Client().Province.Get(ctx, in.Province); ent.IsNotFound(err) {
			return reach{}, fmt.Errorf("<province>: there is no province with the BPS code %q: it has two digits, such as 53", in.Province)
		} else if err != nil {
			return reach{}, err
		}
	}
	participants := r.DB().Client().Participant.Query().Where(out.covers()...)
	if out.covered, err = participants.Clone().Count(ctx); err != nil {
		return reach{}, fmt.Errorf("count whom it covers: %w", err)
	}
	if out.earlier, err = participants.Where(participant.DeadlineLT(out.until)).Count(ctx); err != nil {
		return reach{}, fmt.Errorf("count who has less time: %w", err)
	}
	return out, nil
}

// cohortOf loads a cohort.
func cohortOf(ctx context.Context, r *registry.Registry, number int) (*ent.Cohort, error) {
	c, err := r.DB().Client().Cohort.Get(ctx, number)
	if ent.IsNotFound(err) {
		return nil, fmt.Errorf("there is no cohort %d: 'cohort list' shows them", number)
	}
	return c, err
}

func (e reach) covers() []predicate.Participant {
	of := []predicate.Participant{participant.CohortID(e.in.Cohort)}
	switch e.in.Scope {
	case rules.ExtendProvince:
		of = append(of, participant.Province(e.in.Province))
	case rules.ExtendCards:
		of = append(of, participant.CardNumberIn(e.in.Cards...))
	case rules.ExtendCohort:
	}
	return of
}

// stillEarlier are those whom the extension covers and who do not have the time that it grants: when it is given to
// everybody, who was passed over.
func (e reach) stillEarlier() []predicate.Participant {
	return append(e.covers(), participant.DeadlineLT(e.until))
}

// lines are those of a table.
func (e reach) lines() string {
	whom := fmt.Sprintf("cohort %d", e.in.Cohort)
	switch e.in.Scope {
	case rules.ExtendProvince:
		whom = fmt.Sprintf("province %s of %s", e.in.Province, whom)
	case rules.ExtendCards:
		whom = fmt.Sprintf("the listed cards of %s", whom)
	case rules.ExtendCohort:
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "Covers\t%s, %d participants\n", whom, e.covered)
	fmt.Fprintf(&lines, "Deadline of the cohort\t%s\nUntil\t%s\n", lastMinute(e.deadline), lastMinute(e.until))
	fmt.Fprintf(&lines, "Had less time\t%d\nHad as much already\t%d\n", e.earlier, e.covered-e.earlier)
	return lines.String()
}

// statusOf is what a participant's facts mean at the instant.
func statusOf(p *ent.Participant, now time.Time) rules.Status {
	facts := rules.Facts{Deadline: p.Deadline, ReviewOpen: p.ReviewOpen}
	if p.RevokedAt != nil {
		facts.RevokedAt = *p.RevokedAt
	}
	if p.FirstPurchaseID != nil {
		facts.FirstPurchase = &rules.PurchaseKey{}
	}
	return facts.StatusAt(now)
}

// notOfCohort refuses a list on which there are cards that are not of the cohort, and says where they are: the registry
// only counts them.
func notOfCohort(ctx context.Context, r *registry.Registry, in registry.ExtendDeadline, places []cardPlace) error {
	if in.Scope != rules.ExtendCards {
		return nil
	}
	known, err := r.DB().Client().Participant.Query().Where(participant.CohortID(in.Cohort), participant.CardNumberIn(in.Cards...)).
		Select(participant.FieldCardNumber).Strings(ctx)
	if err != nil {
		return fmt.Errorf("look for the cards: %w", err)
	}
	slices.Sort(known)
	var wrong []cardPlace
	for i, card := range in.Cards {
		if _, is := slices.BinarySearch(known, card); !is {
			wrong = append(wrong, places[i])
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s: no participant of cohort %d has the card: correct the list; nothing was changed", wherever(wrong), in.Cohort)
}
