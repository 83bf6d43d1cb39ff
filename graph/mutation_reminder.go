package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// PlanReminders resolves Mutation.planReminders.
func (m mutation) PlanReminders(ctx context.Context, input generated.PlanRemindersInput) (*generated.PlanRemindersPayload, error) {
	made, failed := m.registry.PlanReminders(ctx, viewer.From(ctx), registry.PlanReminders{
		Cohort: input.Cohort, Stages: input.Stages, Channels: input.Channels, Language: input.Language,
	})
	plan, mistakes, err := afterwards(failed, func() (*model.ReminderPlan, error) {
		return m.written(ctx).ReminderPlan(ctx, payload(ctx, "PlanRemindersPayload", "plan", "ReminderPlan"), made.ID)
	})
	return &generated.PlanRemindersPayload{Plan: plan, UserErrors: mistakes}, err
}

// StopReminders resolves Mutation.stopReminders.
func (m mutation) StopReminders(ctx context.Context, input generated.StopRemindersInput) (*generated.StopRemindersPayload, error) {
	stopped, failed := m.registry.StopReminders(ctx, viewer.From(ctx), input.Cohort)
	plan, mistakes, err := afterwards(failed, func() (*model.ReminderPlan, error) {
		return m.written(ctx).ReminderPlan(ctx, payload(ctx, "StopRemindersPayload", "plan", "ReminderPlan"), stopped.ID)
	})
	return &generated.StopRemindersPayload{Plan: plan, UserErrors: mistakes}, err
}

// ReportBounce resolves Mutation.reportBounce.
func (m mutation) ReportBounce(ctx context.Context, input generated.ReportBounceInput) (*generated.ReportBouncePayload, error) {
	_, failed := m.registry.ReportBounce(ctx, viewer.From(ctx), registry.ReportBounce{MessageID: input.MessageID})
	mistakes, err := userErrors(failed)
	out := &generated.ReportBouncePayload{UserErrors: mistakes}
	if failed == nil {
		recorded := true
		out.Recorded = &recorded
	}
	return out, err
}
