package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// AnnounceCohort resolves Mutation.announceCohort.
func (m mutation) AnnounceCohort(ctx context.Context, input generated.AnnounceCohortInput) (*generated.AnnounceCohortPayload, error) {
	in := registry.AnnounceCohort{Number: input.Number, Quota: input.Quota, AnnouncedAt: input.AnnouncedAt, Reference: text(input.Reference)}
	if input.LastDay != nil {
		in.LastDay = *input.LastDay
	}
	_, failed := m.registry.AnnounceCohort(ctx, viewer.From(ctx), in)
	cohort, mistakes, err := afterwards(failed, func() (*model.Cohort, error) {
		return m.written(ctx).Cohort(ctx, payload(ctx, "AnnounceCohortPayload", "cohort", "Cohort"), input.Number)
	})
	return &generated.AnnounceCohortPayload{Cohort: cohort, UserErrors: mistakes}, err
}

// DecreeDeadline resolves Mutation.decreeDeadline.
func (m mutation) DecreeDeadline(ctx context.Context, input generated.DecreeDeadlineInput) (*generated.DecreeDeadlinePayload, error) {
	_, failed := m.registry.DecreeDeadline(ctx, viewer.From(ctx), registry.DecreeDeadline{
		Cohort: input.Cohort, LastDay: input.LastDay, Reference: input.Reference, Reason: input.Reason,
	})
	cohort, mistakes, err := afterwards(failed, func() (*model.Cohort, error) {
		return m.written(ctx).Cohort(ctx, payload(ctx, "DecreeDeadlinePayload", "cohort", "Cohort"), input.Cohort)
	})
	return &generated.DecreeDeadlinePayload{Cohort: cohort, UserErrors: mistakes}, err
}

// ExtendDeadline resolves Mutation.extendDeadline.
func (m mutation) ExtendDeadline(ctx context.Context, input generated.ExtendDeadlineInput) (*generated.ExtendDeadlinePayload, error) {
	granted, failed := m.registry.ExtendDeadline(ctx, viewer.From(ctx), registry.ExtendDeadline{
		Cohort: input.Cohort, Scope: input.Scope, Province: text(input.Province), Cards: input.Cards,
		LastDay: input.LastDay, Reference: input.Reference, Reason: input.Reason,
	})
	extension, mistakes, err := afterwards(failed, func() (*model.Extension, error) {
		return m.written(ctx).Extension(ctx, payload(ctx, "ExtendDeadlinePayload", "extension", "Extension"), granted.ID)
	})
	return &generated.ExtendDeadlinePayload{Extension: extension, UserErrors: mistakes}, err
}
