package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// DeclareOutage resolves Mutation.declareOutage.
func (m mutation) DeclareOutage(ctx context.Context, input generated.DeclareOutageInput) (*generated.DeclareOutagePayload, error) {
	declared, failed := m.registry.DeclareOutage(ctx, viewer.From(ctx), registry.DeclareOutage{
		Platform: input.Platform, BeginsAt: input.BeginsAt, EndsAt: input.EndsAt, Reason: input.Reason,
	})
	outage, mistakes, err := afterwards(failed, func() (*model.Outage, error) {
		return m.written(ctx).Outage(ctx, payload(ctx, "DeclareOutagePayload", "outage", "Outage"), declared.ID)
	})
	return &generated.DeclareOutagePayload{Outage: outage, UserErrors: mistakes}, err
}

// EndOutage resolves Mutation.endOutage.
func (m mutation) EndOutage(ctx context.Context, input generated.EndOutageInput) (*generated.EndOutagePayload, error) {
	id, failed := m.managed(ctx, "end outages", "Outage", "outage", input.Outage)
	if failed == nil {
		in := registry.EndOutage{Outage: id}
		if input.At != nil {
			in.At = *input.At
		}
		_, failed = m.registry.EndOutage(ctx, viewer.From(ctx), in)
	}
	outage, mistakes, err := afterwards(failed, func() (*model.Outage, error) {
		return m.written(ctx).Outage(ctx, payload(ctx, "EndOutagePayload", "outage", "Outage"), id)
	})
	return &generated.EndOutagePayload{Outage: outage, UserErrors: mistakes}, err
}
