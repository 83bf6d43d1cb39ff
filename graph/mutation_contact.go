package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// CorrectContact resolves Mutation.correctContact.
func (m mutation) CorrectContact(ctx context.Context, input generated.CorrectContactInput) (*generated.CorrectContactPayload, error) {
	_, failed := m.registry.CorrectContact(ctx, viewer.From(ctx), registry.CorrectContact{
		CardNumber: input.CardNumber, Name: input.Name, Email: input.Email, Phone: input.Phone, Reason: input.Reason,
	})
	participant, mistakes, err := afterwards(failed, func() (*model.Participant, error) {
		return m.written(ctx).ParticipantByCard(ctx, payload(ctx, "CorrectContactPayload", "participant", "Participant"), input.CardNumber)
	})
	return &generated.CorrectContactPayload{Participant: participant, UserErrors: mistakes}, err
}

// EraseContact resolves Mutation.eraseContact.
func (m mutation) EraseContact(ctx context.Context, input generated.EraseContactInput) (*generated.EraseContactPayload, error) {
	_, failed := m.registry.EraseContact(ctx, viewer.From(ctx), registry.EraseContact{CardNumber: input.CardNumber, Reason: input.Reason})
	participant, mistakes, err := afterwards(failed, func() (*model.Participant, error) {
		return m.written(ctx).ParticipantByCard(ctx, payload(ctx, "EraseContactPayload", "participant", "Participant"), input.CardNumber)
	})
	return &generated.EraseContactPayload{Participant: participant, UserErrors: mistakes}, err
}
