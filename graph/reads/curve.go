package reads

import (
	"context"

	"gelombang/graph/model"
	"gelombang/graph/selection"
)

func (r *Reader) fillCurves(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	return nil
}
