package reads

import (
	"context"
	"fmt"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// fillClosings says what stands between the cohorts and their settlements.
func (r *Reader) fillClosings(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	if !sel.Has("closing") || !r.Viewer.SeesSettlements() {
		return nil
	}
	closings, err := r.Closings(ctx, numbers)
	if err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	below := sel.Sub("closing", "Closing")
	var unfinished []int
	for number, c := range byNumber {
		closing := closings[number]
		state := rules.SettlementState("")
		if closing.Settlement != nil {
			state = closing.Settlement.State
			unfinished = append(unfinished, closing.Settlement.ID)
		}
		c.Closing = &model.Closing{
			State:   rules.StateOfClosing(!r.Now.Before(c.PurchaseDeadline), closing.Overdue, len(closing.Waits), state),
			Overdue: closing.Overdue, Outstanding: closing.Outstanding, Through: db.Time{Time: closing.Through}.Pointer(),
			Platforms: platformEvidence(closing.Platforms), Quarantined: closing.Quarantined, Unreadable: closing.Unreadable,
			Waits: make([]*model.Wait, len(closing.Waits)),
		}
		for i, w := range closing.Waits {
			c.Closing.Waits[i] = &model.Wait{
				Code: w.Code, Platform: model.Text(w.Platform), Count: countOf(w), Until: db.Time{Time: w.Until}.Pointer(), Words: w.Text,
			}
		}
	}
	if !below.Has("settlement") {
		return nil
	}
	settlements, err := r.settlementsByID(ctx, below.Sub("settlement", settlementTypes...), unfinished)
	for number, c := range byNumber {
		if s := closings[number].Settlement; s != nil {
			c.Closing.Settlement = settlements[s.ID]
		}
	}
	return err
}

// countOf is how many deliveries are awaited; nil for what is no number of deliveries.
func countOf(w rules.Wait) *int {
	if w.Code != rules.WaitQuarantine {
		return nil
	}
	return &w.Count
}

func platformEvidence(words []rules.PlatformWord) []*model.PlatformEvidence {
	shown := make([]*model.PlatformEvidence, len(words))
	for i, w := range words {
		shown[i] = &model.PlatformEvidence{Platform: w.Platform, StatedThrough: db.Time{Time: w.StatedThrough}.Pointer(), Outage: w.Outage}
	}
	return shown
}
