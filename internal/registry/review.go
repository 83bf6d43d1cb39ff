package registry

import (
	"context"
	"fmt"
	"strings"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// DecideReview is a person's decision of a review.
type DecideReview struct {
	Review   int
	Decision rules.ReviewDecision
	Note     string // the grounds, for the history
}

// DecideReview closes a review: the purchase in question counts, or it does not. What follows for the
// participant is for the rules.
func (r *Registry) DecideReview(ctx context.Context, v viewer.Viewer, in DecideReview) (*ent.Review, error) {
	if err := authorise(v.ManagesCohorts(), "decide reviews"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if in.Decision != rules.DecisionUphold && in.Decision != rules.DecisionReject {
		return nil, invalid("decision", "the decision is UPHOLD or REJECT")
	}
	if strings.TrimSpace(in.Note) == "" {
		return nil, invalid("note", "say why, for the history")
	}
	if err := checkText("note", in.Note); err != nil {
		return nil, err
	}
	var out *ent.Review
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		rv, err := tx.Client.Review.Get(ctx, in.Review)
		if ent.IsNotFound(err) {
			return notFound("review", "there is no such review")
		}
		if err != nil {
			return fmt.Errorf("load the review: %w", err)
		}
		if err := r.decide(ctx, tx, v, rv, in); err != nil {
			return err
		}
		out, err = tx.Client.Review.Get(ctx, in.Review)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (r *Registry) decide(ctx context.Context, tx *db.Tx, v viewer.Viewer, rv *ent.Review, in DecideReview) error {
	w, n := newWorkspace(tx, r.settings), newNeed()
	n.ids[rv.ParticipantID] = true
	if err := w.load(ctx, n); err != nil {
		return err
	}
	p := w.participants[rv.ParticipantID]
	for _, open := range p.reviews {
		if open.id != rv.ID {
			continue
		}
		before := p.facts()
		open.closed = closure{state: rules.ReviewDecided, decision: in.Decision, by: v.Subject, note: in.Note}
		open.purchase.Evidence, open.purchase.changed = in.Decision.Evidence(), true
		w.reconsider(p, before, occasion{
			effectiveAt: tx.Now, cause: rules.CausePerson, actor: v.Subject,
			// Without the note, which is for the staff only; the history is also the participant's.
			reason: fmt.Sprintf("review of %s at %s decided: %s", open.purchase.Invoice, open.purchase.Platform, in.Decision),
		})
		return w.persist(ctx, nil)
	}
	return notPossible("review", "the review is closed already: look at its decision")
}
