package reads

import (
	"context"
	"log/slog"

	"gelombang/graph/generated"
	"gelombang/graph/selection"
	"gelombang/internal/rules"
)

// Eligibility answers whether the card may be used to buy a training now. A card that the viewer may not ask
// about is answered as one that does not exist.
func (r *Reader) Eligibility(ctx context.Context, card string) (*generated.Eligibility, error) {
	answer := &generated.Eligibility{CardNumber: card}
	reason := generated.IneligibilityReasonUnknownCard
	answer.Reason = &reason
	if !r.Viewer.AsksEligibility(card) {
		return answer, nil
	}
	if platform := r.Viewer.OwnPlatform(); platform != "" {
		// One line for each question: who goes through card numbers shows in the log. The number is not told.
		r.Log.InfoContext(ctx, "eligibility asked", slog.String("platform", platform))
	}
	rows, err := all(ctx, r, r.participants(selection.Selection{}), selection.Selection{}, equals("pa.card_number", card), "pa.id")
	if err != nil || len(rows) == 0 {
		return answer, err
	}
	reason = generated.IneligibilityReason(rules.MayBuy(rows[0].facts(), rows[0].object.Balance, r.Now))
	if reason == "" {
		answer.MayBuy, answer.Reason = true, nil
	}
	return answer, nil
}
